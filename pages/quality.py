"""Quality: how good are the recommendations, and for whom?"""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import streamlit as st

from clvcore.charts import words
from clvcore.charts.numbers import UNKNOWN, percent, short
from clvcore.charts.ranking import compared
from clvcore.data.dataset import Dataset
from clvcore.messages import say
from clvcore.ranking.evaluate import COVERAGE, Judged, Protocol, RankingReport
from clvcore.runs.finished import stored_report, with_result
from clvcore.runs.training import MODEL
from clvcore.runs.workspace import Workspace
from pages.parts import choice, linked
from pages.parts.drawing import chart
from pages.parts.opening import opening

METRICS = ("ndcg", "hit_rate", "recall", "precision", "map", "mrr", COVERAGE)
USUAL_LENGTH = 10


def open_page(data: Dataset, answer: str) -> None:
    """Title, question and answer."""
    opening(
        say("pages.quality.title"),
        say("page_quality.question"),
        answer,
        simulated=data.recipe.simulated,
    )


def answer_of(report: RankingReport, protocol: Protocol, metric: str, k: int) -> str:
    """The model beside the strongest baseline, in one sentence."""
    rows = one_metric(report, protocol, metric, k)
    if rows.is_empty():
        return say("page_quality.nobody")
    own = rows.filter(pl.col("model") == MODEL)["mean"][0]
    if metric == COVERAGE:
        others = rows.filter(pl.col("model") != MODEL)["mean"].to_list()
        low, high = percent(min(others)), percent(max(others))
        return say("page_quality.coverage_answer", k=k, own=percent(own), low=low, high=high)
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
    """The model minus each other one, paired by user: model, gap, gap_low, gap_high."""
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
    )


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


def columns_of(*names: str) -> dict[str, Any]:
    """How columns look, under the names that a reader knows; numbers with four places."""
    numbers = ("mean", "low", "high", "gap", "gap_low", "gap_high")
    return {
        name: st.column_config.NumberColumn(say(f"page_quality.column.{name}"), format="%.4f")
        if name in numbers
        else say(f"page_quality.column.{name}")
        for name in names
    }


def named(column: str, group: str) -> pl.Expr:
    """A column with what a reader calls its values."""
    return pl.col(column).map_elements(
        lambda key: say(f"page_quality.{group}.{key}"), return_dtype=pl.String
    )


data = choice.dataset()
chosen = st.session_state.get("run")
if not chosen:
    open_page(data, say("page_quality.no_run", name=data.name))
    st.write(say("page_quality.no_run_how"))
    st.page_link(
        "train.py",
        label=say("pages.go.train"),
        icon=":material/model_training:",
        query_params=choice.links(),
    )
    st.stop()
report = stored_report(with_result(Workspace.default(), chosen))

top = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    metric = linked.select(
        say("page_quality.metric_label"),
        METRICS,
        default=METRICS[0],
        shown=lambda name: say(f"page_quality.metric.{name}"),
        key="quality_metric",
        width=200,
    )
    k = linked.segments(
        say("page_quality.k_label"),
        report.k,
        default=USUAL_LENGTH if USUAL_LENGTH in report.k else report.k[0],
        key="quality_k",
    )
    again = st.toggle(
        say("page_quality.again"),
        key="quality_again",
        bind="query-params",
        help=say("page_quality.again_help"),
    )
protocol = Protocol.ALL if again else Protocol.NEW
with top:
    open_page(data, answer_of(report, protocol, metric, k))

rows = one_metric(report, protocol, metric, k)
if rows.is_empty():
    st.stop()
measure = (
    say("page_quality.coverage_measure")
    if metric == COVERAGE
    else say("page_quality.measure", metric=say(f"page_quality.metric.{metric}"), k=k)
)
columns = ("model", "mean", "low", "high", "gap", "gap_low", "gap_high", "users")
table = rows.join(gaps(report, protocol, metric, k), on="model", how="left")
table = table.sort("mean", "model", descending=[True, False]).select(columns)
chart(
    compared(rows, subject=MODEL, measure=measure),
    table.with_columns(named("model", "model")),
    key="quality_chart",
    alt=say("page_quality.alt", measure=measure),
    columns=columns_of(*columns),
    note=say(f"page_quality.about.{metric}"),
)
st.write(who(report, next(one for one in report.judged if one.protocol == protocol)))
st.caption(say("page_quality.interval_note"))

with st.expander(say("page_quality.everything")):
    columns = ("metric", "k", "model", "mean", "low", "high", "users")
    table = report.metrics.filter(pl.col("protocol") == protocol.value)
    table = table.sort(
        pl.col("metric").replace_strict({name: i for i, name in enumerate(METRICS)}),
        "k",
        "mean",
        descending=[False, False, True],
    )
    st.dataframe(
        table.select(columns).with_columns(named("metric", "metric"), named("model", "model")),
        key="quality_all",
        hide_index=True,
        placeholder=UNKNOWN,
        column_config=columns_of(*columns),
    )
