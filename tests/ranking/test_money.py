"""Shares of money equal the sums done by hand, on targets priced from the events of the period."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from clvcore import columns as col
from clvcore.data.dataset import Dataset, Recipe
from clvcore.features.histories import histories
from clvcore.features.split import split_by_time, split_last_out
from clvcore.ranking.context import Context, context_of
from clvcore.ranking.evaluate import Protocol, evaluate
from clvcore.ranking.money import target_money

START = datetime(2024, 1, 1, tzinfo=UTC)
# user, item, day, kind, amount, quantity
EVENTS = [
    ("a", "cup", 0, "purchase", 5, 1),
    ("b", "tea", 0, "purchase", 2, 1),
    ("a", "tea", 10, "purchase", 6, 3),
    ("a", "pot", 11, "purchase", 30, 1),
    ("a", "pot", 12, "refund", -10, 1),
    ("a", "cup", 12, "purchase", 5, 1),
    ("b", "jar", 11, "purchase", 4, 1),
    ("b", "jar", 11, "view", None, None),
]
COSTS = {"cup": 3, "tea": 1, "pot": 12, "jar": None}


@pytest.fixture(scope="module")
def data():
    names = (col.USER, col.ITEM, col.AT, col.KIND, col.AMOUNT, col.QUANTITY, col.RATING)
    events = pl.DataFrame(
        {
            col.USER: [row[0] for row in EVENTS],
            col.ITEM: [row[1] for row in EVENTS],
            col.AT: [START + timedelta(days=row[2]) for row in EVENTS],
            col.KIND: [row[3] for row in EVENTS],
            col.AMOUNT: [None if row[4] is None else Decimal(row[4]) for row in EVENTS],
            col.QUANTITY: [None if row[5] is None else float(row[5]) for row in EVENTS],
            col.RATING: [None] * len(EVENTS),
        },
        schema={name: col.EVENTS[name] for name in names},
    )
    items = pl.DataFrame(
        {
            col.ITEM: list(COSTS),
            col.CATEGORY: ["ware", "food", "ware", None],
            col.UNIT_COST: [None if one is None else Decimal(one) for one in COSTS.values()],
        },
        schema={name: col.ITEMS[name] for name in (col.ITEM, col.CATEGORY, col.UNIT_COST)},
    )
    users = pl.DataFrame({col.USER: ["a", "b"], col.CHANNEL: ["search", None], "city": ["x", "y"]})
    return Dataset.of(
        events=events,
        items=items,
        users=users,
        observed=(START, START + timedelta(days=20)),
        recipe=Recipe(name="small", currency="EUR"),
    )


@pytest.fixture(scope="module")
def cut(data):
    moment = int((START + timedelta(days=5)).timestamp() * 1e6)
    return split_by_time(histories(data), cut=moment, end=moment + 10**15)


def by_pair(split, values):
    owner = np.repeat(split.targets.user, np.diff(split.targets.start))
    users, items = split.past.users.terms(owner), split.past.items.terms(split.targets.item)
    return dict(zip(zip(users, items, strict=True), values.tolist(), strict=True))


def test_targets_bear_what_was_paid_net_of_refunds_and_their_margin(data, cut):
    """Margins: tea 6 - 3 x 1, pot 30 - 12 - (10 - 12), cup 5 - 3; the cost of the jar is unknown."""
    money = target_money(data, cut)
    assert by_pair(cut, money.revenue) == {
        ("a", "tea"): 6, ("a", "pot"): 20, ("a", "cup"): 5, ("b", "jar"): 4,
    }  # fmt: skip
    assert by_pair(cut, money.margin) == {
        ("a", "tea"): 3, ("a", "pot"): 20, ("a", "cup"): 2, ("b", "jar"): 0,
    }  # fmt: skip


def test_a_cut_before_each_users_last_event_has_no_period_to_add_up(data):
    assert target_money(data, split_last_out(histories(data))) is None


class Fixed:
    """The pot first, then the jar, tea and cup."""

    def __init__(self, items):
        order = ["pot", "jar", "tea", "cup"]
        self.row = np.array([-order.index(one) for one in items.ids], np.float32)

    def scores(self, users):
        return np.tile(self.row, (len(users), 1))


def judged(cut, **options):
    return evaluate(
        {"fixed": Fixed(cut.past.items), "twin": Fixed(cut.past.items)},
        cut,
        rng=np.random.default_rng(0),
        k=(1, 2),
        **options,
    )


@pytest.mark.parametrize(
    ("metric", "k", "protocol", "expected"),
    [
        ("revenue", 1, Protocol.NEW, 20 / (6 + 20 + 4)),
        ("revenue", 2, Protocol.NEW, (20 + 4) / (6 + 20 + 4)),
        ("revenue", 1, Protocol.ALL, 20 / (6 + 20 + 5 + 4)),
        ("margin", 1, Protocol.NEW, 20 / (3 + 20)),
        ("margin", 2, Protocol.ALL, 20 / (3 + 20 + 2)),
    ],
)
def test_shares_are_of_the_money_that_was_really_taken(data, cut, metric, k, protocol, expected):
    report = judged(cut, context=context_of(data, cut))
    row = report.metrics.row(
        by_predicate=(pl.col("metric") == metric)
        & (pl.col("k") == k)
        & (pl.col("protocol") == protocol.value)
        & (pl.col("model") == "fixed"),
        named=True,
    )
    assert row["mean"] == pytest.approx(expected)
    assert row["low"] <= row["mean"] <= row["high"]


def test_a_model_catches_as_much_as_its_twin_and_that_is_chance(data, cut):
    found = judged(cut, context=context_of(data, cut)).differences.filter(metric="revenue")
    assert found[["mean", "low", "high"]].sum().row(0) == (0, 0, 0)
    assert found["p"].to_list() == [1.0] * found.height


def test_without_a_context_nothing_is_told_of_money_and_diversity(cut):
    told = set(judged(cut).metrics["metric"])
    assert not told & {"revenue", "margin", "diversity"}


def test_the_context_compares_items_by_category_and_knows_channels(data, cut):
    context = context_of(data, cut)
    assert context.traits_of == "category"
    assert context.traits.toarray().tolist() == [[0, 1], [0, 0], [0, 1], [1, 0]]
    assert list(context.segments) == ["city"]  # everybody whose channel is known came by the same
    assert isinstance(context, Context)
