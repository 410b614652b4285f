"""Orders as WooCommerce exports them: all line items of an order in one row, in columns of their own.

A line counts with its ``total``, which is what was paid for it after discounts. Without line items
the order counts with its total less shipping, taxes and fees. Of an order that was refunded the
refund is a row of its own, at the time of the order, as the export tells no other.

References:
    https://woocommerce.com/document/import-and-export-of-woocommerce-orders/
"""

import re

import polars as pl

from clvcore.data.cells.table import stripped
from clvcore.data.dataset import RawTable
from clvcore.data.meaning.shaping.rows import (
    COUNT,
    ITEM,
    KIND,
    PAID,
    PLACES,
    TITLE,
    Rows,
    money,
    text_of,
)

READS = re.compile(
    r"status|order_total|line_item_\d+|(shipping|shipping_tax|tax|fee|fee_tax)_total"
)
"""Columns that are read to lay out the rows."""
_LINE = re.compile(r"line_item_\d+")
_NOT_GOODS = ("shipping_total", "shipping_tax_total", "tax_total", "fee_total", "fee_tax_total")
_PARTS = ("name", "product_id", "sku", "quantity", "total")
_END = r"\|[a-z_]+:|$"


def lines_of(raw: RawTable) -> Rows:
    """One row for each line item, and one for each order that was refunded."""
    columns = [name for name in raw.frame.columns if _LINE.fullmatch(name)]
    status = stripped(raw.frame["status"]).str.to_lowercase().str.replace("^wc-", "")
    kept = raw.frame.with_columns(status.alias(KIND)).with_row_index("_row")
    lines = pl.concat([_lines(kept, name) for name in columns]) if columns else _lines(kept, None)
    whole = _whole(raw, kept.join(lines, on="_row", how="anti", maintain_order="left"))
    every = pl.concat([lines, whole]).sort("_row", maintain_order=True)
    back = _refunds(every)
    joint = pl.concat([every, back])
    rows = kept.drop(KIND, *columns).join(joint, on="_row", how="right", maintain_order="right")
    state = pl.when(pl.col("_back")).then(pl.lit("refund")).otherwise(pl.col("_state"))
    rows = rows.with_columns(state.alias(KIND))
    sources = rows["_row"].cast(pl.Int64)
    return Rows(rows.drop("_row", "_back", "_state"), sources, back.height)


def _lines(kept: pl.DataFrame, column: str | None) -> pl.DataFrame:
    """The line items of a column like ``name:Mug|product_id:7|quantity:2|total:24.00``."""
    cells = pl.col(column) if column else pl.lit(None, dtype=pl.String)
    part = {name: cells.str.extract(rf"(?:^|\|){name}:(.*?)(?:{_END})") for name in _PARTS}
    found = kept.select(
        "_row",
        pl.coalesce(part["product_id"], part["sku"], part["name"]).alias(ITEM),
        part["name"].alias(TITLE),
        part["quantity"].alias(COUNT),
        part["total"].alias(PAID),
        pl.lit(value=False).alias("_back"),
        pl.col(KIND).alias("_state"),
    )
    return found.filter(pl.col(ITEM).is_not_null())


def _whole(raw: RawTable, kept: pl.DataFrame) -> pl.DataFrame:
    """Orders without line items, each with what was paid for its goods."""
    facts = pl.DataFrame([money(raw, name) for name in ("order_total", *_NOT_GOODS)])
    goods = pl.col("order_total") - pl.sum_horizontal(*_NOT_GOODS)
    text = facts.select(text_of(goods)).to_series()
    empty = pl.lit(None, dtype=pl.String)
    return kept.select(
        "_row",
        empty.alias(ITEM),
        empty.alias(TITLE),
        empty.alias(COUNT),
        text.gather(kept["_row"]).alias(PAID),
        pl.lit(value=False).alias("_back"),
        pl.col(KIND).alias("_state"),
    )


def _refunds(every: pl.DataFrame) -> pl.DataFrame:
    """One row for each line of an order that was refunded, with its money taken back."""
    back = every.filter(pl.col("_state") == "refunded")
    paid = (pl.col(PAID).cast(pl.Decimal(38, 4), strict=False) * PLACES).cast(pl.Int64)
    return back.with_columns(
        back.select(text_of(-paid)).to_series().alias(PAID),
        pl.lit(value=True).alias("_back"),
    )
