"""Returns find the purchase that they take back, so that both can be left out.

A return takes back a purchase of the same user and item: that of the same order where the return
names it, otherwise the latest one before it that still has as many pieces and as much money left.
What comes back in parts is taken off the purchase part by part.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.columns import Kind

REFUND, PURCHASE = "refund", "purchase"
_PAIRS = {
    REFUND: pl.UInt32(),
    PURCHASE: pl.UInt32(),
    col.QUANTITY: pl.Float64(),
    col.AMOUNT: col.MONEY,
}
_ORDER = r"^(?i)(?:c|r|ret|rma|refund|return|storno)[-_ ]?(\d.*)$"


@dataclass(slots=True)
class _Left:
    """What is left of a purchase."""

    row: int
    at: datetime
    order: str | None
    quantity: float | None
    money: Decimal

    def can_lose(self, quantity: float | None, money: Decimal) -> bool:
        """Whether that much can come back, and pieces and money run out together."""
        if money > self.money or money <= 0:
            return False
        if quantity is None or self.quantity is None:
            return True
        if quantity > self.quantity:
            return False
        return (quantity == self.quantity) == (money == self.money)

    def looks_like(self, other: "_Left") -> bool:
        """Whether nothing tells the two apart."""
        return (self.at, self.order, self.quantity, self.money) == (
            other.at,
            other.order,
            other.quantity,
            other.money,
        )


def pairs(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of returns and of the purchases that they take back, with pieces and money (positive).

    Args:
        rows: Events that can be used, in the order of the file, with their ``_row``.
    """
    back = rows.filter((pl.col(col.KIND) == Kind.REFUND.value) & (pl.col(col.AMOUNT) < 0))
    if not back.height:
        return pl.DataFrame(schema=_PAIRS)
    keys = back.select(col.USER, "_code").drop_nulls().unique()
    wanted = rows.filter(pl.col(col.KIND).is_in([Kind.REFUND.value, Kind.PURCHASE.value])).join(
        keys, on=[col.USER, "_code"], how="semi", maintain_order="left"
    )
    # a purchase goes before a return of the same moment
    ordered = wanted.sort(col.AT, pl.col(col.KIND).cast(pl.String), "_row")
    columns = ("_row", col.USER, "_code", col.KIND, col.AT, col.ORDER, col.QUANTITY, col.AMOUNT)
    return pl.DataFrame(_matched(ordered.select(columns)), schema=_PAIRS, orient="row")


def _matched(ordered: pl.DataFrame) -> list[tuple[int, int, float | None, Decimal]]:
    bought: dict[tuple[str, str], list[_Left]] = defaultdict(list)
    found = []
    plain = ordered.with_columns(
        pl.coalesce(pl.col(col.ORDER).str.extract(_ORDER), col.ORDER).alias(col.ORDER)
    )
    for row, user, code, kind, at, order, quantity, money in plain.iter_rows():
        if money is None:
            continue
        left = bought[user, code]
        if kind == Kind.PURCHASE.value:
            left.append(_Left(row, at, order, quantity, money))
            continue
        one = _purchase(left, order, quantity, -money)
        if one is not None:
            found.append((row, one.row, quantity, -money))
            one.money += money
            if one.quantity is not None and quantity is not None:
                one.quantity -= quantity
            if one.money == 0:
                left.remove(one)
    return found


def _purchase(
    left: list[_Left], order: str | None, quantity: float | None, money: Decimal
) -> _Left | None:
    able = [one for one in left if one.can_lose(quantity, money)]
    if not able:
        return None
    named = [one for one in able if order is not None and one.order == order]
    latest = (named or able)[-1]
    # of twins the earlier row: the later one may be left out as a duplicate
    return next(one for one in (named or able) if one.looks_like(latest))
