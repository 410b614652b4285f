"""Value by group. The groups add up to the total, always, and so does the spend that won nobody."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.value.forecast import group_intervals
from clvcore.value.users import UserValue, attribute

UNKNOWN = "unknown"
"""Name of the group of users for whom it is not known."""
UNATTRIBUTED = "unattributed spend"
"""Name of the row of spend that won nobody."""

SUMS = [
    "ltv_purchase",
    "ltv_advertising",
    "ltv_service",
    "ltv",
    "cac",
    "margin",
    "forecast",
    "forecast_purchase",
    "forecast_advertising",
    "forecast_service",
    "refunds",
    "refunds_matched",
    "forecast_refunds",
    "discount",
]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Users, money and forecast by group."""

    by: str
    frame: pl.DataFrame
    """One row a group, then one for unattributed spend where there is any (no users, no LTV, its
    amount in cac and cac_unattributed). group, users, `SUMS`, cac_unattributed, clv = ltv - cac,
    ltv_to_cac, cac_blended, cac_paid, users_paid, p_alive and lifetime_days (means), forecast_low,
    forecast_high, ltv_unknown_users. Null is unknown. Sorted by clv (else ltv) from high to low,
    cohorts by month."""
    total: pl.DataFrame
    """The same columns in one row: users and money summed over all rows of ``frame``, so that clv is
    LTV less all spend; ratios and intervals of the whole."""


def breakdown(value: UserValue, by: str, *, rng: np.random.Generator) -> Breakdown:
    """Value by channel, campaign, cohort, segment or any attribute of the users.

    Args:
        value: of every user.
        by: the grouping; users for whom it is not known form the group "unknown".
        rng: for the intervals of the groups.

    Raises:
        ConfigError: the users have no such attribute.
    """
    users = value.frame.with_columns(group_names(value, by).alias("group"))
    order = users.group_by("group").agg(pl.len()).sort("group")["group"]
    numbered = order.to_frame().with_row_index("number")
    number = users.join(numbered, on="group", how="left", maintain_order="left")["number"]
    found = group_intervals(
        value.forecast, number.cast(pl.Int64).to_numpy(), max(len(order), 1), rng
    )
    known = value.is_forecast_known
    ends = pl.DataFrame(
        {"group": order, "low": found.low[: len(order)], "high": found.high[: len(order)]},
        schema={"group": pl.String, "low": pl.Float64, "high": pl.Float64},
    )
    groups = _summed(users, ["group"]).join(ends, on="group", how="left")
    lost = _unattributed(value)
    spend = pl.DataFrame() if lost is None else _lost_by_group(value, by)
    groups = _ratios(groups, spend, known=known)
    rows = (
        [_sorted(groups, by)]
        if lost is None
        else [_sorted(groups, by), lost.select(groups.columns)]
    )
    frame = pl.concat(rows)
    total = _total(users, lost, (found.total_low, found.total_high), known=known)
    if not value.acquisition.is_known:
        unknown = pl.lit(None, dtype=col.MONEY)
        total = total.with_columns(unknown.alias(n) for n in ("cac", "cac_unattributed", "clv"))
    return Breakdown(by, frame, total.select(frame.columns))


def group_names(value: UserValue, by: str) -> pl.Series:
    """Group of every user, by user_id; "unknown" where it is not known.

    Raises:
        ConfigError: the users have no such attribute.
    """
    if by in (col.CHANNEL, col.CAMPAIGN, "segment"):
        names = value.frame[by].cast(pl.String)
    elif by == "cohort":
        names = value.frame["cohort"].dt.strftime("%Y-%m")
    else:
        names = attribute(value.data, by).sort(col.USER)[by]
    return names.fill_null(UNKNOWN)


def _summed(users: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Users and sums of money; a sum is null where it is unknown for every user, 0 for no users."""
    sums = [
        pl.when(pl.col(name).is_not_null().any() | (pl.len() == 0))
        .then(pl.col(name).sum())
        .alias(name)
        for name in SUMS
    ]
    is_paid = pl.col("cac_source") == "paid"
    parts = [
        pl.len().cast(pl.Int64).alias("users"),
        *sums,
        is_paid.sum().cast(pl.Int64).alias("users_paid"),
        pl.col("p_alive").mean(),
        pl.col("lifetime_days").mean(),
        pl.col("ltv").is_null().sum().cast(pl.Int64).alias("ltv_unknown_users"),
    ]
    return users.group_by(keys).agg(parts).sort(keys) if keys else users.select(parts)


def _ratios(groups: pl.DataFrame, lost: pl.DataFrame, *, known: bool) -> pl.DataFrame:
    """Groups with CLV, the ratio of LTV to CAC, the variants of CAC, and intervals."""
    if lost.is_empty():
        groups = groups.with_columns(pl.lit(0).cast(col.MONEY).alias("lost"))
    else:
        groups = groups.join(lost, on="group", how="left").with_columns(
            pl.col("lost").fill_null(pl.lit(0).cast(col.MONEY))
        )
    end = pl.when(pl.lit(known))
    return (
        groups.sort("group")
        .with_columns(
            pl.when(pl.col("cac").is_not_null())
            .then(pl.lit(0).cast(col.MONEY))
            .alias("cac_unattributed"),
            (pl.col("ltv") - pl.col("cac")).alias("clv"),
            _over(pl.col("ltv"), pl.col("cac")).alias("ltv_to_cac"),
            _over(pl.col("cac") + pl.col("lost"), pl.col("users")).alias("cac_blended"),
            _over(pl.col("cac"), pl.col("users_paid")).alias("cac_paid"),
            end.then(pl.col("low").cast(col.MONEY)).alias("forecast_low"),
            end.then(pl.col("high").cast(col.MONEY)).alias("forecast_high"),
        )
        .drop("low", "high", "lost")
    )


def _over(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """A ratio; null where there is nothing to divide by."""
    whole = whole.cast(pl.Float64)
    return pl.when(whole > 0).then(part.cast(pl.Float64) / whole)


def _unattributed(value: UserValue) -> pl.DataFrame | None:
    """The row of spend that won nobody, None where there is none or nothing is known of spend."""
    lost = value.acquisition.unattributed
    if not value.acquisition.is_known or lost.is_empty():
        return None
    amount = pl.lit(lost[col.AMOUNT].sum(), dtype=col.MONEY)
    nothing = pl.lit(0).cast(col.MONEY)
    money = dict.fromkeys(SUMS, nothing) | {"cac": amount, "cac_unattributed": amount}
    ends = dict.fromkeys(("forecast_low", "forecast_high"), nothing)
    empty = {
        name: pl.lit(None, dtype=pl.Float64)
        for name in ("p_alive", "lifetime_days", "ltv_to_cac", "cac_blended", "cac_paid")
    }
    counts = {
        name: pl.lit(0, dtype=pl.Int64) for name in ("users", "users_paid", "ltv_unknown_users")
    }
    parts = {"group": pl.lit(UNATTRIBUTED), **counts, **money, **ends, **empty}
    row = pl.select([part.alias(name) for name, part in parts.items()])
    return row.with_columns((pl.col("ltv") - pl.col("cac")).alias("clv"))


def _lost_by_group(value: UserValue, by: str) -> pl.DataFrame:
    """Spend that won nobody, by group where it has one: its channel, campaign or month."""
    lost = value.acquisition.unattributed
    if by == col.CHANNEL or (by == col.CAMPAIGN and value.acquisition.by_campaign):
        names = pl.col(by).fill_null(UNKNOWN)
    elif by == "cohort" and value.acquisition.period != "all":
        names = pl.col("period").dt.strftime("%Y-%m")
    else:
        return pl.DataFrame()
    return (
        lost.group_by(names.alias("group"))
        .agg(pl.col(col.AMOUNT).sum().alias("lost"))
        .sort("group")
    )


def _total(
    users: pl.DataFrame, lost: pl.DataFrame | None, ends: tuple[float, float], *, known: bool
) -> pl.DataFrame:
    summed = _summed(users, []).with_columns(
        pl.lit("total").alias("group"),
        pl.lit(ends[0]).alias("low"),
        pl.lit(ends[1]).alias("high"),
    )
    row = _ratios(summed, pl.DataFrame(), known=known)
    if lost is None:
        return row
    row = row.with_columns(
        (pl.col("cac") + lost["cac"].item()).alias("cac"),
        pl.lit(lost["cac"].item(), dtype=col.MONEY).alias("cac_unattributed"),
    )
    return row.with_columns(
        (pl.col("ltv") - pl.col("cac")).alias("clv"),
        _over(pl.col("ltv"), pl.col("cac")).alias("ltv_to_cac"),
        _over(pl.col("cac"), pl.col("users")).alias("cac_blended"),
        _over(pl.col("cac"), pl.col("users_paid")).alias("cac_paid"),
    )


def _sorted(groups: pl.DataFrame, by: str) -> pl.DataFrame:
    if by == "cohort":
        return groups.sort("group")
    worth = pl.coalesce("clv", "ltv")
    return groups.sort(worth, "group", descending=[True, False], nulls_last=True)
