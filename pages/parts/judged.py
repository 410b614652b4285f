"""How a run was judged, as it was read once."""

from typing import NamedTuple

import streamlit as st

from clvcore.data.dataset import Dataset
from clvcore.ranking.each import Each
from clvcore.ranking.evaluate import Protocol, RankingReport
from clvcore.ranking.left_out import Served, Shown, served, shown
from clvcore.runs.finished import stored_each, stored_report, with_result
from clvcore.runs.workspace import Workspace


class LeftOut(NamedTuple):
    """Whom a run serves worst, and what it never shows."""

    served: Served
    shown: Shown


class JudgedRun(NamedTuple):
    """A run's report, and its marks user by user where these were kept."""

    report: RankingReport
    each: Each | None
    key: tuple[str, int]
    """The run, and when it was judged."""


def judged_run(run_id: str) -> JudgedRun:
    """The report of a run.

    Raises:
        RunError: there is no such run, it has no model, or its report is damaged.
    """
    run = with_result(Workspace.default(), run_id)
    report = run.path / "report.json"
    return _read(run_id, report.stat().st_mtime_ns if report.exists() else 0)


def left_out(judged: JudgedRun, data: Dataset, protocol: Protocol) -> LeftOut | None:
    """What a run leaves out; None where its marks were not kept user by user."""
    if judged.each is None:
        return None
    return _left_out(judged.key, protocol, judged.each, data)


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(run_id: str, judged_at: int) -> JudgedRun:
    run = with_result(Workspace.default(), run_id)
    return JudgedRun(stored_report(run), stored_each(run), (run_id, judged_at))


@st.cache_resource(max_entries=16, show_spinner=False)
def _left_out(key: tuple[str, int], protocol: Protocol, _each: Each, _data: Dataset) -> LeftOut:
    del key  # the marks and the data are those of the run
    return LeftOut(served(_each, _data, protocol), shown(_each, _data, protocol))
