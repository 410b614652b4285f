"""What can rank items for users: a model's vectors or a baseline, all asked in one way."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int

from clvcore.features.histories import Histories
from clvcore.ranking.similarity import similarities
from clvcore.towers.encode import Embeddings


@runtime_checkable
class Scorer(Protocol):
    """Anything that says how well every item suits some users; the greater the better."""

    def scores(self, users: Int[np.ndarray, " batch"], /) -> Float32[np.ndarray, "batch items"]:
        """One finite score for every item of the vocabulary; masks are applied afterwards."""
        ...


@runtime_checkable
class Baseline(Protocol):
    """A fitted method that reads the users' histories each time, so they may have grown since."""

    def scores(
        self, histories: Histories, users: Int[np.ndarray, " batch"], /
    ) -> Float32[np.ndarray, "batch items"]:
        """One finite score for every item of the vocabulary; masks are applied afterwards."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class OnHistories:
    """A baseline together with the histories it reads: a `Scorer`."""

    baseline: Baseline
    histories: Histories

    def scores(self, users: Int[np.ndarray, " batch"], /) -> Float32[np.ndarray, "batch items"]:
        """The baseline's scores on these histories."""
        return self.baseline.scores(self.histories, users)


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingScorer:
    """Similarity of user and item vectors: a `Scorer`."""

    embeddings: Embeddings

    def scores(self, users: Int[np.ndarray, " batch"], /) -> Float32[np.ndarray, "batch items"]:
        """Similarity of the users' vectors with all item vectors."""
        own = self.embeddings
        return similarities(own.users[users], own.items, own.similarity)
