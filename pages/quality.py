"""Quality: how good are the recommendations, and for whom?"""

from typing import Any

import polars as pl
import streamlit as st

from clvcore.charts.numbers import UNKNOWN
from clvcore.charts.ranking import compared, for_whom
from clvcore.data.dataset import Dataset
from clvcore.messages import say
from clvcore.ranking.beyond import Beyond
from clvcore.ranking.evaluate import Protocol
from clvcore.ranking.metrics import Metric
from clvcore.report.judged import (
    METRICS,
    RANKED,
    answer_of,
    gaps,
    group_name,
    grouping_name,
    one_metric,
    strongest,
    who,
)
from clvcore.runs.training import MODEL
from pages.parts import choice, linked, never_shown, worst_served
from pages.parts.drawing import chart
from pages.parts.judged import judged_run, left_out
from pages.parts.opening import opening
from pages.parts.tables import fold

USUAL_LENGTH = 10


def open_page(data: Dataset, answer: str) -> None:
    """Title, question and answer."""
    opening(
        say("pages.quality.title"),
        say("page_quality.question"),
        answer,
        simulated=data.recipe.simulated,
    )


def columns_of(*names: str) -> dict[str, Any]:
    """How columns look, under the names that a reader knows; numbers with four places."""
    numbers = ("mean", "low", "high", "gap", "gap_low", "gap_high", "p")
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
run = judged_run(chosen)
report = run.report
told = set(report.metrics["metric"])

top = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    metric = linked.select(
        say("page_quality.metric_label"),
        [name for name in METRICS if name in told],
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
    say("page_quality.measure", metric=say(f"page_quality.metric.{metric}"), k=k)
    if metric in RANKED
    else say(f"page_quality.{metric}_measure", k=k)
)
columns = ("model", "mean", "low", "high", "gap", "gap_low", "gap_high", "p", "users")
table = rows.join(gaps(report, protocol, metric, k), on="model", how="left")
table = table.sort("mean", "model", descending=[True, False]).select(columns)
about = say(f"page_quality.about.{metric}")
if metric == Beyond.DIVERSITY:
    traits = say(f"page_quality.traits_{report.traits_of}")
    about = say("units.both", first=about, second=traits)
chart(
    compared(rows, subject=MODEL, measure=measure),
    table.with_columns(named("model", "model")),
    key="quality_chart",
    alt=say("page_quality.alt", measure=measure),
    columns=columns_of(*columns),
    note=about,
)
every = fold(say("page_quality.everything"), key="quality_everything")
if every.open:
    columns = ("metric", "k", "model", "mean", "low", "high", "users")
    table = report.metrics.filter(pl.col("protocol") == protocol.value)
    table = table.sort(
        pl.col("metric").replace_strict({name: i for i, name in enumerate(METRICS)}),
        "k",
        "mean",
        descending=[False, False, True],
    )
    every.dataframe(
        table.select(columns).with_columns(named("metric", "metric"), named("model", "model")),
        key="quality_all",
        hide_index=True,
        placeholder=UNKNOWN,
        column_config=columns_of(*columns),
    )
st.write(who(report, next(one for one in report.judged if one.protocol == protocol)))
st.caption(
    say(
        "units.both",
        first=say("page_quality.interval_note"),
        second=say("page_quality.chance_note"),
    )
)

st.subheader(say("page_quality.for_whom"), anchor=False)
groups = report.groups.filter(protocol=protocol.value)
if groups.is_empty():
    st.write(say("page_quality.older_run", run=chosen))
else:
    by = linked.segments(
        say("page_quality.for_whom_by"),
        groups["by"].unique(maintain_order=True).to_list(),
        default=groups["by"][0],
        shown=grouping_name,
        key="quality_by",
    )
    shown = metric if metric in set(groups["metric"]) else Metric.NDCG.value
    usual = USUAL_LENGTH if USUAL_LENGTH in report.k else report.k[0]
    other = strongest(report, protocol, shown, usual)
    groups = groups.filter(pl.col("by") == by, pl.col("metric") == shown).with_columns(
        pl.col("group")
        .map_elements(lambda group: group_name(by, group), return_dtype=pl.String)
        .alias("name")
    )
    measure = say(
        "page_quality.for_whom_measure", metric=say(f"page_quality.metric.{shown}"), k=usual
    )
    columns = ("group", "model", "mean", "low", "high", "gap", "gap_low", "gap_high", "users")
    chart(
        for_whom(
            groups.filter(pl.col("model").is_in([MODEL, other])), subject=MODEL, measure=measure
        ),
        groups.with_columns(named("model", "model"), group="name").select(columns),
        key="quality_for_whom",
        alt=say(
            "page_quality.for_whom_alt",
            measure=measure,
            other=say(f"page_quality.model.{other}"),
            by=grouping_name(by),
        ),
        columns=columns_of(*columns),
        note=say("page_quality.for_whom_note", other=say(f"page_quality.model.{other}")),
    )

kept = left_out(run, data, protocol)
worst_served.draw(report, protocol, kept and kept.served)
never_shown.draw(report, data, protocol, kept and kept.shown)
