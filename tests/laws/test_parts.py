"""Laws of events that nobody holds: however they are cut, what comes out is what comes out of the whole."""

import codecs
import gzip
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clvcore.data.cells.rules import RULES
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import combined, read
from clvcore.data.files.stream import Shelf, can_stream, read_in_blocks
from clvcore.data.meaning.blocks import Blocks, block_of, combined_blocks
from clvcore.errors import ClvError
from clvcore.runs import stored
from clvcore.runs.parted import bring_in_parts

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEAD = "user,item,time,event,amount,quantity,order_id,title,country,currency"
ROW = st.tuples(
    st.sampled_from(["u1", "U1", "u2 ", "", "null", "a@b.org", "A@B.org", "test", "7.0"]),
    st.sampled_from(["p1", "p2", "POST", ""]),
    st.sampled_from(["03/01/2025 10:00", "13/01/2025 10:00", "03/01/2025", "soon", ""]),
    st.sampled_from(["view", "purchase", "refund", "dance"]),
    st.sampled_from(["5,00", "-5,00", "0,01", "7000,00", "0", "x", ""]),
    st.sampled_from(["1", "2", ""]),
    st.sampled_from(["o1", "o2", ""]),
    st.sampled_from(["Vase", "Cup", 'say ""hi""', "two\nlines", "Ü日"]),
    st.sampled_from(["7", "DE", ""]),
    st.sampled_from(["EUR", "USD", ""]),
)
LINE = st.one_of(
    ROW.map(lambda row: ",".join(f'"{cell}"' for cell in row)),
    st.sampled_from(["too,few", "", ",".join(["1"] * 12)]),
)
CHOICES = st.fixed_dictionaries({}, optional={
    name: st.sampled_from(list(RULES[name].choices))
    for name in ("returns", "outlier", "duplicate", "no_product", "test_order")
})  # fmt: skip


def blocks_of(content: bytes, n_bytes: int, source: str = "x") -> Blocks:
    kept = []

    def column(place):
        return (one.frame.to_series(place) for one in kept)

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / source
        file.write_bytes(content)
        assert can_stream(file)
        shelf = Shelf(kept.append, kept.clear, column)
        told = {"table": "events", "source": source, "block_bytes": n_bytes}
        origin, reading = read_in_blocks(file, shelf, **told)
    head = replace(kept[0], files=(origin,), reading=reading)
    return Blocks(head, tuple(map(block_of, kept)))


def outcome(make):
    """What comes of it, or what is said instead."""
    try:
        return make()
    except ClvError as error:
        return type(error), str(error)


def assert_same(blocks: Blocks, raw, recipe: Recipe, parts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work, one, other = (Path(folder) / name for name in ("work", "one", "other"))
        made = {"now": NOW, "key": b"key"}
        whole = outcome(lambda: bring_in({"events": raw}, recipe, **made))
        cut = outcome(lambda: bring_in_parts(blocks, {}, recipe, work, parts=parts, **made))
        if isinstance(whole, tuple):
            assert cut == whole
            return
        assert not isinstance(cut, tuple), cut
        data = whole.dataset
        assert cut.id == data.id
        assert cut.accounts == data.accounts
        assert cut.findings == data.findings
        assert cut.lineage == data.lineage
        assert cut.recipe == data.recipe
        stored.store(whole, one)
        other.mkdir()
        cut.write(other)
        assert stored.load(other).events.equals(data.events)
        assert [file.name for file in sorted(one.iterdir())] == [
            file.name for file in sorted(other.iterdir())
        ]
        for file in one.glob("*.csv"):
            assert file.read_text("utf-8") == (other / file.name).read_text("utf-8")
        for file in one.glob("*.parquet"):
            assert pl.read_parquet(file).equals(pl.read_parquet(other / file.name)), file.name


@pytest.mark.slow
@settings(deadline=None, max_examples=12)
@given(
    st.lists(LINE, min_size=1, max_size=40),
    CHOICES,
    st.sampled_from([1, 3, 7]),
    st.integers(5, 400),
    st.sampled_from(["utf-8", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([{}, {"USD": "0.9"}]),
    st.booleans(),
)
def test_parts_and_blocks_give_what_the_whole_gives(
    lines, rules, parts, n_bytes, encoding, end, rates, attributes
):
    """Also with quoted line ends, line ends and letters that are cut at the border of a block."""
    lines = [HEAD, '"u9","p9","31/01/2025","purchase","1,50","1","o9","Bowl","DE","EUR"', *lines]
    content = end.join(lines).encode(encoding)
    options = {"rules": rules, "rates": rates, "item_title": "title"}
    if attributes:
        options |= {"user_attributes": {"land": "country"}, "protect": {"user": "hash"}}
    recipe = Recipe("law", "EUR", time_zone="Europe/Berlin", options=options)
    raw = read(content, table="events", source="x")
    assert_same(blocks_of(content, n_bytes), raw, recipe, parts)


def test_several_files_in_parts_give_what_they_give_together():
    tables = [
        f"user,item,time,amount\n{user},p1,2025-01-0{day},5.00\n{user},p1,soon,x\nbroken\n".encode()
        for user, day in (("u1", 1), ("u2", 2), ("u1", 3))
    ]
    raw = combined([read(one, table="events", source=f"{n}") for n, one in enumerate(tables)])
    blocks = [blocks_of(one, 10, f"{n}") for n, one in enumerate(tables)]
    assert_same(combined_blocks(blocks), raw, Recipe("law", "EUR"), 3)


ROWS = [f"u{n},p{n % 7},2024-01-{1 + n % 28:02d},{n * 1.5}" for n in range(430)]
TABLE = "\n".join(["user,item,time,amount", *ROWS, ""])
SUM = 1.5 * 429 * 215
TEXTS = {
    "plain": TABLE,
    "line ends of Windows": TABLE.replace("\n", "\r\n"),
    "line ends of old": TABLE.replace("\n", "\r"),
    "title and total": f"Sales\n\n{TABLE}Total,,,{SUM}\n",
    "a sum that calls itself nothing": f"{TABLE},,,{SUM}\n",
    "rows that are broken": f"{TABLE}x,y\n{TABLE}a,b,c,d,e\n\x1a",
    "a quote that spans lines": f'{TABLE}u1,"a\nb",2024-01-01,5\n{TABLE}',
    "a quote that never closes": f'{TABLE}u1,"open,2024-01-01,5\nu2,p1,2024-01-02,5\n',
    "quotes behind a backslash": f'user,item,time,amount\nu1,"x",2,3\n{TABLE}u1,"x \\" y",2,3\n',
    "two signs": TABLE.replace(",", "::"),
    "runs of spaces": TABLE.replace(",", "  "),
    "no end": TABLE[:-1],
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("n_bytes", [7, 64, 1000])
def test_a_text_in_blocks_reads_as_the_whole(text, n_bytes):
    assert_reads_alike(text.encode(), n_bytes)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252", "cp1251"])
def test_letters_of_any_encoding_may_be_cut_in_two(encoding):
    letter = "П" if encoding == "cp1251" else "ü"
    start = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else b""
    assert_reads_alike(start + TABLE.replace("p3", letter * 3).encode(encoding), 7)


def test_a_letter_that_is_cut_off_at_the_end_and_a_byte_that_is_none():
    assert_reads_alike(TABLE.encode() + b"u1,p1,2024-01-01,\xe6", 64)
    assert_reads_alike(TABLE.encode() + b"u1,\xe9t\xe9,2024-01-01,1\n", 64)


def test_a_packed_text_is_unpacked_block_by_block():
    assert_reads_alike(gzip.compress(TABLE.encode()) + gzip.compress(TABLE.encode()), 64)


def assert_reads_alike(content: bytes, n_bytes: int) -> None:
    raw = outcome(lambda: read(content, table="events", source="x"))
    blocks = outcome(lambda: blocks_of(content, n_bytes))
    if isinstance(raw, tuple):
        assert blocks == raw
        return
    held = blocks.held()
    for part in ("frame", "broken", "aside"):
        assert getattr(held, part).equals(getattr(raw, part)), part
    assert held.lines.to_list() == raw.lines.to_list()
    assert held.reading == raw.reading
    assert held.files == raw.files


@settings(deadline=None, max_examples=8)
@given(
    st.lists(st.tuples(ROW, st.sampled_from(["1.234,56", "7,5"])), min_size=1, max_size=15),
    st.lists(st.tuples(ROW, st.sampled_from(["1,234.56", "7.5"])), min_size=1, max_size=15),
    st.sampled_from([1, 3]),
    st.integers(60, 400),
)
def test_files_that_write_numbers_otherwise_are_read_alike_however_they_are_cut(
    german, english, parts, n_bytes
):
    def content(rows):
        lines = [[*row[:3], "purchase", money, "", *row[6:9], "EUR"] for row, money in rows]
        return "\n".join([HEAD, *(",".join(f'"{cell}"' for cell in row) for row in lines)]).encode()

    files = {"de.csv": content(german), "en.csv": content(english)}
    blocks = combined_blocks([blocks_of(one, n_bytes, name) for name, one in files.items()])
    raw = combined([read(one, table="events", source=name) for name, one in files.items()])
    recipe = Recipe("x", "EUR", options={"date_order": "dmy", "not_items": ["POST"]})
    assert_same(blocks, raw, recipe, parts)
