"""Names for the columns of a file that has no header."""

import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from clvcore.data.dataset import RawTable
from clvcore.errors import MappingError
from clvcore.messages import say

_NUMBERED = re.compile(r"column_\d+")


def is_number(column: str) -> bool:
    """Whether a column has only a number where a header would name it."""
    return _NUMBERED.fullmatch(column) is not None


def named(raw: RawTable, names: Sequence[str]) -> RawTable:
    """The table with these names; a first line that was taken for a header becomes a row again.

    Raises:
        MappingError: the table has another number of columns.
    """
    found = raw.frame.columns
    if found == list(names):
        return raw
    if len(found) != len(names):
        told = {"source": raw.source, "found": len(found), "expected": len(names)}
        raise MappingError(say("data.known.other_width", **told))
    raw = renamed(raw, names)
    if all(is_number(name) for name in found):
        return raw
    frame = raw.frame
    first = pl.DataFrame([found], schema=frame.schema, orient="row")
    lines, origin = None, raw.origin
    if origin is not None:
        origin = pl.concat([origin.head(1), origin])
    if raw.lines is not None:
        begin = max(int(raw.lines[0]) - 1, 1) if len(raw.lines) else 1
        lines = pl.concat([pl.Series(raw.lines.name, [begin], dtype=raw.lines.dtype), raw.lines])
    return replace(raw, frame=pl.concat([first, frame]), lines=lines, origin=origin)


def renamed(raw: RawTable, names: Sequence[str]) -> RawTable:
    """The table, or a piece of it that is not its first, with these names."""
    found = raw.frame.columns
    called = dict(zip(found, names, strict=True))
    numbers = frozenset(called[name] for name in raw.numbers)
    typed = {file: frozenset(called[name] for name in own) for file, own in raw.typed.items()}
    return replace(raw, frame=raw.frame.rename(called), numbers=numbers, typed=typed)
