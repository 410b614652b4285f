from functools import partial

import numpy as np
import pytest

from clvcore.ranking import baselines
from clvcore.ranking.baselines import (
    Ease,
    Ials,
    ItemKnn,
    MultVae,
    MultVaeConfig,
    OwnHistory,
    Popularity,
    RecentPopularity,
    fit_baselines,
)
from clvcore.ranking.scorers import OnHistories
from tests.ranking.behaviour import checkerboard
from tests.ranking.contract import FallsBackContract, PersonalScorerContract, ScorerContract

QUICK = ["popularity", "recent_popularity", "own_history", "item_knn", "ials"]
SMALL_VAE = MultVaeConfig(hidden=32, latent=8, epochs=60, held_out=0, learning_rate=2e-2)


class TestPopularity(ScorerContract, FallsBackContract):
    def fitted(self, past):
        return OnHistories(Popularity.of(past), past)


class TestRecentPopularity(ScorerContract, FallsBackContract):
    def fitted(self, past):
        return OnHistories(RecentPopularity.of(past, window_days=5), past)


class TestOwnHistory(ScorerContract, FallsBackContract):
    def fitted(self, past):
        return OnHistories(OwnHistory.of(past), past)


class Chosen(PersonalScorerContract, FallsBackContract):
    """Runs the contract once for each way of fitting."""

    @pytest.fixture(autouse=True)
    def choose(self, fit):
        self.fit = fit

    def fitted(self, past):
        return OnHistories(self.fit(past), past)


@pytest.mark.parametrize(
    "fit",
    [partial(ItemKnn.of, weighting=weighting) for weighting in ("none", "tfidf", "bm25")],
    ids=["cosine", "tfidf", "bm25"],
)
class TestItemKnn(Chosen): ...


@pytest.mark.parametrize("fit", [Ease.of], ids=["ease"])
class TestEase(Chosen): ...


@pytest.mark.parametrize(
    "fit",
    [
        lambda past: Ials.of(past, rng=np.random.default_rng(0), factors=4),
        lambda past: MultVae.of(past, rng=np.random.default_rng(0), config=SMALL_VAE),
    ],
    ids=["ials", "mult_vae"],
)
class TestLearned(Chosen): ...


def test_all_quick_baselines_are_fitted_at_once_by_name():
    fitted = fit_baselines(checkerboard(), rng=np.random.default_rng(0))
    assert list(fitted) == [*QUICK, "ease"]
    assert all(scorer.scores(np.array([0])).shape == (1, 16) for scorer in fitted.values())


def test_a_baseline_that_takes_long_is_fitted_where_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(baselines, "MOST_FOR_EASE", 10)
    past, rng = checkerboard(), np.random.default_rng(0)
    assert list(fit_baselines(past, rng=rng)) == QUICK
    assert list(fit_baselines(past, rng=rng, more=("ease",))) == [*QUICK, "ease"]
