"""Do they stay, and when do they pay back? Users by month of acquisition, or by any other group.

Age is counted in months of 30.4375 days from each user's own acquisition, so that everybody has had
the same time. Not everybody is old enough for every month of age: what a month of age brings is
told of those who have lived it to its end, and what users brought up to an age is the sum of these
means (Lin et al. 1997, Estimating Medical Costs from Incomplete Follow-Up Data, Biometrics 53(2)).
Means over all users would be pulled down by those who are still young.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl
from scipy.stats import norm

from clvcore import columns as col
from clvcore.columns import Kind
from clvcore.units import DAYS_PER_MONTH
from clvcore.value.breakdown import group_names
from clvcore.value.ledger import contributions
from clvcore.value.users import UserValue

BUYING = (Kind.PURCHASE, Kind.SUBSCRIPTION)
"""What users pay for."""
EVERYBODY = "total"
"""Name of the group of all users."""

State = Literal["paid_back", "not_yet", "free", "unknown"]
"""Whether users have brought back what they cost; free where they cost nothing."""


@dataclass(frozen=True, slots=True)
class Cohorts:
    """What groups of users did and brought by their age."""

    by: str
    level: float
    """Of the intervals."""
    frame: pl.DataFrame
    """One row a group and month of age, the groups in their order and then `EVERYBODY`:

    group, age (1 is the first month), users, observed (users who have lived the month to its end),
    active and buying (of these: who did anything, who bought or paid), retention_active and
    retention_buying (shares of ``observed``), money (what all users brought in that month, exact),
    ltv_per_user (brought up to the end of the month; null where nobody is that old, and where no
    event of the data set bears money), ltv_low,
    ltv_high (its interval), cac_per_user (null where unknown), is_complete (everybody is that old).
    """


def cohorts(value: UserValue, by: str = "cohort", *, level: float = 0.8) -> Cohorts:
    """Retention and cumulative LTV of every group by month of age.

    Money is on the basis of ``value``. The money of all rows of a group is its realised LTV, but for
    users whose LTV is unknown.

    Args:
        value: of every user.
        by: "cohort" (the month of acquisition), "channel", "segment" or an attribute of the users.
        level: of the intervals of LTV per user, by the normal approximation of a mean.

    Raises:
        ConfigError: the users have no such attribute.
    """
    data = value.data
    users = (
        value.frame.select(col.USER, "cac")
        .with_columns(group_names(value, by).alias("group"))
        .join(data.users.select(col.USER, col.ACQUIRED), on=col.USER, how="left")
        .with_columns(_months(pl.lit(data.observed[1])).alias("lived"))
    )
    users = pl.concat([users, users.with_columns(pl.lit(EVERYBODY).alias("group"))])
    months = _by_user_and_month(value, users)
    groups = users.group_by("group").agg(
        pl.len().cast(pl.Int64).alias("users"),
        pl.when(pl.col("cac").is_not_null().any())
        .then(pl.col("cac").sum().cast(pl.Float64) / pl.len())
        .alias("cac_per_user"),
        pl.col("lived").max().floor().cast(pl.Int64).alias("oldest"),
    )
    cells = months.group_by("group", "age").agg(
        pl.col("observed").sum().cast(pl.Int64).alias("active"),
        (pl.col("observed") & pl.col("buys")).sum().cast(pl.Int64).alias("buying"),
        pl.col("money").sum(),
        pl.col("worth").filter("observed").sum(),
        pl.col("squares").filter("observed").sum(),
    )
    grid = groups.with_columns(
        pl.int_ranges(1, pl.max_horizontal("oldest", 0) + 2).alias("age")
    ).explode("age", keep_nulls=False, empty_as_null=False)
    table = (
        grid.join(_old_enough(users), on=["group", "age"], how="left")
        .join(cells, on=["group", "age"], how="left")
        .with_columns(
            pl.col("observed", "active", "buying").fill_null(0),
            pl.col("worth", "squares").fill_null(0.0),
            pl.col("money").fill_null(pl.lit(0).cast(col.MONEY)),
        )
        .sort(pl.col("group") == EVERYBODY, "group", "age")
    )
    return Cohorts(by, level, _told(table, level, has_money=value.has_money))


def payback(found: Cohorts) -> pl.DataFrame:
    """When the users of each group have brought back what winning them cost.

    group, users, cac_per_user, ltv_per_user (at the highest age that anybody has lived), months (the
    first month at whose end LTV per user reaches CAC per user), months_low and months_high (the same
    for the upper and the lower end of the interval of LTV), state (a `State`).
    """
    is_there = pl.col("ltv_per_user").is_not_null()
    first = {
        name: pl.col("age").filter(is_there & (pl.col(ltv) >= pl.col("cac_per_user"))).min()
        for name, ltv in (
            ("months", "ltv_per_user"),
            ("months_low", "ltv_high"),
            ("months_high", "ltv_low"),
        )
    }
    table = found.frame.group_by("group", maintain_order=True).agg(
        pl.col("users", "cac_per_user").first(),
        pl.col("ltv_per_user").drop_nulls().last(),
        pl.col("observed").max().alias("lived"),
        *(month.alias(name) for name, month in first.items()),
    )
    cost = pl.col("cac_per_user")
    state = (
        # users who have lived a month and have no LTV: no event bears money
        pl.when(cost.is_null() | (pl.col("ltv_per_user").is_null() & (pl.col("lived") > 0)))
        .then(pl.lit("unknown"))
        .when(cost <= 0)
        .then(pl.lit("free"))
        .when(pl.col("months").is_not_null())
        .then(pl.lit("paid_back"))
        .otherwise(pl.lit("not_yet"))
    )
    table = table.with_columns(state.alias("state"))
    is_paid = pl.col("state").is_in(["paid_back", "not_yet"])
    return table.with_columns(pl.when(is_paid).then(pl.col(*first))).drop("lived")


def _months(moment: pl.Expr) -> pl.Expr:
    """Months of age at a moment."""
    return (moment - pl.col(col.ACQUIRED)).dt.total_seconds() / (DAYS_PER_MONTH * 86400.0)


def _by_user_and_month(value: UserValue, users: pl.DataFrame) -> pl.DataFrame:
    """One row a group, user and month of age in which the user did anything.

    group, age, observed (whether the user has lived that month to its end), buys, money, worth (the
    same as a float), squares (by how much the square of what the user brought in all has grown).
    """
    did = (
        contributions(value.data, value.basis)
        .join(users.unique(col.USER).select(col.USER, col.ACQUIRED), on=col.USER, how="inner")
        .with_columns(_months(pl.col(col.AT)).floor().clip(lower_bound=0).alias("month"))
        .group_by(col.USER, (pl.col("month").cast(pl.Int64) + 1).alias("age"))
        .agg(
            pl.col(col.KIND).is_in([kind.value for kind in BUYING]).any().alias("buys"),
            pl.col("contribution").sum().alias("money"),
        )
        .sort(col.USER, "age")
        .with_columns(pl.col("money").cast(pl.Float64).alias("worth"))
        .with_columns(pl.col("worth").cum_sum().over(col.USER).alias("brought"))
        .with_columns(
            (pl.col("worth") * (2 * pl.col("brought") - pl.col("worth"))).alias("squares")
        )
    )
    return did.join(
        users.select(col.USER, "group", "lived"), on=col.USER, how="inner"
    ).with_columns((pl.col("lived") >= pl.col("age")).alias("observed"))


def _old_enough(users: pl.DataFrame) -> pl.DataFrame:
    """How many users of each group have lived each month of age to its end: group, age, observed."""
    lived = pl.col("lived").floor().cast(pl.Int64)
    return (
        users.with_columns(pl.int_ranges(1, pl.max_horizontal(lived, 0) + 1).alias("age"))
        .select("group", "age")
        .explode("age", keep_nulls=False, empty_as_null=False)
        .group_by("group", "age")
        .agg(pl.len().cast(pl.Int64).alias("observed"))
    )


def _told(table: pl.DataFrame, level: float, *, has_money: bool) -> pl.DataFrame:
    """The columns of `Cohorts` from the sums of every cell."""
    observed = pl.when(pl.col("observed") > 0).then(pl.col("observed"))
    mean = (pl.col("worth") / observed).cum_sum().over("group")
    second = (pl.col("squares") / observed).cum_sum().over("group")
    spread = (second - mean**2).clip(lower_bound=0.0)
    error = float(norm.ppf(0.5 + level / 2)) * (spread / observed).sqrt()
    is_there = (pl.col("observed") > 0) & has_money
    return table.select(
        "group",
        "age",
        "users",
        "observed",
        "active",
        "buying",
        (pl.col("active") / observed).alias("retention_active"),
        (pl.col("buying") / observed).alias("retention_buying"),
        "money",
        pl.when(is_there).then(mean).alias("ltv_per_user"),
        pl.when(is_there).then(mean - error).alias("ltv_low"),
        pl.when(is_there).then(mean + error).alias("ltv_high"),
        "cac_per_user",
        (pl.col("observed") == pl.col("users")).alias("is_complete"),
    )
