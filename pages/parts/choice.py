"""The data set and the run that all pages are about; both live in the URL."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

import streamlit as st

from clvcore.charts import numbers
from clvcore.data import sample
from clvcore.data.dataset import Dataset
from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.ranking.evaluate import Protocol
from clvcore.runs.finished import FinishedRun, finished, stored_report
from clvcore.runs.folder import RUN_ID, RunFolder, State
from clvcore.runs.shelf import all_runs, find_run, is_shipped
from clvcore.runs.workspace import Workspace

FIRST = "storefront"


def draw() -> list[str]:
    """The two choices, in the sidebar of every page; sentences on what the URL asked for in vain."""
    notes = []
    before = st.session_state.get("data")
    asked = _asked("data") or FIRST
    try:
        reference = _opened(asked)
    except ClvError:
        notes.append(say("pages.choice.no_data", asked=asked[:40], shown=FIRST))
        reference = FIRST
    _keep("data", reference)
    _select("data", [*sample.names(), *own()], name_of)

    runs = runs_of(dataset())
    asked_run = _asked("run")
    if reference != before and asked_run == st.session_state.get("run"):
        asked_run = None  # it was that of the other data set, and nobody asked for it here
    if asked_run and asked_run not in runs:
        told = "pages.choice.no_run" if runs else "pages.choice.no_run_at_all"
        notes.append(say(told, asked=asked_run[:40], data=dataset().name))
    _keep("run", asked_run if asked_run in runs else next(iter(runs), None))
    if runs:
        _select("run", runs, _label)
    return notes


def show(reference: str) -> None:
    """Let all pages be about another data set: a sample's name, or an id from ``own``."""
    st.session_state["data"] = reference
    st.session_state["run"] = None


def own() -> list[str]:
    """Ids of the data sets that this session brought in or opened by a link."""
    return st.session_state.setdefault("own", [])


def dataset() -> Dataset:
    """The chosen data set."""
    return read(st.session_state["data"])


def run() -> FinishedRun | None:
    """The chosen run; None where the data set has none yet."""
    chosen = st.session_state.get("run")
    if not chosen:
        return None
    held = st.session_state.get("held_run")
    if held is None or held.run.run_id != chosen:
        with st.spinner(say("pages.choice.loading")):
            held = st.session_state["held_run"] = _run(chosen)
    return held


def run_name() -> str | None:
    """The chosen run as people tell it from others."""
    chosen = st.session_state.get("run")
    return _label(chosen) if chosen else None


def links() -> dict[str, str]:
    """What a link to another page carries along, so that it is about the same."""
    carried = ("data", "run", "lang")
    return {key: st.session_state[key] for key in carried if st.session_state.get(key)}


def runs_of(data: Dataset) -> list[str]:
    """Runs on a data set that have a model, the newest first."""
    found = all_runs(Workspace.default())
    return [one.run_id for one in found if _learned_from(one, _stamp(one)) == data.id]


def _stamp(run: RunFolder) -> int:
    """When the run's state was written last."""
    try:
        return (run.path / "status.json").stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@lru_cache(maxsize=4096)  # every click asks this of every run there is
def _learned_from(run: RunFolder, stamp: int) -> str | None:
    """Id of the data set of a run that has a model; None while, or where, it has none."""
    del stamp  # a state that changes is a file that is written anew
    has_model = (run.path / "summary.json").exists()
    is_ended = run.status().state in (State.DONE, State.CANCELLED)
    return run.config()["dataset"]["id"] if has_model and is_ended else None


def _asked(key: str) -> str | None:
    """What the URL asks for where that is news, or else what was chosen before."""
    in_url = st.query_params.get(key)
    if in_url and in_url != st.session_state.get(f"url.{key}"):
        return in_url
    return st.session_state.get(key)


def _keep(key: str, value: str | None) -> None:
    """Choose ``value``, and let the URL say so; a link to this view then opens the same."""
    st.session_state[key] = value
    st.session_state[f"url.{key}"] = value
    if value:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def _select(key: str, options: list[str], shown: Callable[[str], str]) -> None:
    """A selection of ids by readable names.

    It is not bound to the URL by Streamlit, which would write the readable name there.
    """
    widget = f"choice.{key}"
    st.session_state[widget] = st.session_state[key]
    st.selectbox(
        say(f"pages.choice.{key}"),
        options,
        key=widget,
        format_func=shown,
        on_change=_chosen,
        args=(key,),
        help=say(f"pages.choice.{key}_help"),
    )


def _chosen(key: str) -> None:
    st.session_state[key] = st.session_state[f"choice.{key}"]
    if key == "data":
        st.session_state["run"] = None


def _opened(reference: str) -> str:
    """The reference, where it is a sample or the id of a data set; never a path on the server.

    Raises:
        ClvError: there is no such data set.
    """
    if reference in sample.names() or reference in own():
        return reference
    if not RUN_ID.match(reference):  # ids of data sets look like ids of runs
        reference = "-"
    found = read(reference)
    if found.name in sample.names() and Workspace.default().folder_of(found.id) is None:
        return found.name
    own().append(reference)
    return reference


def name_of(reference: str) -> str:
    """What a data set is called."""
    return reference if reference in sample.names() else read(reference).name


def read(reference: str) -> Dataset:
    """A data set by its reference: a sample's name, or an id from ``own``."""
    held = st.session_state.get("held")
    if held is None or held[0] != reference:  # a spinner costs a thread, at every click
        with st.spinner(say("pages.choice.reading")):
            held = (reference, _dataset(reference))
        if reference == st.session_state.get("data"):
            st.session_state["held"] = held
    return held[1]


@st.cache_resource(max_entries=8, show_spinner=False)
def _dataset(reference: str) -> Dataset:
    return Workspace.default().resolve(reference)


@st.cache_resource(max_entries=8, show_spinner=False)
def _run(run_id: str) -> FinishedRun:
    return finished(Workspace.default(), run_id)


def _label(run_id: str) -> str:
    """A run as people tell it from others: whence or when, its encoder, how good it is."""
    ended, encoder, good = _facts_of(run_id)
    when = say("pages.choice.run_shipped") if ended is None else numbers.day_of_year(ended)
    if good is None:
        return say("pages.choice.run_label_unjudged", when=when, encoder=encoder)
    return say("pages.choice.run_label", ndcg=good, when=when, encoder=encoder)


@st.cache_data(max_entries=500, show_spinner=False)
def _facts_of(run_id: str) -> tuple[datetime | None, str, str | None]:
    """When a run ended, its encoder, and how good it is.

    The time is None where it came with the app, how good it is where it was stopped before that.
    """
    run = find_run(Workspace.default(), run_id)
    encoder = run.config()["tower"]["encoder"]
    ended = None if is_shipped(run) else datetime.fromisoformat(run.status().at)
    try:
        metrics = stored_report(run).metrics
    except ClvError:
        return ended, encoder, None
    mean = metrics.filter(protocol=Protocol.NEW, model="two_tower", metric="ndcg", k=10)["mean"]
    good = f"{mean[0]:.3f}".removeprefix("0") if len(mean) else numbers.UNKNOWN
    return ended, encoder, good
