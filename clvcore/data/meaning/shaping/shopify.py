"""Orders as Shopify exports them: one line for each line item, facts of the order in the first.

What a line counts is what was paid for its goods: quantity times price, less the discount of the
line and its share of the discount of the order, so that the lines of an order add up to its
Subtotal. Shipping and taxes are no part of it. A refund is a row of its own with the share of it
that fell on goods (Subtotal / Total), at the time of the order, as the export tells no other.

References:
    Columns, https://www.webtoffee.com/shopify-orders-available-columns-for-export-and-import/
"""

import re

import polars as pl

from clvcore.data.cells.table import stripped
from clvcore.data.dataset import RawTable
from clvcore.data.meaning.shaping.rows import KIND, PAID, PLACES, Rows, money, split, text_of

_ORDER = "Name"
_OF_ORDER = ("Email", "Financial Status", "Currency", "Cancelled at", "Created at", "Paid at")
"""Cells that may stand in the first line of an order only."""
READS = re.compile(
    "Name|Financial Status|Cancelled at|Lineitem (price|quantity|discount)"
    "|Subtotal|Total|Discount Amount|Refunded Amount"
)
"""Columns that are read to lay out the rows."""
_VOID = ("voided", "expired")


def lines_of(raw: RawTable) -> Rows:
    """One row for each line item, and one for each refund."""
    frame = _filled(raw.frame)
    facts = _facts(raw).with_columns(frame[_ORDER].alias("order"))
    discounted = pl.col("price") * pl.col("pieces") // PLACES - pl.col("off").fill_null(0)
    facts = facts.with_columns(discounted.alias("net")).with_columns(
        pl.col("net").sum().over("order").alias("net_of_order"),
        (pl.col("net").is_null().any().over("order")).alias("unknown"),
    )
    told = pl.coalesce("subtotal", pl.col("net_of_order") - pl.col("discount").fill_null(0))
    facts = facts.with_columns(told.alias("goods"), pl.col("net").clip(0).alias("weight"))
    facts = facts.with_columns((pl.col("goods") - pl.col("net_of_order")).alias("change"))
    change = split(facts, over="order", weight="weight", whole="change")
    paid = pl.when(pl.col("unknown")).then(pl.col("net")).otherwise(pl.col("net") + change)
    facts = facts.with_columns(paid.alias("paid"), _kind(frame).alias("kind"))
    made = frame.with_columns(
        facts["kind"].alias(KIND), facts.select(text_of(pl.col("paid"))).to_series().alias(PAID)
    )
    back = _refunds(made, facts)
    sources = pl.concat([pl.arange(made.height, dtype=pl.Int64, eager=True), back["_row"]])
    return Rows(pl.concat([made, back.drop("_row")]), sources, back.height)


def _filled(frame: pl.DataFrame) -> pl.DataFrame:
    """The lines with the facts of their order in each of them."""
    there = [name for name in _OF_ORDER if name in frame.columns]
    return frame.with_columns(
        stripped(frame[name]).alias(name) for name in (_ORDER, *there)
    ).with_columns(pl.col(name).drop_nulls().first().over(_ORDER) for name in there)


def _facts(raw: RawTable) -> pl.DataFrame:
    """Money of lines and orders in whole units, that of the order in each of its lines."""
    of_line = {"price": "Lineitem price", "pieces": "Lineitem quantity", "off": "Lineitem discount"}
    of_order = {
        "subtotal": "Subtotal",
        "total": "Total",
        "discount": "Discount Amount",
        "refunded": "Refunded Amount",
    }
    order = stripped(raw.frame[_ORDER])
    return (
        pl.DataFrame(
            [money(raw, column).alias(name) for name, column in (of_line | of_order).items()]
        )
        .with_columns(order.alias("order"))
        .with_columns(pl.col(name).drop_nulls().first().over("order") for name in of_order)
    )


def _kind(frame: pl.DataFrame) -> pl.Series:
    """What became of the order of each line, in words that the export maps to kinds."""
    status = (
        pl.col("Financial Status").str.to_lowercase()
        if "Financial Status" in frame.columns
        else pl.lit("")
    )
    gone = (
        pl.col("Cancelled at").is_not_null()
        if "Cancelled at" in frame.columns
        else pl.lit(value=False)
    )
    return frame.with_columns(
        pl.when(gone)
        .then(pl.lit("cancelled"))
        .when(status.is_in(_VOID))
        .then(status)
        .otherwise(pl.lit("purchase"))
        .alias(KIND)
    )[KIND]


def _refunds(made: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """One row for each order that was paid back in part or whole, and still stands."""
    total = pl.col("total").fill_null(0)
    share = (
        pl.when((total > 0) & (pl.col("goods") >= 0))
        .then((pl.col("refunded").cast(pl.Int128) * pl.col("goods") * 2 + total) // (total * 2))
        .otherwise(pl.col("refunded"))
    )
    goods = pl.min_horizontal(share.cast(pl.Int64), "goods")
    known = facts.with_row_index("_row").filter(
        (pl.col("refunded") > 0)
        & (pl.col("kind") == "purchase")
        & pl.col("order").is_first_distinct()
    )
    rows = known["_row"]
    lost = {name for name in made.columns if name.startswith("Lineitem ")}
    return made[rows.to_list()].with_columns(
        *(pl.lit(None, dtype=pl.String).alias(name) for name in lost),
        pl.lit("refund").alias(KIND),
        known.select(text_of(-goods)).to_series().alias(PAID),
        rows.cast(pl.Int64).alias("_row"),
    )
