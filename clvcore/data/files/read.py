"""Bytes become a table of strings: read, nothing interpreted."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from clvcore.data.dataset import RawTable, SourceFile
from clvcore.data.files import nested
from clvcore.data.files.delimited import read_delimited
from clvcore.data.files.encodings import decode, doubt
from clvcore.data.files.excel import read_excel
from clvcore.data.files.formats import format_of
from clvcore.data.files.latin import Guess
from clvcore.data.files.packed import unpacked
from clvcore.data.files.parquet import read_parquet
from clvcore.data.files.reading import CHOSEN, DECIDED_BY_FILE, DOUBT, Reading
from clvcore.errors import MappingError, UploadError
from clvcore.messages import listed, say


def read(content: bytes, *, table: str, source: str, how: Reading | None = None) -> RawTable:
    """The rows of a file of any kind, every cell as text, so that ids keep leading zeros.

    The kind is told by the bytes, never by the name: delimited text in any usual encoding and
    dialect, Excel, Parquet, JSON and JSON Lines, each also inside gzip, zstd or zip. Lines above
    the header and totals below the rows are set aside, not lost.

    Args:
        content: The whole file.
        table: Which table it is to become: a name of `clvcore.columns.TABLES`.
        source: Name of the file, for messages.
        how: What a person decided about the reading; the file decides the rest.

    Raises:
        UploadError: the bytes are not a table that can be read.
        MappingError: two columns have the same name.
    """
    how = how or DECIDED_BY_FILE
    inner = unpacked(content, source=source)
    kind = format_of(inner.content, source=source)
    if kind == "parquet":
        raw = read_parquet(inner.content, table=table, source=source)
        told = {"format": "parquet"}
    elif kind == "excel":
        raw = read_excel(inner.content, table=table, source=source, how=how)
        told = {"format": "excel"}
    else:
        raw, told = _from_text(inner.content, table=table, source=source, how=how)
    if inner.layers:
        told["packed"] = ",".join(inner.layers)
    if inner.inside:
        told["inside"] = inner.inside
    digest = hashlib.sha256(content).hexdigest()
    return replace(
        raw,
        files=(SourceFile(source, digest, len(content)),),
        reading=how.told({**told, **raw.reading}),
    )


def _from_text(
    content: bytes, *, table: str, source: str, how: Reading
) -> tuple[RawTable, dict[str, str]]:
    text, encoding = decode(content, source=source, encoding=how.encoding)
    told = {"format": "text", "encoding": encoding}
    told |= {} if how.encoding else told_of_doubt(doubt(content, encoding))
    if how.separator is None and (kind := nested.kind_of(text)):
        raw = nested.read_nested(text, kind, table=table, source=source, how=how)
        return raw, {**told, "format": kind}
    return read_delimited(text, table=table, source=source, how=how), told


def combined(tables: Sequence[RawTable]) -> RawTable:
    """One table of several files that have the same columns, in whatever order.

    Raises:
        UploadError: a file has other columns than the first, or is the same as another.
    """
    first = tables[0]
    if len(tables) == 1:
        return first
    check_together(tables)
    tables = called_apart(tables)
    names = first.frame.columns
    return RawTable(
        name=first.name,
        frame=pl.concat([one.frame.select(names) for one in tables]),
        source=listed([one.source for one in tables], most=3),
        numbers=frozenset.intersection(*(one.numbers for one in tables)),
        typed={one.source: one.numbers for one in tables},
        lines=pl.concat([_lines(one) for one in tables]),
        broken=pl.concat([with_file(one.broken, one) for one in tables]),
        aside=pl.concat([with_file(one.aside, one) for one in tables]),
        files=tuple(file for one in tables for file in one.files),
        reading=common_reading(tables),
        origin=pl.concat(
            [pl.repeat(one.source, one.frame.height, dtype=pl.String, eager=True) for one in tables]
        ),
    )


def called_apart(tables: Sequence[RawTable]) -> list[RawTable]:
    """The tables of several files, each with a source of its own."""
    names = names_apart([one.source for one in tables])
    return [replace(one, source=name) for one, name in zip(tables, names, strict=True)]


def names_apart(names: Sequence[str]) -> list[str]:
    """Names of files, which may be the same in different folders, told apart by a number.

    Example:
        >>> names_apart(["may.csv", "june.csv", "may.csv"])
        ['may.csv', 'june.csv', 'may.csv (2)']
    """
    counts = [names[: place + 1].count(name) for place, name in enumerate(names)]
    return [
        name if count == 1 else f"{name} ({count})"
        for name, count in zip(names, counts, strict=True)
    ]


def told_of_doubt(unsure: Guess | None) -> dict[str, str]:
    """What a reading tells of another encoding that the text may be in."""
    if unsure is None:
        return {}
    letters = " ".join(f"{one}/{other}" for one, other in unsure.letters)
    return {DOUBT: unsure.other or "", "letters": letters}


def common_reading(tables: Sequence[RawTable]) -> dict[str, str]:
    """How the first was read; of what a person decided only that which holds for all."""
    first = tables[0].reading
    decided = [one.reading.get(CHOSEN, "").split(",") for one in tables]
    shared = [
        part
        for part in decided[0]
        if part
        and all(part in one for one in decided)
        and len({one.reading.get(part) for one in tables}) == 1
    ]
    told = {name: value for name, value in first.items() if name != CHOSEN}
    return {**told, CHOSEN: ",".join(shared)} if shared else told


def check_together(tables: Sequence[RawTable]) -> None:
    """Nothing, where files can be one table.

    Raises:
        UploadError: a file is the same as another.
        MappingError: a file has other columns than the first.
    """
    seen: dict[str, str] = {}
    for one in tables:
        _check_same_columns(tables[0], one)
        for file in one.files:
            if file.sha256 in seen:
                told = {"one": seen[file.sha256], "other": file.name}
                raise UploadError(say("data.read.twice", **told))
            seen[file.sha256] = file.name


def _check_same_columns(first: RawTable, other: RawTable) -> None:
    expected, found = first.frame.columns, other.frame.columns
    if set(expected) == set(found):
        return
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    key = "both" if missing and extra else "missing" if missing else "extra"
    told = {"missing": listed(missing), "extra": listed(extra)}
    raise MappingError(
        say(f"data.read.other_columns_{key}", one=first.source, other=other.source, **told)
    )


def _lines(raw: RawTable) -> pl.Series:
    if raw.lines is not None:
        return raw.lines
    return pl.Series("line", range(1, raw.frame.height + 1), dtype=pl.Int64)


def with_file(part: pl.DataFrame, raw: RawTable) -> pl.DataFrame:
    """Lines that are no rows, with the file in which they stand."""
    return part.with_columns(file=pl.lit(raw.source))
