"""Purchases as dunnhumby published them: days counted from 1, and the clock as four digits.

References:
    The Complete Journey, https://www.dunnhumby.com/source-files ; its columns are listed at
    https://github.com/dataseer-carl/data-lake
"""

import re

import polars as pl

from clvcore.data.cells.table import stripped
from clvcore.data.dataset import RawTable
from clvcore.data.meaning.shaping.rows import WHEN, Rows, counted_day

READS = re.compile("DAY|TRANS_TIME")
"""Columns that are read to lay out the rows."""


def lines_of(raw: RawTable) -> Rows:
    """The same rows, each with its day and its clock in one cell; what is no day stays unreadable."""
    day, clock = stripped(raw.frame["DAY"]), stripped(raw.frame["TRANS_TIME"]).str.zfill(4)
    read = pl.DataFrame(
        {
            "day": day.str.extract(r"^(\d{1,6})(?:\.0*)?$").cast(pl.Int64),
            "hour": clock.str.extract(r"^([01]\d|2[0-3])[0-5]\d$").cast(pl.Int64),
            "minute": clock.str.extract(r"^(?:[01]\d|2[0-3])([0-5]\d)$").cast(pl.Int64),
        }
    )
    raw_text = pl.concat_str(pl.lit(day), pl.lit(clock.fill_null("")), separator=" ")
    when = read.select(
        pl.coalesce(counted_day(pl.col("day"), pl.col("hour"), pl.col("minute")), raw_text)
    )
    frame = raw.frame.with_columns(when.to_series().alias(WHEN))
    return Rows(frame, pl.arange(frame.height, dtype=pl.Int64, eager=True), 0, frozenset())
