"""Novelty, diversity, popularity and unevenness equal the sums done by hand and by brute force."""

from itertools import combinations
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from clvcore.ranking.beyond import Beyond, Catalogue, coverage, diversity, gini, per_list
from tests.ranking.behaviour import behaviour

# likes: items 0, 1, 2, 3 by 4, 2, 1 and no users; user 4 did nothing that says so
PAST = behaviour(
    [(user, 0, 1.0, 1.0) for user in range(4)]
    + [(0, 1, 2.0, 1.0), (1, 1, 2.0, 1.0), (1, 1, 3.0, 1.0), (2, 2, 2.0, 1.0), (4, 3, 1.0, -1.0)],
    n_users=6,
    n_items=4,
)
CATEGORIES = csr_array(np.array([[2.0, 0], [2.0, 0], [0, 5.0], [0, 0]]))


def ranked(*rows):
    return np.array(rows, dtype=np.int32)


def test_novelty_is_the_mean_surprise_of_the_listed_items():
    """Of 4 users who like anything: log2(4 / 4), log2(4 / 2), log2(4 / 1); no like counts as one."""
    found = per_list(ranked([0, 1], [2, 3], [1, -1]), 2, Catalogue.of(PAST))[Beyond.NOVELTY]
    assert found == pytest.approx([(0 + log2(4 / 2)) / 2, (2 + 2) / 2, 1])


def test_popularity_is_the_share_of_the_catalogue_that_is_less_popular():
    """From the least: item 3, 2, 1, 0, each in the middle of its quarter."""
    found = per_list(ranked([0, 3], [1, 2]), 2, Catalogue.of(PAST))[Beyond.POPULARITY]
    assert found == pytest.approx([(3.5 / 4 + 0.5 / 4) / 2, (2.5 / 4 + 1.5 / 4) / 2])


def test_items_of_one_category_are_alike_and_of_two_are_not():
    """Of items 0, 1, 2 one pair of three is alike; nothing is known of item 3."""
    traits = Catalogue.of(PAST, CATEGORIES).traits
    found = diversity(ranked([0, 1, 2], [0, 1, 3], [0, 2, -1], [3, 0, -1]), traits)
    assert found == pytest.approx([2 / 3, 0, 1, 0])


def test_diversity_is_left_out_of_lists_of_one_item_and_of_catalogues_without_traits():
    assert Beyond.DIVERSITY not in per_list(ranked([0, 1]), 1, Catalogue.of(PAST, CATEGORIES))
    assert Beyond.DIVERSITY not in per_list(ranked([0, 1]), 2, Catalogue.of(PAST))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_diversity_equals_going_through_all_pairs(seed):
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((9, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lists = np.stack([rng.permutation(9)[:4] for _ in range(5)]).astype(np.int32)
    expected = [
        np.mean([1 - vectors[a] @ vectors[b] for a, b in combinations(row, 2)]) for row in lists
    ]
    np.testing.assert_allclose(diversity(lists, csr_array(vectors)), expected, atol=1e-12)


def test_coverage_counts_items_that_anybody_is_shown():
    lists = ranked([0, 1, 5], [1, 2, -1])
    assert coverage(lists, 2, 10) == 3 / 10  # items 0, 1 and 2
    assert coverage(lists, 3, 10) == 4 / 10  # and item 5


def test_gini_is_zero_where_all_are_shown_alike_and_grows_to_the_share_never_shown():
    everything = np.ones(4, bool)
    assert gini(ranked([0, 1], [2, 3]), 2, everything) == 0
    assert gini(ranked([0], [0]), 1, everything) == pytest.approx(3 / 4)
    assert gini(ranked([0], [0]), 1, np.array([True, False, False, False])) == 0
    assert gini(ranked([-1]), 1, everything) == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_gini_equals_half_the_relative_mean_difference_of_all_pairs(shown):
    counts = np.bincount(shown, minlength=6)
    apart = np.abs(counts[:, None] - counts[None, :]).mean()
    found = gini(np.array(shown, np.int32)[:, None], 1, np.ones(6, bool))
    assert found == pytest.approx(apart / (2 * counts.mean()))


def test_thirds_hold_a_third_of_the_likes_each_and_what_nobody_liked_is_apart():
    """Likes 4, 2, 1 of 7: item 0 begins at 0, item 1 at 4/7, item 2 at 6/7."""
    assert Catalogue.of(PAST).thirds().tolist() == [0, 1, 2, 3]
