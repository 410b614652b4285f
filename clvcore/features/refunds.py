"""Which purchase a refund gives money back for."""

import polars as pl

from clvcore import columns as col
from clvcore.columns import Kind, Stream

MATCH_TYPE = pl.Enum(["order", "item"])
"""By its order_id, or by the item where it names no order that is here; null: it belongs to none."""


def purchases_of(events: pl.DataFrame) -> pl.DataFrame:
    """The events that bought something, with or without money."""
    return events.filter(
        (pl.col(col.KIND) == Kind.PURCHASE.value)
        & (pl.col(col.STREAM).is_null() | (pl.col(col.STREAM) == Stream.PURCHASE.value))
    )


def matched_refunds(events: pl.DataFrame) -> pl.DataFrame:
    """Every refund of a purchase, in the order of the events, with the purchase it belongs to.

    A refund belongs to the order with its order_id, else to the user's latest purchase of the same
    item before it, else to none. Columns of the events, and matched_by and bought_at (both null
    where it belongs to none).
    """
    refunds = events.filter(
        (pl.col(col.KIND) == Kind.REFUND.value) & (pl.col(col.STREAM) == Stream.PURCHASE.value)
    ).with_row_index("refund")
    bought = purchases_of(events)
    orders = (
        bought.filter(pl.col(col.ORDER).is_not_null())
        .group_by(col.USER, col.ORDER)
        .agg(pl.col(col.AT).min().alias("ordered_at"))
    )
    goods = (
        bought.filter(pl.col(col.ITEM).is_not_null())
        .select(col.USER, col.ITEM, col.AT, pl.col(col.AT).alias("item_at"))
        .sort(col.AT)
    )
    named = refunds.join(orders, on=[col.USER, col.ORDER], how="left")
    by_item = (
        named.filter(pl.col("ordered_at").is_null() & pl.col(col.ITEM).is_not_null())
        .sort(col.AT)
        .join_asof(goods, on=col.AT, by=[col.USER, col.ITEM], check_sortedness=False)
        .select("refund", "item_at")
    )
    return (
        named.join(by_item, on="refund", how="left")
        .with_columns(
            pl.when(pl.col("ordered_at").is_not_null())
            .then(pl.lit("order"))
            .when(pl.col("item_at").is_not_null())
            .then(pl.lit("item"))
            .cast(MATCH_TYPE)
            .alias("matched_by"),
            pl.coalesce("ordered_at", "item_at").alias("bought_at"),
        )
        .sort("refund")
        .drop("refund", "ordered_at", "item_at")
    )
