"""Taking a run along: vectors as Parquet, and everybody's recommendations as a table."""

from collections.abc import Iterator
from functools import partial
from pathlib import PurePath

import polars as pl
import streamlit as st

from clvcore.charts.numbers import headline_count
from clvcore.messages import say
from clvcore.ranking.recommend import recommend, with_titles
from clvcore.report.sheets import MOST_ROWS
from clvcore.report.tables import table_bytes
from clvcore.runs.finished import FinishedRun
from clvcore.runs.taken_along import Side, vectors_frame

KEY = "users_take"
BLOCK = 500
"""Users between two steps of the progress."""
NAMES = {"csv": "CSV", "xlsx": "XLSX", "parquet": "Parquet"}
TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}


def draw(run: FinishedRun, *, n: int, again: bool) -> None:
    """What can be taken along, folded; nothing is worked out before it is asked for."""
    box = st.expander(
        say("page_users.take.title"), icon=":material/download:", key=KEY, on_change="rerun"
    )
    if not box.open:
        return
    with box:
        _vectors(run)
        _lists(run, n=n, again=again)


def _vectors(run: FinishedRun) -> None:
    st.caption(say("page_users.take.vectors_about"))
    sides: tuple[Side, ...] = ("users", "items")
    with st.container(horizontal=True):
        for side in sides:
            st.download_button(
                say(f"page_users.take.vectors_{side}"),
                data=partial(_vector_bytes, run, side),
                file_name=f"vectors-{side}-{run.run.run_id}.parquet",
                mime=TYPES["parquet"],
                icon=":material/download:",
                key=f"users_vectors_{side}",
                on_click="ignore",
            )


def _vector_bytes(run: FinishedRun, side: Side) -> bytes:
    return table_bytes(vectors_frame(run, side), PurePath("vectors.parquet"))


def _lists(run: FinishedRun, *, n: int, again: bool) -> None:
    """Lists for everybody: a button that works them out, then one for each kind of file."""
    users = len(run.embeddings.user_ids)
    st.caption(say("page_users.take.lists_again" if again else "page_users.take.lists_about", n=n))
    of, made = st.session_state.get("users_lists", (None, None))
    asked = (run.run.run_id, again, n)
    if of != asked:
        wanted = st.button(
            say("page_users.take.prepare", users=headline_count(users)),
            key="users_prepare",
            icon=":material/play_arrow:",
        )
        if not wanted:
            return
        bar = st.progress(0.0)
        parts = []
        for done, part in _in_blocks(run, n=n, again=again):
            parts.append(part)
            bar.progress(done / users, say("page_users.take.progress", done=done, users=users))
        st.session_state["users_lists"] = (asked, pl.concat(parts))
        st.rerun()  # with the files in place of the button
    with st.container(horizontal=True):
        for ending, kind in TYPES.items():
            fits = ending != "xlsx" or made.height < MOST_ROWS
            st.download_button(
                say("page_users.take.lists_as", ending=NAMES[ending]),
                data=partial(table_bytes, made, PurePath(f"lists.{ending}")),
                file_name=f"recommendations-{run.run.run_id}.{ending}",
                mime=kind,
                icon=":material/download:",
                key=f"users_lists_{ending}",
                disabled=not fits,
                help=None if fits else say("page_users.take.too_long", most=MOST_ROWS - 1),
                on_click="ignore",
            )
    st.caption(say("page_users.take.lists_rows", rows=made.height))


def _in_blocks(run: FinishedRun, *, n: int, again: bool) -> Iterator[tuple[int, pl.DataFrame]]:
    """How many users are done, and the lists of the latest of them."""
    ids, scorer = run.embeddings.user_ids.ids, run.scorer() if again else None
    for begin in range(0, len(ids), BLOCK):
        own = ids[begin : begin + BLOCK].to_list()
        found = recommend(run.embeddings, run.material.seen, users=own, n=n, again=scorer)
        yield begin + len(own), with_titles(found, run.material.dataset)
