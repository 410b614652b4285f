"""What a report is made of, from the workspace; shared by the command and the page."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime

import numpy as np

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.errors import ClvError, RunError
from clvcore.messages import say
from clvcore.report.material import Material, Trained
from clvcore.runs.finished import FinishedRun, stored_report
from clvcore.runs.history import runs_on
from clvcore.runs.workspace import Workspace
from clvcore.scenario.outcome import Outcome, what_if
from clvcore.scenario.scenario import Scenario
from clvcore.value.breakdown import breakdown
from clvcore.value.users import UserValue, attribute


def groupings_of(data: Dataset) -> list[str]:
    """What the users of a data set are grouped by where nobody says otherwise."""
    known = data.users[col.CHANNEL].is_not_null().any()
    return [*([col.CHANNEL] if known else []), "cohort", "segment"]


def check_groupings(data: Dataset, names: Sequence[str]) -> None:
    """Refuse a grouping that is not there, before long work.

    Raises:
        ConfigError: the users have no such attribute.
    """
    for name in names:
        if name not in (col.CHANNEL, "cohort", "segment"):
            attribute(data, name)


def newest_run(workspace: Workspace, data: Dataset) -> str | None:
    """Id of the newest run on a data set that has a model; None where there is none."""
    found = (run for run in runs_on(workspace, data.id) if (run.path / "summary.json").exists())
    run = next(found, None)
    return run.run_id if run else None


def gathered(
    worth: UserValue,
    rng: np.random.Generator,
    *,
    groupings: Sequence[str],
    done: FinishedRun | None = None,
    scenario: Scenario | None = None,
) -> Material:
    """Everything that a report of a data set is made of.

    Args:
        worth: of every user.
        rng: as it stood behind ``worth``; copied for every interval, so that each is the same as
            where it is asked for alone.
        groupings: at least one.
        done: the run that recommendations come from.
        scenario: what is supposed; None where nothing is.

    Raises:
        RunError: the run learned from other data.
    """
    if done is not None and done.material.dataset.id != worth.data.id:
        name = done.material.dataset.name
        raise RunError(say("report.other_data", run=done.run.run_id, name=name))
    outcome, why_none = None, None
    if scenario is not None and scenario.changes:
        try:
            outcome = _outcome(worth, scenario, rng)
        except ClvError as error:  # the rest of the report holds all the same
            why_none = say("report.scenario.failed", why=error.args[0])
    return Material(
        data=worth.data,
        worth=worth,
        groups=tuple(breakdown(worth, by, rng=deepcopy(rng)) for by in groupings),
        trained=None if done is None else trained(done),
        outcome=outcome,
        no_outcome=why_none,
    )


def _outcome(worth: UserValue, scenario: Scenario, rng: np.random.Generator) -> Outcome:
    by = groupings_of(worth.data)[0]
    if by == "cohort":  # as on the What-if page
        by = "segment"
    return what_if(worth, scenario, rng=deepcopy(rng), by=by)


def trained(done: FinishedRun) -> Trained:
    """A finished run as a report tells of it."""
    summary, status = done.run.read("summary.json"), done.run.status()
    try:
        ranking = stored_report(done.run)
    except RunError:  # stopped before it was judged
        ranking = None
    return Trained(
        run_id=done.run.run_id,
        config=done.config,
        parameters=summary["parameters"],
        epochs=summary["best_epoch"],
        device=status.device,
        at=datetime.fromisoformat(status.at),
        ranking=ranking,
        embeddings=done.embeddings,
        seen=done.material.seen,
    )
