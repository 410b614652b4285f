"""Numbers as people write them become exact decimals; the decimal mark is one per column and file."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.stored import without_mark

Mark = Literal[".", ","]

EXACT = pl.Decimal(38, 12)
"""Type of a number before it is rounded: every digit that a file can mean."""
LARGEST = 10**12
"""Amounts beyond this are slips of the pen; sums of them would no longer be exact."""

_GROUPED = {".": r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$", ",": r"^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$"}
_PLAIN = {
    ".": r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$",
    ",": r"^[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d{1,3})?$",
}


_NUMBER = "|".join((*_GROUPED.values(), *_PLAIN.values()))


def bare(cells: pl.Series) -> pl.Series:
    r"""Numbers without currency, spaces and apostrophes; a minus stands in front.

    Example:
        >>> bare(pl.Series(["€ 1.000", "12,5 EUR", "(45,10)", "\u22125", "7-"])).to_list()
        ['1.000', '12,5', '-45,10', '-5', '-7']
    """
    dressed = cells.str.contains(r"[^\d.,eE+-]|.-").fill_null(value=False).arg_true()
    if not len(dressed):
        return cells
    # a clone, since polars scatters in place where nobody else holds the cells
    return cells.clone().scatter(dressed, _undressed(cells.gather(dressed)))


def _undressed(cells: pl.Series) -> pl.Series:
    return (
        without_mark(cells)
        .str.replace_all(r"[\s\x{a0}\x{202f}\p{Sc}'`\x{2019}]", "")
        .str.replace(r"^([-\x{2212}(]?)[A-Za-z]{3}([-\x{2212}.,\d])", "$1$2")
        .str.replace(r"[A-Za-z]{3}(\)?)$", "$1")
        .str.replace_all("\u2212", "-", literal=True)
        .str.replace(r"^\((.*)\)$", "-$1")
        .str.replace(r"^([^-].*)-$", "-$1")
    )


@dataclass(frozen=True, slots=True)
class Marks:
    """How many numbers of a column tell its decimal mark; those of its pieces add up."""

    marked: int = 0
    """Numbers with a point or a comma."""
    points: int = 0
    """Those in which only a point can be the decimal mark."""
    commas: int = 0

    def __add__(self, other: "Marks") -> "Marks":
        return Marks(
            self.marked + other.marked, self.points + other.points, self.commas + other.commas
        )

    @property
    def mark(self) -> Mark | None:
        """The decimal mark that the majority tells; None where none does."""
        if not self.marked:
            return "."
        if self.points == self.commas:
            return None
        return "." if self.points > self.commas else ","


def decimal_mark(numbers: pl.Series) -> Mark | None:
    """The decimal mark of a whole column of bare numbers; None where it cannot be told.

    Example:
        >>> decimal_mark(pl.Series(["1.234,56", "3.000"]))
        ','
        >>> decimal_mark(pl.Series(["12,345"])) is None
        True
    """
    return marks_of(numbers).mark


def marks_of(numbers: pl.Series) -> Marks:
    """What the bare numbers of a column, or of a piece of it, tell about its decimal mark.

    The last of two marks in a number is its decimal mark; a mark that stands twice is none; three
    digits behind a single mark say nothing.
    """
    marked = numbers.filter(numbers.str.contains(r"[.,]") & numbers.str.contains(_NUMBER))
    if not len(marked):
        return Marks()
    says = {
        mark: int(
            (
                marked.str.contains(_decides(mark))
                | marked.str.contains(_GROUPED[mark]) & marked.str.contains(_grouped_twice(mark))
            ).sum()
        )
        for mark in (".", ",")
    }
    return Marks(len(marked), says["."], says[","])


def _decides(mark: str) -> str:
    """Pattern of numbers in which ``mark`` can only be the decimal mark."""
    point, other = (r"\.", ",") if mark == "." else (",", r"\.")
    many = rf"\d{{4,}}{point}\d*|0{point}\d*|\d*{point}(\d{{0,2}}|\d{{4,}})"
    return rf"^[+-]?({many})([eE][+-]?\d+)?$|^[+-]?\d{{1,3}}({other}\d{{3}})+{point}\d*$"


def _grouped_twice(mark: str) -> str:
    """Pattern of numbers in which the other mark stands twice, so that it parts thousands."""
    return r",\d{3},\d{3}" if mark == "." else r"\.\d{3}\.\d{3}"


def exact(numbers: pl.Series, mark: Mark) -> pl.Series:
    """Bare numbers as exact decimals; null where a cell is no number under this decimal mark.

    Example:
        >>> exact(pl.Series(["1.234,56", "12,5", "1,23,4"]), ",").cast(pl.Float64).to_list()
        [1234.56, 12.5, None]
    """
    other = "," if mark == "." else "."
    cells = pl.col("n")
    grouped, plain = cells.str.contains(_GROUPED[mark]), cells.str.contains(_PLAIN[mark])
    cleaned = (
        pl.when(grouped)
        .then(cells.str.replace_all(other, "", literal=True))
        .when(plain)
        .then(cells)
    ).str.replace(mark, ".", literal=True)
    return numbers.to_frame("n").select(cleaned.cast(EXACT, strict=False)).to_series()


def as_money(values: pl.Expr) -> pl.Expr:
    """Exact decimals with the four places of money, rounded half up (away from zero)."""
    return values.round(4, mode="half_away_from_zero").cast(col.MONEY)


def currencies(cells: pl.Series) -> list[str]:
    """Symbols and codes of money beside the numbers, the same for one currency.

    Example:
        >>> currencies(pl.Series(["€ 5", "5 EUR", "$7", "8", "n/a"]))
        ['$', 'EUR']
    """
    named = cells.filter(cells.str.contains(r"\p{Sc}|[A-Z]{3}"))
    found = pl.concat(
        [
            named.str.extract(r"(\p{Sc})"),
            named.str.extract(r"^[-(\s]*([A-Z]{3})[-\s]*\d"),
            named.str.extract(r"\d\s*([A-Z]{3})\)?$"),
        ]
    )
    return sorted({SYMBOLS.get(name, name) for name in found.drop_nulls().unique().to_list()})


SYMBOLS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
