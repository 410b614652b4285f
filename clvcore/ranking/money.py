"""What users really paid for what they took in the judged period."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Bool, Float64, Int32

from clvcore import columns as col
from clvcore.columns import Kind
from clvcore.data.dataset import Dataset
from clvcore.features.split import Cutting, Split
from clvcore.ranking.lists import ItemLists


class Share(StrEnum):
    """Money that lists would have caught, as a share of what was really taken.

    For users u with targets T_u and first K items L_u: sum of the money of T_u and L_u together over
    the sum of the money of T_u, over all judged users. It says what a list foretold, not what it
    would have earned: repeats, above all, would have come anyway.
    """

    REVENUE = "revenue"
    """Amounts paid, net of refunds in the period (RevShare@K)."""
    MARGIN = "margin"
    """Amounts less unit costs times quantities; lines without a known cost are left out."""


class TargetMoney(NamedTuple):
    """Money of each of a split's targets, in their order, in the data set's currency."""

    revenue: Float64[np.ndarray, " targets"]
    margin: Float64[np.ndarray, " targets"] | None
    """None where no cost is known; 0 for targets without a known cost, which leaves them out."""

    def where(self, keep: Bool[np.ndarray, " targets"]) -> "TargetMoney":
        """Only some of the targets."""
        margin = None if self.margin is None else self.margin[keep]
        return TargetMoney(self.revenue[keep], margin)

    def shares(self) -> dict[Share, Float64[np.ndarray, " targets"]]:
        """The money of each target by what it is; only what sums to more than nothing."""
        found = {Share.REVENUE: self.revenue, Share.MARGIN: self.margin}
        return {
            name: money for name, money in found.items() if money is not None and money.sum() > 0
        }


def target_money(dataset: Dataset, split: Split) -> TargetMoney | None:
    """The money of a split's targets; None where nobody paid, or where the cut is not in time.

    A period is needed to say which payments belong to it.
    """
    if split.how is not Cutting.TIME:
        return None
    kinds = [split.goal.value, Kind.REFUND.value]
    at = pl.col(col.AT).dt.timestamp("us")
    lines = (
        dataset.events.filter(
            pl.col(col.KIND).cast(pl.String).is_in(kinds),
            at >= split.cut,
            at < split.end,
            pl.col(col.ITEM).is_not_null(),
            pl.col(col.AMOUNT).is_not_null(),
        )
        .join(dataset.items.select(col.ITEM, col.UNIT_COST), on=col.ITEM, how="left", maintain_order="left")
        .with_columns(amount=pl.col(col.AMOUNT).cast(pl.Float64))
    )  # fmt: skip
    if lines.is_empty():
        return None
    goods = pl.col(col.UNIT_COST).cast(pl.Float64) * pl.col(col.QUANTITY).abs().cast(pl.Float64)
    sign = pl.when(pl.col(col.KIND).cast(pl.String) == Kind.REFUND.value).then(-1).otherwise(1)
    paid = (
        lines.with_columns(margin=pl.col("amount") - sign * goods)
        .group_by(col.USER, col.ITEM)
        .agg(
            pl.col("amount").sum(), pl.col("margin").sum(), pl.col("margin").count().alias("known")
        )
    )
    targets = split.targets
    owner = np.repeat(targets.user, np.diff(targets.start))
    wanted = pl.DataFrame(
        {
            col.USER: split.past.users.terms(owner),
            col.ITEM: split.past.items.terms(targets.item),
        }
    ).join(paid, on=[col.USER, col.ITEM], how="left", maintain_order="left")
    has_costs = bool(wanted["known"].sum())
    margin = wanted["margin"].fill_null(0.0).to_numpy() if has_costs else None
    return TargetMoney(wanted["amount"].fill_null(0.0).to_numpy(), margin)


def caught(
    ranked: Int32[np.ndarray, "users n"],
    taken: ItemLists,
    money: Float64[np.ndarray, " targets"],
    k: int,
) -> Float64[np.ndarray, " users"]:
    """Money of what each user took and the first ``k`` of the user's list hold."""
    rows = taken.rows()
    there = (ranked[rows, :k] == taken.item[:, None]).any(axis=1)
    return np.bincount(rows, there * money, minlength=len(taken)).astype(np.float64)
