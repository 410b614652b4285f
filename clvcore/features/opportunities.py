"""Orders as models of discrete time see them: whether a user ordered in each step since the first order.

The step of the first order is not counted, as it made the user one. A step that is not over is none:
whoever has not ordered in it may yet.
"""

from datetime import timedelta

import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.features.purchases import DAY, order_days


def opportunity_summary(data: Dataset, *, step_days: int = 7) -> pl.DataFrame:
    """One row a buyer with a step that is over, by user_id.

    frequency (steps with an order), recency (number of the last of them, 0 without any), age (steps).

    Args:
        data: what is known.
        step_days: length of a step, from the day of the user's first order on.
    """
    end = pl.Series([data.observed[1]], dtype=col.TIME).dt.convert_time_zone(data.recipe.time_zone)
    after = pl.lit(end.dt.date().item() + timedelta(days=1))
    first = pl.col(DAY).min().over(col.USER)
    step = ((pl.col(DAY) - first).dt.total_days() // step_days).alias("step")
    age = ((after - first).dt.total_days() // step_days - 1).alias("age")
    counted = (pl.col("step") > 0) & (pl.col("step") <= pl.col("age"))
    return (
        order_days(data)
        .with_columns(step, age)
        .filter(pl.col("age") > 0)
        .group_by(col.USER)
        .agg(
            pl.col("step").filter(counted).n_unique().cast(pl.Float64).alias("frequency"),
            pl.col("step").filter(counted).max().fill_null(0).cast(pl.Float64).alias("recency"),
            pl.col("age").first().cast(pl.Float64),
        )
        .sort(col.USER)
    )
