"""The cells of a raw table by role: text, numbers, times, lists; decided on whole columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from clvcore import columns as col
from clvcore.data.cells import amounts
from clvcore.data.cells.by_file import Files
from clvcore.data.cells.choices import Choices
from clvcore.data.cells.ids import respelled
from clvcore.data.cells.moments import (
    DateOrder,
    Moments,
    counts_days,
    dated,
    dates_of,
    moments,
    open_date,
    orders_of,
)
from clvcore.data.cells.signs import Signs
from clvcore.data.cells.zones import named_zone
from clvcore.data.dataset import ColumnMap, RawTable
from clvcore.errors import DataError, MappingError
from clvcore.messages import say

LINE = "_line"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
"""In place of an example that stands elsewhere in the table."""
_EMPTY_IDS = ("null", "none", "nan", "n/a", "undefined", "(null)", "#n/a")
_EMPTY_VALUES = (*_EMPTY_IDS, "na", "-", "nat", "\\n")
IDS = (col.USER, col.ITEM, col.ORDER, col.SLATE)
"""Roles whose cells are ids."""
_EMPTY_START = r"^[nNuU(#\\-]"
_LONGEST_EMPTY = max(len(word) for word in _EMPTY_VALUES)


@dataclass(frozen=True, slots=True)
class Cells:
    """A raw table seen through its column map."""

    raw: RawTable
    roles: ColumnMap
    time_zone: str
    choices: Choices
    currency_code: str = ""
    """ISO 4217 code of the data set's money."""
    whole: Mapping[str, Signs] = field(default_factory=dict)
    """role -> what its whole column says, where these rows are a piece of the table; where nothing
    stands here they are the whole table"""

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.raw.frame.height

    def has(self, role: str) -> bool:
        """Whether a column or a constant fills the role."""
        return role in self.roles.roles or role in self.roles.constants

    def column(self, role: str) -> str:
        """Name of the column in the file, for messages; the role itself where it is a constant."""
        return self.roles.roles.get(role, role)

    def unused(self) -> list[str]:
        """Columns of the file that play no role."""
        return [name for name in self.raw.frame.columns if name not in self.roles.roles.values()]

    def zone_of(self, role: str) -> str:
        """The zone of a column of times: what is said of it, or its name says, or that of all."""
        column = self.column(role)
        own = self.choices.of_column(self.raw.name, column)
        return own.zone or named_zone(column) or self.time_zone

    def lines(self) -> pl.Series:
        """Line of the file on which each row begins, or its number where there are no lines."""
        if self.raw.lines is not None:
            return self.raw.lines.alias(LINE)
        return pl.Series(LINE, range(1, self.height + 1), dtype=pl.Int64)

    def text(self, role: str) -> pl.Series:
        """Words, without the space around them; null where a cell is empty or the role is."""
        if role in self.roles.constants:
            return pl.repeat(self.roles.constants[role], self.height, dtype=pl.String, eager=True)
        if role not in self.roles.roles:
            return pl.repeat(None, self.height, dtype=pl.String, eager=True)
        cells = self.raw.frame[self.roles.roles[role]]
        if role not in IDS:
            return stripped(cells).alias(role)
        whole = self.whole.get(role)
        told = None if whole is None else whole.ids
        return respelled(ids_of(cells), self.files, told).alias(role)

    def values(self, role: str) -> pl.Series:
        """Words, null also where a cell says in a word that it is empty."""
        return _without(self.text(role), _EMPTY_VALUES)

    def bare(self, role: str) -> pl.Series:
        """Bare numbers; those that were stored as numbers have no mark."""
        column = self.roles.roles.get(role)
        return amounts.bare(self.text(role) if column is None else self.raw.frame[column])

    def numbers(self, role: str) -> tuple[pl.Series, pl.Series]:
        """Exact numbers, and which cells are filled but no numbers.

        Raises:
            MappingError: the decimal mark of the column cannot be told.
        """
        text, bare = self.values(role), self.bare(role)
        marks = self.marks(role, bare)
        for file in [file for file, mark in marks.items() if mark is None]:
            marked = self.files.cells(bare, [file])
            if marked.str.contains(r"[.,]").any():
                raise MappingError(self._undecided(marked, self.column(role), file))
        numbers = self.files.read(
            bare, marks, lambda cells, mark: amounts.exact(cells, mark or ".")
        )
        return numbers, text.is_not_null() & numbers.is_null()

    @property
    def files(self) -> Files:
        """The files that the rows are of."""
        return Files.of(self.raw)

    def marks(self, role: str, bare: pl.Series) -> dict[str, amounts.Mark | None]:
        """The decimal mark in each file: as is said, or else as its numbers tell, None where they do not.

        What came as numbers is written by us, with a point, whatever is said of texts.

        Args:
            role: Of a column.
            bare: The bare numbers of the column.
        """
        column, whole = self.column(role), self.whole.get(role)
        told = self.files.told(bare, amounts.marks_of) if whole is None else whole.marks
        said = {file: self.choices.of_file(self.raw.name, column, file).decimal for file in told}
        return {
            file: "." if self.raw.is_number(column, file) else said[file] or one.mark
            for file, one in told.items()
        }

    def orders(self, role: str, text: pl.Series) -> dict[str, tuple[DateOrder | None, bool]]:
        """The same for the order of day and month, and whether most of a file's cells count from 1970.

        Args:
            role: Of a column.
            text: The words of the column.
        """
        column, whole = self.column(role), self.whole.get(role)
        told = self.files.told(text, dates_of) if whole is None else whole.dates
        orders = orders_of(told)
        said = {file: self.choices.of_file(self.raw.name, column, file).date_order for file in told}
        return {file: (said[file] or orders[file], one.is_epoch) for file, one in told.items()}

    def _undecided(self, bare: pl.Series, column: str, file: str) -> str:
        read = pl.DataFrame(
            {"cell": bare, "comma": amounts.exact(bare, ","), "point": amounts.exact(bare, ".")}
        ).filter(pl.col("cell").str.contains(r"[.,]"))
        either = read.filter(pl.col("comma").is_not_null() & pl.col("point").is_not_null())
        where = {"column": column, "source": file}
        if either.height:
            example, comma, point = either.row(0)
            return say("data.decimal_undecided", **where, example=example, comma=comma, point=point)
        one, other = (
            next(iter(read.filter(pl.col(mark).is_not_null())["cell"]), ELLIPSIS)
            for mark in ("point", "comma")
        )
        return say("data.decimal_mixed", **where, one=one, other=other)

    def times(self, role: str) -> tuple[Moments, pl.Series]:
        """Moments in UTC, and which cells are filled but no times.

        Raises:
            MappingError: the order of day and month cannot be told, or days are counted from a
                day that nobody told.
        """
        text = self.values(role)
        own = self.choices.of_column(self.raw.name, self.column(role))
        if counts_days(text):
            text = self._dated(text, own.first_day)
        orders = self.orders(role, text)
        if own.epoch is None:
            self._check_orders(role, text, orders)
        gaps: list[Moments] = []

        def read(cells: pl.Series, way: tuple[DateOrder | None, bool]) -> pl.Series:
            order, is_epoch = way
            zone = self.zone_of(role)
            unit = own.epoch
            found = moments(cells, time_zone=zone, order=order or "dmy", unit=unit, epoch=is_epoch)
            gaps.append(found)
            return found.at

        at = self.files.read(text, orders, read)
        skipped, repeated = (
            sum(getattr(one, part) for one in gaps) for part in ("skipped", "repeated")
        )
        return Moments(at, skipped, repeated), text.is_not_null() & at.is_null()

    def _check_orders(
        self, role: str, text: pl.Series, orders: Mapping[str, tuple[DateOrder | None, bool]]
    ) -> None:
        for file in [file for file, (order, _) in orders.items() if order is None]:
            example = open_date(self.files.cells(text, [file]))
            if example is not None:
                told = {"column": self.column(role), "source": file, "example": example}
                raise MappingError(say("data.dates_undecided", **told))

    def _dated(self, text: pl.Series, first_day: str | None) -> pl.Series:
        """Counted days as dates."""
        if first_day is None:
            raise MappingError(say("data.first_day_unknown", source=self.raw.source))
        return dated(text, first_day)


def stripped(cells: pl.Series) -> pl.Series:
    """Cells without the space around them; null where nothing is left."""
    text = cells.str.strip_chars()
    return text.set(text.str.len_bytes() == 0, value=None)


def ids_of(cells: pl.Series) -> pl.Series:
    """The same of ids, null also where a word says that there is none."""
    return _without(stripped(cells), _EMPTY_IDS)


def _without(text: pl.Series, empty: tuple[str, ...]) -> pl.Series:
    maybe = text.str.len_bytes() <= _LONGEST_EMPTY  # a cheap look first: most cells are longer
    if not (maybe & text.str.contains(_EMPTY_START)).any():
        return text
    return text.set(text.str.to_lowercase().is_in(empty), value=None)


def typed(cells: pl.Series, *, number: bool) -> pl.Series:
    """An attribute: numbers where every cell is one, otherwise words.

    Args:
        cells: The cells of the file.
        number: Whether the column was numeric where it came from. In text a leading zero makes
            a word of it, since a post code is no number.
    """
    text = stripped(cells)
    return figures_of(text).typed(text, number=number)


@dataclass(frozen=True, slots=True)
class Figures:
    """How many words of an attribute are numbers; those of its pieces add up."""

    filled: int = 0
    numbers: int = 0
    whole: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.filled + other.filled, self.numbers + other.numbers, self.whole + other.whole
        )

    def typed(self, text: pl.Series, *, number: bool) -> pl.Series:
        """The words as numbers where all of the attribute are."""
        if self.filled and (number or self.numbers == self.filled):
            kind = pl.Int64 if self.whole == self.filled else pl.Float64
            return text.cast(kind, strict=False)
        return text


def figures_of(text: pl.Series) -> Figures:
    """The counts of some words."""
    known = text.drop_nulls()
    number = known.str.contains(r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$")
    return Figures(len(known), int(number.sum()), int(known.str.contains(r"^-?\d{1,18}$").sum()))


def tags(cells: pl.Series) -> pl.Series:
    """Lists of words from ``a|b``, ``a;b`` or ``["a", "b"]``; null where there is no word."""
    listed_in_brackets = cells.str.contains(r"^\[.*\]$").all() and cells.null_count() < len(cells)
    joint = r"[|;]"
    if listed_in_brackets:
        cells = cells.str.replace_all(r"""^\[\s*|\s*\]$|["']""", "")
        joint = r"[|;,]"
    words = cells.str.replace_all(rf"\s*{joint}\s*", "|").str.strip_chars("| ").str.split("|")
    words = words.list.eval(pl.element().filter(pl.element().str.len_bytes() > 0))
    return words.set(words.list.len() == 0, value=None)


def vectors(cells: Cells) -> pl.Series:
    """Vectors of one length from numbers with spaces, commas or semicolons between them.

    Raises:
        DataError: a vector has another length than the others, or a part that is no finite number.
    """
    text = cells.text(col.VECTOR)
    parts = text.str.replace_all(r"[\[\]\s,;|]+", " ").str.strip_chars().str.split(" ")
    read = parts.list.eval(pl.element().cast(pl.Float32, strict=False))
    sound = read.list.eval(pl.element().is_finite().fill_null(value=False)).list.all()
    frame = pl.DataFrame({"v": read, "n": read.list.len(), "sound": sound, "line": cells.lines()})
    known = frame.filter(pl.col("v").is_not_null())
    if known.height == 0:
        return pl.Series(col.VECTOR, [None] * cells.height, dtype=pl.Array(pl.Float32, 1))
    width = known["n"][0]
    wrong = known.filter((pl.col("n") != width) | ~pl.col("sound"))
    if wrong.height:
        raise DataError(
            say(
                "data.bad_vector",
                column=cells.column(col.VECTOR),
                source=cells.raw.source,
                rows=wrong.height,
                line=wrong["line"][0],
                width=width,
            )
        )
    return read.list.to_array(width).alias(col.VECTOR)
