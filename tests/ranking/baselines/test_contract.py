from functools import partial

import numpy as np
import pytest

from clvcore.ranking.baselines import (
    ItemKnn,
    OwnHistory,
    Popularity,
    RecentPopularity,
    fit_baselines,
)
from clvcore.ranking.scorers import OnHistories
from tests.ranking.behaviour import behaviour, checkerboard
from tests.ranking.contract import PersonalScorerContract, ScorerContract


class TestPopularity(ScorerContract):
    def fitted(self, past):
        return OnHistories(Popularity.of(past), past)


class TestRecentPopularity(ScorerContract):
    def fitted(self, past):
        return OnHistories(RecentPopularity.of(past, window_days=5), past)


class TestOwnHistory(ScorerContract):
    def fitted(self, past):
        return OnHistories(OwnHistory.of(past), past)


@pytest.mark.parametrize(
    "fit",
    [
        partial(ItemKnn.of, weighting="none"),
        partial(ItemKnn.of, weighting="tfidf"),
        partial(ItemKnn.of, weighting="bm25"),
        partial(ItemKnn.of, shrinkage=5.0),
    ],
    ids=["cosine", "tfidf", "bm25", "shrunk"],
)
class TestItemKnn(PersonalScorerContract):
    @pytest.fixture(autouse=True)
    def choose(self, fit):
        self.fit = fit

    def fitted(self, past):
        return OnHistories(self.fit(past), past)


def test_all_baselines_are_fitted_at_once_by_name():
    past = checkerboard()
    fitted = fit_baselines(past)
    assert list(fitted) == ["popularity", "recent_popularity", "own_history", "item_knn"]
    assert all(scorer.scores(np.array([0])).shape == (1, 16) for scorer in fitted.values())


def test_baselines_stand_on_histories_without_a_single_like():
    past = behaviour([(0, 0, 1.0, -1.0)], n_users=2, n_items=3)
    for scorer in fit_baselines(past).values():
        assert np.isfinite(scorer.scores(np.array([0, 1]))).all()
