"""Delimited text (CSV and its kin) becomes a table of strings; no line is lost.

Records that every line holds whole are cut by polars; as soon as one cell spans lines or a quote
stands inside a cell, Python's more forgiving reader takes over. A record with more or fewer cells
than the header is kept as it stands, with its line number, so that it can be rejected by name.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from clvcore.data.dataset import RawTable
from clvcore.data.files import layout
from clvcore.data.files.reading import DECIDED_BY_FILE, NO_HEADER, SPACES, Reading
from clvcore.errors import UploadError
from clvcore.messages import say

SEPARATORS = (",", ";", "\t", "|", "^", "~", "::")
_WIDE = "::"
_UNIT = "\x1f"
"""Stands in for a separator of two signs, which no reader of CSV knows."""
_QUOTED = {mark: re.compile(f"{mark}(?:[^{mark}]|{mark}{mark})*{mark}") for mark in ('"', "'")}
_GAPS = (r"\s+", r"\s{2,}")
_CELL = "\x01"
_MOST_OPEN_QUOTES = 1000
_MOST_READ_AGAIN = 20
"""How many times over all lines may be read again since a quote before them was left open."""
_MOST_RECORD_LINES = 20
_BROKEN = {"line": pl.Int64, "text": pl.String}
_PREFERENCE = "sep="
_GUARDED = r'^="(.*)"$'


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the lines of a text are cut."""

    separator: str
    quote: str = '"'
    escape: str | None = None
    """Sign before a quote inside a cell, where it is not doubled."""

    def cells(self, lines: Iterator[str] | Sequence[str]) -> Any:
        """The records of some lines."""
        return csv.reader(
            lines,
            delimiter=self.separator,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
            skipinitialspace=not self.separator.isspace(),
        )


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the rows."""

    names: list[str]
    line: int
    """Line of the header; 0 where no line names the columns."""
    end: int
    """Line after which the rows begin."""


def read_delimited(
    text: str, *, table: str, source: str, how: Reading = DECIDED_BY_FILE
) -> RawTable:
    """The rows under the header of delimited text; lines above it and totals are set aside.

    Raises:
        UploadError: there are no rows below the header, or quotes do not close.
        MappingError: two columns have the same name.
    """
    everything = (
        pl.DataFrame({"text": text.split("\n")})
        .with_row_index("line", offset=1)
        .with_columns(pl.col("line").cast(pl.Int64))
    )
    separator, preference = how.separator, _preference(everything["text"].head(1).item())
    skipped = 0 if preference is None else 1
    frame = _filled(everything.slice(skipped))
    spoken = separator or preference or _separator(frame["text"].head(layout.SAMPLE).to_list())
    cut = _single(everything, spoken)
    if cut is not everything:
        frame = _filled(cut.slice(skipped))
    dialect = _dialect(frame["text"], {SPACES: "\t", _WIDE: _UNIT}.get(spoken, spoken))
    head = _head(frame, dialect, how, source=source)
    below = frame.filter(pl.col("line") > head.end)
    if below.height == 0:
        raise UploadError(say("data.no_rows", source=source))
    shape = _shape(below["text"], dialect)
    if shape is None:  # a cell may hold blank lines
        rest = cut.filter(pl.col("line") > head.end)
        raw = _read_patiently(rest, head.names, dialect, table=table, source=source)
    else:
        rows = below.filter(shape == len(head.names))
        raw = RawTable(
            name=table,
            frame=_cut(rows["text"], head.names, dialect),
            source=source,
            lines=rows["line"],
            broken=below.filter(shape != len(head.names)),
        )
    first = head.line or head.end + 1
    above = _filled(everything.head(first - 1))
    told = {"separator": spoken, "header": str(head.line)}
    raw = replace(
        raw,
        frame=_unguarded(raw.frame) if '="' in text else raw.frame,
        aside=above.with_columns(why=pl.lit(layout.PREAMBLE)),
        reading=told if dialect.quote == '"' else {**told, "quote": dialect.quote},
    )
    return layout.without_totals(raw, joint=spoken)


def _filled(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.filter(pl.col("text").str.strip_chars(" \x1a").str.len_bytes() > 0)


def _preference(line: str) -> str | None:
    """The separator that a first line ``sep=;`` names, as Excel writes it."""
    bare = line.strip().strip('"')
    is_one = bare.lower().startswith(_PREFERENCE) and len(bare) <= len(_PREFERENCE) + 1
    return (bare[len(_PREFERENCE) :] or "\t") if is_one else None


def separator_of(lines: Sequence[str]) -> str:
    r"""The separator that cuts most lines into the same number of cells.

    Example:
        >>> separator_of(["id;price", "1;2,50", "2;3,75"])
        ';'
    """
    bare = [_QUOTED['"'].sub(_CELL, line) for line in lines]

    def consistency(separator: str) -> tuple[float, bool, int]:
        counts = [line.count(separator) for line in bare]
        usual, times = Counter(counts).most_common(1)[0] if counts else (0, 0)
        if usual == 0:  # the lines of a title may outnumber those of the table
            usual, times = (
                Counter(n for n in counts if n).most_common(1)[0] if any(counts) else (0, 0)
            )
            times = times if times > 1 else 0
        if usual == 0 or times == 0:
            return (0.0, False, 0)
        return (times / len(counts), counts[0] == usual, usual)

    return max(SEPARATORS, key=consistency)


def _separator(lines: Sequence[str]) -> str:
    return SPACES if _parts_by_spaces(lines) else separator_of(lines)


def _parts_by_spaces(lines: Sequence[str]) -> bool:
    """Whether runs of spaces part the same number of cells in every line, and nothing else does."""
    if any(mark in line for line in lines for mark in (*SEPARATORS, '"')):
        return False
    return _gap(lines) is not None


def _gap(lines: Sequence[str]) -> str | None:
    """Pattern of the gaps that cut every line into the same number of cells."""
    for gap in _GAPS:
        counts = {len(re.split(gap, line.strip())) for line in lines}
        if len(counts) == 1 and counts != {1}:
            return gap
    return None


def _single(lines: pl.DataFrame, spoken: str) -> pl.DataFrame:
    """Lines in which one sign parts the cells, also where several did."""
    text = pl.col("text")
    if spoken == SPACES:
        start = _filled(lines)["text"].head(layout.SAMPLE).to_list()
        gap = _gap(start) or _GAPS[0]
        return lines.with_columns(text.str.strip_chars().str.replace_all(gap, "\t"))
    if len(spoken) > 1:
        return lines.with_columns(text.str.replace_all(spoken, _UNIT, literal=True))
    return lines


def _dialect(lines: pl.Series, separator: str) -> Dialect:
    """Which quotes hold the cells together, and how a quote inside a cell is written."""
    start = lines.head(layout.SAMPLE)
    if not start.str.contains('"', literal=True).any():
        cells = start.str.split(separator).list.explode()
        if cells.str.contains(r"^'.*'$").sum() > len(cells) / 2:
            return Dialect(separator, quote="'")
        return Dialect(separator)
    mark = re.escape(separator)
    if lines.str.contains(rf'\\"[^{mark}]').any() and not lines.str.contains('[^\\\\]""[^"]').any():
        return Dialect(separator, escape="\\")
    return Dialect(separator)


def _head(frame: pl.DataFrame, dialect: Dialect, how: Reading, *, source: str) -> Head:
    """The names of the columns, or names for them, and where the rows begin."""
    lines, skipped = frame["line"], 0
    if how.header:
        at = lines.index_of(how.header)
        if at is None:
            raise UploadError(say("data.read.no_header", source=source, line=how.header))
        skipped = at
    texts = frame["text"].slice(skipped, layout.SAMPLE).to_list()
    records = _records(texts, dialect, source=source)
    if not records:
        raise UploadError(say("data.no_rows", source=source))
    top = layout.Top(0, named=True) if how.header else layout.top_of([one for _, one in records])
    place, cells = records[top.place]
    place += skipped
    if how.header == NO_HEADER or not top.named:
        names = [""] * len(cells)
        return Head(layout.named(names, source=source), 0, lines[place] - 1)
    below = top.place + 1
    end = records[below][0] + skipped - 1 if below < len(records) else len(lines) - 1
    names = [" ".join(name.split()) for name in cells]
    return Head(layout.named(names, source=source), lines[place], lines[end])


def _records(texts: Sequence[str], dialect: Dialect, *, source: str) -> list[tuple[int, list[str]]]:
    """Which line each of the first records begins with, and its cells; a record may span lines."""
    found: list[tuple[int, list[str]]] = []
    reader = dialect.cells([f"{text}\n" for text in texts])
    try:
        start = 0
        for row in reader:
            found.append((start, row))
            if reader.line_num - start > _MOST_RECORD_LINES:  # a quote that never closes
                break
            start = reader.line_num
        else:
            return found
    except csv.Error:
        pass
    alone = (next(_careful(dialect.cells([text]), source=source), [""]) for text in texts)
    return list(enumerate(alone))


def _shape(lines: pl.Series, dialect: Dialect) -> pl.Series | None:
    """Number of cells of each line; None where a line alone is no whole record."""
    bare, quote = lines, dialect.quote
    if lines.str.contains(quote, literal=True).any():
        if dialect.escape:
            return None
        bare = lines.str.replace_all(_QUOTED[quote].pattern, _CELL)
        mark = re.escape(dialect.separator)
        if bare.str.contains(f"{quote}|[^{mark}]{_CELL}|{_CELL}[^{mark}]").any():
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
    frame: pl.DataFrame, names: Sequence[str], dialect: Dialect, *, table: str, source: str
) -> RawTable:
    """The same for records that span lines or have quotes inside their cells."""
    numbers, texts = frame["line"].to_list(), frame["text"].to_list()
    rows: list[list[str]] = []
    lines: list[int] = []
    broken: list[tuple[int, str]] = []
    start, restarts, read_again = 0, 0, 0
    most = _MOST_READ_AGAIN * max(len(texts), _MOST_OPEN_QUOTES)
    while start < len(texts):
        done = start
        reader = dialect.cells(texts[place] + "\n" for place in range(start, len(texts)))
        for row in _careful(reader, source=source):
            first, done = done, start + reader.line_num
            if not texts[first].strip(" \x1a") and done - first == 1:
                continue
            open_end = done == len(texts) and _is_open(texts[first:done], dialect.quote)
            if len(row) == len(names) and not open_end:
                rows.append(row)
                lines.append(numbers[first])
                continue
            broken.append((numbers[first], texts[first]))
            if done - first > 1:  # an open quote swallowed lines: give them back
                restarts += 1
                read_again += done - first
                done = first + 1
                break
        start = done
        if restarts > _MOST_OPEN_QUOTES or read_again > most:
            raise UploadError(say("data.open_quotes", source=source, line=broken[0][0]))
    return RawTable(
        name=table,
        frame=pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row"),
        source=source,
        lines=pl.Series("line", lines, dtype=pl.Int64),
        broken=pl.DataFrame(broken, schema=_BROKEN, orient="row"),
    )


def _is_open(lines: Sequence[str], quote: str) -> bool:
    """Whether a record that spans lines to the end of the file lacks its closing quote."""
    return len(lines) > 1 and sum(line.count(quote) for line in lines) % 2 == 1


def _careful(reader: Any, *, source: str) -> Iterator[list[str]]:
    """The records of the reader; its complaints as ours."""
    try:
        yield from reader
    except csv.Error as error:
        raise UploadError(say("data.not_a_table", source=source)) from error
