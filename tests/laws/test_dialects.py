"""Whatever table is written in whatever dialect comes back as it was."""

import csv
import gzip
import io

import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clvcore.data.files.read import read
from clvcore.errors import ClvError

WORDS = st.sampled_from(
    ["", "Müller", "Zoë", "café", "Straße", "plain", "5 €", "a,b", "a;b", "it's"]
)
SIGNS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co", "Zl", "Zp", "Zs"]),
    max_size=5,
)
TRICKY = st.sampled_from(
    ['say "x"', "two\nlines", "gap\n\nline", "a|b", "a\tb", "x^y~z", "::", "\\"]
)
WIDE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
NAMES = ("user", "item", "note", "more")


@st.composite
def written(draw):
    """A table, its bytes, and whether they are packed."""
    narrow = draw(st.booleans())
    cell = WORDS if narrow else st.one_of(WORDS, SIGNS, TRICKY)
    cells = draw(st.lists(st.tuples(cell, cell), min_size=2, max_size=8))
    rows = [(f"u{n}", f"p{n % 3}", *row) for n, row in enumerate(cells)]
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    # at the end of lines that a lone \r ends, the writer leaves a \n in a cell without quotes
    quoting = csv.QUOTE_ALL if end == "\r" or draw(st.booleans()) else csv.QUOTE_MINIMAL
    separator = draw(st.sampled_from([",", ";", "\t", "|", "^", "~"]))
    dialect = {"delimiter": separator, "quoting": quoting, "lineterminator": end}
    held = io.StringIO()
    csv.writer(held, **dialect).writerows([NAMES, *rows])
    encoding = draw(st.sampled_from(["cp1252", "iso8859-15"] if narrow else WIDE))
    content = held.getvalue().encode(encoding)
    pack = draw(st.sampled_from([bytes, gzip.compress, zstandard.compress]))
    return rows, pack(content)


@settings(deadline=None, max_examples=75)
@given(written())
def test_any_table_in_any_dialect_comes_back_as_it_was(table):
    rows, content = table
    raw = read(content, table="events", source="x")
    assert tuple(raw.frame.columns) == NAMES
    assert [tuple(cell or "" for cell in row) for row in raw.frame.rows()] == rows
    assert raw.broken.height == raw.aside.height == 0


MAGIC = st.sampled_from(
    [b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"[{", b'{"a":', b"sep="]
)


@settings(deadline=None, max_examples=100)
@given(MAGIC, st.binary(max_size=120))
@example(b"[{", b"}]")
def test_any_bytes_are_a_table_or_one_sentence(magic, content):
    try:
        raw, told = read(magic + content, table="events", source="x"), ""
    except ClvError as error:
        raw, told = None, str(error)
    assert "\n" not in told
    assert raw is None or raw.frame.height + raw.broken.height > 0
