"""The data set and the run that all pages are about; both live in the URL."""

import streamlit as st

from clvcore.data import sample
from clvcore.data.dataset import Dataset
from clvcore.messages import say
from clvcore.runs.finished import FinishedRun, finished
from clvcore.runs.folder import State, all_runs
from clvcore.runs.workspace import Workspace

FIRST = "storefront"


def draw() -> None:
    """The two choices, in the sidebar of every page."""
    names = [*sample.names(), *own()]
    st.selectbox(
        say("pages.choice.data"),
        names,
        index=names.index(FIRST),
        key="data",
        bind="query-params",
        help=say("pages.choice.data_help"),
    )
    runs = runs_of(dataset())
    if runs:
        st.selectbox(
            say("pages.choice.run"),
            runs,
            key="run",
            bind="query-params",
            help=say("pages.choice.run_help"),
        )


def own() -> list[str]:
    """Ids of the data sets that this session brought in."""
    return st.session_state.setdefault("own", [])


def dataset() -> Dataset:
    """The chosen data set."""
    return _dataset(st.session_state["data"])


def run() -> FinishedRun | None:
    """The chosen run; None where the data set has none yet."""
    chosen = st.session_state.get("run")
    return _run(chosen) if chosen else None


def runs_of(data: Dataset) -> list[str]:
    """Runs on a data set that have a model, the newest first."""
    found = all_runs(Workspace.default().root / "runs")
    return [
        one.run_id
        for one in found
        if one.config()["dataset"]["id"] == data.id
        and one.status().state in (State.DONE, State.CANCELLED)
        and (one.path / "summary.json").exists()
    ]


@st.cache_resource(max_entries=8, show_spinner=say("pages.choice.reading"))
def _dataset(reference: str) -> Dataset:
    return Workspace.default().resolve(reference)


@st.cache_resource(max_entries=8, show_spinner=say("pages.choice.loading"))
def _run(run_id: str) -> FinishedRun:
    return finished(Workspace.default(), run_id)
