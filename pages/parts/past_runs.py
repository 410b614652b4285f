"""The trainings on a data set as a table; the one whose row is clicked is shown, and is in the URL."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from clvcore.charts import words
from clvcore.charts.numbers import UNKNOWN, minute
from clvcore.messages import say
from clvcore.runs import history
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.shelf import is_shipped

KEY = "train_run"
_IN_VIEW = 8


def shown(runs: Sequence[RunFolder]) -> RunFolder | None:
    """The run that was clicked, or that the URL asks for; else the newest."""
    said = st.session_state
    by_id = {run.run_id: run for run in runs}
    table = _table(runs)
    rows = said.get(table, {}).get("selection", {}).get("rows", [])
    asked = st.query_params.get(KEY)
    if asked in by_id and asked != said.get(f"url.{KEY}"):
        said[KEY] = asked
    elif rows and rows != said.get(f"{table}.rows"):
        said[KEY] = runs[rows[0]].run_id
    said[f"{table}.rows"] = rows
    run = by_id.get(said.get(KEY, ""), next(iter(runs), None))
    said[KEY] = said[f"url.{KEY}"] = run.run_id if run else None
    if run:
        st.query_params[KEY] = run.run_id
    else:
        st.query_params.pop(KEY, None)
    return run


def show(run_id: str) -> None:
    """Let the page be about a run from now on."""
    st.session_state[KEY] = run_id


def told(run: RunFolder) -> str:
    """A run in a few words."""
    config = run.config()
    return say(
        "page_train.this_run",
        encoder=config["tower"]["encoder"],
        preset=config["preset"],
        started=minute(history.started_at(run)),
        state=_state(run),
    )


def draw(runs: Sequence[RunFolder], run: RunFolder) -> None:
    """The table, with the row chosen that the page is about."""
    st.markdown(f"**{say('page_train.past')}**")
    st.caption(say("page_train.past_help"))
    rows = history.table(list(runs)).with_columns(pl.Series("state", [_state(one) for one in runs]))
    st.dataframe(
        rows,
        key=_table(runs),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [list(runs).index(run)]}},
        height="auto" if rows.height <= _IN_VIEW else 35 * (_IN_VIEW + 1),
        placeholder=UNKNOWN,
        # epochs stand in the settings of a run: a column more would not fit a small screen
        column_order=("started_at", "encoder", "preset", "ndcg", "state"),
        column_config={
            "started_at": st.column_config.DatetimeColumn(
                say("page_train.col_started"), format="YYYY-MM-DD HH:mm", timezone="UTC", width=115
            ),
            "encoder": st.column_config.TextColumn(say("page_train.col_encoder"), width=92),
            "preset": st.column_config.TextColumn(say("page_train.col_preset"), width=68),
            "ndcg": st.column_config.NumberColumn(
                say("page_train.col_ndcg"),
                format="%.4f",
                help=say("page_train.col_ndcg_help"),
                width=75,
            ),
            "state": say("page_train.col_state"),
        },
        alt=say("page_train.past_alt"),
    )


def _table(runs: Sequence[RunFolder]) -> str:
    """Key of the table; a new one where a run has come, since a choice of rows goes by number."""
    return f"train_past_{runs[0].run_id if runs else None}"


def _state(run: RunFolder) -> str:
    state = run.status().state
    if is_shipped(run) and state is State.DONE:
        return say("page_train.shipped")
    return words.state(state.value)
