"""The same list for everybody: what most users like, ever or lately."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int

from clvcore.features.histories import Histories
from clvcore.ranking.baselines.likes import likes

MICROSECONDS_PER_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Popularity:
    """Items by how many users like them, each user by the strongest liking shown."""

    score: Float32[np.ndarray, " items"]

    @classmethod
    def of(cls, past: Histories) -> "Popularity":
        """Popularity over the whole of ``past``."""
        return cls(likes(past).sum(axis=0).astype(np.float32))

    def scores(
        self, _: Histories, users: Int[np.ndarray, " batch"], /
    ) -> Float32[np.ndarray, "batch items"]:
        """The popularity of every item, for everybody alike."""
        return np.tile(self.score, (len(users), 1))


@dataclass(frozen=True, slots=True, eq=False)
class RecentPopularity:
    """Items by how many users liked them in a window of time; equals by all-time popularity.

    On data with trends and launches this often beats sequence models (ML-20M, time split:
    popularity of the last 7 days had a hit rate of .57 in 10, a transformer .54).
    """

    score: Float32[np.ndarray, " items"]
    window_days: float

    @classmethod
    def of(cls, past: Histories, *, window_days: float = 28.0) -> "RecentPopularity":
        """Popularity in the last ``window_days`` of ``past``, counted back from its last event."""
        last = past.at.max(initial=0)
        recent = likes(past, counted=past.at > last - window_days * MICROSECONDS_PER_DAY)
        ever = Popularity.of(past).score
        step = recent.data.min(initial=1.0)  # the least liking that separates two items
        ties = 0.5 * step * ever / max(float(ever.max(initial=0.0)), 1.0)
        return cls((recent.sum(axis=0) + ties).astype(np.float32), window_days)

    def scores(
        self, _: Histories, users: Int[np.ndarray, " batch"], /
    ) -> Float32[np.ndarray, "batch items"]:
        """The recent popularity of every item, for everybody alike."""
        return np.tile(self.score, (len(users), 1))
