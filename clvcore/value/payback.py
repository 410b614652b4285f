"""What each group of users cost and brought, exactly, and in which month of age the one met the other.

The month is that of `cohorts`: the first at whose end LTV per user, of those who have lived it, reaches
CAC per user. Sums are of all users of a group, old enough or not; what is still to come is said apart.
"""

import polars as pl

from clvcore import columns as col
from clvcore.value.breakdown import group_names
from clvcore.value.cohorts import EVERYBODY, cohorts, payback
from clvcore.value.ledger import lifetime_revenue
from clvcore.value.users import UserValue

STATE_TYPE = pl.Enum(["paid_back", "expected", "open", "free", "unknown"])
"""paid_back: LTV per user has reached CAC per user. expected: it has not, and what has come and what is
to come within the horizon together cover the cost. open: they do not, or nobody knows. free: there was
no cost. unknown: the cost is, or what users brought."""


def payback_table(value: UserValue, by: str = "cohort") -> pl.DataFrame:
    """One row a group, by name.

    group, users, cac, brought (realised, at its face, on the basis of the worth), missing (what of the
    cost has not come back yet), forecast (still to come within the horizon), months, months_low and
    months_high (see `cohorts.payback`), state. Null is unknown.

    Raises:
        ConfigError: the users have no such attribute.
    """
    realised = lifetime_revenue(value.forecast.known.book, value.basis).select(
        col.USER, pl.when(pl.lit(value.has_money)).then("ltv").alias("brought")
    )
    sums = (
        value.frame.select(col.USER, "cac", "forecast")
        .with_columns(group_names(value, by).alias("group"))
        .join(realised, on=col.USER, how="left")
        .group_by("group")
        .agg(
            pl.len().cast(pl.Int64).alias("users"),
            *[
                pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
                for name in ("cac", "brought", "forecast")
            ],
        )
    )
    months = ("months", "months_low", "months_high")
    reached = payback(cohorts(value, by)).filter(pl.col("group") != EVERYBODY)
    rest = pl.col("cac") - pl.col("brought")
    is_paid = pl.col("state").is_in(["paid_back", "expected", "open"])
    return (
        sums.join(reached.select("group", *months), on="group", how="left")
        .with_columns(
            pl.when(rest > 0).then(rest).otherwise(rest - rest).alias("missing"),
            _state().cast(STATE_TYPE).alias("state"),
        )
        .with_columns(pl.when(is_paid).then(pl.col(*months)))
        .select("group", "users", "cac", "brought", "missing", "forecast", *months, "state")
        .sort("group")
    )


def _state() -> pl.Expr:
    cost, brought = pl.col("cac"), pl.col("brought")
    return (
        pl.when(cost.is_null() | brought.is_null())
        .then(pl.lit("unknown"))
        .when(cost <= 0)
        .then(pl.lit("free"))
        .when(pl.col("months").is_not_null())
        .then(pl.lit("paid_back"))
        .when(brought + pl.col("forecast") >= cost)
        .then(pl.lit("expected"))
        .otherwise(pl.lit("open"))
    )
