import numpy as np
import pytest

from clvcore.errors import ConfigError, DataError, NotFoundError
from clvcore.ranking.recommend import RECOMMENDATIONS, neighbours, recommend
from clvcore.ranking.scorers import EmbeddingScorer
from clvcore.towers.encode import Embeddings
from tests.ranking.behaviour import behaviour, checkerboard, ids
from tests.ranking.contract import PersonalScorerContract

PAST = behaviour([(0, 0, 1.0, 1.0), (1, 2, 1.0, 0.2)], n_users=3, n_items=4)
ANGLES = np.array([0.0, 0.1, 0.3, 0.7])


def circle(angles):
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def vectors(users, items, *, similarity="cosine"):
    return Embeddings(
        users=users,
        items=items,
        user_ids=ids("u", len(users), "user"),
        item_ids=ids("i", len(items), "item"),
        similarity=similarity,
        temperature=0.1,
    )


MADE = vectors(circle(ANGLES[:3]), circle(ANGLES))


class TestEmbeddingScorer(PersonalScorerContract):
    """Vectors that hold the likes themselves: user u beside the items of u's parity."""

    def fitted(self, past):
        likes = np.zeros((len(past.users), len(past.items)), dtype=np.float32)
        likes[past.user, past.item] = 1
        return EmbeddingScorer(vectors(likes, likes.T @ likes))


def test_items_come_nearest_first_without_those_the_user_had():
    found = recommend(MADE, PAST, users=["u000"], n=3)
    assert found["item_id"].to_list() == ["i001", "i002", "i003"]
    assert found["rank"].to_list() == [1, 2, 3]
    np.testing.assert_allclose(found["similarity"], np.cos(ANGLES[1:]), rtol=1e-6)


def test_items_that_the_user_had_are_marked_where_they_may_come_again():
    found = recommend(MADE, PAST, users=["u000"], n=4, again=EmbeddingScorer(MADE))
    assert found["item_id"].to_list() == ["i000", "i001", "i002", "i003"]
    assert found["seen"].to_list() == [True, False, False, False]


def test_all_users_get_a_list_in_the_order_of_their_ids():
    found = recommend(MADE, PAST, n=2)
    assert found["user_id"].to_list() == ["u000"] * 2 + ["u001"] * 2 + ["u002"] * 2
    assert found.schema == RECOMMENDATIONS


def test_users_come_in_the_order_asked_for_and_each_once():
    found = recommend(MADE, PAST, users=["u002", "u000", "u002"], n=1)
    assert found["user_id"].to_list() == ["u002", "u000"]


def test_a_list_ends_where_the_items_end():
    found = recommend(MADE, PAST, users=["u000"], n=10)
    assert found.height == 3  # four items, one of them had


def test_expected_value_is_unknown_where_nothing_was_asked_of_a_value_model():
    assert recommend(MADE, PAST)["expected_value"].is_null().all()


def test_an_unknown_user_is_refused_with_names_that_are_near():
    with pytest.raises(NotFoundError, match=r"user 'u00'.*u00"):
        recommend(MADE, PAST, users=["u00"])


def test_histories_of_another_data_set_are_refused():
    with pytest.raises(DataError, match="different data sets"):
        recommend(MADE, checkerboard())


def test_neighbours_are_nearest_by_angle_and_leave_the_item_out():
    found = neighbours(MADE, "i001", n=2)
    assert found["item_id"].to_list() == ["i000", "i002"]
    np.testing.assert_allclose(found["similarity"], np.cos([0.1, 0.2]), rtol=1e-6)


def test_neighbours_are_by_angle_whatever_the_model_compares_by():
    far = vectors(MADE.users, MADE.items * np.array([[1], [1], [9], [1]], np.float32))
    assert neighbours(far, "i001", n=2)["item_id"].to_list() == ["i000", "i002"]


def test_an_unknown_item_is_refused():
    with pytest.raises(NotFoundError, match="item 'tea'"):
        neighbours(MADE, "tea")


def test_neighbours_of_no_number_are_refused():
    with pytest.raises(ConfigError, match="at least 1"):
        neighbours(MADE, "i001", n=0)
