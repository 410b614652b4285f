"""Whatever was taken and listed: metrics stay within their bounds and grow with better lists."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clvcore.ranking.lists import ItemLists
from clvcore.ranking.metrics import Metric, hits_of, per_user

N_ITEMS = 12


@st.composite
def lists(draw):
    """One user's ranked list of some items, and the items the user took."""
    ranked = draw(st.permutations(range(N_ITEMS)))[: draw(st.integers(1, N_ITEMS))]
    taken = draw(st.sets(st.integers(0, N_ITEMS - 1), min_size=1))
    return np.array([ranked], dtype=np.int32), sorted(taken)


def at(ranked, items, k):
    taken = ItemLists.of([items])
    found = per_user(hits_of(ranked, taken), taken.lengths(), k)
    return {metric: values[0] for metric, values in found.items()}


@given(lists(), st.integers(1, N_ITEMS))
def test_metrics_are_between_zero_and_one(made, k):
    assert all(0 <= value <= 1 + 1e-12 for value in at(*made, k).values())


@given(lists(), st.integers(1, N_ITEMS - 1))
def test_a_longer_list_never_finds_less(made, k):
    short, long = at(*made, k), at(*made, k + 1)
    for metric in (Metric.HIT_RATE, Metric.RECALL, Metric.MRR):
        assert long[metric] >= short[metric]


@given(lists(), st.data())
def test_moving_a_hit_forward_never_lowers_a_metric(made, data):
    ranked, taken = made
    hits = hits_of(ranked, ItemLists.of([taken]))[0]
    place = data.draw(st.integers(0, ranked.shape[1] - 1))
    target = data.draw(st.integers(0, place))
    if hits[place] and not hits[target]:
        better = ranked.copy()
        better[0, [target, place]] = ranked[0, [place, target]]
        k = ranked.shape[1]
        before, after = at(ranked, taken, k), at(better, taken, k)
        assert all(after[metric] >= before[metric] - 1e-12 for metric in Metric)


@given(st.sets(st.integers(0, N_ITEMS - 1), min_size=1))
def test_listing_exactly_what_is_taken_scores_one_everywhere(taken):
    ranked = np.array([sorted(taken)], dtype=np.int32)
    found = at(ranked, sorted(taken), len(taken))
    assert all(abs(value - 1) < 1e-12 for value in found.values())
