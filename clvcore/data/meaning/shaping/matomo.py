"""Visits as Matomo reports them: a list of actions in each, and of items in each order or cart.

An item of an order is a purchase of price times quantity; shipping, tax and discounts of the order
are not counted. An order without items counts with its subtotal, or with its revenue less tax and
shipping. Items of an abandoned cart are carts and move no money. A page is a view of its product
where the page names one, and else of its address.

References:
    https://matomo.org/faq/understanding-visits-and-action-levels-in-matomo ; the tree of
    Live.getLastVisitsDetails in the tests of https://github.com/matomo-org/matomo
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
    USER,
    WHEN,
    Rows,
    money,
    text_of,
)

READS = re.compile(
    r"userId|visitorId|firstActionTimestamp|serverTimestamp"
    r"|actionDetails\.(type|timestamp|url|pageTitle|revenue(SubTotal|Tax|Shipping)?)"
    r"|actionDetails\.itemDetails\.(itemSKU|itemName|quantity|price)"
    r"|actionDetails\.customVariables\.\d+\.customVariablePage(Name|Value)\d+"
)
"""Columns that are read to lay out the rows."""
_ACTION, _ITEM = "actionDetails.", "actionDetails.itemDetails."
_ORDER, _CART = "ecommerceOrder", "ecommerceAbandonedCart"
_VARIABLE = re.compile(r"actionDetails\.customVariables\.\d+\.customVariablePageName(\d+)")
_SKU, _NAME = "_pks", "_pkn"
"""Custom variables in which older versions name the product of a page."""


def rows_of(raw: RawTable) -> Rows:
    """One row for each item of an order or a cart, and one for each other action."""
    frame = raw.frame
    kind = _text(frame, f"{_ACTION}type").fill_null("visit")
    traded = kind.is_in([_ORDER, _CART])
    made = pl.DataFrame(
        [
            _first(frame, "userId", "visitorId").alias(USER),
            _first(frame, f"{_ACTION}timestamp", "firstActionTimestamp", "serverTimestamp").alias(
                WHEN
            ),
            kind.alias(KIND),
            _first(frame, f"{_ITEM}itemSKU", f"{_ITEM}itemName").alias("thing"),
            _text(frame, f"{_ITEM}itemName").alias("name"),
            _product(frame, _SKU).alias("sku"),
            _product(frame, _NAME).alias("product"),
            _text(frame, f"{_ACTION}url").alias("url"),
            _text(frame, f"{_ACTION}pageTitle").alias("page"),
            _text(frame, f"{_ITEM}quantity").alias(COUNT),
            _goods(raw, kind).alias(PAID),
            traded.alias("traded"),
        ]
    )
    paged = pl.col("sku").is_null()
    made = made.with_columns(
        pl.when("traded").then("thing").otherwise(pl.coalesce("sku", "url")).alias(ITEM),
        pl.when("traded")
        .then("name")
        .otherwise(pl.when(paged).then("page").otherwise("product"))
        .alias(TITLE),
    )
    whole = frame.with_columns(made.select(USER, WHEN, KIND, ITEM, TITLE, COUNT, PAID))
    sources = pl.arange(whole.height, dtype=pl.Int64, eager=True)
    return Rows(whole, sources, 0)


def _goods(raw: RawTable, kind: pl.Series) -> pl.Series:
    """What was paid for the item of each row; null where it is no purchase."""
    columns = {
        "price": f"{_ITEM}price",
        "pieces": f"{_ITEM}quantity",
        "subtotal": f"{_ACTION}revenueSubTotal",
        "revenue": f"{_ACTION}revenue",
        "tax": f"{_ACTION}revenueTax",
        "shipping": f"{_ACTION}revenueShipping",
    }
    facts = pl.DataFrame([money(raw, column).alias(name) for name, column in columns.items()])
    facts = facts.with_columns(
        kind.alias("kind"), _first(raw.frame, f"{_ITEM}itemSKU", f"{_ITEM}itemName").alias("thing")
    )
    line = pl.col("price") * pl.col("pieces").fill_null(PLACES) // PLACES
    net = pl.col("revenue") - pl.col("tax").fill_null(0) - pl.col("shipping").fill_null(0)
    whole = pl.coalesce("subtotal", net)
    itemless = pl.col("thing").is_null() & pl.col("price").is_null()
    paid = pl.when(itemless).then(whole).otherwise(line)
    return facts.select(pl.when(pl.col("kind") == _ORDER).then(text_of(paid))).to_series()


def _text(frame: pl.DataFrame, column: str) -> pl.Series:
    if column not in frame.columns:
        return pl.Series(column, [None] * frame.height, dtype=pl.String)
    return stripped(frame[column])


def _first(frame: pl.DataFrame, *columns: str) -> pl.Series:
    """The first of the columns that has something to say in each row."""
    cells = pl.DataFrame([_text(frame, column).alias(column) for column in columns])
    return cells.select(pl.coalesce(*columns)).to_series()


def _product(frame: pl.DataFrame, variable: str) -> pl.Series:
    """What a custom variable says about the product of each page."""
    named = [(name, found[1]) for name in frame.columns if (found := _VARIABLE.fullmatch(name))]
    pairs = {name: re.sub(r"Name(\d+)$", r"Value\1", name) for name, _ in named}
    told = [
        pl.when(pl.col(name) == variable).then(pl.col(value))
        for name, value in pairs.items()
        if value in frame.columns
    ]
    if not told:
        return _text(frame, variable)
    return stripped(frame.select(pl.coalesce(*told)).to_series())
