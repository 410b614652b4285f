"""The impressions table: what was shown to whom, at which place, with which probability."""

import polars as pl

from clvcore import columns as col
from clvcore.data.cells import words
from clvcore.data.cells.table import Cells
from clvcore.data.cleaning.quality import (
    MONEY_IN,
    WHY,
    Cleaned,
    account_for,
    first_rule,
    in_range,
    left_out,
)
from clvcore.data.cleaning.verdicts import verdicts

_COLUMN_OF_RULE = {
    "no_user": col.USER,
    "no_item": col.ITEM,
    "no_time": col.AT,
    "bad_time": col.AT,
    "bad_position": col.POSITION,
    "bad_propensity": col.PROPENSITY,
    "bad_taken": col.TAKEN,
}


def clean_impressions(cells: Cells, *, until: pl.Expr | None) -> Cleaned:
    """Impressions by (time, slate, position).

    Where no column names the slate, what one user was shown at one moment is one; where none names
    the position, items stand in the order of the file.
    """
    times, unread_time = cells.times(col.AT)
    position, unread_position = cells.numbers(col.POSITION)
    propensity, unread_propensity = cells.numbers(col.PROPENSITY)
    taken = cells.text(col.TAKEN)
    read = pl.DataFrame(
        [
            cells.lines(),
            *(cells.text(role).alias(role) for role in (col.USER, col.SLATE, col.ITEM)),
            times.at.alias(col.AT),
            position.cast(pl.Int32, strict=False).alias(col.POSITION),
            propensity.cast(pl.Float64).alias(col.PROPENSITY),
            taken.to_frame("t").select(words.answers(pl.col("t")).alias(col.TAKEN)).to_series(),
        ]
    )
    late = read.select(pl.repeat(value=False, n=pl.len()) | _late(until)).to_series()
    outside = (read[col.PROPENSITY] <= 0) | (read[col.PROPENSITY] > 1)
    why = first_rule(
        [
            ("no_user", read[col.USER].is_null()),
            ("no_item", read[col.ITEM].is_null()),
            ("no_time", times.at.is_null() & ~unread_time),
            ("bad_time", unread_time | ~in_range(times.at)),
            ("bad_position", unread_position | (position < 1)),
            ("bad_propensity", unread_propensity | outside.fill_null(value=False)),
            ("bad_taken", taken.is_not_null() & read[col.TAKEN].is_null()),
            ("after_end", late),
        ]
    )
    judged = read.with_columns(why, pl.lit(0).cast(col.MONEY).alias(MONEY_IN))
    frame = _with_slates(judged.filter(pl.col(WHY).is_null()), cells)
    return Cleaned(
        frame=frame.select(*col.SHOWN).sort(col.AT, col.SLATE, col.POSITION, maintain_order=True),
        account=account_for(cells, judged),
        findings=tuple(verdicts(cells, judged, _COLUMN_OF_RULE)),
        rejects=left_out(cells, judged, ignored=False),
        ignored=left_out(cells, judged, ignored=True),
    )


def _late(until: pl.Expr | None) -> pl.Expr:
    return pl.lit(value=False) if until is None else pl.col(col.AT) > until


def _with_slates(frame: pl.DataFrame, cells: Cells) -> pl.DataFrame:
    if not cells.has(col.SLATE):
        moment = pl.col(col.AT).dt.strftime("%Y%m%dT%H%M%S%.6f")
        frame = frame.with_columns(pl.concat_str(col.USER, moment, separator="@").alias(col.SLATE))
    if not cells.has(col.POSITION):
        place = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(col.SLATE)
        frame = frame.with_columns(place.alias(col.POSITION))
    return frame
