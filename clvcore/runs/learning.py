"""The two stages of a training: a search for its best length, and the final model.

Both write down from time to time where they stand, and go on from there when they are asked again.
"""

from dataclasses import dataclass

import numpy as np

from clvcore.messages import say
from clvcore.ranking.baselines import fit_baselines
from clvcore.ranking.scorers import EmbeddingScorer
from clvcore.ranking.watch import Watch
from clvcore.runs.board import noted
from clvcore.runs.checkpoints import Checkpoints, Pace
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.material import Before, Material
from clvcore.runs.plan import planned
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.encode import embeddings
from clvcore.towers.model import Model
from clvcore.towers.standing import Kept, StepInfo
from clvcore.towers.train import fit

WATCHED = "ndcg@10"
SEARCH, FINAL = "search", "final"
"""The stages, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What a training run is about, and where it stands."""

    run: RunFolder
    material: Material
    tower: TowerConfig
    train: TrainConfig
    checkpoints: Checkpoints
    checkpoint_every_s: float
    device: str

    def say(self, told: str) -> None:
        """Tell what the run is at."""
        self.run.set_status(State.RUNNING, told, self.device)

    def latest(self) -> dict[str, Kept]:
        """The latest checkpoint of each stage that has one; what was told beyond it is forgotten."""
        found = {stage: self.checkpoints.latest(stage) for stage in (SEARCH, FINAL)}
        there = {stage: one for stage, one in found.items() if one is not None}
        self.run.rewind({stage: one.facts["info"]["step"] for stage, one in there.items()})
        return there

    def pace(self, stage: str) -> Pace:
        """Writes down from time to time where a stage stands."""
        return Pace(self.checkpoints, stage, self.checkpoint_every_s)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the search on the validation period found: the best model and how long it took."""

    model: Model
    epoch: int
    info: StepInfo
    """Where the search stood when it ended."""


@dataclass(frozen=True, slots=True, eq=False)
class Final:
    """The model that is judged and served, and up to where it has learned."""

    model: Model
    before: Before


def search(work: Work) -> Found | None:
    """Train until the validation period says stop; None where that was cancelled too early."""
    run, train = work.run, work.train
    lesson, valid = work.material.lesson(Before.VALIDATION), work.material.valid
    watch = Watch.of(valid, rng=np.random.default_rng(train.seed))
    bars = {
        name: {WATCHED: watch.ndcg(one)}
        for name, one in fit_baselines(valid.past, rng=np.random.default_rng(train.seed)).items()
    }
    run.write("baselines.json", bars)

    def judge(model: Model) -> dict[str, float]:
        return {WATCHED: watch.ndcg(EmbeddingScorer(embeddings(model, lesson, valid.past)))}

    work.say(planned(run, lesson, work.tower, train))
    resume, last = work.latest().get(SEARCH), None
    keep = work.pace(SEARCH)
    with noted(run) as note:
        for progress in fit(lesson, work.tower, train, judge=judge, watch=WATCHED, resume=resume):
            if last is not None or resume is None:  # what a checkpoint says has been told
                note(SEARCH, progress.info)
            last = progress
            if run.is_cancelled():
                break
            keep(progress.standing)
    if last is None or last.best is None:
        return None
    if not run.is_cancelled():
        work.checkpoints.save(SEARCH, last.standing)
    return Found(last.best, last.best_epoch, last.info)


def learn_to_the_test(work: Work, found: Found) -> Final:
    """Train anew for as many epochs, now with the validation period: it is the latest behaviour.

    A run that is cancelled keeps the model of the search.
    """
    run = work.run
    if run.is_cancelled():
        return Final(found.model, Before.VALIDATION)
    work.say(say("runs.learning_anew", epochs=found.epoch))
    resume, last = work.latest().get(FINAL), None
    keep = work.pace(FINAL)
    with noted(run) as note:
        for progress in fit(
            work.material.lesson(Before.TEST),
            work.tower,
            work.train,
            judge=None,
            stop_after=found.epoch,
            resume=resume,
        ):
            if last is not None or resume is None:
                note(FINAL, progress.info)
            if run.is_cancelled():
                return Final(found.model, Before.VALIDATION)
            last = progress
            keep(progress.standing)
    if last is None or last.best is None:
        return Final(found.model, Before.TEST)
    work.checkpoints.save(FINAL, last.standing)
    return Final(last.best, Before.TEST)
