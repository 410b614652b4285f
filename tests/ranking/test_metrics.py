"""Golden values worked out by hand.

One list of five for a user who took the items 2, 4, 9 (9 is not listed):

    rank        1   2   3   4   5
    item        7   2   5   4   1
    hit         0   1   0   1   0
"""

from math import log2

import numpy as np
import pytest

from clvcore.ranking.lists import ItemLists
from clvcore.ranking.metrics import Metric, hits_of, per_user

RANKED = np.array([[7, 2, 5, 4, 1]], dtype=np.int32)
TAKEN = ItemLists.of([[2, 4, 9]])
HITS = hits_of(RANKED, TAKEN)

BY_HAND = {
    Metric.HIT_RATE: 1.0,
    Metric.PRECISION: 2 / 5,
    Metric.RECALL: 2 / 3,
    Metric.NDCG: (1 / log2(3) + 1 / log2(5)) / (1 / log2(2) + 1 / log2(3) + 1 / log2(4)),
    Metric.MAP: (1 / 2 + 2 / 4) / 3,
    Metric.MRR: 1 / 2,
}


def test_hits_stand_where_taken_items_are_ranked():
    assert HITS.tolist() == [[False, True, False, True, False]]


@pytest.mark.parametrize("metric", list(Metric))
def test_metrics_at_five_equal_the_sum_done_by_hand(metric):
    assert per_user(HITS, TAKEN.lengths(), 5)[metric] == pytest.approx([BY_HAND[metric]])


def test_metrics_at_two_see_only_the_first_two_ranks():
    at_two = per_user(HITS, TAKEN.lengths(), 2)
    assert at_two[Metric.PRECISION] == pytest.approx([1 / 2])
    assert at_two[Metric.RECALL] == pytest.approx([1 / 3])
    assert at_two[Metric.MAP] == pytest.approx([(1 / 2) / 2])
    assert at_two[Metric.NDCG] == pytest.approx([(1 / log2(3)) / (1 + 1 / log2(3))])


@pytest.mark.parametrize("metric", list(Metric))
def test_a_list_without_a_hit_scores_zero(metric):
    hits = hits_of(np.array([[1, 3]], dtype=np.int32), TAKEN)
    assert per_user(hits, TAKEN.lengths(), 2)[metric] == 0


@pytest.mark.parametrize("metric", [metric for metric in Metric if metric != Metric.RECALL])
def test_the_best_list_scores_one_even_where_more_was_taken_than_fits(metric):
    hits = hits_of(np.array([[9, 2]], dtype=np.int32), TAKEN)
    assert per_user(hits, TAKEN.lengths(), 2)[metric] == pytest.approx(1)


def test_an_empty_place_in_a_list_is_no_hit():
    assert not hits_of(np.array([[-1, -1]], dtype=np.int32), ItemLists.of([[0, 1]])).any()


def test_what_one_user_took_is_no_hit_for_the_next():
    ranked = np.array([[0, 1], [0, 1]], dtype=np.int32)
    assert hits_of(ranked, ItemLists.of([[0], [1]])).tolist() == [[True, False], [False, True]]
