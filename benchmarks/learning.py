"""The two-tower model as ``clv train`` makes it, without a run: searched, then learned anew."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from clvcore.ranking.scorers import EmbeddingScorer
from clvcore.ranking.watch import Watch
from clvcore.runs.learning import WATCHED
from clvcore.runs.material import Before, Material
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.encode import Embeddings, embeddings
from clvcore.towers.model import Model
from clvcore.towers.train import Progress, fit


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What both stages came to, as vectors."""

    searched: Embeddings
    """Of the model that knows what was before the validation period, at its beginning."""
    final: Embeddings
    """Of the model that knows what was before the test period, at its beginning."""
    epochs: int
    """After which validation was best; the final model learned for as many."""


def learned(
    material: Material, tower: TowerConfig, train: TrainConfig, *, rng: np.random.Generator
) -> Learned:
    """How long to learn is found on the validation period; then it is learned anew up to the test.

    Args:
        material: what is learned from.
        tower: the model.
        train: the training.
        rng: draws the users whose validation is watched.
    """
    valid, test = material.valid.past, material.test.past
    watch = Watch.of(material.valid, rng=rng)
    lesson, whole = material.lesson(Before.VALIDATION), material.lesson(Before.TEST)

    def ndcg(model: Model) -> dict[str, float]:
        return {WATCHED: watch.ndcg(EmbeddingScorer(embeddings(model, lesson, valid)))}

    searched, epochs = _best_of(fit(lesson, tower, train, judge=ndcg, watch=WATCHED))
    final, _ = _best_of(fit(whole, tower, train, judge=None, stop_after=epochs))
    return Learned(embeddings(searched, lesson, valid), embeddings(final, whole, test), epochs)


def _best_of(training: Iterator[Progress]) -> tuple[Model, int]:
    """The best model of a training that goes to its end, and its epoch."""
    *_, last = training
    if last.best is None:
        message = "the training ended before its first epoch"
        raise RuntimeError(message)
    return last.best, last.best_epoch
