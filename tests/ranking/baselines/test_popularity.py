import numpy as np

from clvcore.ranking.baselines import Popularity, RecentPopularity
from tests.ranking.behaviour import behaviour

PAST = behaviour(
    [
        (0, 0, 1.0, 1.0),
        (1, 0, 2.0, 1.0),
        (2, 0, 3.0, 1.0),
        (0, 1, 95.0, 1.0),
        (0, 1, 96.0, 1.0),
        (0, 1, 97.0, 1.0),
        (1, 2, 98.0, 1.0),
        (2, 2, 99.0, 1.0),
    ],
    n_users=3,
    n_items=4,
)


def test_an_item_is_as_popular_as_users_like_it_not_as_events_tell():
    assert Popularity.of(PAST).scores(PAST, np.array([0])).tolist() == [[3, 1, 2, 0]]


def test_recent_popularity_ranks_by_the_window_and_then_by_all_time():
    order = np.argsort(-RecentPopularity.of(PAST, window_days=10).score)
    assert order.tolist() == [2, 1, 0, 3]


def test_a_window_over_everything_ranks_as_all_time_popularity():
    order = np.argsort(-RecentPopularity.of(PAST, window_days=1000).score)
    assert order.tolist() == [0, 2, 1, 3]
