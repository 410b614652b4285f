"""What a model came to user by user: the means are the report's, and two models are paired."""

import numpy as np
import polars as pl
import pytest

from clvcore.ranking.each import USERS, Each, each_of, gap
from clvcore.ranking.evaluate import Protocol, evaluate
from clvcore.ranking.groups import SHOWN
from clvcore.ranking.metrics import Metric
from tests.ranking.behaviour import split

# user 0 had item 0 and takes items 0 and 2; user 1 had item 1 and takes it again
SPLIT = split([(0, 0, 1), (1, 1, 2)], [(0, 0, 101), (0, 2, 102), (1, 1, 103)], n_users=2, n_items=4)


class InOrder:
    """The same scores for everybody: item 0 best."""

    def scores(self, users):
        return np.tile(-np.arange(4, dtype=np.float32), (len(users), 1))


def made(ndcg, *, taken=1):
    """A model with these marks, user by user."""
    n = len(ndcg)
    columns = {"protocol": ["new"] * n, "user": range(n), "taken": [taken] * n}
    columns |= {metric.value: ndcg for metric in SHOWN}
    return Each(pl.DataFrame(columns, schema=USERS), pl.DataFrame())


def test_means_over_users_are_those_of_the_report():
    report = evaluate({"fixed": InOrder()}, SPLIT, rng=np.random.default_rng(0))
    each = each_of(InOrder(), SPLIT)
    for protocol in Protocol:
        own = each.users.filter(protocol=protocol.value)
        for metric in SHOWN:
            told = report.metric("fixed", metric, 10, protocol).mean
            assert own[metric.value].mean() == pytest.approx(told)


def test_every_item_tells_in_how_many_lists_it_stands():
    """Only user 0 is judged on new items, whose list leaves out the item had before."""
    items = each_of(InOrder(), SPLIT).items
    assert items.filter(protocol="new")["lists"].to_list() == [0, 1, 1, 1]
    assert items.filter(protocol="all")["lists"].to_list() == [2, 2, 2, 2]


def test_a_gap_is_the_mean_difference_and_is_clear_where_one_is_ahead_for_all():
    found = gap(made([0.5] * 20), made([0.25] * 20), np.random.default_rng(0))
    assert found.interval == pytest.approx((0.25, 0.25, 0.25))
    assert found.is_clear
    assert found.p < 0.01


def test_what_is_ahead_for_half_of_the_users_only_is_not_told_apart():
    found = gap(made([1.0, 0.0] * 20), made([0.0, 1.0] * 20), np.random.default_rng(0))
    assert not found.is_clear
    assert found.p > 0.5


def test_models_judged_on_other_users_or_other_takings_have_no_gap():
    rng = np.random.default_rng(0)
    assert gap(made([0.5] * 3), made([0.5] * 4), rng) is None
    assert gap(made([0.5] * 3), made([0.5] * 3, taken=2), rng) is None
    assert gap(made([0.5]), made([0.5]), rng, protocol=Protocol.ALL) is None
    assert gap(made([0.5]), made([0.1]), rng, metric=Metric.RECALL).interval.mean > 0
