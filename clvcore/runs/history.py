"""What the runs on a data set came to, as frames that a page or a table shows."""

from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl

from clvcore.errors import RunError
from clvcore.runs.folder import RunFolder
from clvcore.runs.shelf import all_runs
from clvcore.runs.workspace import Workspace

WATCHED = "ndcg@10"
SEARCH = "search"
"""Stage in which the validation period says when to stop."""

_HISTORY = pl.Schema(
    {
        "started_at": pl.Datetime("us", "UTC"),
        "encoder": pl.String(),
        "preset": pl.String(),
        "epochs": pl.Int64(),
        "ndcg": pl.Float64(),
        "state": pl.String(),
        "run_id": pl.String(),
    }
)
_CURVE = pl.Schema({"epoch": pl.Float64(), "loss": pl.Float64(), "ndcg": pl.Float64()})


def runs_on(workspace: Workspace, dataset_id: str) -> list[RunFolder]:
    """All runs on a data set whatever became of them, the newest first; damaged ones left out."""
    return [run for run in all_runs(workspace) if _learned_from(run) == dataset_id]


def _learned_from(run: RunFolder) -> str | None:
    try:
        return run.config()["dataset"]["id"]
    except RunError:
        return None


def started_at(run: RunFolder) -> datetime:
    """When the run was asked for, UTC."""
    asked_at = run.config().get("asked_at")
    if asked_at:
        return datetime.fromisoformat(asked_at)
    return datetime.fromtimestamp((run.path / "config.json").stat().st_mtime, UTC)


def table(runs: list[RunFolder]) -> pl.DataFrame:
    """One row a run, in the order given: settings, epochs, best validation NDCG@10, state.

    Epochs and NDCG@10 are null where no epoch was completed.
    """
    return pl.DataFrame([_row(run) for run in runs], schema=_HISTORY)


def _row(run: RunFolder) -> dict[str, object]:
    config, frame = run.config(), curve(run)
    judged = frame.drop_nulls("ndcg")
    return {
        "started_at": started_at(run),
        "encoder": config["tower"]["encoder"],
        "preset": config["preset"],
        "epochs": None if judged.is_empty() else round(judged["epoch"].max()),  # ty: ignore[invalid-argument-type] : a column of floats has a float as maximum
        "ndcg": judged["ndcg"].max(),
        "state": run.status().state.value,
        "run_id": run.run_id,
    }


def curve(run: RunFolder) -> pl.DataFrame:
    """How the search went: loss by epoch (in fractions), and NDCG@10 at the end of each."""
    return _curve(run, epochs=run.config()["train"]["epochs"], is_search=True)


def final_curve(run: RunFolder) -> pl.DataFrame:
    """How the final model learned: loss by epoch; it goes as far as the search was best.

    Nothing judges it on the way, so ``ndcg`` is null.
    """
    judged = curve(run).drop_nulls("ndcg")
    if judged.is_empty():
        return judged
    best = judged.sort("ndcg", "epoch", descending=[True, False])["epoch"][0]
    return _curve(run, epochs=round(best), is_search=False)


def is_in_final_stage(run: RunFolder) -> bool:
    """Whether the search is over and the final model is learning or has learned."""
    return any(entry["stage"] != SEARCH for entry in run.progress())


def _curve(run: RunFolder, *, epochs: int, is_search: bool) -> pl.DataFrame:
    rows = [
        {
            "epoch": entry["step"] / entry["total_steps"] * epochs,
            "loss": entry["loss"],
            "ndcg": entry["metrics"].get(WATCHED),
        }
        for entry in run.progress()
        if (entry["stage"] == SEARCH) == is_search
    ]
    return pl.DataFrame(rows, schema=_CURVE)


def baselines(run: RunFolder) -> Mapping[str, float]:
    """NDCG@10 of the baselines on the validation period; empty before they are measured."""
    if not (run.path / "baselines.json").exists():
        return {}
    return {name: bars[WATCHED] for name, bars in run.read("baselines.json").items()}


def seconds_left(run: RunFolder) -> float | None:
    """Time to the end of the stage at the pace so far, at the most; None before the first step."""
    entries = run.progress()
    if not entries:
        return None
    last = entries[-1]
    return last["elapsed_s"] / last["step"] * (last["total_steps"] - last["step"])
