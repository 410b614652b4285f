"""Delimited text (CSV and its kin) becomes a table of strings; no line is lost.

Records that every line holds whole are cut by polars; as soon as one cell spans lines or a quote
stands inside a cell, Python's more forgiving reader takes over. A record with more or fewer cells
than the header is kept as it stands, with its line number, so that it can be rejected by name.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from clvcore.data.dataset import RawTable
from clvcore.errors import MappingError, UploadError
from clvcore.messages import say

SEPARATORS = (",", ";", "\t", "|")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_CELL = "\x01"
_MOST_OPEN_QUOTES = 1000
_BROKEN = {"line": pl.Int64, "text": pl.String}
_PREFERENCE = "sep="


def read_delimited(text: str, *, table: str, source: str, separator: str | None = None) -> RawTable:
    """The rows under the header of delimited text.

    Raises:
        UploadError: there are no rows below the header, or quotes do not close.
        MappingError: two columns have the same name.
    """
    everything = (
        pl.DataFrame({"text": text.split("\n")})
        .with_row_index("line", offset=1)
        .with_columns(pl.col("line").cast(pl.Int64))
    )
    frame = everything.filter(pl.col("text").str.strip_chars(" \x1a").str.len_bytes() > 0)
    start = frame["text"].head(200).to_list()
    if start and start[0].lower().startswith(_PREFERENCE) and len(start[0]) == 5:
        separator = separator or start.pop(0)[-1]
        frame = frame.slice(1)
    if separator is None and _parts_by_spaces(start):
        separator = "\t"
        frame = frame.with_columns(
            pl.col("text").str.strip_chars().str.replace_all(r"\s+", separator)
        )
        start = frame["text"].head(200).to_list()
    separator = separator or separator_of(start)
    if frame.height < 2:
        raise UploadError(say("data.no_rows", source=source))
    names = _names(start[0], separator, source=source)
    header = frame["line"][0]
    frame = frame.slice(1)
    shape = _shape(frame["text"], separator)
    if shape is None:
        below = everything.filter(pl.col("line") > header)  # a cell may hold blank lines
        return _read_patiently(below, names, separator, table=table, source=source)
    rows = frame.filter(shape == len(names))
    return RawTable(
        name=table,
        frame=_cut(rows["text"], names, separator),
        source=source,
        lines=rows["line"],
        broken=frame.filter(shape != len(names)),
    )


def separator_of(lines: Sequence[str]) -> str:
    r"""The separator that cuts most lines into the same number of cells.

    Example:
        >>> separator_of(["id;price", "1;2,50", "2;3,75"])
        ';'
    """
    bare = [_QUOTED.sub(_CELL, line) for line in lines]

    def consistency(separator: str) -> tuple[float, bool, int]:
        counts = [line.count(separator) for line in bare]
        usual, times = Counter(counts).most_common(1)[0] if counts else (0, 0)
        if usual == 0:
            return (0.0, False, 0)
        return (times / len(counts), counts[0] == usual, usual)

    return max(SEPARATORS, key=consistency)


def _parts_by_spaces(lines: Sequence[str]) -> bool:
    """Whether runs of spaces part the same number of cells in every line, and nothing else does."""
    if any(mark in line for line in lines for mark in (*SEPARATORS, '"')):
        return False
    counts = {len(line.split()) for line in lines}
    return len(counts) == 1 and counts != {1}


def _names(header: str, separator: str, *, source: str) -> list[str]:
    cells = next(csv.reader([header], delimiter=separator, skipinitialspace=True))
    names = [cell.strip() or f"column_{place}" for place, cell in enumerate(cells, 1)]
    double = [name for name, times in Counter(names).items() if times > 1]
    if double:
        raise MappingError(say("data.double_column", column=double[0], source=source))
    return names


def _shape(lines: pl.Series, separator: str) -> pl.Series | None:
    """Number of cells of each line; None where a line alone is no whole record."""
    bare = lines
    if lines.str.contains('"', literal=True).any():
        bare = lines.str.replace_all(_QUOTED.pattern, _CELL)
        mark = re.escape(separator)
        if bare.str.contains(f'"|[^{mark}]{_CELL}|{_CELL}[^{mark}]').any():
            return None
    return bare.str.count_matches(separator, literal=True) + 1


def _cut(lines: pl.Series, names: Sequence[str], separator: str) -> pl.DataFrame:
    if not len(lines):
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    return pl.read_csv(
        (lines.str.join("\n").item() + "\n").encode(),
        has_header=False,
        schema=dict.fromkeys(names, pl.String),
        separator=separator,
    )


def _read_patiently(
    frame: pl.DataFrame, names: Sequence[str], separator: str, *, table: str, source: str
) -> RawTable:
    """The same for records that span lines or have quotes inside their cells."""
    numbers, texts = frame["line"].to_list(), frame["text"].to_list()
    rows: list[list[str]] = []
    lines: list[int] = []
    broken: list[tuple[int, str]] = []
    start, restarts = 0, 0
    while start < len(texts):
        done = start
        reader = csv.reader(
            (texts[place] + "\n" for place in range(start, len(texts))),
            delimiter=separator,
            skipinitialspace=True,
        )
        for row in _careful(reader, source=source):
            first, done = done, start + reader.line_num
            if not texts[first].strip(" \x1a") and done - first == 1:
                continue
            open_end = done == len(texts) and _is_open(texts[first:done])
            if len(row) == len(names) and not open_end:
                rows.append(row)
                lines.append(numbers[first])
                continue
            broken.append((numbers[first], texts[first]))
            if done - first > 1:  # an open quote swallowed lines: give them back
                done = first + 1
                restarts += 1
                break
        start = done
        if restarts > _MOST_OPEN_QUOTES:
            raise UploadError(say("data.open_quotes", source=source, line=broken[0][0]))
    return RawTable(
        name=table,
        frame=pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row"),
        source=source,
        lines=pl.Series("line", lines, dtype=pl.Int64),
        broken=pl.DataFrame(broken, schema=_BROKEN, orient="row"),
    )


def _is_open(lines: Sequence[str]) -> bool:
    """Whether a record that spans lines to the end of the file lacks its closing quote."""
    return len(lines) > 1 and sum(line.count('"') for line in lines) % 2 == 1


def _careful(reader: Iterator[list[str]], *, source: str) -> Iterator[list[str]]:
    """The records of the reader; its complaints as ours."""
    try:
        yield from reader
    except csv.Error as error:
        raise UploadError(say("data.not_a_table", source=source)) from error
