"""Base, scenario and their difference as tables: exact money by group, and intervals."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Bool, Float

from clvcore import columns as col
from clvcore.columns import Stream
from clvcore.scenario.levels import Levels, simulated
from clvcore.scenario.situation import Situation
from clvcore.units import money
from clvcore.value.breakdown import UNATTRIBUTED

STREAMS = tuple(f"forecast_{stream.value}" for stream in Stream)
MONEY = ("ltv_realised", *STREAMS, "forecast", "ltv", "cac", "clv")
ENDS = ("forecast_low", "forecast_high", "clv_low", "clv_high")
ZERO = pl.lit(Decimal(0), dtype=col.MONEY)


@dataclass(frozen=True, slots=True)
class Side:
    """One of base, scenario and their difference."""

    groups: pl.DataFrame
    """group, users, `MONEY` and `ENDS`: one row a group, then one for spend that won nobody. Money is
    exact; null is unknown. Sorted by CLV (else LTV) of the base, cohorts by month."""
    total: pl.DataFrame
    """The same columns in one row: money is the sum of the groups, intervals are of the whole."""


class Ends(NamedTuple):
    """Low and high of the forecast of every group, the whole last."""

    low: Float[np.ndarray, " groups+1"]
    high: Float[np.ndarray, " groups+1"]


class Grouping(NamedTuple):
    """The groups that are reported, in their order, and the groups of the situation in each."""

    names: tuple[str, ...]
    member: Bool[np.ndarray, "groups parts"]


def grouping(start: Situation, by: str | None) -> Grouping:
    """The groups of the situation gathered by one of its keys, the most valuable first."""
    if by is None:
        return Grouping(("all users",), np.ones((1, start.n_groups), dtype=bool))
    own = start.groups.group_by(by).agg(
        pl.col("ltv").sum(), pl.col("cac").sum(), pl.col("users").sum()
    )
    worth = pl.col("ltv") - pl.col("cac")
    order = own.sort(by) if by == "cohort" else own.sort(worth, by, descending=[True, False])
    names = tuple(order[by].to_list())
    return Grouping(names, np.array([(start.groups[by] == name).to_numpy() for name in names]))


def drawn_totals(
    found: Levels,
    member: Bool[np.ndarray, "groups parts"],
    luck: Float[np.ndarray, "times draws columns"],
) -> Float[np.ndarray, "totals columns"]:
    """Simulated totals of every group that is reported, the whole last."""
    gather = np.vstack([member, np.ones((1, member.shape[1]))]).T
    return simulated(found.mean @ gather, found.variance @ gather, luck)


def ends_of(drawn: Float[np.ndarray, "totals columns"], level: float) -> Ends:
    """The interval in which totals lie with a probability."""
    return Ends(*np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2], axis=0))


def side(
    start: Situation,
    groups: Grouping,
    costs: tuple[Decimal | None, ...],
    moved: Float[np.ndarray, "3 parts"],
    ends: Ends,
) -> Side:
    """The table of one side.

    Args:
        start: the situation.
        groups: what is reported.
        costs: of the users of every group of the situation.
        moved: money by which each stream of each group of the situation differs from the base.
        ends: intervals of the groups and the whole.
    """
    parts = start.groups.select("users", pl.col("ltv").alias("ltv_realised"), *STREAMS)
    shifted = [
        pl.col(name) + pl.Series([money(repr(float(one))) for one in by_group], dtype=col.MONEY)
        for name, by_group in zip(STREAMS, moved, strict=True)
    ]
    parts = parts.with_columns(*shifted, pl.Series("cac", costs, dtype=col.MONEY))
    rows = [_summed(parts, groups)]
    lost = _unattributed(start)
    whole = _summed(parts, Grouping(("total",), np.ones((1, start.n_groups), dtype=bool)))
    if lost is not None:
        rows.append(lost)
        whole = whole.with_columns(pl.col("cac") + lost["cac"].item())
    known = start.made.is_known
    n = len(groups.names)
    low, high = (np.pad(part[:n], (0, len(rows) - 1)) for part in ends)
    return Side(
        _finished(pl.concat(rows), low, high, known=known),
        _finished(whole, ends.low[n:], ends.high[n:], known=known),
    )


def difference(base: Side, after: Side, ends: Ends, *, known: bool) -> Side:
    """After minus base, with the intervals of the difference."""

    def minus(
        one: pl.DataFrame, other: pl.DataFrame, low: np.ndarray, high: np.ndarray
    ) -> pl.DataFrame:
        parts = {name: one[name] - other[name] for name in MONEY}
        return _with_ends(one.with_columns(**parts), low, high, known=known)

    n = len(ends.low) - 1
    low, high = (np.pad(part[:n], (0, base.groups.height - n)) for part in ends)
    return Side(
        minus(after.groups, base.groups, low, high),
        minus(after.total, base.total, ends.low[n:], ends.high[n:]),
    )


def _summed(parts: pl.DataFrame, groups: Grouping) -> pl.DataFrame:
    """A row a group: sums of parts; realised and forecast null where unknown for all, cac for any."""
    known = [pl.col(one).is_not_null().any() for one in ("ltv_realised", *STREAMS)]
    sums = [
        pl.when(any_known).then(pl.col(one).sum()).alias(one)
        for any_known, one in zip(known, ("ltv_realised", *STREAMS), strict=True)
    ]
    cost = pl.when(pl.col("cac").is_not_null().all()).then(pl.col("cac").sum()).alias("cac")
    number = pl.Series("number", groups.member.argmax(axis=0))
    return (
        parts.with_columns(number)
        .group_by("number")
        .agg(pl.col("users").sum(), *sums, cost)
        .sort("number")
        .select(pl.Series("group", groups.names), pl.exclude("number"))
    )


def _unattributed(start: Situation) -> pl.DataFrame | None:
    """The row of spend that won nobody; no scenario moves it."""
    costs = start.value.acquisition
    if not costs.is_known or costs.unattributed.is_empty():
        return None
    zeros = [ZERO.alias(name) for name in ("ltv_realised", *STREAMS)]
    amount = pl.lit(costs.unattributed[col.AMOUNT].sum(), dtype=col.MONEY).alias("cac")
    return pl.select(
        pl.lit(UNATTRIBUTED).alias("group"), pl.lit(0, pl.Int64).alias("users"), *zeros, amount
    )


def _finished(
    rows: pl.DataFrame, low: np.ndarray, high: np.ndarray, *, known: bool
) -> pl.DataFrame:
    """Rows with their sums: forecast of all streams, LTV, CLV, and intervals."""
    table = (
        rows.with_columns(pl.sum_horizontal(*STREAMS, ignore_nulls=False).alias("forecast"))
        .with_columns((pl.col("ltv_realised") + pl.col("forecast")).alias("ltv"))
        .with_columns((pl.col("ltv") - pl.col("cac")).alias("clv"))
    )
    return _with_ends(table, low, high, known=known)


def _with_ends(
    table: pl.DataFrame, low: np.ndarray, high: np.ndarray, *, known: bool
) -> pl.DataFrame:
    """The interval of the forecast, and that of CLV: all else in CLV is certain."""
    certain = pl.col("ltv_realised") - pl.col("cac")
    ends = {
        name: pl.when(pl.lit(known)).then(
            pl.Series(name, [money(repr(float(one))) for one in end], dtype=col.MONEY)
        )
        for name, end in (("forecast_low", low), ("forecast_high", high))
    }
    return (
        table.with_columns(**ends)
        .with_columns(
            (pl.col("forecast_low") + certain).alias("clv_low"),
            (pl.col("forecast_high") + certain).alias("clv_high"),
        )
        .select("group", "users", *MONEY, *ENDS)
    )
