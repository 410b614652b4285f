"""Ids that a program stored as floats (``17850.0``) get their own spelling back, file by file.

A column of whole numbers with gaps becomes one of floats in many programs, while a workbook beside it
has the same ids as they are. Whether the ids of a file were floats is told by all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from clvcore.data.cells.by_file import Files

_WHOLE = r"^(-?\d+)\.0$"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the ids of a column are written; those of its pieces add up."""

    filled: int = 0
    floats: int = 0
    """Ids that are written like the float of a whole number."""

    def __add__(self, other: "Spelling") -> "Spelling":
        return Spelling(self.filled + other.filled, self.floats + other.floats)

    @property
    def are_floats(self) -> bool:
        """Whether every id was stored as a float."""
        return self.floats == self.filled > 0


def spelling_of(ids: pl.Series) -> Spelling:
    """How some ids are written."""
    return Spelling(ids.count(), int(ids.str.contains(_WHOLE).sum()))


def respelled(
    ids: pl.Series, files: Files | None = None, whole: Mapping[str, Spelling] | None = None
) -> pl.Series:
    """Ids as they were before they were stored as floats.

    Args:
        ids: The ids of a column.
        files: The files that they are of; by default one.
        whole: file -> how all of its ids are written, where these are a piece of them.

    Example:
        >>> respelled(pl.Series(["17850.0", None, "18.0"])).to_list()
        ['17850', None, '18']
        >>> respelled(pl.Series(["17850.0", "17850"])).to_list()
        ['17850.0', '17850']
    """
    files = files or Files(("",), None)
    told = files.told(ids, spelling_of) if whole is None else whole
    ways = {file: one.are_floats for file, one in told.items()}
    if not any(ways.values()):
        return ids
    return files.read(
        ids, ways, lambda part, floats: part.str.replace(_WHOLE, "${1}") if floats else part
    )
