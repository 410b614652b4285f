"""What the values of a column look like, whatever its name: moments, money, ids, a few words."""

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from clvcore.data.cells import amounts, moments, words

_SAMPLE = 5_000
_MOST = 0.9
_FEW_WORDS = 30
_LONGEST_YEARS = 30
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the first filled values of a column are, in shares from 0 to 1."""

    filled: int
    distinct: int
    times: float
    """Values that are dates or times, or count from 1970 as moments of our days do."""
    numbers: float
    cents: float
    """Values with exactly two decimal places."""
    whole: float
    least: float | None
    most: float | None
    kinds: float
    """Values that name a kind of event."""
    spaced: float
    """Values of several words."""
    runs: bool
    """Whether the numbers rise by one from row to row, as the numbers of rows and ids do."""

    @property
    def is_time(self) -> bool:
        """Whether the column tells when."""
        return self.times >= _MOST and not self.runs

    @property
    def is_money(self) -> bool:
        """Whether the column is amounts of money: numbers, most of them with two places."""
        return self.numbers >= _MOST and self.cents >= 0.5

    @property
    def is_rating(self) -> bool:
        """Whether the column is marks of up to five or ten, in whole or half steps."""
        if self.numbers < _MOST or self.least is None or self.most is None:
            return False
        return 0 <= self.least <= 1 and self.most in {5, 10} and 3 <= self.distinct <= 11

    @property
    def is_count(self) -> bool:
        """Whether the column is small whole numbers."""
        if self.numbers < _MOST or self.whole < _MOST or self.most is None:
            return False
        return self.most < 100_000 and self.distinct < 0.5 * self.filled and not self.is_time

    @property
    def is_kind(self) -> bool:
        """Whether the column is a few words that name what happened."""
        return self.kinds >= 0.5 and self.distinct <= _FEW_WORDS

    @property
    def is_word(self) -> bool:
        """Whether most values are one word, as ids are and titles are not."""
        return self.spaced < 0.5

    @property
    def is_id(self) -> bool:
        """Whether the column names many things, by words or by whole numbers."""
        if self.is_time or self.is_money or self.distinct < 2:
            return False
        return self.numbers < 0.5 or self.whole >= _MOST


def shape_of(column: pl.Series) -> Shape:
    """The shape of the first filled values of a column of text."""
    filled = column.drop_nulls()
    filled = filled.filter(filled.str.strip_chars().str.len_bytes() > 0).head(_SAMPLE)
    values = filled.str.strip_chars()
    n = max(len(values), 1)
    bare = amounts.bare(filled)
    read = amounts.exact(bare, amounts.decimal_mark(bare) or ".").cast(pl.Float64)
    known = read.drop_nulls()
    steps = known.diff().drop_nulls()
    distinct = values.unique()
    return Shape(
        filled=len(values),
        distinct=len(distinct),
        times=_share_of_times(values, read) if len(values) else 0.0,
        numbers=len(known) / n,
        cents=int(bare.str.contains(r"^[+-]?[\d.,]*[.,]\d{2}$").sum()) / n,
        whole=int((known == known.round()).sum()) / n,
        least=known.min(),  # ty: ignore[invalid-argument-type] : the least of floats is one
        most=known.max(),  # ty: ignore[invalid-argument-type] : the greatest of floats is one
        kinds=_share_of_kinds(values, distinct),
        spaced=int(values.str.contains(r"\s").sum()) / n,
        runs=len(steps) > 1 and bool((steps == 1).all()),
    )


def _share_of_times(values: pl.Series, numbers: pl.Series) -> float:
    order = moments.date_order(values) or "dmy"
    at = moments.moments(values, time_zone="UTC", order=order).at
    sound = at.is_between(_EARLIEST, _LATEST)
    counted = int(numbers.is_not_null().sum())
    if counted >= _MOST * len(values) and _looks_like_ids(values, at):
        return 0.0
    return int(sound.fill_null(value=False).sum()) / len(values)


def _looks_like_ids(values: pl.Series, at: pl.Series) -> bool:
    """Whether numbers that could count from 1970 are ids.

    The moments of a log spread over days or years; ids of ten digits are handed out one after
    another, or at random over all that ten digits can say.
    """
    known = at.drop_nulls()
    if len(known) < 3 or not moments.is_epoch(values):
        return False
    span = known.max() - known.min()  # ty: ignore[unsupported-operator] : both are moments
    if values.n_unique() == len(values) and span.total_seconds() < 2 * len(values):
        return True
    return span.days > _LONGEST_YEARS * 365


def _share_of_kinds(values: pl.Series, distinct: pl.Series) -> float:
    if not 1 <= len(distinct) <= _FEW_WORDS or not distinct.str.contains(r"\p{L}").any():
        return 0.0
    named = [word for word in distinct.to_list() if words.is_kind(word)]
    return int(values.is_in(named).sum()) / len(values)
