from math import log, sqrt

import numpy as np
import pytest

from clvcore.ranking.baselines import ItemKnn
from tests.ranking.behaviour import behaviour

# likes:  user 0: items 0, 1;  user 1: items 0, 1, 2;  user 2: item 0
PAST = behaviour(
    [
        (user, item, 1.0, 1.0)
        for user, items in enumerate([[0, 1], [0, 1, 2], [0]])
        for item in items
    ],
    n_users=4,
    n_items=8,
)


def similarity(**options):
    return ItemKnn.of(PAST, **options).similarity.toarray()


def test_cosine_equals_the_sum_done_by_hand():
    """Items 0 and 1 share two users: 2 / sqrt(3 * 2); 0 and 2 one: 1 / sqrt(3)."""
    found = similarity(weighting="none")
    assert found[0, 1] == pytest.approx(2 / sqrt(6))
    assert found[0, 2] == pytest.approx(1 / sqrt(3))
    assert found[1, 0] == pytest.approx(2 / sqrt(6))


def test_tfidf_lets_a_user_with_few_likes_say_more():
    """Weights log(8 / (1 + n)) of users with n = 2, 3 and 1 likes."""
    a, b, c = log(8 / 3), log(8 / 4), log(8 / 2)
    expected = (a * a + b * b) / sqrt((a * a + b * b + c * c) * (a * a + b * b))
    assert similarity(weighting="tfidf")[0, 1] == pytest.approx(expected)


def test_bm25_discounts_an_item_that_is_liked_more_than_most():
    """Likes: 3, 2, 1 and five times 0, mean 6 / 8; a like of 1 weighs (k1 + 1) / (1 + k1 (1 - b + b n / mean))."""
    mean, a, b = 6 / 8, log(8 / 3), log(8 / 4)
    first, second = ((1.2 + 1) / (1 + 1.2 * (1 - 0.75 + 0.75 * n / mean)) for n in (3, 2))
    found = similarity(weighting="bm25")
    assert found[0, 1] == pytest.approx(first * second * (a * a + b * b))
    assert found[1, 2] > found[0, 2]


def test_only_the_nearest_neighbours_are_kept_and_never_the_item_itself():
    found = similarity(weighting="none", neighbours=1)
    assert np.count_nonzero(found, axis=1).tolist() == [1, 1, 1, 0, 0, 0, 0, 0]
    assert not np.diag(found).any()


def test_scores_add_the_similarities_of_liked_items():
    knn = ItemKnn.of(PAST, weighting="none")
    expected = knn.similarity.toarray()[0] + knn.similarity.toarray()[1]
    np.testing.assert_allclose(knn.scores(PAST, np.array([0])), [expected], rtol=1e-6)
