"""What it cost to win each user: the spend of the user's channel and period, shared out to the cent.

CAC = spend of the channel in the acquisition period / users acquired there and then. With a lag,
spend of period t is shared by users acquired in t + lag, for channels whose money works late. Every
cent of the spend table is either on a user or in a row of its own, because it won nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.errors import ConfigError
from clvcore.messages import say
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
LONGEST_LAG = 730
"""Days: spend that works later than two years on is not told from the spend of then."""


@dataclass(frozen=True, slots=True)
class Acquisition:
    """Cost of every user, and the spend that won nobody."""

    users: pl.DataFrame
    """user_id, channel, campaign, cohort (first day of the month of acquisition), period (first day
    of that of the spend, the lag before the acquisition), cac, cac_source."""
    unattributed: pl.DataFrame
    """channel, period, amount, campaign: spend of a channel (and campaign) and period that won
    nobody; campaign is null where spend was shared by channel."""
    period: Period
    is_known: bool
    """False where the data set has no spend table; every cac is then null."""
    by_campaign: bool = False
    """Whether spend was shared within its campaign, not only within its channel."""
    lag_days: int = 0


def acquisition(
    data: Dataset, *, period: Period = "week", by_campaign: bool = False, lag_days: int = 0
) -> Acquisition:
    """The acquisition cost of every user and the spend that won nobody.

    The users' cac and the unattributed amounts add up to the spend table exactly. Users of one
    channel and period share its spend equally, in cents; a remainder goes to the first by user_id.

    Args:
        data: users and, where there is any, spend.
        period: in which spend is shared out.
        by_campaign: share spend among the users of its campaign; spend of a channel that names no
            campaign goes to its users without one.
        lag_days: days from spend to acquisition: a user pays a share of the spend of the period in
            which the day of acquisition less the lag lies.

    Raises:
        ConfigError: the lag is below 0 or longer than two years.
    """
    if not 0 <= lag_days <= LONGEST_LAG:
        raise ConfigError(say("value.bad_lag", days=lag_days, most=LONGEST_LAG))
    users = _won(data, period, lag_days)
    if data.spend is None:
        nothing = pl.DataFrame(
            schema={
                col.CHANNEL: pl.String,
                "period": pl.Date,
                col.AMOUNT: col.MONEY,
                col.CAMPAIGN: pl.String,
            }
        )
        costs = users.with_columns(
            pl.lit(None, dtype=col.MONEY).alias("cac"),
            pl.lit("unknown", dtype=SOURCE_TYPE).alias("cac_source"),
        )
        return _made(costs, nothing, period, lag_days, is_known=False, by_campaign=by_campaign)
    keys = [col.CHANNEL, *([col.CAMPAIGN] if by_campaign else []), "period"]
    spent = (
        data.spend.filter(pl.col(col.AMOUNT).is_not_null())
        .with_columns(_period(pl.col(col.DATE), period).alias("period"))
        .group_by(keys)
        .agg(pl.col(col.AMOUNT).sum())
        .sort(keys, nulls_last=True)
    )
    counts = users.filter(pl.col(col.CHANNEL).is_not_null()).group_by(keys).agg(pl.len().alias("n"))
    cells = spent.join(counts, on=keys, how="left", maintain_order="left", nulls_equal=True)
    won_nobody = cells.filter(pl.col("n").is_null())
    if not by_campaign:
        won_nobody = won_nobody.with_columns(pl.lit(None, dtype=pl.String).alias(col.CAMPAIGN))
    unattributed = won_nobody.select(col.CHANNEL, "period", col.AMOUNT, col.CAMPAIGN)
    shares = _shared(users, cells.filter(pl.col("n").is_not_null()), keys)
    costs = users.join(shares, on=col.USER, how="left", maintain_order="left").with_columns(
        pl.col("cac").fill_null(pl.lit(Decimal(0), dtype=col.MONEY)),
        _source(spent).cast(SOURCE_TYPE).alias("cac_source"),
    )
    return _made(costs, unattributed, period, lag_days, is_known=True, by_campaign=by_campaign)


def _made(
    costs: pl.DataFrame,
    unattributed: pl.DataFrame,
    period: Period,
    lag_days: int,
    *,
    is_known: bool,
    by_campaign: bool,
) -> Acquisition:
    return Acquisition(costs.sort(col.USER), unattributed, period, is_known, by_campaign, lag_days)


def _won(data: Dataset, period: Period, lag_days: int) -> pl.DataFrame:
    """user_id, channel, campaign, cohort and period of every user, by local date."""
    day = pl.col(col.ACQUIRED).dt.convert_time_zone(data.recipe.time_zone).dt.date()
    return data.users.select(
        col.USER,
        col.CHANNEL,
        col.CAMPAIGN,
        day.dt.truncate("1mo").alias("cohort"),
        _period(day.dt.offset_by(f"-{lag_days}d"), period).alias("period"),
    )


def _period(day: pl.Expr, period: Period) -> pl.Expr:
    """First day of the period that a day lies in; ``all`` is one period without a beginning."""
    if period == "all":
        return pl.lit(0, dtype=pl.Int32).cast(pl.Date)
    return day.dt.truncate(STEPS[period])


def _shared(users: pl.DataFrame, cells: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """user_id and cac of every user whose channel had spend in the period."""
    payers = users.join(cells.select(keys), on=keys, how="semi", nulls_equal=True)
    shares = list(_shares(cells.sort(keys)))
    return (
        payers.sort(*keys, col.USER)
        .select(col.USER)
        .with_columns(pl.Series("cac", shares, dtype=col.MONEY))
    )


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
