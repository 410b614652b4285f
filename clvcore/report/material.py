"""What a report is made of: data, worth, a model and a scenario, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clvcore.data.dataset import Dataset
from clvcore.features.histories import Histories
from clvcore.ranking.evaluate import RankingReport
from clvcore.scenario.outcome import Outcome
from clvcore.towers.encode import Embeddings
from clvcore.value.breakdown import Breakdown
from clvcore.value.users import UserValue

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


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What a report is made of."""

    data: Dataset
    worth: UserValue
    groups: tuple[Breakdown, ...]
    """By each grouping that is told, at least one."""
    trained: Trained | None = None
    outcome: Outcome | None = None
    no_outcome: str | None = None
    """Why there is no outcome; None where no scenario was asked for."""
