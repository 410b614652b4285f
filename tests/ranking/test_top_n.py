import numpy as np
import pytest

from clvcore.errors import ConfigError
from clvcore.ranking import top_n as module
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.top_n import top_n, top_n_of_scores


def test_many_blocks_give_what_one_block_gives(monkeypatch):
    rng = np.random.default_rng(0)
    users, items = rng.standard_normal((37, 4)), rng.standard_normal((300, 4))
    seen = ItemLists.of([rng.choice(300, size, replace=False) for size in range(37)])
    whole = top_n(users, items, 5, seen=seen)
    monkeypatch.setattr(module, "BLOCK_BYTES", 8 * 4 * 384)
    np.testing.assert_array_equal(top_n(users, items, 5, seen=seen).items, whole.items)


@pytest.mark.parametrize("n", [1, 5, 20, 400])
@pytest.mark.parametrize("tile", [3, 10, 1000])
def test_tiles_of_the_catalogue_give_what_sorting_all_of_it_gives(monkeypatch, tile, n):
    """Whole numbers, so that nothing is rounded and ties reach across tiles: the lower item leads."""
    rng = np.random.default_rng(n)
    users = rng.integers(-2, 3, (19, 3)).astype(np.float32)
    items = rng.integers(-2, 3, (900, 3)).astype(np.float32)
    seen = ItemLists.of([rng.choice(900, 40 * row, replace=False) for row in range(19)])
    allowed = rng.random(900) < 0.9
    monkeypatch.setattr(module, "TILE", tile * module.GROUP)
    monkeypatch.setattr(module, "USERS", 8)
    found = top_n(users, items, n, similarity="dot", seen=seen, allowed=allowed)
    scores = np.where(allowed, users @ items.T, -np.inf)
    scores[seen.rows(), seen.item] = -np.inf
    order = np.argsort(-scores, axis=1, kind="stable")[:, :n]
    best = np.take_along_axis(scores, order, 1)
    np.testing.assert_array_equal(found.similarity, best)
    np.testing.assert_array_equal(found.items, np.where(np.isneginf(best), -1, order))


def test_a_list_longer_than_the_catalogue_ends_with_nobody():
    found = top_n_of_scores(np.array([[1.0, 3.0]], dtype=np.float32), 4)
    assert found.items.tolist() == [[1, 0, -1, -1]]
    assert found.similarity.tolist() == [[3.0, 1.0, -np.inf, -np.inf]]


def test_a_list_longer_than_a_padded_catalogue_ends_with_nobody():
    found = top_n_of_scores(np.zeros((1, 2), dtype=np.float32), 200)
    assert found.items[0, :3].tolist() == [0, 1, -1]
    assert found.items.shape == (1, 200)


def test_an_empty_catalogue_gives_empty_lists():
    found = top_n(np.ones((2, 3)), np.ones((4, 3)), 2, allowed=np.zeros(4, dtype=bool))
    assert found.items.tolist() == [[-1, -1], [-1, -1]]


def test_no_users_give_no_lists():
    assert top_n(np.ones((0, 3)), np.ones((4, 3)), 2).items.shape == (0, 2)


def test_a_vector_of_zeros_is_as_far_from_everything():
    found = top_n(np.zeros((1, 3)), np.ones((4, 3)), 2)
    assert found.items.tolist() == [[0, 1]]
    assert found.similarity.tolist() == [[0.0, 0.0]]


def test_cosine_never_exceeds_one():
    vectors = np.random.default_rng(1).standard_normal((200, 16))
    found = top_n(vectors, vectors, 1)
    assert found.similarity.max() <= 1.0
    np.testing.assert_allclose(found.similarity, 1.0, rtol=1e-6)


def test_euclidean_similarity_is_minus_the_squared_distance():
    """(0, 0) to (3, 4): -(9 + 16) = -25; to (1, 0): -1."""
    found = top_n(np.zeros((1, 2)), np.array([[3.0, 4.0], [1.0, 0.0]]), 2, similarity="euclidean")
    assert found.items.tolist() == [[1, 0]]
    assert found.similarity.tolist() == [[-1.0, -25.0]]


def test_minus_zero_ties_with_zero():
    found = top_n_of_scores(np.array([[-0.0, 0.0, -0.0]], dtype=np.float32), 3)
    assert found.items.tolist() == [[0, 1, 2]]


def test_a_list_of_no_items_is_refused():
    with pytest.raises(ConfigError, match="at least 1"):
        top_n(np.ones((1, 2)), np.ones((1, 2)), 0)
