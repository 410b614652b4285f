"""What a value model knows of a user: how often, how long ago, since when, and how much.

An order is a day on which a user bought something, in the data set's time zone: several orders of
one day are one, because the models count occasions. ``frequency`` counts repeat orders, so the
first one is not in it; ``recency_days`` runs from the first to the last order, ``age_days`` from
the first order to the end of observation.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.columns import Kind, Stream
from clvcore.data.dataset import Dataset
from clvcore.features.refunds import matched_refunds, purchases_of

DAY = "day"
SILENT_KINDS = [Kind.REFUND.value, Kind.SUBSCRIPTION.value]
"""Events that happen to a user without the user being there: money back, a fee collected."""

SUMMARY = pl.Schema(
    {
        col.USER: pl.String(),
        "frequency": pl.Int64(),
        "recency_days": pl.Float64(),
        "age_days": pl.Float64(),
        "mean_order_value": pl.Float64(),
        "weight": pl.Float64(),
        "first_day": pl.Date(),
    }
)


@dataclass(frozen=True, slots=True)
class PurchaseSummary:
    """The buying history of every user who bought, and the money behind it."""

    frame: pl.DataFrame
    """One row a buyer, by user_id: frequency, recency_days, age_days, mean_order_value (over
    repeat orders with money above 0, net of refunds that belong to them; null without any),
    weight (1 a user), first_day."""
    until: date
    """The last day of observation, local."""
    gross: Decimal
    """Money of all purchases before refunds."""
    refunds_matched: Decimal
    """Money given back for an order that is here, so already off ``mean_order_value``; 0 or above."""
    refunds_unmatched: Decimal
    """Money given back that belongs to no order here; 0 or above."""


def purchase_summary(data: Dataset, *, until: datetime | None = None) -> PurchaseSummary:
    """The buying history of every user, up to ``until`` (default: the end of observation).

    A refund is taken off the order with its order_id, else off the user's latest earlier order of
    the same item, else it stays unmatched. An order whose money came back entirely is none.
    """
    events = _before(data, until)
    bought, returned = purchases_of(events), matched_refunds(events)
    matched = returned.filter(pl.col("matched_by").is_not_null())
    given_back = Decimal(returned[col.AMOUNT].sum())
    taken_off = Decimal(matched[col.AMOUNT].sum())
    last = _last_day(data, until)
    return PurchaseSummary(
        frame=_summary(order_days(data, until=until), last),
        until=last,
        gross=Decimal(bought[col.AMOUNT].sum()),
        refunds_matched=-taken_off,
        refunds_unmatched=-(given_back - taken_off),
    )


def order_days(data: Dataset, *, until: datetime | None = None) -> pl.DataFrame:
    """user_id, day and value of every order that was kept, net of the refunds that belong to it.

    An order is a local day; one whose money came back entirely is none.
    """
    events = _before(data, until)
    back = (
        matched_refunds(events)
        .filter(pl.col("matched_by").is_not_null())
        .group_by(col.USER, _local_day(data, pl.col("bought_at")).alias(DAY))
        .agg(pl.col(col.AMOUNT).sum().alias("back"))
    )
    return (
        purchases_of(events)
        .group_by(col.USER, DAY)
        .agg(pl.col(col.AMOUNT).sum())
        .join(back, on=[col.USER, DAY], how="left")
        .with_columns(value=pl.col(col.AMOUNT) + pl.col("back").fill_null(Decimal(0)))
        .filter(pl.col("back").is_null() | (pl.col("value") > 0))
        .select(col.USER, DAY, "value")
        .sort(col.USER, DAY)
    )


def activity_summary(data: Dataset, *, until: datetime | None = None) -> pl.DataFrame:
    """The same counts over the days on which a user did anything, by user_id.

    Refunds and collected fees are no activity. ``revenue_per_day`` is the advertising revenue of an
    active day, the first one included; ``revenue_variance`` its variance over the user's days (null
    for a single day).
    """
    events = _before(data, until).filter(~pl.col(col.KIND).is_in(SILENT_KINDS))
    is_ad = pl.col(col.STREAM) == Stream.ADVERTISING.value
    days = events.group_by(col.USER, DAY).agg(pl.col(col.AMOUNT).filter(is_ad).sum().alias("value"))
    value = pl.col("value").cast(pl.Float64)
    means = days.group_by(col.USER).agg(
        value.mean().alias("revenue_per_day"), value.var().alias("revenue_variance")
    )
    return (
        _summary(days, _last_day(data, until))
        .drop("mean_order_value")
        .join(means, on=col.USER, how="left", maintain_order="left")
        .sort(col.USER)
    )


def _before(data: Dataset, until: datetime | None) -> pl.DataFrame:
    """Events up to and with ``until``, with their local day."""
    events = data.events if until is None else data.events.filter(pl.col(col.AT) <= until)
    return events.with_columns(_local_day(data, pl.col(col.AT)).alias(DAY))


def _local_day(data: Dataset, moment: pl.Expr) -> pl.Expr:
    return moment.dt.convert_time_zone(data.recipe.time_zone).dt.date()


def _last_day(data: Dataset, until: datetime | None) -> date:
    end = data.observed[1] if until is None else until
    moment = pl.Series([end], dtype=col.TIME).dt.convert_time_zone(data.recipe.time_zone)
    return moment.dt.date().item()


def _summary(days: pl.DataFrame, last: date) -> pl.DataFrame:
    """Summary of a frame of user_id, day and value, one row a user and day."""
    first = pl.col(DAY).min()
    is_repeat = pl.col(DAY) > first
    repeat_value = pl.col("value").filter(is_repeat & (pl.col("value") > 0))
    return (
        days.group_by(col.USER)
        .agg(
            (pl.len().cast(pl.Int64) - 1).alias("frequency"),
            (pl.col(DAY).max() - first).dt.total_days().cast(pl.Float64).alias("recency_days"),
            (pl.lit(last) - first).dt.total_days().cast(pl.Float64).alias("age_days"),
            repeat_value.cast(pl.Float64).mean().alias("mean_order_value"),
            pl.lit(1.0).alias("weight"),
            first.alias("first_day"),
        )
        .select(SUMMARY.names())
        .sort(col.USER)
    )
