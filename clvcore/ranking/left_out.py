"""Whom and what a model leaves out: users that it serves worst, and items that it never shows."""

from typing import NamedTuple

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.features.vocabulary import Vocabulary
from clvcore.ranking.each import Each
from clvcore.ranking.evaluate import Protocol
from clvcore.ranking.metrics import Metric

FOUND, EVENTS, NET = "found", "events", "net"
TENTH = 0.1


class Served(NamedTuple):
    """How judged users are served."""

    users: pl.DataFrame
    """user_id, taken, found (how many of these the list had), ndcg: the least NDCG first, of equals
    whoever took most, then by id."""
    in_vain: int
    """Users whose list had nothing of what they took."""


def served(each: Each, data: Dataset, protocol: Protocol) -> Served:
    """Judged users, the worst served first."""
    own = each.users.filter(protocol=protocol.value)
    ids = Vocabulary.of(data.users[col.USER], "user")
    users = own.select(
        pl.Series(col.USER, ids.terms(own["user"].to_numpy()), dtype=pl.String),
        "taken",
        (pl.col(Metric.RECALL.value) * pl.col("taken")).round().cast(pl.Int64).alias(FOUND),
        Metric.NDCG.value,
    ).sort(Metric.NDCG.value, "taken", col.USER, descending=[False, True, False])
    return Served(users, int((users[FOUND] == 0).sum()))


class Shown(NamedTuple):
    """What lists show of the catalogue."""

    never: pl.DataFrame
    """item_id, title, category, price, events, net (money, less refunds; null where the data has no
    money): items in no list, those that brought most first."""
    items: int
    net_share: float | None
    """Part of all money that items in no list brought; None where there is none."""
    top_tenth: float
    """Part of all places in lists that the tenth of the items holds which is shown most."""


def shown(each: Each, data: Dataset, protocol: Protocol) -> Shown:
    """What judged users' lists show, and what they never show."""
    lists = each.items.filter(protocol=protocol.value)
    ids = Vocabulary.of(data.items[col.ITEM])
    counted = pl.DataFrame(
        {col.ITEM: ids.terms(lists["item"].to_numpy()), "lists": lists["lists"]},
        schema={col.ITEM: pl.String, "lists": pl.Int32},
    )
    brought = data.events.group_by(col.ITEM).agg(
        pl.len().alias(EVENTS), pl.col(col.AMOUNT).sum().alias(NET)
    )
    has_money = data.events[col.AMOUNT].count() > 0
    items = (
        counted.join(data.items, on=col.ITEM, how="left", maintain_order="left")
        .join(brought, on=col.ITEM, how="left", maintain_order="left")
        .with_columns(
            pl.col(EVENTS).fill_null(0),
            pl.col(NET).fill_null(0) if has_money else pl.lit(None, col.MONEY).alias(NET),
        )
    )
    columns = (col.ITEM, col.TITLE, col.CATEGORY, col.PRICE, EVENTS, NET)
    never = items.filter(pl.col("lists") == 0)
    total, missed = items[NET].sum(), never[NET].sum()
    places = np.sort(counted["lists"].to_numpy())[::-1]
    return Shown(
        never.select(columns).sort(NET, EVENTS, col.ITEM, descending=[True, True, False]),
        items.height,
        float(missed) / float(total) if has_money and total > 0 else None,
        float(places[: max(round(TENTH * len(places)), 1)].sum() / max(places.sum(), 1)),
    )
