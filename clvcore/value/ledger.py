"""Money that came in, by user and stream, to the last ten-thousandth: the realised part of LTV.

Nothing is modelled here. Sums are exact decimals, and the sum over all users is the money of the
event table.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import polars as pl

from clvcore import columns as col
from clvcore.columns import Kind, Stream
from clvcore.data.dataset import Dataset
from clvcore.errors import ConfigError
from clvcore.messages import say

Basis = Literal["revenue", "margin"]
"""What a unit of LTV is: money that came in, or what is left of it after the goods are paid."""

ZERO = pl.lit(Decimal(0), dtype=col.MONEY)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Realised money of every user, and how much of it has an unknown cost of goods."""

    users: pl.DataFrame
    """One row a user, by user_id: ``purchase``, ``advertising``, ``service`` (revenue net of
    refunds), ``refunded`` (purchase money given back, 0 or below), ``unpriced`` (purchase revenue
    of lines whose cost is unknown), ``margin_purchase``, ``margin`` (both without the unpriced
    lines; null for a user all of whose purchase lines are unpriced)."""
    unpriced_rows: int
    """Purchase and refund lines without a known unit cost or quantity."""
    unpriced_money: Decimal

    @property
    def has_costs(self) -> bool:
        """Whether any purchase line has a known cost, so that a margin can be told."""
        return self.users["margin_purchase"].is_not_null().any()


def ledger(data: Dataset) -> Ledger:
    """The realised money of every user of a data set.

    Margin of a line = amount - unit cost x quantity; a refund gives the cost back. Advertising and
    service revenue carries no cost of goods. A purchase line without a known cost is left out of
    the margin and counted in ``unpriced``; its cost is never taken to be 0.
    """
    lines = _lines(data)
    purchase = pl.col(col.STREAM) == Stream.PURCHASE.value
    priced = purchase & pl.col("cost").is_not_null()
    unpriced = purchase & pl.col("cost").is_null()
    sums = lines.group_by(col.USER).agg(
        *[_sum(pl.col(col.STREAM) == stream.value).alias(stream.value) for stream in Stream],
        _sum(purchase & (pl.col(col.KIND) == Kind.REFUND.value)).alias("refunded"),
        _sum(unpriced).alias("unpriced"),
        (_sum(priced) - pl.col("cost").sum()).alias("margin_purchase"),
        (unpriced.any() & ~priced.any()).alias("blind"),
    )
    money = [*[stream.value for stream in Stream], "refunded", "unpriced", "margin_purchase"]
    known = pl.when(~pl.col("blind")).then(pl.col("margin_purchase"))
    users = (
        data.users.select(col.USER)
        .join(sums, on=col.USER, how="left", maintain_order="left")
        .with_columns(*[pl.col(name).fill_null(ZERO) for name in money])
        .with_columns(pl.col("blind").fill_null(value=False))
        .with_columns(known.alias("margin_purchase"))
        .with_columns(
            (
                pl.col("margin_purchase")
                + pl.col(Stream.ADVERTISING.value)
                + pl.col(Stream.SERVICE.value)
            ).alias("margin")
        )
        .select(col.USER, *money, "margin")
        .sort(col.USER)
    )
    blind = lines.filter(unpriced)
    return Ledger(users, blind.height, Decimal(blind[col.AMOUNT].sum()))


def lifetime_revenue(book: Ledger, basis: Basis) -> pl.DataFrame:
    """Realised LTV of every user by stream: ``ltv_purchase``, ``_advertising``, ``_service``, ``ltv``.

    On margin, purchase and total are null for a user none of whose purchases has a known cost.

    Raises:
        ConfigError: margin is asked for and no purchase has a known cost.
    """
    if basis == "margin" and not book.users.is_empty() and not book.has_costs:
        raise ConfigError(say("value.no_costs"))
    purchase = "margin_purchase" if basis == "margin" else Stream.PURCHASE.value
    parts = [
        pl.col(purchase).alias("ltv_purchase"),
        pl.col(Stream.ADVERTISING.value).alias("ltv_advertising"),
        pl.col(Stream.SERVICE.value).alias("ltv_service"),
    ]
    return book.users.select(col.USER, *parts).with_columns(
        (pl.col("ltv_purchase") + pl.col("ltv_advertising") + pl.col("ltv_service")).alias("ltv")
    )


def contributions(data: Dataset, basis: Basis) -> pl.DataFrame:
    """Every event and what it brought: user_id, at, kind, contribution (null where unknown or none).

    Summed by user it is the LTV of `lifetime_revenue`.
    """
    if basis == "revenue":
        return data.events.select(
            col.USER, col.AT, col.KIND, pl.col(col.AMOUNT).alias("contribution")
        )
    others = data.events.filter(pl.col(col.AMOUNT).is_null())
    is_purchase = pl.col(col.STREAM) == Stream.PURCHASE.value
    kept = pl.when(is_purchase).then(pl.col(col.AMOUNT) - pl.col("cost")).otherwise(col.AMOUNT)
    return pl.concat(
        [
            _lines(data).select(col.USER, col.AT, col.KIND, kept.alias("contribution")),
            others.select(
                col.USER, col.AT, col.KIND, pl.lit(None, dtype=col.MONEY).alias("contribution")
            ),
        ]
    )


def _lines(data: Dataset) -> pl.DataFrame:
    """The events that bear money, each purchase line with its cost of goods where known."""
    costs = data.items.select(col.ITEM, col.UNIT_COST)
    goods = pl.col(col.UNIT_COST) * pl.col(col.QUANTITY).abs().cast(col.MONEY)
    sign = pl.when(pl.col(col.KIND) == Kind.REFUND.value).then(-goods).otherwise(goods)
    is_purchase = pl.col(col.STREAM) == Stream.PURCHASE.value
    return (
        data.events.filter(pl.col(col.AMOUNT).is_not_null())
        .select(col.USER, col.ITEM, col.AT, col.KIND, col.QUANTITY, col.AMOUNT, col.STREAM)
        .join(costs, on=col.ITEM, how="left", maintain_order="left")
        .with_columns(pl.when(is_purchase).then(sign).alias("cost"))
    )


def _sum(rows: pl.Expr) -> pl.Expr:
    return pl.col(col.AMOUNT).filter(rows).sum()
