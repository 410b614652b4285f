import numpy as np
import pytest

from clvcore.ranking.baselines import OwnHistory
from tests.ranking.behaviour import behaviour


def scores(events, *, half_life_days=10.0):
    past = behaviour([*events, (1, 3, 100.0, 1.0)], n_users=2, n_items=5)
    return OwnHistory.of(past, half_life_days=half_life_days).scores(past, np.array([0]))[0]


def test_liking_halves_with_every_half_life():
    """Day 100 is the last: a purchase on day 90 counts 1/2, one on day 80 counts 1/4."""
    own = scores([(0, 0, 90.0, 1.0), (0, 1, 80.0, 1.0)])
    assert own[:2] == pytest.approx([1 + 1 / 2, 1 + 1 / 4])


def test_coming_back_counts_every_time():
    """1/2 + 1/2 for two purchases on day 90."""
    assert scores([(0, 0, 90.0, 1.0), (0, 0, 90.0, 1.0)])[0] == pytest.approx(2)


def test_own_items_come_before_all_others_and_those_by_popularity():
    own = scores([(0, 0, 1.0, 0.2)], half_life_days=1.0)
    assert np.argsort(-own, kind="stable").tolist() == [0, 3, 1, 2, 4]


def test_an_item_that_was_given_back_comes_last():
    own = scores([(0, 0, 90.0, 1.0), (0, 0, 95.0, -1.0)])
    assert np.argmin(own) == 0
