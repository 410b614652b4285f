"""What every model has to beat: popularity, one's own history, and what others liked together."""

from collections.abc import Mapping

import numpy as np

from clvcore.features.histories import Histories
from clvcore.ranking.baselines.ease import Ease
from clvcore.ranking.baselines.history import OwnHistory
from clvcore.ranking.baselines.ials import Ials
from clvcore.ranking.baselines.item_knn import ItemKnn
from clvcore.ranking.baselines.mult_vae import MultVae, MultVaeConfig
from clvcore.ranking.baselines.popularity import Popularity, RecentPopularity
from clvcore.ranking.scorers import Baseline, OnHistories

__all__ = [
    "MORE_BASELINES",
    "Ease",
    "Ials",
    "ItemKnn",
    "MultVae",
    "MultVaeConfig",
    "OwnHistory",
    "Popularity",
    "RecentPopularity",
    "fit_baselines",
]

MOST_FOR_EASE = 5_000
"""EASE inverts a matrix of so many rows in a few seconds; with more it is fitted where asked for."""
MORE_BASELINES = ("ease", "mult_vae")
"""Baselines that may be asked for where they are not fitted by themselves."""


def fit_baselines(
    past: Histories, *, rng: np.random.Generator, more: tuple[str, ...] = ()
) -> Mapping[str, OnHistories]:
    """The quick baselines at their standard settings, fitted on ``past`` and reading it.

    Names: ``popularity``, ``recent_popularity``, ``own_history``, ``item_knn``, ``ials`` and, where
    users or items are few enough, ``ease``.

    Args:
        past: what was known.
        rng: first factors and the like.
        more: those of `MORE_BASELINES` that are wanted whatever they cost.

    Raises:
        ConfigError: ``ease`` is wanted and does not fit into memory.
    """
    fitted: dict[str, Baseline] = {
        "popularity": Popularity.of(past),
        "recent_popularity": RecentPopularity.of(past),
        "own_history": OwnHistory.of(past),
        "item_knn": ItemKnn.of(past),
        "ials": Ials.of(past, rng=rng),
    }
    if "ease" in more or min(len(past.users), len(past.items)) <= MOST_FOR_EASE:
        fitted["ease"] = Ease.of(past)
    if "mult_vae" in more:
        fitted["mult_vae"] = MultVae.of(past, rng=rng)
    return {name: OnHistories(baseline, past) for name, baseline in fitted.items()}
