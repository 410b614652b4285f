"""Runs of one data set beside each other: what was asked for differently, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from clvcore.errors import RunError
from clvcore.messages import say
from clvcore.ranking.each import Gap, gap
from clvcore.ranking.evaluate import USUAL_LENGTH, Protocol, RankingReport
from clvcore.ranking.metrics import Metric
from clvcore.runs.finished import stored_each, stored_report
from clvcore.runs.folder import RunFolder
from clvcore.runs.training import MODEL

Standing = Literal["best", "behind", "level"]
"""Of a run by the metric: the best, clearly behind it, or not told apart from it."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Runs by one metric on the items that are new to users, and how sure their order is."""

    metric: Metric
    marks: pl.DataFrame
    """run_id, metric, mean, low, high, users: all that the reports tell at the usual length."""
    best: str
    gaps: Mapping[str, Gap | None]
    """The best minus each other run, paired by user; None where only intervals can be compared."""
    standings: Mapping[str, Standing]


def compared(runs: Sequence[RunFolder], metric: Metric = Metric.NDCG) -> Comparison:
    """Runs beside each other, the best of them marked.

    A run that was judged before marks were kept user by user is clearly behind where its interval
    lies below that of the best.

    Raises:
        RunError: a report is damaged, or the runs were judged on different periods, or nobody was
            judged.
    """
    reports = {run.run_id: stored_report(run) for run in runs}
    if len({(one.cut, one.end) for one in reports.values()}) > 1:
        raise RunError(say("runs.other_period"))
    marks = pl.concat(_marks(report, run_id) for run_id, report in reports.items())
    own = marks.filter(metric=metric.value).sort("mean", "run_id", descending=[True, False])
    if own.height < len(reports):
        raise RunError(say("runs.nobody_judged"))
    best = own["run_id"][0]
    each = {run.run_id: stored_each(run) for run in runs}
    gaps: dict[str, Gap | None] = {}
    standings: dict[str, Standing] = {best: "best"}
    highest = own.row(0, named=True)
    for row in own.iter_rows(named=True):
        run_id = row["run_id"]
        if run_id == best:
            continue
        one, other = each[best], each[run_id]
        rng = np.random.default_rng(0)
        found = gap(one, other, rng, metric=metric) if one and other else None
        gaps[run_id] = found
        is_behind = found.is_clear if found else row["high"] < highest["low"]
        standings[run_id] = "behind" if is_behind else "level"
    return Comparison(metric, marks, best, gaps, standings)


def _marks(report: RankingReport, run_id: str) -> pl.DataFrame:
    own = report.metrics.filter(
        pl.col("protocol") == Protocol.NEW.value,
        pl.col("model") == MODEL,
        pl.col("k") == USUAL_LENGTH,
    )
    return own.select(pl.lit(run_id).alias("run_id"), "metric", "mean", "low", "high", "users")


def differences(configs: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """Settings in which runs differ: ``setting``, and a column a run; null where it had none.

    Example:
        >>> one = {"preset": "quick", "tower": {"dim": 32}, "train": {"seed": 0}}
        >>> differences({"a": one, "b": one | {"train": {"seed": 1}}}).rows()
        [('seed', '0', '1')]
    """
    asked = {run: _settings(config) for run, config in configs.items()}
    names = list(dict.fromkeys(name for one in asked.values() for name in one))
    rows = [
        {"setting": name, **{run: one.get(name) for run, one in asked.items()}}
        for name in names
        if len({one.get(name) for one in asked.values()}) > 1
    ]
    return pl.DataFrame(rows, schema={"setting": pl.String, **dict.fromkeys(asked, pl.String)})


def _settings(config: Mapping[str, Any]) -> dict[str, str]:
    plain = {"preset": config.get("preset"), **config.get("tower", {}), **config.get("train", {})}
    if "version" in config:
        plain["version"] = config["version"]
    return {name: str(value) for name, value in plain.items()}
