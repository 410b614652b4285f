"""Whom a model serves worst, and what it never shows."""

from decimal import Decimal

import polars as pl
import pytest

from clvcore import columns as col
from clvcore.data import sample
from clvcore.ranking.each import ITEMS, USERS, Each
from clvcore.ranking.evaluate import Protocol
from clvcore.ranking.left_out import FOUND, NET, served, shown


@pytest.fixture(scope="module")
def data(small_shop_folder):
    return sample.from_folder(small_shop_folder).dataset


def made(users, lists):
    """A model by (user, taken, ndcg, recall) and by how often each item is shown."""
    rows = [("new", user, taken, ndcg, 1.0, recall) for user, taken, ndcg, recall in users]
    items = [("new", item, n) for item, n in enumerate(lists)]
    return Each(
        pl.DataFrame(rows, schema=USERS, orient="row"),
        pl.DataFrame(items, schema=ITEMS, orient="row"),
    )


def test_the_worst_served_come_first_and_of_equals_whoever_took_most(data):
    each = made([(0, 2, 0.4, 0.5), (1, 1, 0.0, 0.0), (2, 3, 0.0, 0.0)], [1] * data.items.height)
    found = served(each, data, Protocol.NEW)
    ids = data.users[col.USER].sort()
    assert found.users[col.USER].to_list() == [ids[2], ids[1], ids[0]]
    assert found.users[FOUND].to_list() == [0, 0, 1]
    assert found.in_vain == 2


def test_items_in_no_list_are_told_with_what_they_brought(data):
    n = data.items.height
    found = shown(made([], [0] * 10 + [1] * (n - 10)), data, Protocol.NEW)
    ids = data.items[col.ITEM].sort()[:10].to_list()
    net = data.events.filter(pl.col(col.ITEM).is_in(ids))[col.AMOUNT].sum() or Decimal(0)
    assert sorted(found.never[col.ITEM]) == ids
    assert found.never[NET].sum() == net
    assert found.never[NET].to_list() == sorted(found.never[NET], reverse=True)
    with_item = data.events.filter(pl.col(col.ITEM).is_not_null())[col.AMOUNT].sum()
    assert found.net_share == pytest.approx(float(net / with_item))


def test_places_of_the_tenth_that_is_shown_most_are_a_share_of_all(data):
    n = data.items.height
    most = round(n / 10)
    lists = [9] * most + [1] * (n - most)
    found = shown(made([], lists), data, Protocol.NEW)
    assert found.never.is_empty()
    assert found.top_tenth == pytest.approx(9 * most / (9 * most + n - most))
