"""What is measured of events to tell how the next file differs: by month, in all, and of a part."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import Dataset

BEARING = {
    col.ITEM: ("view", "cart", "purchase", "refund", "play", "rating"),
    col.AMOUNT: ("purchase", "refund", "ad", "subscription"),
    col.STREAM: ("purchase", "refund", "ad", "subscription"),
    col.QUANTITY: ("purchase", "refund"),
    col.ORDER: ("purchase", "refund"),
    col.RATING: ("rating",),
}
"""Kinds of events of which a column tells something; elsewhere it is empty by nature."""
_MONTH = "_month"


@dataclass(frozen=True, slots=True)
class Measured:
    """One number of a part of the events, and of what was there before."""

    months: list[float]
    """In the full months before, oldest first."""
    before: float | None
    """In all that was there before; None where it was not there."""
    after: float


def _local_days(frame: pl.DataFrame, zone: str) -> pl.Series:
    return frame[col.AT].dt.convert_time_zone(zone).dt.date()


def days_of(frame: pl.DataFrame, zone: str) -> int:
    """Days from the first event to the last, both counted."""
    days = _local_days(frame, zone).sort()
    return (days[-1] - days[0]).days + 1


def full_months(data: Dataset) -> dict[date, pl.DataFrame]:
    """The events of every calendar month that lies wholly in the time of observation."""
    zone = data.recipe.time_zone
    days = _local_days(data.events, zone)
    framed = data.events.with_columns(days.dt.truncate("1mo").alias(_MONTH))
    ordered = days.sort()
    first, last = ordered[0], ordered[-1]
    parts = framed.partition_by(_MONTH, as_dict=True, include_key=False)
    return {
        month: part
        for (month,), part in sorted(parts.items())
        if month >= first and month.replace(day=monthrange(month.year, month.month)[1]) <= last
    }


def rate(
    months: Mapping[date, pl.DataFrame], data: Dataset, part: pl.DataFrame, amount: pl.Expr
) -> Measured:
    """The sum of ``amount`` per day."""
    zone = data.recipe.time_zone

    def total(frame: pl.DataFrame) -> float:
        return float(frame.select(amount.cast(pl.Float64)).item() or 0.0)

    return Measured(
        [total(one) / monthrange(at.year, at.month)[1] for at, one in months.items()],
        total(data.events) / days_of(data.events, zone),
        total(part) / days_of(part, zone),
    )


def share(
    months: Mapping[date, pl.DataFrame], before: pl.DataFrame, part: pl.DataFrame, which: pl.Expr
) -> Measured:
    """The share of the events for which ``which`` is true."""

    def held(frame: pl.DataFrame) -> float:
        return float(frame.select(which.fill_null(value=False).mean()).item() or 0.0)

    return Measured([held(one) for one in months.values()], held(before), held(part))


def known(
    months: Mapping[date, pl.DataFrame], data: Dataset, part: pl.DataFrame, key: str
) -> Measured:
    """The share of the users (items) with events who had some before; by month, and in ``part``."""
    shares, seen = [], set[str]()
    for one in months.values():
        there = set(one[key].drop_nulls().unique().to_list())
        if seen and there:
            shares.append(len(there & seen) / len(there))
        seen |= there
    before = set(data.events[key].drop_nulls().unique().to_list())
    there = set(part[key].drop_nulls().unique().to_list())
    after = len(there & before) / len(there) if there else 0.0
    recent = shares[len(shares) // 2 :]  # at first hardly anybody can be known
    return Measured(recent, recent[-1] if recent else None, after)


def longest_silence(data: Dataset) -> int:
    """The most days in a row without an event, between the first and the last."""
    days = _local_days(data.events, data.recipe.time_zone).unique().sort()
    gaps = days.diff().dt.total_days().drop_nulls()
    return int(gaps.max() or 1) - 1 if len(gaps) else 0  # ty: ignore[invalid-argument-type] : days are whole numbers
