"""Whatever bytes stand in a small text, reading ends in a table or in one sentence."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clvcore.data.files.formats import is_plain_text
from clvcore.data.files.read import read
from clvcore.errors import MappingError, UploadError
from clvcore.messages import Said

LARGEST = 1 << 18
_PIECES = st.sampled_from(
    [b'"', b"'", b",", b";", b"\t", b"::", b"\n", b"\r", b"\r\n", b"\\", b"{", b"}", b"[", b"]", b":",
     b"a", b"1,5", b"\xe9", b"\xff\xfe", b"\x00", b"\xef\xbb\xbf", b"sep=", b"  ", b'{"a":1}', b"Total"]
)  # fmt: skip
_TEXTS = st.one_of(st.binary(max_size=400), st.lists(_PIECES, max_size=120).map(b"".join))


def ends_well(content):
    """The table of a text, or its sentence."""
    try:
        return read(content, table="events", source="file")
    except (UploadError, MappingError) as error:
        said = error.args[0]
    assert isinstance(said, Said)
    assert said.key
    return None


@given(content=_TEXTS)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # on a busy machine
def test_any_bytes_become_a_table_or_one_sentence(content):
    if not is_plain_text(content):
        return
    raw = ends_well(content)
    if raw is not None:
        assert raw.frame.height + raw.broken.height + raw.aside.height > 0


@pytest.mark.parametrize(
    "content",
    [
        b"a" * LARGEST,
        b"," * LARGEST,
        b"[" * LARGEST,
        b"a,b\n" + b'"' * LARGEST,
        (b"a,b\n" + b'"x"y,"1\n' * LARGEST)[:LARGEST],
        (b"a,b\n" + b'"x,1\n' * LARGEST)[:LARGEST],
        (b"a\n" + b"\n" * LARGEST)[:LARGEST],
        (b'{"a":[' + b'{"b":[{"c":1},{"c":2}]},' * 10_000)[:-1] + b"]}",
    ],
    ids=[
        "one cell",
        "commas",
        "brackets",
        "quotes",
        "open quotes",
        "swallowing",
        "blank",
        "nested",
    ],
)
def test_what_is_hard_to_read_ends_all_the_same(content):
    ends_well(content)
