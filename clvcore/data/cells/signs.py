"""What the cells of a column say about how all of it is read; what its pieces say adds up.

A table that is too large to be held is read piece by piece. What belongs to a whole column (its
decimal mark, the order of day and month, the currencies that it names) is counted over all pieces
before the first one is cleaned, so that every piece is read alike.
"""

from dataclasses import dataclass, field

from clvcore.data.cells.amounts import Marks
from clvcore.data.cells.moments import Dates


@dataclass(frozen=True, slots=True)
class Signs:
    """The counts of one column."""

    filled: int = 0
    floats: int = 0
    """Ids that are written like the float of a whole number."""
    marks: Marks = field(default_factory=Marks)
    dates: Dates = field(default_factory=Dates)
    symbols: frozenset[str] = frozenset()
    """Currencies that stand beside the numbers, or in a column of currencies."""

    def __add__(self, other: "Signs") -> "Signs":
        return Signs(
            self.filled + other.filled,
            self.floats + other.floats,
            self.marks + other.marks,
            self.dates + other.dates,
            self.symbols | other.symbols,
        )

    @property
    def are_floats(self) -> bool:
        """Whether every id was stored as a float."""
        return self.floats == self.filled > 0
