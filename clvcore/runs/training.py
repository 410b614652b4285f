"""A training run: read, split, learn, judge, and keep what is needed to serve."""

import json
import platform
from dataclasses import asdict, dataclass
from typing import Any

import jax
import numpy as np

from clvcore.data.dataset import Dataset
from clvcore.errors import ClvError, RunError
from clvcore.features.attributes import item_attributes, user_attributes
from clvcore.features.histories import Histories, histories
from clvcore.features.split import Cuts, Split, split_by_time, time_cuts
from clvcore.messages import say
from clvcore.ranking.again import WithRepeats, fit_again
from clvcore.ranking.baselines import fit_baselines
from clvcore.ranking.evaluate import RankingReport, evaluate
from clvcore.ranking.scorers import EmbeddingScorer
from clvcore.ranking.watch import Watch
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.workspace import Workspace
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.encode import embeddings
from clvcore.towers.store import embeddings_bytes, model_bytes, n_parameters
from clvcore.towers.train import Lesson, Model, Progress, fit

WATCHED = "ndcg@10"
MODEL = "two_tower"
"""Name of the model in reports, beside the baselines' names."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A data set made ready: behaviour, its cuts, and what the model learns from."""

    dataset: Dataset
    seen: Histories
    cuts: Cuts
    valid: Split
    test: Split
    lesson: Lesson

    @classmethod
    def of(cls, dataset: Dataset) -> "Material":
        """The material of a data set; the model learns from what lies before the validation."""
        seen = histories(dataset)
        cuts = time_cuts(dataset, seen)
        valid = split_by_time(seen, cut=cuts.valid, end=cuts.test)
        return cls(
            dataset=dataset,
            seen=seen,
            cuts=cuts,
            valid=valid,
            test=split_by_time(seen, cut=cuts.test, end=cuts.end),
            lesson=Lesson(
                valid.past,
                item_attributes(dataset, seen.items),
                user_attributes(dataset, seen.users),
            ),
        )


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
    jax.config.update("jax_compilation_cache_dir", str(workspace.root / "cache" / "compiled"))
    config = run.config()
    tower, train = TowerConfig(**config["tower"]), TrainConfig(**config["train"])
    device = device_name()
    run.set_status(State.RUNNING, say("runs.preparing"), device)
    material = Material.of(find_dataset(workspace, config))
    if run.is_cancelled():
        raise cancelled
    watch = Watch.of(material.valid, rng=np.random.default_rng(train.seed))
    bars = {
        name: {WATCHED: watch.ndcg(baseline)}
        for name, baseline in fit_baselines(material.valid.past).items()
    }
    run.write("baselines.json", bars)

    def judge(model: Model) -> dict[str, float]:
        vectors = embeddings(model, material.lesson, material.valid.past)
        return {WATCHED: watch.ndcg(EmbeddingScorer(vectors))}

    run.set_status(State.RUNNING, say("runs.learning"), device)
    last = None
    for progress in fit(material.lesson, tower, train, judge=judge, watch=WATCHED):
        last = progress
        run.add_progress(asdict(progress.info))
        if run.is_cancelled():
            break
    if last is None or last.best is None:
        raise cancelled
    run.set_status(State.RUNNING, say("runs.judging"), device)
    _keep(run, material, last, last.best, seed=train.seed)
    if run.is_cancelled():
        run.set_status(
            State.CANCELLED,
            say("runs.cancelled", epochs=last.info.epoch, best=last.best_epoch),
            device,
        )
    else:
        run.set_status(
            State.DONE, say("runs.done", epochs=last.info.epoch, best=last.best_epoch), device
        )


def device_name() -> str:
    """What the model is computed on, as a person would say it."""
    device = jax.devices()[0]
    if device.platform == "cpu":
        return f"CPU ({platform.machine()}, {len(jax.devices())} JAX device)"
    return f"{device.platform.upper()} ({device.device_kind})"


def _keep(
    run: RunFolder, material: Material, progress: Progress, best: Model, *, seed: int
) -> None:
    """Judge the best model on the test period and write all that serving needs."""
    rng = np.random.default_rng(seed)
    known = embeddings(best, material.lesson, material.valid.past)
    again = fit_again(known, material.valid, rng=rng)
    judged = embeddings(best, material.lesson, material.test.past)
    past, goal = material.test.past, material.test.goal
    report = evaluate(
        {
            MODEL: WithRepeats(judged, again, past, material.cuts.test, goal),
            **fit_baselines(past),
        },
        material.test,
        rng=rng,
    )
    served = embeddings(best, material.lesson, material.seen)
    run.write_bytes("model.safetensors", model_bytes(best))
    run.write_bytes("embeddings.safetensors", embeddings_bytes(served))
    run.write("again.json", {"weights": again.weights.tolist(), "scale": again.scale})
    run.write("report.json", report_json(report))
    run.write(
        "summary.json",
        {
            "parameters": n_parameters(best),
            "epochs": progress.info.epoch,
            "best_epoch": progress.best_epoch,
            "training_s": progress.info.elapsed_s,
            "loss": progress.info.loss,
        },
    )


def report_json(report: RankingReport) -> dict[str, Any]:
    """A report as JSON, whole: frames as lists of rows."""
    plain = {
        "k": list(report.k),
        "goal": report.goal.value,
        "cut": report.cut,
        "end": report.end,
        "judged": [asdict(judged) for judged in report.judged],
        "metrics": report.metrics.to_dicts(),
        "differences": report.differences.to_dicts(),
    }
    return json.loads(json.dumps(plain))
