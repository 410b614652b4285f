"""What is new in the workspace: runs, which everybody sees, and the session's own data sets."""

from dataclasses import dataclass

import streamlit as st

from clvcore.charts.numbers import minute
from clvcore.data import sample
from clvcore.messages import say
from clvcore.runs.folder import RunFolder
from clvcore.runs.history import started_at
from clvcore.runs.shelf import all_runs, is_shipped
from clvcore.runs.workspace import Workspace
from pages.parts import choice
from pages.parts.places import is_there

MOST = 4
"""How many lines are shown."""


@dataclass(frozen=True, slots=True)
class News:
    """One line: what it says, when it was, and where it leads."""

    at: float
    text: str
    page: str
    icon: str
    link: dict[str, str]


def news() -> list[News]:
    """The latest runs and data sets that this session may see, the newest first.

    A data set belongs to whoever brought it in, and so does the name of one in a run on it.
    """
    workspace = Workspace.default()
    own = {entry.id: entry for entry in workspace.entries() if entry.id in choice.own()}
    lines = [
        News(
            entry.stored_at.timestamp(),
            say("pages.home.new_data", name=entry.name, when=minute(entry.stored_at)),
            "data",
            "table",
            {"data": entry.id},
        )
        for entry in own.values()
    ]
    lines += [line for run in all_runs(workspace) if (line := _of_run(run, set(own)))]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:MOST]


def _of_run(run: RunFolder, own: set[str]) -> News | None:
    data = run.config()["dataset"]
    is_sample = data.get("name") in sample.names()
    if is_shipped(run) or not (is_sample or data["id"] in own):
        return None
    at = started_at(run)
    text = say(
        "pages.home.new_run",
        name=data["name"],
        when=minute(at),
        state=say(f"pages.home.run_{run.status().state.value}"),
    )
    link = {"data": data["name"] if is_sample else data["id"], "train_run": run.run_id}
    return News(at.timestamp(), text, "train", "model_training", link)


def draw() -> None:
    """The lines, each a link; nothing where nothing is new."""
    lines = [line for line in news() if is_there(line.page)]
    if not lines:
        return
    st.subheader(say("pages.home.new"), anchor=False)
    for line in lines:
        st.page_link(
            f"{line.page}.py",
            label=line.text,
            icon=f":material/{line.icon}:",
            query_params=line.link,
        )
