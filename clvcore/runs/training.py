"""A training run: read, split, learn, judge, and keep what is needed to serve."""

import json
import platform
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import jax
import numpy as np
import polars as pl
import polars.selectors as cs

from clvcore.data.dataset import Dataset
from clvcore.errors import ClvError, RunError
from clvcore.features.attributes import Attributes, item_attributes, user_attributes
from clvcore.features.histories import Histories, histories
from clvcore.features.split import Cuts, Split, split_by_time, time_cuts
from clvcore.messages import say
from clvcore.ranking.again import Again, WithRepeats, fit_again
from clvcore.ranking.baselines import fit_baselines
from clvcore.ranking.context import context_of
from clvcore.ranking.evaluate import RankingReport, evaluate
from clvcore.ranking.scorers import EmbeddingScorer
from clvcore.ranking.watch import Watch
from clvcore.runs.board import noted
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.plan import planned
from clvcore.runs.workspace import Workspace
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.encode import Embeddings, embeddings
from clvcore.towers.lesson import Lesson
from clvcore.towers.model import Model
from clvcore.towers.store import embeddings_bytes, model_bytes, n_parameters
from clvcore.towers.train import StepInfo, fit

WATCHED = "ndcg@10"
MODEL = "two_tower"
"""Name of the model in reports, beside the baselines' names."""


class Before(StrEnum):
    """Up to where a model has learned."""

    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A data set made ready: behaviour, its cuts, and what the model learns from."""

    dataset: Dataset
    seen: Histories
    cuts: Cuts
    valid: Split
    test: Split
    items: Attributes
    users: Attributes

    def lesson(self, before: "Before") -> Lesson:
        """What a model learns from: everything before the validation, or before the test."""
        past = self.valid.past if before is Before.VALIDATION else self.test.past
        return Lesson(past, self.items, self.users)

    @classmethod
    def of(cls, dataset: Dataset) -> "Material":
        """The material of a data set."""
        seen = histories(dataset)
        cuts = time_cuts(dataset, seen)
        valid = split_by_time(seen, cut=cuts.valid, end=cuts.test)
        return cls(
            dataset=dataset,
            seen=seen,
            cuts=cuts,
            valid=valid,
            test=split_by_time(seen, cut=cuts.test, end=cuts.end),
            items=item_attributes(dataset, seen.items),
            users=user_attributes(dataset, seen.users),
        )


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


def find_dataset(workspace: Workspace, config: dict[str, Any]) -> Dataset:
    """The data set of a run, by its id or by the name under which it was asked for.

    Raises:
        RunError: it is gone, or it is no longer the one the run learned from.
    """
    wanted = config["dataset"]
    for reference in (wanted["id"], wanted["reference"]):
        try:
            found = workspace.resolve(reference)
        except ClvError:
            continue
        if found.id == wanted["id"]:
            return found
    raise RunError(say("runs.data_gone", name=wanted["name"], id=wanted["id"]))


def train_run(run: RunFolder, workspace: Workspace, *, cancelled: type[Exception]) -> None:
    """Do a training run from its config to its end state, cancelled or done.

    Raises:
        ClvError: the data cannot be found, split or learned from.
    """
    config = run.config()
    tower, train = TowerConfig(**config["tower"]), TrainConfig(**config["train"])
    device = device_name()
    run.set_status(State.RUNNING, say("runs.preparing"), device)
    material = Material.of(find_dataset(workspace, config))
    if run.is_cancelled():
        raise cancelled
    found = _search(run, material, tower, train, device)
    if found is None:
        raise cancelled
    final = _learn_to_the_test(run, material, tower, train, found, device)
    run.set_status(State.RUNNING, say("runs.judging"), device)
    _keep(run, material, found, final, seed=train.seed)
    state = State.CANCELLED if run.is_cancelled() else State.DONE
    run.set_status(state, say(f"runs.{state}", epochs=found.info.epoch, best=found.epoch), device)


def _search(
    run: RunFolder, material: Material, tower: TowerConfig, train: TrainConfig, device: str
) -> Found | None:
    """Train until the validation period says stop; None where that was cancelled too early."""
    lesson, valid = material.lesson(Before.VALIDATION), material.valid
    watch = Watch.of(valid, rng=np.random.default_rng(train.seed))
    bars = {
        name: {WATCHED: watch.ndcg(one)}
        for name, one in fit_baselines(valid.past, rng=np.random.default_rng(train.seed)).items()
    }
    run.write("baselines.json", bars)

    def judge(model: Model) -> dict[str, float]:
        return {WATCHED: watch.ndcg(EmbeddingScorer(embeddings(model, lesson, valid.past)))}

    run.set_status(State.RUNNING, planned(run, lesson, tower, train), device)
    last = None
    with noted(run) as note:
        for progress in fit(lesson, tower, train, judge=judge, watch=WATCHED):
            last = progress
            note("search", progress.info)
            if run.is_cancelled():
                break
    if last is None or last.best is None:
        return None
    return Found(last.best, last.best_epoch, last.info)


def _learn_to_the_test(
    run: RunFolder,
    material: Material,
    tower: TowerConfig,
    train: TrainConfig,
    found: Found,
    device: str,
) -> Final:
    """Train anew for as many epochs, now with the validation period: it is the latest behaviour.

    A run that is cancelled keeps the model of the search.
    """
    if run.is_cancelled():
        return Final(found.model, Before.VALIDATION)
    run.set_status(State.RUNNING, say("runs.learning_anew", epochs=found.epoch), device)
    final = found.model
    lesson = material.lesson(Before.TEST)
    with noted(run) as note:
        for progress in fit(lesson, tower, train, judge=None, stop_after=found.epoch):
            note("final", progress.info)
            if run.is_cancelled():
                return Final(found.model, Before.VALIDATION)
            final = progress.best or final
    return Final(final, Before.TEST)


def device_name() -> str:
    """What the model is computed on, as a person would say it."""
    device = jax.devices()[0]
    if device.platform == "cpu":
        return f"CPU ({platform.machine()}, {len(jax.devices())} JAX device)"
    return f"{device.platform.upper()} ({device.device_kind})"


def _keep(run: RunFolder, material: Material, found: Found, final: Final, *, seed: int) -> None:
    """Judge the final model on the test period and write all that serving needs."""
    rng = np.random.default_rng(seed)
    # what having had an item adds is learned on a period that the vectors did not learn from
    searched = embeddings(found.model, material.lesson(Before.VALIDATION), material.valid.past)
    again = fit_again(searched, material.valid, rng=rng)
    lesson, past = material.lesson(final.before), material.test.past
    report = judged(material, embeddings(final.model, lesson, past), again, seed=seed)
    served = embeddings(final.model, lesson, material.seen)
    run.write_bytes("model.safetensors", model_bytes(final.model))
    run.write_bytes("embeddings.safetensors", embeddings_bytes(served))
    run.write("again.json", {"weights": again.weights.tolist(), "scale": again.scale})
    run.write("report.json", report_json(report))
    run.write(
        "summary.json",
        {
            "parameters": n_parameters(final.model),
            "epochs": found.info.epoch,
            "best_epoch": found.epoch,
            "learned_before": final.before.value,
            "training_s": sum(
                max(entry["elapsed_s"] for entry in run.progress() if entry["stage"] == stage)
                for stage in {entry["stage"] for entry in run.progress()}
            ),
            "loss": found.info.loss,
        },
    )


def judged(
    material: Material, vectors: Embeddings, again: Again, *, seed: int, more: tuple[str, ...] = ()
) -> RankingReport:
    """The model beside all baselines on the test period.

    Args:
        material: the data set.
        vectors: of users after what they did before the test.
        again: what having had an item adds.
        seed: of the baselines that are learned, and of the intervals.
        more: further baselines, see `fit_baselines`.
    """
    past, test = material.test.past, material.test
    model = WithRepeats(vectors, again, past, material.cuts.test, test.goal)
    baselines = fit_baselines(past, rng=np.random.default_rng(seed), more=more)
    return evaluate(
        {MODEL: model, **baselines},
        test,
        rng=np.random.default_rng(seed),
        context=context_of(material.dataset, test),
    )


def report_json(report: RankingReport) -> dict[str, Any]:
    """A report as JSON, whole: frames as columns, which takes half the room of rows."""
    plain = {
        "k": list(report.k),
        "goal": report.goal.value,
        "cut": report.cut,
        "end": report.end,
        "judged": [asdict(judged) for judged in report.judged],
        "traits_of": report.traits_of,
        "metrics": _columns(report.metrics),
        "differences": _columns(report.differences),
        "groups": _columns(report.groups),
    }
    return json.loads(json.dumps(plain))


def _columns(frame: pl.DataFrame) -> dict[str, list[Any]]:
    """A frame by column; eight significant digits are more than intervals can tell apart."""
    return frame.with_columns(cs.float().round_sig_figs(8)).to_dict(as_series=False)
