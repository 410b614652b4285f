"""Bring in files: read, understand, clean, accept. Nothing is stored before a person accepts it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from clvcore.charts import numbers, words
from clvcore.columns import Kind
from clvcore.data import recipe as recipes
from clvcore.data.cells.words import LEFT_OUT
from clvcore.data.clean import Intake
from clvcore.data.consequences import Considered
from clvcore.data.dataset import Account, RawTable, Recipe
from clvcore.data.meaning.currency import NO_MONEY
from clvcore.data.meaning.readings import DOLLAR
from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.report.tables import table_bytes
from clvcore.report.wording import on_page
from pages.parts.bring_again import again
from pages.parts.bring_anew import anew
from pages.parts.bring_clean import cleaning, is_action
from pages.parts.bring_database import with_database
from pages.parts.bring_files import files, forget
from pages.parts.bring_form import facts, options, sound
from pages.parts.bring_questions import ask
from pages.parts.bring_stored import stored
from pages.parts.bring_table import Table, mark_of, readings
from pages.parts.bring_understood import first_rows, heading_of, known_as, lines
from pages.parts.bring_weighed import weighed
from pages.parts.wording import plain, why

EXAMPLE = """user_id,item_id,time,kind,quantity,amount
u1,p7,2025-03-01 14:30:00,view,,
u1,p7,2025-03-01 14:34:10,purchase,1,19.90
u2,p3,2025-03-02 09:12:45,purchase,2,30.00"""


def bring() -> None:
    """The whole way from a file to a data set that all pages are about."""
    heading = st.empty()
    heading.header(say("page_data.bring.question"), anchor=False)
    wrong = st.session_state.pop("data_wrong", None)
    if wrong:
        st.error(wrong, icon=":material/error:")
    anew()
    raws = with_database(files())
    if "events" not in raws and again(raws):
        return
    if "events" not in raws:
        st.write(say("page_data.bring.start"))
        st.caption(say("page_data.bring.example"))
        st.code(EXAMPLE, language=None)
        return
    if again(raws):
        return
    rows = numbers.headline_count(raws["events"].frame.height)
    source = plain(raws["events"].source)
    heading.header(say("page_data.known.found", rows=rows, source=source), anchor=False)
    asked = _understood(raws)
    state = st.session_state
    stale = "data_asked" in state and state.get("data_asked_for") != asked.mark
    checked = state.get("data_check") or ("data_asked" in state and not stale)
    if st.button(
        say("page_data.bring.check"),
        key="data_check",
        type="secondary" if checked else "primary",
        help=say("page_data.known.check_help"),
    ):
        forget()
        state["data_asked"], state["data_asked_for"] = sound(asked.recipe), asked.mark
    elif stale:
        st.info(say("page_data.known.stale"), icon=":material/refresh:")
        return
    seen = weighed(asked.raws)
    if seen is not None:
        _consequences(seen, heading)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for by all that is chosen on the page now."""

    raws: Mapping[str, RawTable]
    recipe: Recipe

    @property
    def mark(self) -> str:
        """What tells these tables and choices from any others."""
        return json.dumps([recipes.to_json(self.recipe), *map(mark_of, self.raws.values())])


def _understood(raws: Mapping[str, RawTable]) -> Asked:
    """The step between files and cleaning: questions, readings, and facts about the whole."""
    export = known_as(raws)
    plainly = Recipe("_", NO_MONEY)
    base = export.recipe(raws, plainly).options if export else {}
    raws = export.named(raws) if export else raws
    tables = {name: Table(raw, export, base) for name, raw in raws.items()}
    events = tables["events"]
    st.markdown(f"**{say('page_data.known.step')}**")
    asks = st.container()
    about = st.container()
    told = export.currency if export else None
    named = [one for one in events.proposal.currencies if one != DOLLAR]
    with about:
        chosen = facts(events.raw, events.title, export, told or (named[0] if named else None))
    found = {name: one.understood(chosen.zone, chosen.currency) for name, one in tables.items()}
    with asks:
        ask(tables, found)
    lines(events, found["events"])
    rows, beside = st.container(), st.container()
    made, until = options(events.raw, base)
    readable = {
        **base,
        "kinds": {k: v for k, v in made.get("kinds", {}).items() if v in {*Kind, LEFT_OUT}},
    }
    with rows:
        first_rows(events, found["events"], readable, chosen.zone)
    for name, one in tables.items():
        if name != "events":
            with beside.expander(heading_of(one), key=f"data_table_{name}"):
                lines(one, found[name])
                first_rows(one, found[name], base, chosen.zone)
    plainly_shown = {key: way for one in tables.values() for key, way in one.masks.protect.items()}
    made |= readings(tables.values())
    made |= {"protect": plainly_shown} if plainly_shown else {}
    bears_money = any(one.about == "currency" for each in found.values() for one in each.questions)
    return Asked(
        raws,
        Recipe(
            name=chosen.name,
            currency=chosen.currency or ("" if bears_money else plainly.currency),
            time_zone=chosen.zone,
            domain=chosen.domain,
            maps={name: one.column_map() for name, one in tables.items()},
            observed_until=until,
            options=made,
        ),
    )


def _consequences(seen: Considered, heading: DeltaGenerator) -> None:
    """What accepting would mean, the choices about it, and the button that does it."""
    choices = cleaning(seen)
    heading.header(_told(seen.account(choices)), anchor=False)
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
    except ClvError as error:
        said["data_wrong"] = why(error)
        return
    if stored(intake, say("page_data.bring.accepted", name=plain(intake.dataset.name))):
        said.pop("data_db_taken", None)
        forget()
