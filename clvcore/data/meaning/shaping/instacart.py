"""Orders as Instacart published them: no dates, only the days since the order before.

The time of an order is a counted day: the first order of every user falls on day 1, and each
further one as many days later as the file says, at the hour that it says. Which date day 1 is, is
asked. A step of 30 means 30 days or more, so that an order is placed as early as it can have been.
Where the order before is missing, the day of an order and of those after it is unknown.

References:
    Data dictionary, https://gist.github.com/jeremystan/c3b39d947d9b88b3ccff3147dbcf6c6b
"""

import re

import polars as pl

from clvcore.data.cells.by_file import Files
from clvcore.data.cells.ids import respelled
from clvcore.data.cells.table import ids_of, stripped
from clvcore.data.dataset import RawTable
from clvcore.data.meaning.shaping.rows import WHEN, Rows, counted_day

READS = re.compile("user_id|order_number|days_since_prior_order|order_hour_of_day")
"""Columns that are read to lay out the rows."""
CAPPED = 30
"""The largest step that the file writes."""


def orders_of(raw: RawTable) -> Rows:
    """The same rows, each with the day since the first order of its user, and the hour."""
    user = respelled(ids_of(raw.frame["user_id"]), Files.of(raw))
    facts = pl.DataFrame(
        [
            user.alias("user"),
            _whole(raw.frame["order_number"]).alias("number"),
            _whole(raw.frame["days_since_prior_order"]).alias("step"),
            _whole(raw.frame["order_hour_of_day"]).alias("hour"),
        ]
    ).with_row_index("row")
    ordered = facts.sort("user", "number", "row", nulls_last=True)
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("user")
    step = pl.when(pl.col("number") == 1).then(0).otherwise("step")
    known = (pl.col("number") == place).fill_null(value=False) & (step >= 0).fill_null(value=False)
    day = 1 + step.fill_null(0).cum_sum().over("user")
    hour = pl.when(pl.col("hour").is_between(0, 23)).then("hour")
    found = (
        ordered.with_columns(known.cum_min().over("user").alias("known"))
        .with_columns(pl.when("known").then(day).alias("day"), hour.alias("hour"))
        .sort("row")
    )
    when = found.select(counted_day(pl.col("day"), pl.col("hour"), pl.lit(0)).alias(WHEN))
    frame = raw.frame.with_columns(when[WHEN])
    told = {
        "capped": int((found["step"] == CAPPED).sum()),
        "untimed": when[WHEN].null_count(),
    }
    sources = pl.arange(frame.height, dtype=pl.Int64, eager=True)
    return Rows(frame, sources, 0, frozenset(), told)


def _whole(column: pl.Series) -> pl.Series:
    """Whole numbers, also where they are written with a decimal point; null for anything else."""
    number = stripped(column).cast(pl.Decimal(38, 6), strict=False)
    number = number.set(number.abs() >= 10**9, value=None)
    return number.set(number != number.round(0), value=None).cast(pl.Int64)
