"""What every model has to beat: popularity, one's own history, and items liked together."""

from collections.abc import Mapping

from clvcore.features.histories import Histories
from clvcore.ranking.baselines.history import OwnHistory
from clvcore.ranking.baselines.item_knn import ItemKnn
from clvcore.ranking.baselines.popularity import Popularity, RecentPopularity
from clvcore.ranking.scorers import OnHistories

__all__ = ["ItemKnn", "OwnHistory", "Popularity", "RecentPopularity", "fit_baselines"]


def fit_baselines(past: Histories) -> Mapping[str, OnHistories]:
    """All baselines at their standard settings, fitted on ``past`` and reading it.

    Names: ``popularity``, ``recent_popularity``, ``own_history``, ``item_knn``.
    """
    fitted = {
        "popularity": Popularity.of(past),
        "recent_popularity": RecentPopularity.of(past),
        "own_history": OwnHistory.of(past),
        "item_knn": ItemKnn.of(past),
    }
    return {name: OnHistories(baseline, past) for name, baseline in fitted.items()}
