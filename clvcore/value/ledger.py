"""Money that came in, by user and stream, to the last ten-thousandth: the realised part of LTV.

Nothing is modelled here. Sums are exact decimals, and the sum over all users is the money of the
event table. Money may be stated as of each user's acquisition: then every line is discounted from
its day to that of the acquisition, rounded to four places, and what that takes off is kept apart.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import polars as pl

from clvcore import columns as col
from clvcore.columns import Kind, Stream
from clvcore.data.dataset import Dataset
from clvcore.errors import ConfigError
from clvcore.features.refunds import MATCH_TYPE, matched_refunds
from clvcore.messages import say
from clvcore.units import DAYS_PER_YEAR

Basis = Literal["revenue", "margin"]
"""What a unit of LTV is: money that came in, or what is left of it after the goods are paid."""

ZERO = pl.lit(Decimal(0), dtype=col.MONEY)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Realised money of every user, and how much of it has an unknown cost of goods."""

    users: pl.DataFrame
    """One row a user, by user_id: ``purchase``, ``advertising``, ``service`` (revenue net of
    refunds), ``refunded`` (purchase money given back, 0 or below; part of ``purchase``),
    ``refunded_matched`` (the part that belongs to a purchase of the user), ``unpriced`` (purchase
    revenue of lines whose cost is unknown), ``margin_purchase``, ``margin_refunded``,
    ``margin_refunded_matched``, ``margin`` (all without the unpriced lines; null for a user all of
    whose purchase lines are unpriced)."""
    unpriced_rows: int
    """Purchase and refund lines without a known unit cost or quantity."""
    unpriced_money: Decimal

    @property
    def has_costs(self) -> bool:
        """Whether any purchase line has a known cost, so that a margin can be told."""
        return self.users["margin_purchase"].is_not_null().any()


def ledger(data: Dataset, *, discount_rate_annual: float = 0.0) -> Ledger:
    """The realised money of every user of a data set.

    Margin of a line = amount - unit cost x quantity; a refund gives the cost back. Advertising and
    service revenue carries no cost of goods. A purchase line without a known cost is left out of
    the margin and counted in ``unpriced``; its cost is never taken to be 0.

    Args:
        data: what came in.
        discount_rate_annual: of money between a user's acquisition and its day; 0 leaves every
            line as it is.
    """
    lines = _lines(data)
    if discount_rate_annual:
        lines = _as_of_acquisition(lines, data, discount_rate_annual)
    purchase = pl.col(col.STREAM) == Stream.PURCHASE.value
    back = purchase & (pl.col(col.KIND) == Kind.REFUND.value)
    matched = back & pl.col("matched_by").is_not_null()
    priced = purchase & pl.col("cost").is_not_null()
    unpriced = purchase & pl.col("cost").is_null()
    sums = lines.group_by(col.USER).agg(
        *[_sum(pl.col(col.STREAM) == stream.value).alias(stream.value) for stream in Stream],
        _sum(back).alias("refunded"),
        _sum(matched).alias("refunded_matched"),
        _sum(unpriced).alias("unpriced"),
        _margin(priced).alias("margin_purchase"),
        _margin(priced & back).alias("margin_refunded"),
        _margin(priced & matched).alias("margin_refunded_matched"),
        (unpriced.any() & ~priced.any()).alias("blind"),
    )
    on_margin = ["margin_purchase", "margin_refunded", "margin_refunded_matched"]
    own = [*[stream.value for stream in Stream], "refunded", "refunded_matched", "unpriced"]
    users = (
        data.users.select(col.USER)
        .join(sums, on=col.USER, how="left", maintain_order="left")
        .with_columns(*[pl.col(name).fill_null(ZERO) for name in (*own, *on_margin)])
        .with_columns(pl.col("blind").fill_null(value=False))
        .with_columns(
            pl.when(~pl.col("blind")).then(pl.col(name)).alias(name) for name in on_margin
        )
        .with_columns(
            (
                pl.col("margin_purchase")
                + pl.col(Stream.ADVERTISING.value)
                + pl.col(Stream.SERVICE.value)
            ).alias("margin")
        )
        .select(col.USER, *own, *on_margin, "margin")
        .sort(col.USER)
    )
    blind = lines.filter(unpriced)
    return Ledger(users, blind.height, Decimal(blind[col.AMOUNT].sum()))


def lifetime_revenue(book: Ledger, basis: Basis) -> pl.DataFrame:
    """Realised LTV of every user by stream: ``ltv_purchase``, ``_advertising``, ``_service``, ``ltv``.

    Also ``refunds`` and ``refunds_matched``, 0 or below, which are in ``ltv_purchase`` already. On
    margin, all but the other streams are null for a user none of whose purchases has a known cost.

    Raises:
        ConfigError: margin is asked for and no purchase has a known cost.
    """
    if basis == "margin" and not book.users.is_empty() and not book.has_costs:
        raise ConfigError(say("value.no_costs"))
    on_margin = basis == "margin"
    parts = [
        pl.col("margin_purchase" if on_margin else Stream.PURCHASE.value).alias("ltv_purchase"),
        pl.col(Stream.ADVERTISING.value).alias("ltv_advertising"),
        pl.col(Stream.SERVICE.value).alias("ltv_service"),
        pl.col("margin_refunded" if on_margin else "refunded").alias("refunds"),
        pl.col("margin_refunded_matched" if on_margin else "refunded_matched").alias(
            "refunds_matched"
        ),
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


def worth_at_acquisition(money: pl.Expr, days: pl.Expr, discount_rate_annual: float) -> pl.Expr:
    """Money as of ``days`` earlier at an annual rate, to four places."""
    factor = (1.0 + discount_rate_annual) ** (-days / DAYS_PER_YEAR)
    return (money.cast(pl.Float64) * factor).round(4, mode="half_away_from_zero").cast(col.MONEY)


def _lines(data: Dataset) -> pl.DataFrame:
    """The events that bear money, with the cost of goods of a purchase line where it is known."""
    costs = data.items.select(col.ITEM, col.UNIT_COST)
    goods = pl.col(col.UNIT_COST) * pl.col(col.QUANTITY).abs().cast(col.MONEY)
    sign = pl.when(pl.col(col.KIND) == Kind.REFUND.value).then(-goods).otherwise(goods)
    is_purchase = pl.col(col.STREAM) == Stream.PURCHASE.value
    is_back = is_purchase & (pl.col(col.KIND) == Kind.REFUND.value)
    bearing = data.events.filter(pl.col(col.AMOUNT).is_not_null())
    others = bearing.filter(~is_back).with_columns(pl.lit(None, MATCH_TYPE).alias("matched_by"))
    # purchases without money are looked at too: a refund may belong to one
    refunds = matched_refunds(data.events).filter(pl.col(col.AMOUNT).is_not_null())
    return (
        pl.concat([others, refunds.select(others.columns)])
        .select(
            *(col.USER, col.ITEM, col.AT, col.KIND, col.QUANTITY, col.AMOUNT, col.STREAM),
            "matched_by",
        )
        .join(costs, on=col.ITEM, how="left", maintain_order="left")
        .with_columns(pl.when(is_purchase).then(sign).alias("cost"))
    )


def _as_of_acquisition(lines: pl.DataFrame, data: Dataset, rate: float) -> pl.DataFrame:
    """Every line's money and cost as of the day on which its user was acquired."""
    acquired = data.users.select(col.USER, col.ACQUIRED)
    since = (pl.col(col.AT) - pl.col(col.ACQUIRED)).dt.total_seconds() / 86400.0
    return lines.join(acquired, on=col.USER, how="left", maintain_order="left").with_columns(
        worth_at_acquisition(pl.col(name), since.clip(lower_bound=0.0), rate).alias(name)
        for name in (col.AMOUNT, "cost")
    )


def _sum(rows: pl.Expr) -> pl.Expr:
    return pl.col(col.AMOUNT).filter(rows).sum()


def _margin(rows: pl.Expr) -> pl.Expr:
    return _sum(rows) - pl.col("cost").filter(rows).sum()
