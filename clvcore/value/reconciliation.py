"""Both sides of every sum: what the users add up to, and what the tables say."""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.columns import Stream
from clvcore.value.users import UserValue


@dataclass(frozen=True, slots=True)
class Side:
    """One sum, computed twice from different tables."""

    name: str
    ours: Decimal
    """Summed over users (and over spend that won nobody)."""
    table: Decimal
    """Summed over the table that came in."""

    @property
    def holds(self) -> bool:
        """Whether the two are equal to the last place."""
        return self.ours == self.table


def reconcile(value: UserValue) -> tuple[Side, ...]:
    """Revenue by stream against the event table, and costs against the spend table."""
    data, book = value.data, value.forecast.known.book
    events = data.events.filter(pl.col(col.AMOUNT).is_not_null())
    sides = [
        Side(
            stream.value,
            Decimal(book.users[stream.value].sum()),
            Decimal(events.filter(pl.col(col.STREAM) == stream.value)[col.AMOUNT].sum()),
        )
        for stream in Stream
    ]
    accepted = [one.money_accepted for one in data.accounts if one.table == "events"]
    if accepted:
        sides.append(Side("events", sum((side.ours for side in sides), Decimal(0)), accepted[0]))
    if data.spend is not None:
        costs = value.acquisition
        given = Decimal(costs.users["cac"].sum()) + Decimal(costs.unattributed[col.AMOUNT].sum())
        sides.append(Side("spend", given, Decimal(data.spend[col.AMOUNT].sum())))
    return tuple(sides)
