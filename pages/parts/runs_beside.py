"""Two or more trainings beside each other: what was set differently, and which came out better."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from clvcore.charts.numbers import UNKNOWN, minute, short
from clvcore.charts.ranking import compared as drawn
from clvcore.data.dataset import Dataset
from clvcore.errors import ClvError
from clvcore.messages import listed, say
from clvcore.ranking.each import Gap
from clvcore.ranking.evaluate import USUAL_LENGTH
from clvcore.ranking.groups import SHOWN
from clvcore.ranking.metrics import Metric
from clvcore.report.judged import METRICS
from clvcore.runs import compared, history
from clvcore.runs.folder import RunFolder
from pages.parts import linked
from pages.parts.drawing import chart
from pages.parts.tables import fold
from pages.parts.wording import plain, why

KEY = "train_compare"


def draw(runs: Sequence[RunFolder], data: Dataset) -> None:
    """The choice of runs and, from two on, what sets them apart; nothing where there is one run."""
    judged = {run.run_id: run for run in runs if (run.path / "report.json").exists()}
    if len(judged) < 2 and KEY not in st.query_params:
        return
    st.subheader(say("page_train.compare.title"), anchor=False)
    names = _names(judged)
    chosen, gone = linked.some(
        say("page_train.compare.choose"),
        list(judged),
        key=KEY,
        shown=lambda run_id: names.get(run_id, run_id),
        help=say("page_train.compare.choose_help"),
        placeholder=say("page_train.compare.placeholder"),
    )
    if gone:
        told = plain(listed([one[:40] for one in gone]))
        st.warning(
            say("page_train.compare.gone", runs=told, data=data.name), icon=":material/info:"
        )
    if len(chosen) < 2:
        st.caption(say("page_train.compare.too_few"))
        return
    metric = linked.segments(
        say("page_train.compare.by"),
        [one.value for one in SHOWN],
        default=Metric.NDCG.value,
        shown=lambda name: say(f"page_quality.metric.{name}"),
        key="train_compare_by",
    )
    try:
        found = _compared(tuple(judged[one] for one in chosen), Metric(metric))
    except ClvError as error:
        st.warning(why(error), icon=":material/info:")
        return
    _show_marks(found, names)
    _show_settings({one: judged[one] for one in chosen}, names)


@st.cache_data(
    max_entries=64,
    show_spinner=False,
    hash_funcs={RunFolder: lambda run: f"{run.path} {(run.path / 'report.json').stat().st_mtime}"},
)
def _compared(runs: tuple[RunFolder, ...], metric: Metric) -> compared.Comparison:
    return compared.compared(runs, metric)


def _names(runs: Mapping[str, RunFolder]) -> dict[str, str]:
    """When each run was asked for and with what; its id too where that does not tell them apart."""
    told = {}
    for run_id, run in runs.items():
        config = run.config()
        told[run_id] = say(
            "page_train.compare.name",
            started=minute(history.started_at(run)),
            encoder=config["tower"]["encoder"],
            preset=config["preset"],
        )
    names = list(told.values())
    return {
        run_id: say("page_train.compare.name_twice", name=name, run=run_id[:6])
        if names.count(name) > 1
        else name
        for run_id, name in told.items()
    }


def _verdict(found: compared.Comparison, names: Mapping[str, str]) -> str:
    """Which run is the best, and from which others it cannot be told apart."""
    marks = found.marks.filter(metric=found.metric.value)
    by_run = {row["run_id"]: row["mean"] for row in marks.iter_rows(named=True)}
    measure = f"{say(f'page_quality.metric.{found.metric}')}@{USUAL_LENGTH}"
    told = {"best": names[found.best], "measure": measure, "mean": short(by_run[found.best])}
    level = [names[run] for run, standing in found.standings.items() if standing == "level"]
    if level:
        key = "level" if len(level) == len(by_run) - 1 else "level_some"
        return say(f"page_train.compare.{key}", **told, others=listed(level))
    if len(by_run) > 2:
        return say("page_train.compare.best", **told, n=len(by_run) - 1)
    ((run, apart),) = found.gaps.items()
    if apart is None:
        return say("page_train.compare.best_unpaired", **told, other=names[run])
    gap, low, high = (short(x) for x in apart.interval)
    return say("page_train.compare.better", **told, other=names[run], gap=gap, low=low, high=high)


def _show_marks(found: compared.Comparison, names: Mapping[str, str]) -> None:
    st.write(_verdict(found, names))
    own = found.marks.filter(metric=found.metric.value)
    rows = own.with_columns(model=pl.col("run_id").replace_strict(names))
    measure = say(
        "page_quality.measure", metric=say(f"page_quality.metric.{found.metric}"), k=USUAL_LENGTH
    )
    unpaired = any(apart is None for apart in found.gaps.values())
    note = say("page_train.compare.unpaired_note" if unpaired else "page_train.compare.note")
    chart(
        drawn(rows, subject=names[found.best], measure=measure, named=str),
        _table(rows.sort("mean", descending=True), found),
        key="train_beside",
        alt=say("page_train.compare.alt", measure=measure),
        columns=_columns(),
        note=note,
    )
    below = fold(say("page_train.compare.marks"), key="train_marks_fold")
    if not below.open:
        return
    with below:
        st.dataframe(
            _by_metric(found, names),
            key="train_marks",
            hide_index=True,
            placeholder=UNKNOWN,
            column_config={"metric": say("page_quality.column.metric")},
            alt=say("page_train.compare.marks_alt"),
        )
        st.caption(say("page_train.compare.marks_note", k=USUAL_LENGTH))


def _table(rows: pl.DataFrame, found: compared.Comparison) -> pl.DataFrame:
    """A row a run: its mark, its standing, and how far the best is above it."""

    def of_gap(part: str) -> list[float | None]:
        return [_part(found.gaps.get(run), part) for run in rows["run_id"]]

    return rows.select(
        "model",
        pl.col("run_id")
        .replace_strict(
            {run: say(f"page_train.compare.is_{one}") for run, one in found.standings.items()}
        )
        .alias("standing"),
        "mean",
        "low",
        "high",
    ).with_columns(
        pl.Series(name, of_gap(name), dtype=pl.Float64)
        for name in ("gap", "gap_low", "gap_high", "p")
    )


def _part(apart: Gap | None, part: str) -> float | None:
    if apart is None:
        return None
    mean, low, high = apart.interval
    return {"gap": mean, "gap_low": low, "gap_high": high, "p": apart.p}[part]


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    numbers = ("mean", "low", "high", "p")
    gaps = ("gap", "gap_low", "gap_high")
    return {
        "model": say("page_train.compare.run"),
        "standing": say("page_train.compare.standing"),
        **{one: number(say(f"page_quality.column.{one}"), format="%.4f") for one in numbers},
        **{one: number(say(f"page_train.compare.{one}"), format="%.4f") for one in gaps},
    }


def _by_metric(found: compared.Comparison, names: Mapping[str, str]) -> pl.DataFrame:
    """All metrics, a column a run: the value with its interval, where it has one."""
    there = set(found.marks["metric"])
    rows = []
    for metric in (one for one in METRICS if one in there):
        own = found.marks.filter(metric=metric)
        row = {"metric": say(f"page_quality.metric.{metric}")}
        for one in own.iter_rows(named=True):
            row[names[one["run_id"]]] = (
                say("page_train.compare.bare", mean=one["mean"])
                if one["low"] is None
                else say("page_train.compare.mark", **{k: one[k] for k in ("mean", "low", "high")})
            )
        rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None)


def _show_settings(runs: Mapping[str, RunFolder], names: Mapping[str, str]) -> None:
    st.markdown(f"**{say('page_train.compare.settings')}**")
    apart = compared.differences({run_id: run.config() for run_id, run in runs.items()})
    if apart.is_empty():
        st.caption(say("page_train.compare.same_settings"))
        return
    st.dataframe(
        apart.rename({run_id: names[run_id] for run_id in runs}),
        key="train_settings_apart",
        hide_index=True,
        placeholder=UNKNOWN,
        column_config={"setting": say("page_train.setting")},
        alt=say("page_train.compare.settings_alt"),
    )
