"""What a test of a model came to, in sentences and small frames: for the page and for the report."""

from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

from clvcore.charts import words
from clvcore.charts.numbers import percent, short
from clvcore.messages import say
from clvcore.ranking.beyond import Beyond, Overall
from clvcore.ranking.evaluate import USUAL_LENGTH, Judged, Protocol, RankingReport
from clvcore.ranking.groups import ATTRIBUTE, HISTORY, POPULARITY
from clvcore.ranking.metrics import Metric
from clvcore.ranking.money import Share
from clvcore.report.material import MODEL

RANKED = ("ndcg", "hit_rate", "recall", "precision", "map", "mrr")
"""What is better for being more, in the order of telling."""
METRICS = (*RANKED, *(one.value for kind in (Share, Beyond, Overall) for one in kind))
"""All that is told of lists."""
DESCRIBING = (*(one.value for one in Beyond), *(one.value for one in Overall))
"""What describes lists and is not better for being more."""
SHARES = (Overall.COVERAGE.value, Beyond.POPULARITY.value)
"""What is told as a percentage."""

LEAST_USERS = 30
"""Users that a group has at least to be called badly served."""


def answer_of(report: RankingReport, protocol: Protocol, metric: str, k: int) -> str:
    """The model beside the strongest baseline, in one sentence."""
    rows = one_metric(report, protocol, metric, k)
    if rows.is_empty():
        return say("page_quality.nobody")
    own = rows.filter(pl.col("model") == MODEL)["mean"][0]
    if metric in DESCRIBING:
        others = rows.filter(pl.col("model") != MODEL)["mean"].to_list()
        told = percent if metric in SHARES else short
        low, high = told(min(others)), told(max(others))
        return say(f"page_quality.{metric}_answer", k=k, own=told(own), low=low, high=high)
    row = gaps(report, protocol, metric, k).sort("gap", "model").row(0, named=True)
    low, high = row["gap_low"], row["gap_high"]
    key = "better" if low > 0 else "worse" if high < 0 else "level"
    if key == "worse":
        low, high = -high, -low
    return say(
        f"page_quality.{key}",
        measure=f"{say(f'page_quality.metric.{metric}')}@{k}",
        own=short(own),
        gap=short(abs(row["gap"])),
        mean=short(row["gap"]),
        other=say(f"page_quality.model.{row['model']}"),
        low=short(low),
        high=short(high),
    )


def one_metric(report: RankingReport, protocol: Protocol, metric: str, k: int) -> pl.DataFrame:
    """A row a model."""
    return report.metrics.filter(
        (pl.col("protocol") == protocol.value) & (pl.col("metric") == metric) & (pl.col("k") == k)
    )


def gaps(report: RankingReport, protocol: Protocol, metric: str, k: int) -> pl.DataFrame:
    """The model minus each other one, paired by user: model, gap, gap_low, gap_high, p."""
    rows = report.differences.filter(
        (pl.col("protocol") == protocol.value)
        & (pl.col("model") == MODEL)
        & (pl.col("metric") == metric)
        & (pl.col("k") == k)
    )
    return rows.select(
        model="other",
        gap="mean",
        gap_low="low",
        gap_high="high",
        p="p",
    )


def strongest(report: RankingReport, protocol: Protocol, metric: str, k: int) -> str | None:
    """The baseline that reaches most; None where there is none."""
    rows = one_metric(report, protocol, metric, k).filter(pl.col("model") != MODEL)
    return None if rows.is_empty() else rows.sort("mean", "model")["model"][-1]


class WorstGroups(NamedTuple):
    """Groups of users by the model's NDCG, the worst first."""

    rows: pl.DataFrame
    """by, group, mean, low, high, users, and is_clear: whether all of the interval lies below the
    mean over all judged users."""
    mean: float
    """NDCG over all judged users."""
    least: int
    """Users that a group has at least; smaller ones are left out."""


def worst_groups(report: RankingReport, protocol: Protocol) -> WorstGroups:
    """Groups below the mean of all users; only those that are large enough to tell.

    Groups by the popularity of what was taken are left out: nobody knows beforehand who will be in
    them, and that rare items are hard to foretell is said of items, not of users.
    """
    metric = Metric.NDCG.value
    whole = one_metric(report, protocol, metric, USUAL_LENGTH).filter(pl.col("model") == MODEL)
    mean = whole["mean"][0] if whole.height else 0.0
    rows = (
        report.groups.filter(
            pl.col("protocol") == protocol.value,
            pl.col("model") == MODEL,
            pl.col("metric") == metric,
            pl.col("by") != POPULARITY,
            pl.col("users") >= LEAST_USERS,
            pl.col("mean") < mean,
        )
        .select("by", "group", "mean", "low", "high", "users", is_clear=pl.col("high") < mean)
        .sort("is_clear", "mean", "by", "group", descending=[True, False, False, False])
    )
    return WorstGroups(rows, mean, LEAST_USERS)


def grouping_name(by: str) -> str:
    """What a reader calls a way of grouping."""
    if by.startswith(ATTRIBUTE):
        name = by.removeprefix(ATTRIBUTE)
        return say("page_quality.by_channel") if name == "channel" else name
    return say(f"page_quality.by_{by}")


def group_name(by: str, group: str) -> str:
    """What a reader calls one group."""
    if by.startswith(ATTRIBUTE):
        return words.group(group)
    if by == HISTORY:
        low, high = group.split("-")
        key = "events_of" if low == high else "events_between"
        return say(f"page_quality.{key}", low=int(low), high=int(high))
    return say(f"page_quality.third_{group}" if by == POPULARITY else "page_quality.no_history")


def who(report: RankingReport, judged: Judged) -> str:
    """Who was judged, who was not, and why."""
    told = say(
        f"page_quality.judged_{judged.protocol.value}",
        judged=judged.judged,
        with_targets=judged.with_targets,
        no_history=judged.no_history,
        only_repeats=judged.only_repeats,
        goal=words.goal(report.goal),
        cut=datetime.fromtimestamp(report.cut / 1e6, UTC),
        end=datetime.fromtimestamp(report.end / 1e6, UTC),
    )
    if not judged.unknown_items:
        return told
    unknown = say(
        "page_quality.unknown_items", unknown=judged.unknown_items, targets=judged.targets
    )
    return say("units.both", first=told, second=unknown)
