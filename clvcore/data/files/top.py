"""What the first lines of delimited text decide for all of it: separator, quotes, header."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from clvcore.data.files import layout
from clvcore.data.files.reading import NO_HEADER, SPACES, Reading
from clvcore.errors import UploadError
from clvcore.messages import say

SEPARATORS = (",", ";", "\t", "|", "^", "~", "::")
_WIDE = "::"
_UNIT = "\x1f"
"""Stands in for a separator of two signs, which no reader of CSV knows."""
QUOTED = {mark: re.compile(f"{mark}(?:[^{mark}]|{mark}{mark})*{mark}") for mark in ('"', "'")}
"""What stands in quotes, by the quote."""
CELL = "\x01"
"""Stands in for what stands in quotes."""
_GAPS = (r"\s+", r"\s{2,}")
_MOST_RECORD_LINES = 20
_PREFERENCE = "sep="


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


@dataclass(frozen=True, slots=True)
class Plan:
    """How the lines are cut, as far as the first of them do not tell."""

    escaped: bool | None = None
    """Whether a quote inside a cell stands behind a backslash; None believes the first piece."""
    patient: bool = False
    """Whether cells span lines or hold quotes, so that every record is read sign by sign."""


@dataclass(frozen=True, slots=True)
class Top:
    """What the first lines of a text decide for all of it."""

    spoken: str
    gap: str | None
    dialect: Dialect
    quoted: bool
    """Whether double quotes hold cells together."""
    head: Head

    @property
    def reading(self) -> dict[str, str]:
        """The same as text."""
        told = {"separator": self.spoken, "header": str(self.head.line)}
        quote = self.dialect.quote
        return told if quote == '"' else {**told, "quote": quote}


def top_lines(everything: pl.DataFrame, plan: Plan, how: Reading, *, source: str) -> Top:
    """What the first lines decide."""
    separator, preference = how.separator, _preference(everything["text"].head(1).item())
    skipped = 0 if preference is None else 1
    frame = filled(everything.slice(skipped))
    spoken = separator or preference or _separator(frame["text"].head(layout.SAMPLE).to_list())
    gap = None
    if spoken == SPACES:
        gap = _gap(filled(everything)["text"].head(layout.SAMPLE).to_list()) or _GAPS[0]
    frame = filled(single(everything, spoken, gap).slice(skipped))
    sign = {SPACES: "\t", _WIDE: _UNIT}.get(spoken, spoken)
    dialect, quoted = _dialect(frame["text"], sign, plan)
    return Top(spoken, gap, dialect, quoted, _head(frame, dialect, how, source=source))


def filled(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines in which something stands."""
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
    bare = [QUOTED['"'].sub(CELL, line) for line in lines]

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


def single(lines: pl.DataFrame, spoken: str, gap: str | None) -> pl.DataFrame:
    """Lines in which one sign parts the cells, also where several did."""
    text = pl.col("text")
    if gap is not None:
        return lines.with_columns(text.str.strip_chars().str.replace_all(gap, "\t"))
    if len(spoken) > 1:
        return lines.with_columns(text.str.replace_all(spoken, _UNIT, literal=True))
    return lines


def _dialect(lines: pl.Series, separator: str, plan: Plan) -> tuple[Dialect, bool]:
    """Which quotes hold the cells together, how one inside a cell is written, and whether they are double."""
    start = lines.head(layout.SAMPLE)
    if not start.str.contains('"', literal=True).any():
        cells = start.str.split(separator).list.explode()
        if cells.str.contains(r"^'.*'$").sum() > len(cells) / 2:
            return Dialect(separator, quote="'"), False
        return Dialect(separator), False
    plain, escaped = Dialect(separator), plan.escaped
    if escaped is None:
        escaped = has_slashed(lines, plain) and not has_doubled(lines)
    return (Dialect(separator, escape="\\") if escaped else plain), True


def has_slashed(lines: pl.Series, dialect: Dialect) -> bool:
    """Whether a quote inside a cell stands behind a backslash."""
    mark = re.escape(dialect.separator)
    return bool(lines.str.contains(rf'\\"[^{mark}]').any())


def has_doubled(lines: pl.Series) -> bool:
    """Whether a quote inside a cell is doubled."""
    return bool(lines.str.contains('[^\\\\]""[^"]').any())


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
    alone = (next(careful(dialect.cells([text]), source=source), [""]) for text in texts)
    return list(enumerate(alone))


def careful(reader: Any, *, source: str) -> Iterator[list[str]]:
    """The records of the reader; its complaints as ours."""
    try:
        yield from reader
    except csv.Error as error:
        raise UploadError(say("data.not_a_table", source=source)) from error
