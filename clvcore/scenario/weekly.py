"""What was spent on every channel, and whom it won, week by week: what response curves rest on."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
from jaxtyping import Float, Int

from clvcore import columns as col
from clvcore.data.dataset import Dataset

WEEK = timedelta(days=7)
LATEST_WEEKS = 13
"""A quarter: today's spend is the mean over it, so that one campaign more or less is no matter."""


@dataclass(frozen=True, slots=True, eq=False)
class Weekly:
    """One channel, whole weeks in order; a week begins on Monday in the time zone of the data set."""

    channel: str
    spend: Float[np.ndarray, " weeks"]
    """Money of the week, in units of the currency."""
    users: Int[np.ndarray, " weeks"]
    """Users won in the week."""
    today: Decimal
    """Mean weekly spend of the latest `LATEST_WEEKS`, to the cent."""

    @property
    def usual(self) -> float:
        """Mean weekly spend over all weeks."""
        return float(self.spend.mean())

    @property
    def least(self) -> float:
        """The lowest spend of a week: below it nothing has been seen."""
        return float(self.spend.min())

    @property
    def most(self) -> float:
        """The highest spend of a week: beyond it nothing has been seen."""
        return float(self.spend.max())

    def is_seen(self, spend: float) -> bool:
        """Whether spend has been as low and as high; elsewhere a curve is extrapolated."""
        return self.least <= spend <= self.most


def weekly(data: Dataset) -> tuple[Weekly, ...]:
    """Every channel with spend or users, by name; none where there is no spend table.

    Weeks are those that both spend and users were recorded for from Monday to Sunday.
    """
    if data.spend is None:
        return ()
    spend = data.spend.filter(pl.col(col.AMOUNT).is_not_null() & pl.col(col.CHANNEL).is_not_null())
    day = pl.col(col.ACQUIRED).dt.convert_time_zone(data.recipe.time_zone).dt.date()
    won = data.users.filter(pl.col(col.CHANNEL).is_not_null()).select(col.CHANNEL, day.alias("day"))
    if spend.is_empty() or won.is_empty():
        return ()
    first, n_weeks = _span(spend[col.DATE], won["day"])
    if n_weeks <= 0:
        return ()
    names = sorted({*spend[col.CHANNEL], *won[col.CHANNEL]})
    paid = spend.select(col.CHANNEL, pl.col(col.DATE).alias("day"), pl.col(col.AMOUNT))
    return tuple(
        _channel(
            name,
            paid.filter(pl.col(col.CHANNEL) == name),
            won.filter(pl.col(col.CHANNEL) == name),
            first,
            n_weeks,
        )
        for name in names
    )


def _span(spent: pl.Series, won: pl.Series) -> tuple[date, int]:
    """The first Monday, and the number of weeks, that both tables cover whole."""
    is_daily = spent.dt.weekday().n_unique() > 1  # otherwise a row stands for its whole week
    start, end = _day(spent.min()), _day(spent.max())
    if is_daily:
        start = _monday(start + WEEK - timedelta(days=1))
        end = _monday(end + timedelta(days=1))
    else:
        start, end = _monday(start), _monday(end) + WEEK
    begins = _monday(_day(won.min()))  # the week of the first user counts from its Monday
    ends = (
        _monday(_day(won.max()) + timedelta(days=1))
        if is_daily
        else _monday(_day(won.max())) + WEEK
    )
    first, last = max(start, begins), min(end, ends)
    return first, (last - first).days // 7


def _channel(name: str, paid: pl.DataFrame, won: pl.DataFrame, first: date, n: int) -> Weekly:
    week = ((pl.col("day") - pl.lit(first)).dt.total_days() // 7).alias("week")
    inside = pl.col("week").is_between(0, n - 1)
    exact = paid.select(week, col.AMOUNT).filter(inside)
    spend = np.zeros(n)
    np.add.at(spend, exact["week"].to_numpy(), exact[col.AMOUNT].cast(pl.Float64).to_numpy())
    users = np.bincount(won.select(week).filter(inside)["week"].to_numpy(), minlength=n)
    latest = min(LATEST_WEEKS, n)
    total = exact.filter(pl.col("week") >= n - latest)[col.AMOUNT].sum() or Decimal(0)
    today = (Decimal(total) / latest).quantize(Decimal("0.01"))
    return Weekly(name, spend, users.astype(np.int64), today)


def _day(found: object) -> date:
    if not isinstance(found, date):
        message = f"not a date: {found!r}"
        raise TypeError(message)
    return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
