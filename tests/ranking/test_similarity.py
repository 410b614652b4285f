import numpy as np
import pytest

from clvcore.ranking.similarity import similarities

USERS, ITEMS = np.array([[3.0, 4.0]]), np.array([[3.0, 4.0], [4.0, -3.0], [0.0, 0.0], [0.0, 5.0]])


@pytest.mark.parametrize(
    ("similarity", "expected"),
    [
        ("dot", [3 * 3 + 4 * 4, 3 * 4 - 4 * 3, 0, 4 * 5]),
        ("cosine", [25 / (5 * 5), 0, 0, 20 / (5 * 5)]),
        ("euclidean", [0, -(1 * 1 + 7 * 7), -(3 * 3 + 4 * 4), -(3 * 3 + 1 * 1)]),
    ],
)
def test_similarities_equal_the_sum_done_by_hand(similarity, expected):
    np.testing.assert_allclose(similarities(USERS, ITEMS, similarity), [expected], atol=1e-6)
