"""Rows that were laid out anew, and exact money that is split over the lines of an order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from clvcore.data.cells import amounts
from clvcore.data.cells.by_file import Files
from clvcore.data.cells.moments import COUNTED_DAY
from clvcore.data.dataset import RawTable

KIND, PAID, ITEM, TITLE, COUNT, WHEN, USER = (
    "kind of line",
    "paid for goods",
    "item of line",
    "title of line",
    "pieces of line",
    "time of line",
    "user of line",
)
"""Names of the columns that are made."""
PLACES = 10_000
"""Money is counted in ten-thousandths, so that sums are exact."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A table in its new shape."""

    frame: pl.DataFrame
    sources: pl.Series
    """Row of the file that each row was made of."""
    refunds: int
    """How many rows are refunds that stood in a column."""
    numbers: frozenset[str] = frozenset({PAID, COUNT})
    told: Mapping[str, int] = field(default_factory=dict)
    """What else was counted, by the names that its sentence uses."""

    def lines_of(self, raw: RawTable) -> pl.Series:
        """The line of the file for each row."""
        if raw.lines is not None:
            return raw.lines.gather(self.sources)
        return (self.sources.cast(pl.Int64) + 1).alias("line")


def money(raw: RawTable, column: str) -> pl.Series:
    """A column of money in ten-thousandths; null where it is missing, empty or cannot be read."""
    if column not in raw.frame.columns:
        return pl.Series(column, [None] * raw.frame.height, dtype=pl.Int64)
    bare = amounts.bare(raw.frame[column])
    files = Files.of(raw)
    marks: dict[str, amounts.Mark] = {
        file: "." if raw.is_number(column, file) else mark or "."
        for file, mark in files.told(bare, amounts.decimal_mark).items()
    }
    exact = files.read(bare, marks, amounts.exact)
    exact = exact.set(exact.abs() >= amounts.LARGEST, value=None)
    scaled = exact.to_frame("n").select(amounts.as_money(pl.col("n")) * PLACES)
    return scaled.to_series().cast(pl.Int64).alias(column)


def text_of(money: pl.Expr) -> pl.Expr:
    """Ten-thousandths as the text of a decimal number, with a point."""
    sign = pl.when(money < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    whole, rest = money.abs() // PLACES, (money.abs() % PLACES).cast(pl.String)
    return sign + whole.cast(pl.String) + "." + rest.str.zfill(4)


def counted_day(day: pl.Expr, hour: pl.Expr, minute: pl.Expr) -> pl.Expr:
    """A day counted from 1 and its clock as one cell; null where a part is."""
    clock = hour.cast(pl.String).str.zfill(2) + ":" + minute.cast(pl.String).str.zfill(2)
    return pl.lit(COUNTED_DAY) + day.cast(pl.String) + " " + clock


def split(frame: pl.DataFrame, *, over: str, weight: str, whole: str) -> pl.Series:
    """Parts of ``whole``, which is the same for all rows of a group, that add up to it exactly.

    Each row gets its share by weight, rounded to whole units, and the units that are missing go
    one each to the largest remainders. Where all weights are nothing the first row gets all.

    Args:
        frame: Rows.
        over: Column that names the group of each row.
        weight: Column of shares, not negative.
        whole: Column of what is split, in whole units.
    """
    total = pl.col("_w").sum().over("_g")
    first = pl.int_range(pl.len()).over("_g") == 0
    exact = pl.col("_t").cast(pl.Int128) * pl.col("_w").cast(pl.Int128)
    floor = (
        pl.when(total > 0).then(exact // total).otherwise(pl.when(first).then("_t").otherwise(0))
    )
    rest = pl.when(total > 0).then(exact % total).otherwise(0)
    parts = (
        frame.select(
            pl.col(over).alias("_g"),
            pl.col(weight).fill_null(0).alias("_w"),
            pl.col(whole).fill_null(0).alias("_t"),
        )
        .with_columns(floor.cast(pl.Int64).alias("_floor"), rest.alias("_rest"))
        .with_columns(
            (pl.col("_t") - pl.col("_floor").sum().over("_g")).alias("_missing"),
            pl.col("_rest").rank("ordinal", descending=True).over("_g").alias("_rank"),
        )
    )
    return parts.select(
        pl.col("_floor") + (pl.col("_rank") <= pl.col("_missing")).cast(pl.Int64)
    ).to_series()
