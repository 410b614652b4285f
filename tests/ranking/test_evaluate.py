from math import log2

import numpy as np
import pytest

from clvcore.errors import ConfigError, DataError
from clvcore.ranking.beyond import Overall
from clvcore.ranking.evaluate import Protocol, evaluate
from clvcore.ranking.metrics import Metric
from tests.ranking.behaviour import split


class Fixed:
    """The same scores for everybody: item 0 best, then 1, 2, ..."""

    def __init__(self, n_items, *, backwards=False):
        order = np.arange(n_items, dtype=np.float32)
        self.row = order if backwards else -order

    def scores(self, users):
        return np.tile(self.row, (len(users), 1))


# user 0 had item 0 and takes items 0 and 2; user 1 had item 1 and takes it again;
# user 2 takes item 1 without a history; user 3 had item 3 and takes nothing
SPLIT = split(
    [(0, 0, 1), (1, 1, 2), (3, 3, 3)],
    [(0, 0, 101), (0, 2, 102), (1, 1, 103), (2, 1, 104)],
    n_users=4,
    n_items=5,
)


def report(scorers=None, **options):
    scorers = scorers or {"fixed": Fixed(5)}
    return evaluate(scorers, SPLIT, rng=np.random.default_rng(0), **options)


def test_known_items_are_masked_and_only_new_ones_count_under_new():
    """User 0's list without item 0 is 1, 2, 3, ...: item 2 is at rank 2."""
    found = report(k=(2,))
    assert found.metric("fixed", Metric.MRR, 2).mean == pytest.approx(1 / 2)
    assert found.metric("fixed", Metric.NDCG, 2).mean == pytest.approx(1 / log2(3))


def test_repeats_count_and_nothing_is_masked_under_all():
    """Lists are 0, 1, ...: user 0 has a hit at rank 1, user 1 at rank 2."""
    found = report(k=(2,))
    mrr = found.metric("fixed", Metric.MRR, 2, Protocol.ALL)
    assert mrr.mean == pytest.approx((1 + 1 / 2) / 2)
    recall = found.metric("fixed", Metric.RECALL, 2, Protocol.ALL)
    assert recall.mean == pytest.approx((1 / 2 + 1) / 2)


def test_every_user_is_accounted_for():
    new, everything = report().judged
    assert (new.with_targets, new.no_history, new.only_repeats, new.judged) == (3, 1, 1, 1)
    assert (everything.no_history, everything.only_repeats, everything.judged) == (1, 0, 2)
    for row in (new, everything):
        assert row.with_targets == row.no_history + row.only_repeats + row.judged
    assert (new.targets, everything.targets) == (1, 3)
    assert (new.unknown_items, everything.unknown_items) == (1, 1)  # nobody had item 2 before


def test_every_metric_of_every_model_stands_in_the_report_once():
    found = report({"a": Fixed(5), "b": Fixed(5, backwards=True)}, k=(1, 3))
    keys = ["protocol", "model", "metric", "k"]
    assert found.metrics.height == 2 * 2 * 2 * (
        len(Metric) + 2 + len(Overall)
    )  # + novelty and popularity
    assert found.metrics.select(keys).is_unique().all()
    assert found.metrics.select(keys).equals(found.metrics.select(keys).sort(keys))


def test_intervals_hold_the_mean():
    rows = report().metrics.drop_nulls("low")
    assert (rows["low"] <= rows["mean"] + 1e-12).all()
    assert (rows["mean"] <= rows["high"] + 1e-12).all()


def test_a_model_does_not_differ_from_its_twin():
    found = report({"a": Fixed(5), "b": Fixed(5)})
    assert found.differences[["mean", "low", "high"]].sum().row(0) == (0, 0, 0)


def test_differences_are_the_difference_of_the_means():
    found = report({"a": Fixed(5), "b": Fixed(5, backwards=True)}, k=(2,))
    row = found.differences.filter(protocol="all", model="a", other="b", metric="mrr")
    a, b = (found.metric(name, Metric.MRR, 2, Protocol.ALL).mean for name in "ab")
    assert row["mean"].item() == pytest.approx(a - b)


def test_coverage_is_the_share_of_offered_items_that_anybody_is_shown():
    """Under new, user 0 alone is judged: two items of five; with three offered, two of three."""
    rows = report(k=(2,)).metrics.filter(metric="coverage", protocol="new")
    assert rows["mean"].item() == pytest.approx(2 / 5)
    allowed = np.array([False, True, True, True, False])
    rows = report(k=(2,), allowed=allowed).metrics.filter(metric="coverage", protocol="new")
    assert rows["mean"].item() == pytest.approx(2 / 3)


def test_items_that_are_not_allowed_are_not_listed():
    """Without item 1, user 0's best new item is item 2."""
    allowed = np.array([True, False, True, True, True])
    assert report(k=(1,), allowed=allowed).metric("fixed", Metric.MRR, 1).mean == 1


def test_a_period_of_repeats_alone_is_still_judged_under_all():
    repeats = split([(0, 0, 1)], [(0, 0, 101)], n_users=1, n_items=2)
    found = evaluate({"fixed": Fixed(2)}, repeats, rng=np.random.default_rng(0))
    assert found.metrics["protocol"].unique().to_list() == ["all"]
    assert found.judged[0].judged == 0


def test_a_period_with_nobody_to_judge_is_refused():
    strangers = split([(0, 0, 1)], [(1, 0, 101)], n_users=2, n_items=2)
    with pytest.raises(DataError, match=r"^1 user took something.*nobody among them had a history"):
        evaluate({"fixed": Fixed(2)}, strangers, rng=np.random.default_rng(0))


@pytest.mark.parametrize("k", [(), (0, 10)])
def test_lists_of_no_length_are_refused(k):
    with pytest.raises(ConfigError, match="at least 1"):
        report(k=k)
