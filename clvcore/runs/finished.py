"""A finished run as values: the data it learned from, its model, its vectors, its report."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from clvcore.columns import Kind
from clvcore.errors import RunError
from clvcore.messages import say
from clvcore.ranking.again import Again, WithRepeats
from clvcore.ranking.each import Each
from clvcore.ranking.evaluate import (
    DIFFERENCES,
    GROUPS,
    METRICS,
    Judged,
    Protocol,
    RankingReport,
)
from clvcore.ranking.service import Service
from clvcore.runs.folder import RunFolder
from clvcore.runs.material import Before, Material, find_dataset
from clvcore.runs.shelf import find_run
from clvcore.runs.training import judged
from clvcore.runs.workspace import Workspace
from clvcore.towers.config import TowerConfig
from clvcore.towers.encode import Embeddings, embeddings
from clvcore.towers.lesson import Lesson
from clvcore.towers.model import Model
from clvcore.towers.store import embeddings_from, model_from


@dataclass(frozen=True, slots=True, eq=False)
class FinishedRun:
    """A run that has a model."""

    run: RunFolder
    config: dict[str, Any]
    material: Material
    embeddings: Embeddings
    """Vectors of all users after all of their events, and of all items."""
    lesson: Lesson
    """What the model learned from."""

    def scorer(self) -> WithRepeats:
        """Scores of all items now, also of those that a user had before."""
        material = self.material
        return WithRepeats(
            self.embeddings, self.again(), material.seen, material.cuts.end, material.test.goal
        )

    def again(self) -> Again:
        """What having had an item adds to its similarity."""
        plain = self.run.read("again.json")
        return Again(np.array(plain["weights"]), plain["scale"])

    def service(self) -> Service:
        """Answers for users and items that are new or have changed."""
        made = self.material
        return Service.of(self.model(), self.lesson, made.dataset, made.seen, self.embeddings)

    def model(self) -> Model:
        """The towers, to encode a new or changed user or item."""
        data = self.run.read_bytes("model.safetensors")
        return model_from(data, self.lesson, TowerConfig(**self.config["tower"]))


def finished(workspace: Workspace, run_id: str) -> FinishedRun:
    """The run with all it needs to serve.

    Raises:
        RunError: there is no such run, it has no model, or its data set is gone.
    """
    run = with_result(workspace, run_id)
    config = run.config()
    material = Material.of(find_dataset(workspace, config))
    vectors = embeddings_from(
        run.read_bytes("embeddings.safetensors"), material.seen.users, material.seen.items
    )
    lesson = material.lesson(Before(run.read("summary.json")["learned_before"]))
    return FinishedRun(run, config, material, vectors, lesson)


def judged_again(workspace: Workspace, run_id: str, more: tuple[str, ...]) -> RankingReport:
    """The run judged anew on its test period, beside further baselines.

    Args:
        workspace: where the run is.
        run_id: its id.
        more: those of `clvcore.ranking.baselines.MORE_BASELINES` that are wanted.

    Raises:
        RunError: there is no such run, it has no model, or its data set is gone.
        ConfigError: a baseline does not fit into memory.
    """
    own = finished(workspace, run_id)
    vectors = embeddings(own.model(), own.lesson, own.material.test.past)
    return judged(own.material, vectors, own.again(), seed=own.config["train"]["seed"], more=more)


def with_result(workspace: Workspace, run_id: str) -> RunFolder:
    """The folder of a run that has a model, also of one that was stopped early.

    Raises:
        RunError: there is no such run, or it has no model.
    """
    run = find_run(workspace, run_id)
    if not (run.path / "summary.json").exists():
        status = run.status()
        raise RunError(
            say(
                "runs.unfinished",
                run=run_id,
                state=say(f"runs.state.{status.state}"),
                message=status.message,
            )
        )
    return run


def stored_report(run: RunFolder) -> RankingReport:
    """How good the run's model was on the test period.

    Raises:
        RunError: the report is missing or damaged.
    """
    plain = run.read("report.json")
    return RankingReport(
        k=tuple(plain["k"]),
        goal=Kind(plain["goal"]),
        cut=plain["cut"],
        end=plain["end"],
        judged=tuple(_judged(**judged) for judged in plain["judged"]),
        metrics=_frame(plain["metrics"], METRICS),
        differences=_frame(plain["differences"], DIFFERENCES),
        groups=_frame(plain.get("groups", []), GROUPS),
        traits_of=plain.get("traits_of", ""),
    )


def stored_each(run: RunFolder) -> Each | None:
    """The run's model user by user and item by item; None where it was judged before that was kept.

    Raises:
        RunError: a file is damaged.
    """
    names = ("each_user.parquet", "each_item.parquet")
    if not all((run.path / name).exists() for name in names):
        return None
    users, items = (pl.read_parquet(io.BytesIO(run.read_bytes(name))) for name in names)
    return Each(users, items)


def _frame(stored: Any, schema: pl.Schema) -> pl.DataFrame:
    """A stored frame, also by rows and without the columns that came later, as older runs have it."""
    found = pl.DataFrame(stored, infer_schema_length=None)
    whole = pl.concat([pl.DataFrame(schema=schema), found], how="diagonal_relaxed")
    return whole.select(schema.names()).cast(dict(schema))


def _judged(protocol: str, **counts: int) -> Judged:
    return Judged(Protocol(protocol), **counts)
