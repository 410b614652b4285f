"""Do they stay, and when do they pay back? Cohorts of users by month of acquisition.

Age is counted in months of 30.4375 days from each user's own acquisition, so that every user of a
cohort has had the same time. A cell is complete when all of the cohort's users are old enough for
it; the others are shown as they are so far and marked.
"""

import polars as pl

from clvcore import columns as col
from clvcore.units import DAYS_PER_MONTH
from clvcore.value.ledger import money_lines
from clvcore.value.users import UserValue


def cohort_table(value: UserValue) -> pl.DataFrame:
    """One row a cohort and month of age, by (cohort, age_months).

    cohort, age_months (0 is the first month), users, active (users who bought, paid or did anything
    in that month), retention (active / users), ltv_cumulative (realised money up to the end of the
    month, on the basis of the worth), cac (of the cohort's users; null where unknown), ltv_per_user, cac_per_user,
    is_paid_back (null where cac is unknown), is_complete.
    """
    data = value.data
    users = value.frame.select(col.USER, "cohort", "cac").join(
        data.users.select(col.USER, col.ACQUIRED), on=col.USER, how="left"
    )
    seconds = DAYS_PER_MONTH * 86400.0
    lived = (pl.lit(data.observed[1]) - pl.col(col.ACQUIRED)).dt.total_seconds() / seconds
    sizes = users.group_by("cohort").agg(
        pl.len().cast(pl.Int64).alias("users"),
        pl.when(pl.col("cac").is_not_null().any()).then(pl.col("cac").sum()).alias("cac"),
        lived.min().alias("youngest"),
        lived.max().floor().cast(pl.Int64).alias("oldest"),
    )
    age = (pl.col(col.AT) - pl.col(col.ACQUIRED)).dt.total_seconds() / seconds
    months = (
        data.events.join(users, on=col.USER, how="inner")
        .with_columns(age.floor().clip(lower_bound=0).cast(pl.Int64).alias("age_months"))
        .group_by("cohort", "age_months")
        .agg(
            pl.col(col.USER).n_unique().cast(pl.Int64).alias("active"),
        )
    )
    money = (
        money_lines(data, value.basis)
        .join(users, on=col.USER, how="inner")
        .with_columns(age.floor().clip(lower_bound=0).cast(pl.Int64).alias("age_months"))
        .group_by("cohort", "age_months")
        .agg(pl.col("money").sum())
    )
    grid = sizes.with_columns(pl.int_ranges(0, pl.col("oldest") + 1).alias("age_months")).explode(
        "age_months", keep_nulls=False, empty_as_null=False
    )
    table = (
        grid.join(months, on=["cohort", "age_months"], how="left")
        .join(money, on=["cohort", "age_months"], how="left")
        .sort("cohort", "age_months")
        .with_columns(
            pl.col("active").fill_null(0),
            pl.col("money").fill_null(pl.lit(0).cast(col.MONEY)),
            (pl.col("age_months") + 1 <= pl.col("youngest")).alias("is_complete"),
        )
        .with_columns(pl.col("money").cum_sum().over("cohort").alias("ltv_cumulative"))
    )
    n_users = pl.col("users").cast(pl.Float64)
    return table.select(
        "cohort",
        "age_months",
        "users",
        "active",
        (pl.col("active") / n_users).alias("retention"),
        "ltv_cumulative",
        "cac",
        (pl.col("ltv_cumulative").cast(pl.Float64) / n_users).alias("ltv_per_user"),
        (pl.col("cac").cast(pl.Float64) / n_users).alias("cac_per_user"),
        (pl.col("ltv_cumulative") >= pl.col("cac")).alias("is_paid_back"),
        "is_complete",
    ).sort("cohort", "age_months")
