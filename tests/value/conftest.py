"""Builds small data sets from rows that a reader can add up in the head."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from clvcore import columns as col
from clvcore.columns import STREAM_OF_KIND, Kind
from clvcore.data.dataset import Dataset, Recipe

World = Callable[..., Dataset]


def moment(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def money(value: str | int | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def events_of(rows: Iterable[tuple]) -> pl.DataFrame:
    """(user, day, kind, amount[, item[, order[, quantity]]]) -> the event table."""
    full: list[tuple[Any, ...]] = [(*row, *[None] * (7 - len(row))) for row in rows]
    return pl.DataFrame(
        [
            {
                col.USER: user,
                col.ITEM: item,
                col.AT: moment(day),
                col.KIND: kind,
                col.QUANTITY: None if quantity is None else float(quantity),
                col.AMOUNT: money(amount),
                col.ORDER: order,
                col.STREAM: None if amount is None else STREAM_OF_KIND[Kind(kind)].value,
            }
            for user, day, kind, amount, item, order, quantity in full
        ],
        schema=col.EVENTS,
    ).sort(col.AT, maintain_order=True)


def users_of(rows: Iterable[tuple], events: pl.DataFrame) -> pl.DataFrame:
    """(user, acquired, channel[, ended[, campaign]]); the others begin with their first event."""
    full: list[tuple[Any, ...]] = [(*row, *[None] * (5 - len(row))) for row in rows]
    named = pl.DataFrame(
        [
            {
                col.USER: user,
                col.ACQUIRED: moment(acquired),
                col.CHANNEL: channel,
                col.ENDED: None if ended is None else moment(ended),
                col.CAMPAIGN: campaign,
            }
            for user, acquired, channel, ended, campaign in full
        ],
        schema=col.USERS,
    )
    met = events.group_by(col.USER).agg(pl.col(col.AT).min().alias(col.ACQUIRED))
    others = met.join(named, on=col.USER, how="anti")
    return pl.concat([named, others], how="diagonal").sort(col.USER)


def spend_of(rows: Iterable[tuple]) -> pl.DataFrame:
    """(day, channel, amount[, campaign]) -> the spend table."""
    full: list[tuple[Any, ...]] = [(*row, *[None] * (4 - len(row))) for row in rows]
    return pl.DataFrame(
        [
            {
                col.DATE: date.fromisoformat(day),
                col.CHANNEL: channel,
                col.AMOUNT: money(amount),
                col.CAMPAIGN: campaign,
            }
            for day, channel, amount, campaign in full
        ],
        schema=col.SPEND,
    ).sort(col.DATE, col.CHANNEL, maintain_order=True)


@pytest.fixture(scope="session")
def world() -> World:
    """A data set of rows: events, users, spend and unit costs, observed until ``until``."""

    def build(
        events: Iterable[tuple] = (),
        users: Iterable[tuple] = (),
        spend: Iterable[tuple] | None = None,
        costs: dict[str, str | None] | None = None,
        until: str = "2024-12-31",
        zone: str = "UTC",
    ) -> Dataset:
        table = events_of(events)
        known = costs or {}
        names = sorted({*table[col.ITEM].drop_nulls(), *known})
        items = pl.DataFrame(
            [{col.ITEM: name, col.UNIT_COST: money(known.get(name))} for name in names],
            schema=col.ITEMS,
        )
        return Dataset.of(
            events=table,
            items=items,
            users=users_of(users, table),
            spend=None if spend is None else spend_of(spend),
            observed=(moment("2024-01-01"), moment(until)),
            recipe=Recipe(name="small", currency="EUR", time_zone=zone),
        )

    return build
