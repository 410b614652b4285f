"""When do users pay back what they cost to win? By cohort or any other group, in days of their age.

A group pays back at the first age from which on the money of its users, each taken at that age, never
falls below what they cost. An age counts only where every user of the group has reached it: who was
won yesterday has not had the time. Money is realised, at its face, on the basis of the worth. What is
not paid back yet may be by what is still to come, which is said apart.
"""

import polars as pl

from clvcore import columns as col
from clvcore.value.breakdown import group_names
from clvcore.value.ledger import money_lines
from clvcore.value.users import UserValue

STATE_TYPE = pl.Enum(["paid back", "expected", "open", "free", "unknown"])
"""paid back: the money has reached the cost. expected: it has not, and what is to come within the
horizon covers the rest. open: it has not, and that does not cover it, or nobody can say. free: there
was no cost. unknown: the cost is, or the money of all users."""

ZERO = pl.lit(0).cast(col.MONEY)


def payback(value: UserValue, by: str = "cohort") -> pl.DataFrame:
    """One row a group, by name: what it cost and brought, and when the one met the other.

    group, users, cac, brought (realised to date), missing (what of the cost has not come back),
    forecast (still to come within the horizon), seen_days (the age that all of its users have
    reached), payback_days (null unless paid back by then), state. Null is unknown.

    Raises:
        ConfigError: the users have no such attribute.
    """
    data = value.data
    users = (
        value.frame.select(col.USER, "cac", "forecast")
        .with_columns(group_names(value, by).alias("group"))
        .join(data.users.select(col.USER, col.ACQUIRED), on=col.USER, how="left")
    )
    sizes = users.group_by("group").agg(
        pl.len().cast(pl.Int64).alias("users"),
        *[
            pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
            for name in ("cac", "forecast")
        ],
        _age(pl.lit(data.observed[1])).min().alias("seen_days"),
    )
    lines = money_lines(data, value.basis).join(users, on=col.USER, how="inner")
    brought = lines.group_by("group").agg(pl.col("money").sum().alias("brought"))
    told = _with_unknown(value, users).join(brought, on="group", how="left")
    return (
        sizes.join(told, on="group", how="left")
        .join(_reached(lines, sizes), on="group", how="left")
        .with_columns(pl.when("is_known").then(pl.col("brought").fill_null(ZERO)).alias("brought"))
        .with_columns(pl.max_horizontal(pl.col("cac") - pl.col("brought"), ZERO).alias("missing"))
        .with_columns(
            pl.when(pl.col("cac").is_not_null() & pl.col("brought").is_not_null()).then("missing"),
            _state().cast(STATE_TYPE).alias("state"),
        )
        .with_columns(pl.when(pl.col("state") == "paid back").then("payback_days"))
        .select(
            *("group", "users", "cac", "brought", "missing", "forecast"),
            *("seen_days", "payback_days", "state"),
        )
        .sort("group")
    )


def _reached(lines: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    """For each group payback_days: the age after the last one at which money was short of the cost."""
    aged = (
        lines.with_columns(_age(pl.col(col.AT)).alias("age"))
        .group_by("group", "age")
        .agg(pl.col("money").sum())
        .sort("group", "age")
        .with_columns(pl.col("money").cum_sum().over("group").alias("so_far"))
        .join(sizes.select("group", pl.col("cac").alias("cost"), "seen_days"), on="group")
        .filter(pl.col("age") <= pl.col("seen_days"))
    )
    last_short = pl.col("age").filter(pl.col("so_far") < pl.col("cost")).max()
    after = pl.col("age") > last_short.fill_null(-1)
    return aged.group_by("group").agg(pl.col("age").filter(after).min().alias("payback_days"))


def _with_unknown(value: UserValue, users: pl.DataFrame) -> pl.DataFrame:
    """For each group is_known: whether the money of any of its users is."""
    is_blind = pl.col("margin").is_null() if value.basis == "margin" else pl.lit(value=False)
    blind = value.frame.select(col.USER, (is_blind | (not value.has_money)).alias("blind"))
    return (
        users.join(blind, on=col.USER, how="left")
        .group_by("group")
        .agg((~pl.col("blind").all()).alias("is_known"))
    )


def _state() -> pl.Expr:
    cost, brought = pl.col("cac"), pl.col("brought")
    return (
        pl.when(cost.is_null() | brought.is_null())
        .then(pl.lit("unknown"))
        .when(cost == 0)
        .then(pl.lit("free"))
        .when(brought >= cost)
        .then(pl.lit("paid back"))
        .when(pl.col("forecast") >= pl.col("missing"))
        .then(pl.lit("expected"))
        .otherwise(pl.lit("open"))
    )


def _age(moment: pl.Expr) -> pl.Expr:
    """Whole days from a user's acquisition to a moment; 0 for what came before it."""
    days = (moment - pl.col(col.ACQUIRED)).dt.total_seconds() / 86400.0
    return days.floor().clip(lower_bound=0.0).cast(pl.Int64)
