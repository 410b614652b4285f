"""How good rankings are, for people and for programs; shared by train, evaluate and demo."""

from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from clvcore.messages import say
from clvcore.ranking.evaluate import Judged, Protocol, RankingReport

MODEL = "two_tower"
SHOWN = ("ndcg", "hit_rate", "recall", "precision", "map", "mrr", "coverage")
BESIDE = ("revenue", "margin", "novelty", "diversity", "popularity", "coverage", "gini")
K = 10


def metrics_json(report: RankingReport) -> dict[str, Any]:
    """``{"model": {"ndcg@10": ...}, "baselines": {name: {...}}}``, new items first and foremost.

    Under ``with_repeats`` the same where items that the user had before count as well. Each metric
    has its 95% interval under ``intervals``.
    """
    new, again = (_by_model(report, protocol) for protocol in (Protocol.NEW, Protocol.ALL))
    intervals = _by_model(report, Protocol.NEW, interval=True)
    return {
        "goal": report.goal.value,
        "users": {one.protocol.value: _counts(one) for one in report.judged},
        "model": new.pop(MODEL, {}),
        "baselines": new,
        "with_repeats": {"model": again.pop(MODEL, {}), "baselines": again},
        "intervals": {"model": intervals.pop(MODEL, {}), "baselines": intervals},
    }


def print_metrics(report: RankingReport, console: Console) -> None:
    """Two tables, the best model of each metric in bold."""
    for judged in report.judged:
        console.print(
            say(
                f"cli.ranks.{judged.protocol.value}",
                goal=say(f"page_data.goal_{report.goal}"),
                **_counts(judged),
            )
        )
        rows = report.metrics.filter(
            (pl.col("protocol") == judged.protocol.value) & (pl.col("k") == K)
        )
        table = Table(box=None, header_style="dim", pad_edge=False)
        table.add_column("", min_width=18)
        for metric in SHOWN:
            heading = say(f"cli.column.{metric}", k=K)
            table.add_column(heading, justify="right")
        order = rows.filter(pl.col("metric") == "ndcg").sort(
            "mean", "model", descending=[True, False]
        )
        best = {metric: rows.filter(pl.col("metric") == metric)["mean"].max() for metric in SHOWN}
        for model in order["model"]:
            own = {row["metric"]: row for row in rows.filter(pl.col("model") == model).to_dicts()}
            cells = []
            for metric in SHOWN:
                text = f"{own[metric]['mean']:.4f}"
                cells.append(
                    f"[bold]{text}[/bold]" if own[metric]["mean"] == best[metric] else text
                )
            table.add_row(say(f"cli.ranks.{model}"), *cells)
        console.print(table)
    console.print(_verdict(report))


def print_beside(report: RankingReport, console: Console) -> None:
    """What lists are like beside their hits, on new items."""
    rows = report.metrics.filter((pl.col("protocol") == Protocol.NEW.value) & (pl.col("k") == K))
    told = [name for name in BESIDE if name in set(rows["metric"])]
    if rows.is_empty():
        return
    console.print(say("cli.evaluate.beside"))
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("", min_width=18)
    for name in told:
        table.add_column(say(f"page_quality.metric.{name}"), justify="right")
    order = rows.filter(pl.col("metric") == "ndcg").sort("mean", "model", descending=[True, False])
    for model in order["model"]:
        own = dict(rows.filter(pl.col("model") == model).select("metric", "mean").iter_rows())
        table.add_row(say(f"cli.ranks.{model}"), *(f"{own[name]:.4f}" for name in told))
    console.print(table)


def print_groups(report: RankingReport, by: str, console: Console) -> None:
    """NDCG of every model in every group, on new items."""
    from clvcore.report.judged import group_name, grouping_name

    rows = report.groups.filter(protocol=Protocol.NEW.value, by=by, metric="ndcg")
    models = rows["model"].unique(maintain_order=True).to_list()
    console.print(say("cli.evaluate.groups", by=grouping_name(by)))
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("", min_width=18)
    table.add_column(say("cli.evaluate.users"), justify="right")
    for model in models:
        table.add_column(say(f"cli.ranks.{model}"), justify="right")
    for (_, group), part in rows.sort("place").group_by("place", "group", maintain_order=True):
        means = dict(part.select("model", "mean").iter_rows())
        cells = (f"{means[model]:.4f}" for model in models)
        table.add_row(group_name(by, str(group)), f"{part['users'][0]:,}", *cells)
    console.print(table)


def _verdict(report: RankingReport) -> str:
    """One sentence that compares the model with the best baseline, interval and all."""
    pairs = report.differences.filter(
        (pl.col("protocol") == Protocol.NEW.value)
        & (pl.col("model") == MODEL)
        & (pl.col("metric") == "ndcg")
        & (pl.col("k") == K)
    ).sort("mean")
    if pairs.is_empty():
        return say("cli.ranks.nobody")
    row = pairs.row(0, named=True)  # the least lead is over the strongest baseline
    key = "better" if row["low"] > 0 else "worse" if row["high"] < 0 else "level"
    return say(
        f"cli.ranks.{key}",
        other=say(f"cli.ranks.{row['other']}"),
        mean=row["mean"],
        low=row["low"],
        high=row["high"],
    )


def _by_model(
    report: RankingReport, protocol: Protocol, *, interval: bool = False
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in report.metrics.filter(pl.col("protocol") == protocol.value).to_dicts():
        value = [row["low"], row["high"]] if interval else row["mean"]
        found.setdefault(row["model"], {})[f"{row['metric']}@{row['k']}"] = value
    return found


def _counts(judged: Judged) -> dict[str, int]:
    return {
        "with_targets": judged.with_targets,
        "judged": judged.judged,
        "no_history": judged.no_history,
        "only_repeats": judged.only_repeats,
        "targets": judged.targets,
        "unknown_items": judged.unknown_items,
    }
