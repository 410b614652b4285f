"""What everything that ranks items must do, whatever it is: baselines and towers alike."""

from abc import abstractmethod

import numpy as np

from clvcore.features.histories import Histories
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.scorers import Scorer
from clvcore.ranking.top_n import top_n_of_scores
from tests.ranking.behaviour import behaviour, checkerboard

STRANGER = 16
"""A user of the checkerboard below who did nothing."""


def with_a_stranger() -> Histories:
    """The checkerboard, and a user without events."""
    past = checkerboard()
    events = [
        (user, item, float(item), 1.0)
        for user, item in zip(past.user.tolist(), past.item.tolist(), strict=True)
    ]
    return behaviour(events, n_users=STRANGER + 1, n_items=len(past.items))


class ScorerContract:
    """Inherit, say how a scorer is made from histories, and all these tests are its own."""

    @abstractmethod
    def fitted(self, past: Histories) -> Scorer:
        """A scorer that learned from ``past``."""

    def test_every_item_gets_one_finite_score_for_every_user_asked(self):
        past = checkerboard()
        scores = self.fitted(past).scores(np.array([3, 0, 3]))
        assert scores.shape == (3, len(past.items))
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()

    def test_a_user_is_scored_the_same_alone_and_in_any_batch(self):
        scorer = self.fitted(checkerboard())
        batch = scorer.scores(np.arange(16))
        for others in ([5], [9, 5], [5, 5, 1]):
            found = scorer.scores(np.array(others))[others.index(5)]
            np.testing.assert_allclose(found, batch[5], rtol=1e-4, atol=1e-5)

    def test_asking_twice_gives_the_same_scores(self):
        scorer = self.fitted(checkerboard())
        users = np.arange(16)
        np.testing.assert_array_equal(scorer.scores(users), scorer.scores(users))

    def test_fitting_twice_gives_the_same_scores(self):
        past, users = checkerboard(), np.arange(16)
        first, second = (self.fitted(past).scores(users) for _ in range(2))
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-5)

    def test_a_user_without_events_gets_finite_scores(self):
        scores = self.fitted(with_a_stranger()).scores(np.array([STRANGER, 0]))
        assert np.isfinite(scores).all()

    def test_a_catalogue_of_one_item_is_ranked(self):
        past = behaviour([(0, 0, 1.0, 1.0), (1, 0, 2.0, 1.0)], n_users=3, n_items=1)
        scores = self.fitted(past).scores(np.arange(3))
        assert scores.shape == (3, 1)
        assert np.isfinite(scores).all()

    def test_extreme_input_gives_finite_scores(self):
        """A user who likes everything, an item everybody likes, dislikes, huge and tiny weights."""
        events = [
            *((0, item, 1.0, 1e6) for item in range(8)),
            *((user, 0, 2.0, 1e-6) for user in range(1, 6)),
            (2, 3, 3.0, -1e6),
            (6, 5, 1e5, -1.0),
            (5, 7, 4.0, 1.0),
        ]
        scores = self.fitted(behaviour(events, n_users=8, n_items=9)).scores(np.arange(8))
        assert np.isfinite(scores).all()

    def test_behaviour_without_a_single_like_gives_finite_scores(self):
        past = behaviour([(0, 0, 1.0, -1.0)], n_users=2, n_items=3)
        assert np.isfinite(self.fitted(past).scores(np.array([0, 1]))).all()


class PersonalScorerContract(ScorerContract):
    """For scorers that read a user's taste."""

    def test_the_withheld_diagonal_of_the_checkerboard_comes_first(self):
        past = checkerboard()
        scores = self.fitted(past).scores(np.arange(16))
        best = top_n_of_scores(scores, 1, seen=ItemLists(past.start, past.item))
        assert best.items[:, 0].tolist() == list(range(16))


class FallsBackContract:
    """For baselines that know nothing of a user without likes: what most users like comes first."""

    @abstractmethod
    def fitted(self, past: Histories) -> Scorer:
        """A scorer that learned from ``past``."""

    def test_a_user_without_likes_gets_what_most_users_like(self):
        events = [(user, item, 1.0, 1.0) for user in range(6) for item in range(user + 1)]
        past = behaviour(events, n_users=7, n_items=6)
        scores = self.fitted(past).scores(np.array([6]))
        assert np.argsort(-scores[0]).tolist() == [0, 1, 2, 3, 4, 5]
