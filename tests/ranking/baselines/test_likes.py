import numpy as np

from clvcore.ranking.baselines.likes import likes
from tests.ranking.behaviour import behaviour

PAST = behaviour(
    [(0, 1, 1.0, 0.2), (0, 1, 2.0, 1.0), (0, 1, 3.0, 0.5), (1, 0, 1.0, -1.0), (1, 2, 4.0, 0.2)],
    n_users=3,
    n_items=3,
)


def test_the_strongest_like_of_a_user_for_an_item_counts_once():
    np.testing.assert_allclose(likes(PAST).toarray(), [[0, 1, 0], [0, 0, 0.2], [0, 0, 0]])


def test_likes_of_some_users_come_in_the_order_asked_for():
    chosen = likes(PAST, np.array([1, 0, 1])).toarray()
    np.testing.assert_allclose(chosen, [[0, 0, 0.2], [0, 1, 0], [0, 0, 0.2]])


def test_only_counted_events_are_likes():
    early = likes(PAST, counted=PAST.at < 2 * 86_400_000_000).toarray()
    np.testing.assert_allclose(early, [[0, 0.2, 0], [0, 0, 0], [0, 0, 0]])
