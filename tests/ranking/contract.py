"""What everything that ranks items must do, whatever it is: baselines and towers alike."""

from abc import abstractmethod

import numpy as np

from clvcore.features.histories import Histories
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.scorers import Scorer
from clvcore.ranking.top_n import top_n_of_scores
from tests.ranking.behaviour import checkerboard


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

    def test_a_user_is_scored_the_same_alone_and_in_a_batch(self):
        scorer = self.fitted(checkerboard())
        batch = scorer.scores(np.arange(16))
        np.testing.assert_allclose(scorer.scores(np.array([5]))[0], batch[5], rtol=1e-4, atol=1e-5)

    def test_asking_twice_gives_the_same_scores(self):
        scorer = self.fitted(checkerboard())
        users = np.arange(16)
        np.testing.assert_array_equal(scorer.scores(users), scorer.scores(users))


class PersonalScorerContract(ScorerContract):
    """For scorers that read a user's taste."""

    def test_the_withheld_diagonal_of_the_checkerboard_comes_first(self):
        past = checkerboard()
        scores = self.fitted(past).scores(np.arange(16))
        best = top_n_of_scores(scores, 1, seen=ItemLists(past.start, past.item))
        assert best.items[:, 0].tolist() == list(range(16))
