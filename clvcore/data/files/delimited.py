"""Delimited text (CSV and its kin) becomes a table of strings; no line is lost.

Records that every line holds whole are cut by polars; as soon as one cell spans lines or a quote
stands inside a cell, Python's more forgiving reader takes over. A record with more or fewer cells
than the header is kept as it stands, with its line number, so that it can be rejected by name.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from clvcore.data.dataset import RawTable
from clvcore.data.files import layout
from clvcore.data.files.reading import DECIDED_BY_FILE, Reading
from clvcore.data.files.top import (
    CELL,
    QUOTED,
    Dialect,
    Plan,
    Top,
    careful,
    filled,
    has_doubled,
    has_slashed,
    single,
    top_lines,
)
from clvcore.errors import UploadError
from clvcore.messages import say

_MOST_OPEN_QUOTES = 1000
_MOST_READ_AGAIN = 20
"""How many times over all lines may be read again since a quote before them was left open."""
_BROKEN = {"line": pl.Int64, "text": pl.String}
_ASIDE = {**_BROKEN, "why": pl.String}
_NO_LINES = pl.DataFrame(schema=_BROKEN)
_GUARDED = r'^="(.*)"$'


class OtherwiseError(Exception):
    """Raised where a later piece of a text shows that it has to be cut by another plan."""

    def __init__(self, plan: Plan) -> None:
        """The plan that holds for all pieces."""
        super().__init__(plan)
        self.plan = plan


def read_delimited(
    text: str, *, table: str, source: str, how: Reading = DECIDED_BY_FILE
) -> RawTable:
    """The rows under the header of delimited text; lines above it and totals are set aside.

    Raises:
        UploadError: there are no rows below the header, or quotes do not close.
        MappingError: two columns have the same name.
    """
    plan = Plan()
    while True:
        try:
            (raw,) = pieces_of([lines_of(text)], plan, table=table, source=source, how=how)
        except OtherwiseError as otherwise:
            plan = otherwise.plan
        else:
            return layout.without_totals(raw, joint=raw.reading["separator"])


def lines_of(text: str) -> pl.Series:
    """The lines of a text."""
    return pl.Series("text", [text]).str.split("\n").explode()


def pieces_of(
    pieces: Iterable[pl.Series],
    plan: Plan,
    *,
    table: str,
    source: str,
    how: Reading = DECIDED_BY_FILE,
) -> Iterator[RawTable]:
    """The rows of delimited text piece by piece; one piece is the whole table.

    Args:
        pieces: The lines of the text. The first piece decides the dialect and the header, so it is
            either all of the text or some hundred lines of it.
        plan: How the lines are cut where the first piece cannot tell.
        table: Which table it is to become.
        source: Name of the file, for messages.
        how: What a person decided about the reading.

    Raises:
        OtherwiseError: a piece cannot be cut by this plan; all of them are to be read by the other.
        UploadError: there are no rows below the header, or quotes do not close.
        MappingError: two columns have the same name.
    """
    top: Top | None = None
    rest, begun, there = _NO_LINES, 0, False
    patience = _Patience()
    slashed = doubled = False
    for piece, final in _with_final(pieces):
        everything = pl.DataFrame({"line": _numbers(begun, len(piece)), "text": piece})
        first = top is None
        top = top or top_lines(everything, plan, how, source=source)
        lines = single(everything, top.spoken, top.gap)
        if top.quoted:
            slashed = slashed or has_slashed(lines["text"], top.dialect)
            doubled = doubled or has_doubled(lines["text"])
        lines = pl.concat([rest, lines.filter(pl.col("line") > top.head.end)])
        there = there or filled(lines).height > 0
        if final and not there:
            raise UploadError(say("data.no_rows", source=source))
        cut, rest = _rows(lines, top, plan, patience, final=final, source=source)
        guarded = piece.str.contains('="', literal=True).any()
        begun += len(piece)
        yield RawTable(
            name=table,
            frame=_unguarded(cut.frame) if guarded else cut.frame,
            source=source,
            lines=cut.lines,
            broken=cut.broken,
            aside=_above(everything, top) if first else pl.DataFrame(schema=_ASIDE),
            reading=top.reading,
        )
    escaped = slashed and not doubled
    if top is not None and top.quoted and escaped != (top.dialect.escape is not None):
        raise OtherwiseError(replace(plan, escaped=escaped))


@dataclass(slots=True)
class _Patience:
    """How much was read again since a quote was left open."""

    lines: int = 0
    """Lines that there are so far."""
    restarts: int = 0
    read_again: int = 0

    @property
    def is_over(self) -> bool:
        """Whether more was read again than a table of its size can need."""
        most = _MOST_READ_AGAIN * max(self.lines, _MOST_OPEN_QUOTES)
        return self.restarts > _MOST_OPEN_QUOTES or self.read_again > most


@dataclass(frozen=True, slots=True)
class _Cut:
    """Rows of a piece, the line on which each begins, and what cannot be cut."""

    frame: pl.DataFrame
    lines: pl.Series
    broken: pl.DataFrame


def _with_final(pieces: Iterable[pl.Series]) -> Iterator[tuple[pl.Series, bool]]:
    """The pieces, and whether each is the last."""
    waiting: pl.Series | None = None
    for piece in pieces:
        if waiting is not None:
            yield waiting, False
        waiting = piece
    if waiting is not None:
        yield waiting, True


def _numbers(begun: int, count: int) -> pl.Series:
    return pl.int_range(begun + 1, begun + count + 1, dtype=pl.Int64, eager=True)


def _above(everything: pl.DataFrame, top: Top) -> pl.DataFrame:
    """The lines above the header."""
    first = top.head.line or top.head.end + 1
    return filled(everything.head(first - 1)).with_columns(why=pl.lit(layout.PREAMBLE))


def _rows(
    lines: pl.DataFrame, top: Top, plan: Plan, patience: _Patience, *, final: bool, source: str
) -> tuple[_Cut, pl.DataFrame]:
    """The rows of some lines, and the lines that go with those of the next piece."""
    if plan.patient:  # a cell may hold blank lines
        return _read_patiently(lines, top, patience, final=final, source=source)
    below, names = filled(lines), top.head.names
    shape = _shape(below["text"], top.dialect)
    if shape is None:
        raise OtherwiseError(replace(plan, patient=True))
    rows = below.filter(shape == len(names))
    frame = _cut(rows["text"], names, top.dialect)
    cut = _Cut(frame, rows["line"], below.filter(shape != len(names)))
    return cut, _NO_LINES


def _shape(lines: pl.Series, dialect: Dialect) -> pl.Series | None:
    """Number of cells of each line; None where a line alone is no whole record."""
    bare, quote = lines, dialect.quote
    if lines.str.contains(quote, literal=True).any():
        if dialect.escape:
            return None
        bare = lines.str.replace_all(QUOTED[quote].pattern, CELL)
        mark = re.escape(dialect.separator)
        if bare.str.contains(f"{quote}|[^{mark}]{CELL}|{CELL}[^{mark}]").any():
            return None
    return bare.str.count_matches(dialect.separator, literal=True) + 1


def _cut(lines: pl.Series, names: Sequence[str], dialect: Dialect) -> pl.DataFrame:
    if not len(lines):
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    return pl.read_csv(
        (lines.str.join("\n").item() + "\n").encode(),
        has_header=False,
        schema=dict.fromkeys(names, pl.String),
        separator=dialect.separator,
        quote_char=dialect.quote,
    )


def _unguarded(frame: pl.DataFrame) -> pl.DataFrame:
    """Cells like ``="007"``, by which exports keep Excel from touching ids, as what they mean."""
    return frame.with_columns(pl.all().str.replace(_GUARDED, "${1}"))


def _read_patiently(
    frame: pl.DataFrame, top: Top, patience: _Patience, *, final: bool, source: str
) -> tuple[_Cut, pl.DataFrame]:
    """The same for records that span lines or have quotes inside their cells.

    The last record of a piece that is not the last one may go on in the next: its lines are handed
    back. It cannot grow for ever, as Python's reader ends at cells of 128 KiB.
    """
    names, dialect = top.head.names, top.dialect
    numbers, texts = frame["line"].to_list(), frame["text"].to_list()
    rows: list[list[str]] = []
    lines: list[int] = []
    broken: list[tuple[int, str]] = []
    start, rest = 0, len(texts)
    patience.lines += len(texts)
    while start < rest:
        done = start
        reader = dialect.cells(texts[place] + "\n" for place in range(start, len(texts)))
        for row in careful(reader, source=source):
            first, done = done, start + reader.line_num
            if done == len(texts) and not final:
                rest = first
                break
            if not texts[first].strip(" \x1a") and done - first == 1:
                continue
            open_end = done == len(texts) and _is_open(texts[first:done], dialect.quote)
            if len(row) == len(names) and not open_end:
                rows.append(row)
                lines.append(numbers[first])
                continue
            broken.append((numbers[first], texts[first]))
            if done - first > 1:  # an open quote swallowed lines: give them back
                patience.restarts += 1
                patience.read_again += done - first
                done = first + 1
                break
        start = done
        if patience.is_over:
            line = broken[0][0] if broken else numbers[0]
            raise UploadError(say("data.open_quotes", source=source, line=line))
    cut = _Cut(
        frame=pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row"),
        lines=pl.Series("line", lines, dtype=pl.Int64),
        broken=pl.DataFrame(broken, schema=_BROKEN, orient="row"),
    )
    return cut, frame.slice(rest)


def _is_open(lines: Sequence[str], quote: str) -> bool:
    """Whether a record that spans lines to the end of the file lacks its closing quote."""
    return len(lines) > 1 and sum(line.count(quote) for line in lines) % 2 == 1
