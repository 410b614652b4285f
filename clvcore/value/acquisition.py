"""What it cost to win each user: the spend of the user's channel and period, shared out to the cent.

CAC = spend of the channel in the acquisition period / users acquired there and then. Every cent of
the spend table is either on a user or in a row of its own, because it won nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.units import share_out

Period = Literal["day", "week", "month", "all"]
"""Length of an acquisition period; a week begins on Monday, in the time zone of the data set."""

CostSource = Literal["paid", "idle", "organic", "unnamed", "unknown"]
"""Why a user's CAC is what it is.

paid: a share of spend. idle: the channel has spend, but none in this period, so 0. organic: the
channel has no spend at all, so 0. unnamed: the user's channel is not known, so no spend is
attributed to the user: 0. unknown: there is no spend table, so CAC is unknown and null.
"""

STEPS: dict[str, str] = {"day": "1d", "week": "1w", "month": "1mo"}
SOURCE_TYPE = pl.Enum(["paid", "idle", "organic", "unnamed", "unknown"])


@dataclass(frozen=True, slots=True)
class Acquisition:
    """Cost of every user, and the spend that won nobody."""

    users: pl.DataFrame
    """user_id, channel, cohort (first day of the month), period (first day), cac, cac_source."""
    unattributed: pl.DataFrame
    """channel, period, amount: spend of a channel and period in which nobody was won."""
    period: Period
    is_known: bool
    """False where the data set has no spend table; every cac is then null."""


def acquisition(data: Dataset, *, period: Period = "week") -> Acquisition:
    """The acquisition cost of every user and the spend that won nobody.

    The users' cac and the unattributed amounts add up to the spend table exactly. Users of one
    channel and period share its spend equally, in cents; a remainder goes to the first by user_id.
    """
    users = _won(data, period)
    if data.spend is None:
        nothing = pl.DataFrame(
            schema={col.CHANNEL: pl.String, "period": pl.Date, col.AMOUNT: col.MONEY}
        )
        costs = users.with_columns(
            pl.lit(None, dtype=col.MONEY).alias("cac"),
            pl.lit("unknown", dtype=SOURCE_TYPE).alias("cac_source"),
        )
        return Acquisition(costs.sort(col.USER), nothing, period, is_known=False)
    spent = (
        data.spend.filter(pl.col(col.AMOUNT).is_not_null())
        .select(col.CHANNEL, _period(pl.col(col.DATE), period).alias("period"), col.AMOUNT)
        .group_by(col.CHANNEL, "period")
        .agg(pl.col(col.AMOUNT).sum())
        .sort(col.CHANNEL, "period", nulls_last=True)
    )
    keys = [col.CHANNEL, "period"]
    counts = users.filter(pl.col(col.CHANNEL).is_not_null()).group_by(keys).agg(pl.len().alias("n"))
    cells = spent.join(counts, on=keys, how="left", maintain_order="left")
    unattributed = cells.filter(pl.col("n").is_null()).select(*keys, col.AMOUNT)
    shares = _shared(users, cells.filter(pl.col("n").is_not_null()))
    costs = users.join(shares, on=col.USER, how="left", maintain_order="left").with_columns(
        pl.col("cac").fill_null(pl.lit(Decimal(0), dtype=col.MONEY)),
        _source(spent).cast(SOURCE_TYPE).alias("cac_source"),
    )
    return Acquisition(costs.sort(col.USER), unattributed, period, is_known=True)


def _won(data: Dataset, period: Period) -> pl.DataFrame:
    """user_id, channel, cohort and period of every user, by local date."""
    day = pl.col(col.ACQUIRED).dt.convert_time_zone(data.recipe.time_zone).dt.date()
    return data.users.select(
        col.USER,
        col.CHANNEL,
        day.dt.truncate("1mo").alias("cohort"),
        _period(day, period).alias("period"),
    )


def _period(day: pl.Expr, period: Period) -> pl.Expr:
    """First day of the period that a day lies in; ``all`` is one period without a beginning."""
    if period == "all":
        return pl.lit(0, dtype=pl.Int32).cast(pl.Date)
    return day.dt.truncate(STEPS[period])


def _shared(users: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """user_id and cac of every user whose channel had spend in the period."""
    keys = [col.CHANNEL, "period"]
    payers = users.join(cells.select(keys), on=keys, how="semi").sort(*keys, col.USER)
    shares = list(_shares(cells.sort(keys)))
    return payers.select(col.USER).with_columns(pl.Series("cac", shares, dtype=col.MONEY))


def _shares(cells: pl.DataFrame) -> Iterator[Decimal]:
    for total, n_users in cells.select(col.AMOUNT, "n").iter_rows():
        yield from share_out(total, [1.0] * n_users)


def _source(spent: pl.DataFrame) -> pl.Expr:
    """Why each user's cac is what it is, before the nulls of ``cac`` are filled."""
    paid_channels = spent[col.CHANNEL].drop_nulls().unique().to_list()
    return (
        pl.when(pl.col("cac").is_not_null())
        .then(pl.lit("paid"))
        .when(pl.col(col.CHANNEL).is_null())
        .then(pl.lit("unnamed"))
        .when(pl.col(col.CHANNEL).is_in(paid_channels))
        .then(pl.lit("idle"))
        .otherwise(pl.lit("organic"))
    )
