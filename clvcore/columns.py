"""The columns of every table: their names and types, once for the whole project.

A frame that leaves `clvcore.data` has exactly these columns with these types, in this order,
followed by the attributes that came with it. Money is an exact decimal with four places in units
of the data set's currency; time is UTC.
"""

from enum import StrEnum

import polars as pl

MONEY = pl.Decimal(38, 4)
TIME = pl.Datetime("us", "UTC")

USER = "user_id"
ITEM = "item_id"
AT = "at"
KIND = "kind"
QUANTITY = "quantity"
AMOUNT = "amount"
ORDER = "order_id"
RATING = "rating"
STREAM = "stream"
CHANNEL = "channel"
CAMPAIGN = "campaign"
ACQUIRED = "acquired_at"
ENDED = "ended_at"
TITLE = "title"
CATEGORY = "category"
TAGS = "tags"
PRICE = "price"
UNIT_COST = "unit_cost"
TEXT = "text"
AVAILABLE = "available_from"
VECTOR = "vector"
DATE = "date"
IMPRESSIONS = "impressions"
CLICKS = "clicks"
SLATE = "slate_id"
POSITION = "position"
PROPENSITY = "propensity"
TAKEN = "taken"


class Kind(StrEnum):
    """What a user did, or what happened between a user and us."""

    VIEW = "view"
    CART = "cart"
    PURCHASE = "purchase"
    REFUND = "refund"
    PLAY = "play"
    RATING = "rating"
    AD = "ad"
    SUBSCRIPTION = "subscription"
    OTHER = "other"


class Stream(StrEnum):
    """Where money comes from. A refund belongs to the stream it takes money back from."""

    PURCHASE = "purchase"
    ADVERTISING = "advertising"
    SERVICE = "service"


KIND_TYPE = pl.Enum([kind.value for kind in Kind])
STREAM_TYPE = pl.Enum([stream.value for stream in Stream])

STREAM_OF_KIND = {
    Kind.PURCHASE: Stream.PURCHASE,
    Kind.REFUND: Stream.PURCHASE,
    Kind.AD: Stream.ADVERTISING,
    Kind.SUBSCRIPTION: Stream.SERVICE,
}
"""The stream of an event's money where the data does not name one."""

EVENTS = pl.Schema(
    {
        USER: pl.String(),
        ITEM: pl.String(),  # null where the event is about no item: an advertisement, a fee
        AT: TIME,
        KIND: KIND_TYPE,
        QUANTITY: pl.Float64(),
        AMOUNT: MONEY,  # signed, refunds below zero; null where the event bears no money
        ORDER: pl.String(),
        RATING: pl.Float64(),
        STREAM: STREAM_TYPE,  # null exactly where amount is null
        CHANNEL: pl.String(),  # the channel of the visit, not of the user's acquisition
    }
)
ITEMS = pl.Schema(
    {
        ITEM: pl.String(),
        TITLE: pl.String(),
        CATEGORY: pl.String(),
        TAGS: pl.List(pl.String()),
        PRICE: MONEY,
        UNIT_COST: MONEY,
        TEXT: pl.String(),
        AVAILABLE: TIME,
    }
)
USERS = pl.Schema(
    {
        USER: pl.String(),
        ACQUIRED: TIME,  # never null: the first event where the data does not tell
        CHANNEL: pl.String(),  # the channel that won the user
        CAMPAIGN: pl.String(),
        ENDED: TIME,  # the end of a contract; null while it runs or where there is none
    }
)
SPEND = pl.Schema(
    {
        DATE: pl.Date(),
        CHANNEL: pl.String(),
        CAMPAIGN: pl.String(),
        AMOUNT: MONEY,
        IMPRESSIONS: pl.Int64(),
        CLICKS: pl.Int64(),
    }
)
SHOWN = pl.Schema(
    {
        USER: pl.String(),
        AT: TIME,
        SLATE: pl.String(),
        POSITION: pl.Int32(),  # from 1
        ITEM: pl.String(),
        PROPENSITY: pl.Float64(),  # of this item at this position, given those above it in the slate
        TAKEN: pl.Boolean(),
    }
)
TABLES = {"events": EVENTS, "items": ITEMS, "users": USERS, "spend": SPEND, "impressions": SHOWN}
"""Schema of each table by the table's name. ``items`` and ``users`` may carry attributes behind
these columns, and a ``vector`` (`pl.Array` of Float32) each."""


def attributes(frame: pl.DataFrame, schema: pl.Schema) -> list[str]:
    """Names of the columns that came with the data: neither canonical nor a vector."""
    return [name for name in frame.columns if name not in schema and name != VECTOR]
