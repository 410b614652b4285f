"""A training run: read, split, learn, judge, and keep what is needed to serve."""

import io
import json
import platform
from dataclasses import asdict
from typing import Any

import jax
import numpy as np
import polars as pl
import polars.selectors as cs

from clvcore.messages import say
from clvcore.ranking.again import Again, WithRepeats, fit_again
from clvcore.ranking.baselines import fit_baselines
from clvcore.ranking.context import context_of
from clvcore.ranking.each import Each, each_of
from clvcore.ranking.evaluate import RankingReport, evaluate
from clvcore.runs.checkpoints import Checkpoints
from clvcore.runs.ended import CHECKPOINTS
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.launch import CHECKPOINT_EVERY_S
from clvcore.runs.learning import Final, Found, Work, learn_to_the_test, search
from clvcore.runs.manifest import DamagedError, check_all, seal, sealed_files
from clvcore.runs.material import Before, Material, find_dataset
from clvcore.runs.workspace import Workspace
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.encode import Embeddings, embeddings
from clvcore.towers.store import embeddings_bytes, model_bytes, n_parameters

MODEL = "two_tower"
"""Name of the model in reports, beside the baselines' names."""
SEALED = (
    "config.json",
    "progress.jsonl",
    "baselines.json",
    "estimate.json",
    "summary.json",
    "report.json",
    "each_user.parquet",
    "each_item.parquet",
    "again.json",
    "model.safetensors",
    "embeddings.safetensors",
)
"""What is served or shown of a finished run; the state has a digest of its own."""


def train_run(run: RunFolder, workspace: Workspace, *, cancelled: type[Exception]) -> None:
    """Do a training run from its config to its end state, cancelled or done.

    Raises:
        ClvError: the data cannot be found, split or learned from.
    """
    config, device = run.config(), device_name()
    checkpoints = Checkpoints(run.path / CHECKPOINTS)
    if not is_whole(run):
        run.set_status(State.RUNNING, say("runs.preparing"), device)
        seal(run.path, ["config.json"])  # results that a killed worker sealed are made anew
        material = Material.of(find_dataset(workspace, config))
        if run.is_cancelled():
            raise cancelled
        work = Work(
            run=run,
            material=material,
            tower=TowerConfig(**config["tower"]),
            train=TrainConfig(**config["train"]),
            checkpoints=checkpoints,
            checkpoint_every_s=config.get("checkpoint_every_s", CHECKPOINT_EVERY_S),
            device=device,
        )
        found = search(work)
        if found is None:
            raise cancelled
        final = learn_to_the_test(work, found)
        work.say(say("runs.judging"))
        _keep(run, material, found, final, seed=work.train.seed)
    summary = run.read("summary.json")
    state = State.CANCELLED if run.is_cancelled() else State.DONE
    told = say(f"runs.{state}", epochs=summary["epochs"], best=summary["best_epoch"])
    run.set_status(state, told, device)
    checkpoints.remove()


def is_whole(run: RunFolder) -> bool:
    """Whether all that serving needs is there and is what it was when it was written."""
    try:
        check_all(run.path)
        return "summary.json" in sealed_files(run.path)
    except DamagedError:
        return False


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
    vectors = embeddings(final.model, lesson, past)
    report = judged(material, vectors, again, seed=seed)
    each = each_of(before_test(material, vectors, again), material.test)
    served = embeddings(final.model, lesson, material.seen)
    run.write_bytes("model.safetensors", model_bytes(final.model))
    run.write_bytes("embeddings.safetensors", embeddings_bytes(served))
    run.write("again.json", {"weights": again.weights.tolist(), "scale": again.scale})
    run.write("report.json", report_json(report))
    write_each(run, each)
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
    seal(run.path, [name for name in SEALED if (run.path / name).exists()])


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
    test = material.test
    model = before_test(material, vectors, again)
    baselines = fit_baselines(test.past, rng=np.random.default_rng(seed), more=more)
    return evaluate(
        {MODEL: model, **baselines},
        test,
        rng=np.random.default_rng(seed),
        context=context_of(material.dataset, test),
    )


def before_test(material: Material, vectors: Embeddings, again: Again) -> WithRepeats:
    """Scores of the model at the beginning of the test."""
    test = material.test
    return WithRepeats(vectors, again, test.past, material.cuts.test, test.goal)


def write_each(run: RunFolder, each: Each) -> None:
    """Keep what the model came to user by user and item by item."""
    for name, frame in (("each_user", each.users), ("each_item", each.items)):
        out = io.BytesIO()
        frame.write_parquet(out, compression="zstd")
        run.write_bytes(f"{name}.parquet", out.getvalue())


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
