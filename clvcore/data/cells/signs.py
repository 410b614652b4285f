"""What the cells of a column say about how all of it is read; what its pieces say adds up.

A table that is too large to be held is read piece by piece. What belongs to a whole column (the
currencies that it names) or to a column of one file (its decimal mark, the order of day and month,
how its ids are written) is counted over all pieces before the first one is cleaned, so that every piece is read alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from clvcore.data.cells.amounts import Marks
from clvcore.data.cells.ids import Spelling
from clvcore.data.cells.moments import Dates

Counts = TypeVar("Counts", Marks, Dates, Spelling)


@dataclass(frozen=True, slots=True)
class Signs:
    """The counts of one column."""

    filled: int = 0
    ids: Mapping[str, Spelling] = field(default_factory=dict)
    """file -> how its ids are written"""
    marks: Mapping[str, Marks] = field(default_factory=dict)
    """file -> what its numbers tell of the decimal mark"""
    dates: Mapping[str, Dates] = field(default_factory=dict)
    """file -> what its cells tell of how times are written"""
    symbols: frozenset[str] = frozenset()
    """Currencies that stand beside the numbers, or in a column of currencies."""

    def __add__(self, other: "Signs") -> "Signs":
        return Signs(
            self.filled + other.filled,
            of_both(self.ids, other.ids),
            of_both(self.marks, other.marks),
            of_both(self.dates, other.dates),
            self.symbols | other.symbols,
        )


def of_both(one: Mapping[str, Counts], other: Mapping[str, Counts]) -> dict[str, Counts]:
    """What the pieces of each file say together."""
    found = dict(one)
    for file, counts in other.items():
        found[file] = found[file] + counts if file in found else counts
    return found
