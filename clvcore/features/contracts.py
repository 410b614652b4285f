"""What is known of a user's contract: since when, until when, and what it brings a day.

A user is under contract who pays fees (money of the service stream) or whose end is recorded.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.columns import Stream
from clvcore.data.dataset import Dataset
from clvcore.units import DAYS_PER_MONTH

GRACE_PERIODS = 1.5
"""Without recorded ends, a contract has lapsed when no fee came for this many fee periods."""
RECENT_FEES = 3
"""The fee is the median of a user's latest ones, so that an old price does not count."""


@dataclass(frozen=True, slots=True)
class ContractSummary:
    """The contracts of a data set, one row a user under contract, by user_id."""

    frame: pl.DataFrame
    """first_day; waited_days from there to the end, or to now while it runs; has_ended;
    remaining_days to an agreed end (inf without one); fee_per_day net of refunds, 0 without fees."""
    period_days: float
    """Median time between two fees of a user."""
    ends: Literal["recorded", "inferred"]
    """Whether the data tells when contracts end, or silence does."""


def contract_summary(data: Dataset) -> ContractSummary:
    """The contracts of a data set at the end of observation."""
    zone = data.recipe.time_zone
    last = _local(pl.Series([data.observed[1]], dtype=col.TIME), zone).item()
    fees = data.events.filter(
        (pl.col(col.STREAM) == Stream.SERVICE.value) & pl.col(col.AMOUNT).is_not_null()
    ).with_columns(pl.col(col.AT).dt.convert_time_zone(zone).dt.date().alias("day"))
    paid = fees.filter(pl.col(col.AMOUNT) > 0).sort(col.USER, col.AT)
    gaps = pl.col("day").diff().dt.total_days().filter(pl.col("day").diff().dt.total_days() > 0)
    per_user = paid.group_by(col.USER).agg(
        pl.col("day").min().alias("first_fee"),
        pl.col("day").max().alias("last_fee"),
        pl.col(col.AMOUNT).cast(pl.Float64).tail(RECENT_FEES).median().alias("fee"),
        gaps.median().alias("gap"),
    )
    known_gaps = per_user["gap"].drop_nulls().to_numpy()
    period = float(np.median(known_gaps)) if known_gaps.size else DAYS_PER_MONTH
    ends_known = bool(data.users[col.ENDED].is_not_null().any())
    users = data.users.select(
        col.USER,
        pl.col(col.ACQUIRED).dt.convert_time_zone(zone).dt.date().alias("acquired"),
        pl.col(col.ENDED).dt.convert_time_zone(zone).dt.date().alias("end"),
    )
    contracts = users.join(per_user, on=col.USER, how="left", maintain_order="left").filter(
        pl.col("first_fee").is_not_null() | pl.col("end").is_not_null()
    )
    if not ends_known:
        contracts = contracts.with_columns(_silent_end(last, period).alias("end"))
    frame = _frame(contracts, last, period, _kept(fees, paid))
    return ContractSummary(frame, period, "recorded" if ends_known else "inferred")


def _frame(contracts: pl.DataFrame, last: date, period: float, kept: float) -> pl.DataFrame:
    has_ended = pl.col("end") <= last
    start = pl.coalesce("first_fee", "acquired")
    until = pl.when(has_ended.fill_null(value=False)).then("end").otherwise(pl.lit(last))
    remaining = (pl.col("end") - pl.lit(last)).dt.total_days().cast(pl.Float64)
    fee = pl.col("fee") * kept / pl.coalesce("gap", pl.lit(period)).cast(pl.Float64)
    return (
        contracts.with_columns(start.alias("first_day"))
        .select(
            col.USER,
            "first_day",
            (until - pl.col("first_day"))
            .dt.total_days()
            .cast(pl.Float64)
            .clip(lower_bound=0)
            .alias("waited_days"),
            has_ended.fill_null(value=False).alias("has_ended"),
            remaining.fill_null(float("inf")).clip(lower_bound=0).alias("remaining_days"),
            fee.fill_null(0.0).alias("fee_per_day"),
        )
        .sort(col.USER)
    )


def _silent_end(last: date, period: float) -> pl.Expr:
    """The day a fee was due and did not come, for contracts silent for longer than the grace."""
    usual = pl.coalesce("gap", pl.lit(period)).cast(pl.Float64)
    silence = (pl.lit(last) - pl.col("last_fee")).dt.total_days()
    due = pl.col("last_fee") + pl.duration(days=usual.round().cast(pl.Int64))
    return pl.when(silence > GRACE_PERIODS * usual).then(due)


def _kept(fees: pl.DataFrame, paid: pl.DataFrame) -> float:
    """Share of the fees that was not given back."""
    total, gross = Decimal(fees[col.AMOUNT].sum()), Decimal(paid[col.AMOUNT].sum())
    return float(total / gross) if gross > 0 else 1.0


def _local(moments: pl.Series, zone: str) -> pl.Series:
    return moments.dt.convert_time_zone(zone).dt.date()
