"""A model as a report tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clvcore.features.histories import Histories
from clvcore.ranking.evaluate import RankingReport
from clvcore.towers.encode import Embeddings

MODEL = "two_tower"
"""Name of the model in a `RankingReport`, beside the baselines' names."""


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A run's settings, its marks, and the vectors that recommendations come from."""

    run_id: str
    config: Mapping[str, Any]
    """What was asked for: preset, tower and train settings."""
    parameters: int
    epochs: int
    """That the model which is served has learned for."""
    device: str
    at: datetime
    """When the training ended."""
    ranking: RankingReport | None
    """None where the run was stopped before it was judged."""
    embeddings: Embeddings
    seen: Histories
    """What every user did with items."""
