"""Bring in files: read, map, check, accept. Nothing is stored before a person accepts it."""

from collections.abc import Mapping
from pathlib import PurePath

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from clvcore.charts import numbers, words
from clvcore.data.clean import Intake
from clvcore.data.consequences import Considered
from clvcore.data.dataset import Account
from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.report.tables import table_bytes
from clvcore.report.wording import on_page
from clvcore.runs.workspace import Workspace
from pages.parts import choice
from pages.parts.bring_again import again
from pages.parts.bring_clean import cleaning, is_action
from pages.parts.bring_database import with_database
from pages.parts.bring_files import files, forget
from pages.parts.bring_form import mapping, recipe, sound
from pages.parts.bring_weighed import weighed
from pages.parts.wording import plain, why

EXAMPLE = """user_id,item_id,time,kind,quantity,amount
u1,p7,2025-03-01 14:30:00,view,,
u1,p7,2025-03-01 14:34:10,purchase,1,19.90
u2,p3,2025-03-02 09:12:45,purchase,2,30.00"""


def bring() -> None:
    """The whole way from a file to a data set that all pages are about."""
    heading = st.empty()
    heading.subheader(say("page_data.bring.question"), anchor=False)
    wrong = st.session_state.pop("data_wrong", None)
    if wrong:
        st.error(wrong, icon=":material/error:")
    raws = with_database(files())
    if "events" not in raws:
        st.write(say("page_data.bring.start"))
        st.caption(say("page_data.bring.example"))
        st.code(EXAMPLE, language=None)
        return
    if again(raws):
        return
    events = raws["events"]
    if "data_seen" not in st.session_state:
        rows = numbers.headline_count(events.frame.height)
        source = plain(events.source)
        heading.subheader(say("page_data.bring.found", rows=rows, source=source), anchor=False)
    st.caption(plain(say("page_data.bring.preview", source=events.source)))
    st.dataframe(
        events.frame.head(5), key="data_preview", hide_index=True, placeholder=numbers.UNKNOWN
    )
    with st.form("data_form"):
        maps = {table: mapping(table, raw) for table, raw in raws.items()}
        asked = recipe(events, maps)
        checked = st.form_submit_button(say("page_data.bring.check"), key="data_check")
    if checked:
        forget()
        st.session_state["data_asked"] = sound(asked)
    seen = weighed(raws)
    if seen is not None:
        _consequences(seen, heading)


def _consequences(seen: Considered, heading: DeltaGenerator) -> None:
    """What accepting would mean, the choices about it, and the button that does it."""
    choices = cleaning(seen)
    heading.subheader(_told(seen.account(choices)), anchor=False)
    intake: Intake = st.session_state["data_intake"]
    others = [one for one in intake.dataset.findings if not is_action(one)]
    if others:
        with st.expander(say("page_data.clean.others", count=len(others)), key="data_others"):
            for one in others:
                grave = say(f"page_data.severity_{one.severity.value}")
                st.markdown(f"**{grave}** {plain(on_page(one.text))}")
                st.caption(plain(on_page(one.fix)))
    for table, rejects in intake.rejects.items():
        st.download_button(
            say("page_data.rejects", table=words.table(table)),
            data=table_bytes(rejects, PurePath("rejects.csv")),
            file_name=f"rejects_{table}.csv",
            mime="text/csv",
            key=f"data_rejected_{table}",
            on_click="ignore",
        )
    st.button(
        say("page_data.bring.accept"),
        key="data_accept",
        type="primary",
        help=say("page_data.bring.accept_help"),
        on_click=_accept,
        args=(seen, choices),
    )


def _told(events: Account) -> str:
    counts = {
        name: numbers.headline_count(getattr(events, name))
        for name in ("rows_in", "accepted", "rejected", "ignored")
    }
    return say("page_data.bring.ready", **counts)


def _accept(seen: Considered, choices: Mapping[str, str]) -> None:
    """Store the data set and let all pages be about it; what stands in the way is told."""
    said = st.session_state
    intake: Intake = said["data_intake"]
    try:
        if choices != seen.usual:
            with st.spinner(say("page_data.bring.checking")):
                intake = seen.intake(choices)
        Workspace.default().add(intake)
    except ClvError as error:
        said["data_wrong"] = why(error)
        return
    if intake.dataset.id not in choice.own():
        choice.own().append(intake.dataset.id)
    choice.show(intake.dataset.id)
    said["data_view"] = "look"
    said["data_said"] = say("page_data.bring.accepted", name=plain(intake.dataset.name))
    said.pop("data_db_taken", None)
    forget()
