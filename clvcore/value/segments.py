"""Value segments in plain words, by rules that anybody can repeat.

By orders (by active days where nobody buys). "Silent" is the time since the last one; thirds are
those of all users with at least one, money and counts those of users with at least two.

    nothing yet    none so far
    new            one, and silent no longer than the most recent third
    one-off        one, and silent longer than that
    lost           several, silent longer than two thirds, and not among the third that brought most
    at risk        several, silent longer than two thirds, and among the third that brought most
    big spender    several, not silent so long, among the third that brought most money
    loyal          several, not silent so long, among the third with most orders
    regular        several, and none of the above
"""

import polars as pl

from clvcore import columns as col
from clvcore.value.evidence import Evidence

SEGMENTS = ["big spender", "loyal", "regular", "new", "one-off", "at risk", "lost", "nothing yet"]
"""From the most to the least welcome."""
SEGMENT_TYPE = pl.Enum(SEGMENTS)


def value_segments(known: Evidence, ltv: pl.DataFrame) -> pl.DataFrame:
    """user_id and segment of every user, by user_id.

    Args:
        known: histories of orders, or of active days where there are no orders.
        ltv: user_id and ltv, the money that a user has brought.
    """
    history = known.visitors if known.buyers.is_empty() else known.buyers
    seen = (
        history.select(
            col.USER,
            (pl.col("frequency") + 1).alias("n"),
            (pl.col("age_days") - pl.col("recency_days")).alias("silent"),
        )
        .join(ltv.select(col.USER, pl.col("ltv").cast(pl.Float64)), on=col.USER, how="left")
        .with_columns(pl.col("ltv").fill_null(0.0))
    )
    recent, late = _thirds(seen["silent"])
    several = seen.filter(pl.col("n") > 1)
    _, much = _thirds(several["ltv"])
    _, many = _thirds(several["n"])
    once, silent = pl.col("n") == 1, pl.col("silent") > late
    brings_much = pl.col("ltv") > much
    rule = (
        pl.when(once & (pl.col("silent") <= recent))
        .then(pl.lit("new"))
        .when(once)
        .then(pl.lit("one-off"))
        .when(silent & brings_much)
        .then(pl.lit("at risk"))
        .when(silent)
        .then(pl.lit("lost"))
        .when(brings_much)
        .then(pl.lit("big spender"))
        .when(pl.col("n") > many)
        .then(pl.lit("loyal"))
        .otherwise(pl.lit("regular"))
    )
    named = seen.select(col.USER, rule.alias("segment"))
    return (
        known.users.select(col.USER)
        .join(named, on=col.USER, how="left", maintain_order="left")
        .with_columns(pl.col("segment").fill_null("nothing yet").cast(SEGMENT_TYPE))
        .sort(col.USER)
    )


def _thirds(values: pl.Series) -> tuple[float, float]:
    """The values below which a third and two thirds lie; infinite where there are none."""
    numbers = values.cast(pl.Float64)
    first, second = numbers.quantile(1 / 3, "lower"), numbers.quantile(2 / 3, "lower")
    return (
        float("inf") if first is None else first,
        float("inf") if second is None else second,
    )
