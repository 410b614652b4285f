"""What the Train page says of a run in any state."""

import polars as pl

from clvcore.messages import say
from clvcore.ranking.evaluate import Protocol, RankingReport
from clvcore.runs import history
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.training import MODEL
from pages.parts.judged import judged_run


def answer(run: RunFolder | None) -> str:
    """The page's sentence about a run, or about there being none."""
    if run is None:
        return say("page_train.no_run")
    if (run.path / "summary.json").exists():
        return verdict(judged_run(run.run_id).report)
    state = run.status().state
    return at_work_now(run) if state is State.RUNNING else say(f"page_train.{state.value}")


def at_work_now(run: RunFolder) -> str:
    """How far a running training is."""
    judged = history.curve(run).drop_nulls("ndcg")
    bars = history.baselines(run)
    if judged.is_empty() or not bars:
        return say("page_train.running_first")
    other = max(bars, key=lambda name: bars[name])
    return say(
        "page_train.finishing" if history.is_in_final_stage(run) else "page_train.running",
        epochs=judged.height,
        best=judged["ndcg"].max(),
        other=say(f"cli.ranks.{other}"),
        bar=bars[other],
    )


def verdict(report: RankingReport) -> str:
    """The least lead of the model over a baseline, which is the one over the strongest."""
    pairs = report.differences.filter(
        (pl.col("protocol") == Protocol.NEW.value)
        & (pl.col("model") == MODEL)
        & (pl.col("metric") == "ndcg")
        & (pl.col("k") == 10)
    ).sort("mean")
    if pairs.is_empty():
        return say("page_train.nobody")
    row = pairs.row(0, named=True)
    key = "better" if row["low"] > 0 else "worse" if row["high"] < 0 else "level"
    return say(
        f"page_train.{key}",
        other=say(f"cli.ranks.{row['other']}"),
        mean=row["mean"],
        short=-row["mean"],
        low=row["low"],
        high=row["high"],
    )


def judged_on(run: RunFolder) -> str:
    """How many users the verdict rests on."""
    judged = {one.protocol: one.judged for one in judged_run(run.run_id).report.judged}
    return say("page_train.how", users=judged.get(Protocol.NEW, 0))
