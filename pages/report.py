"""Report: what do I tell them?"""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import streamlit as st

from clvcore import columns as col
from clvcore.errors import ClvError
from clvcore.messages import languages, say
from clvcore.report.compose import PARTS, compose
from clvcore.report.html import file_name, framed, html_bytes
from clvcore.report.material import Material
from clvcore.report.story import Report, Section
from clvcore.runs.reporting import gathered, groupings_of
from clvcore.scenario.scenario import Scenario
from clvcore.value.ledger import Basis
from pages.parts import choice, linked
from pages.parts.opening import opening
from pages.parts.supposed import Supposed, levers_link, supposed
from pages.parts.wording import plain, why
from pages.parts.worth import YEAR_DAYS, valued

PREVIEW_PX = 800


class Asked(NamedTuple):
    """What a report is asked for; all of it is the key of what is kept."""

    reference: str
    run_id: str | None
    basis: Basis
    groupings: tuple[str, ...]
    said: Supposed
    language: str


@st.cache_resource(max_entries=12, show_spinner=False)
def material(asked: Asked) -> Material:
    """All that a report is made of."""
    said = asked.said
    worth, rng = valued(asked.reference, said.data_id, asked.basis, YEAR_DAYS)
    return gathered(
        worth,
        deepcopy(rng),
        groupings=asked.groupings,
        done=choice.run(),
        scenario=Scenario.of(said.changes, scope=said.scope, elasticity=said.elasticity),
    )


@st.cache_resource(max_entries=12, show_spinner=False)
def told(asked: Asked, *, ids: bool) -> Report:
    """The report of everything, with or without the ids of users."""
    return compose(material(asked), made_at=datetime.now(UTC), ids=ids)


def now() -> datetime:
    """This second where the reader is."""
    zone = st.context.timezone
    return datetime.now(ZoneInfo(zone) if zone else UTC).replace(microsecond=0)


def outline(section: Section) -> None:
    """A part's question, its answer, and what bears the answer out."""
    asks, answers = st.columns([1, 2.2], gap="medium")
    asks.markdown(f"**{plain(section.title)}**")
    answers.write(plain(section.answer))
    charts = sum(len(block.charts) for block in section.blocks)
    tables = sum(len(block.tables) + len(block.charts) for block in section.blocks)
    if charts or tables:
        answers.caption(say("page_report.bears", charts=charts, tables=tables))


data = choice.dataset()
if data.users.is_empty():
    opening(
        say("pages.report.title"),
        say("page_report.question"),
        say("page_report.empty"),
        simulated=data.recipe.simulated,
    )
    st.stop()
head = st.container()
take = st.container(horizontal=True, vertical_alignment="center")
known = groupings_of(data)
bases = ["revenue", *(["margin"] if data.items[col.UNIT_COST].is_not_null().any() else [])]
said = supposed(data.id)
wrong = None
try:
    Scenario.of(said.changes, scope=said.scope, elasticity=said.elasticity)
except ClvError as error:  # a link may ask for anything
    said, wrong = Supposed(data.id, ()), why(error)
if said.changes and said.basis in bases and said != st.session_state.get("report_of"):
    st.session_state["report_basis"] = said.basis  # a new scenario is told as it was counted
st.session_state["report_of"] = said
with st.container(horizontal=True, vertical_alignment="bottom"):
    parts = linked.several(
        say("page_report.parts"),
        PARTS,
        key="report_parts",
        shown=lambda part: say(f"page_report.part.{part}"),
    )
    has_examples = "recommendations" in parts and bool(st.session_state.get("run"))
    groupings = linked.several(
        say("page_report.groups"),
        known,
        key="report_by",
        shown=lambda name: say(f"page_value.{name}"),
    )
    basis: Any = linked.segments(
        say("page_report.basis"),
        bases,
        default="revenue",
        key="report_basis",
        shown=lambda name: say(f"page_value.{name}"),
    )
    title = st.text_input(
        say("page_report.title"),
        placeholder=say("report.cover.title", name=data.name),
        max_chars=120,
        key="report_title",
        width=360,
        bind="query-params",
    )
    ids = has_examples and st.checkbox(
        say("page_report.ids"),
        key="report_ids",
        bind="query-params",
        help=say("page_report.ids_help"),
    )

with head, st.spinner(say("page_report.composing"), show_time=True):
    asked = Asked(
        st.session_state["data"],
        st.session_state.get("run"),
        basis,
        tuple(groupings),
        said,
        languages.language(),
    )
    whole = told(asked, ids=ids)
report = replace(
    whole,
    title=title.strip() or whole.title,
    made_at=now(),
    sections=tuple(one for one in whole.sections if one.key in {*parts, "definitions"}),
)
with head:
    opening(
        say("pages.report.title"),
        say("page_report.question"),
        report.answer,
        simulated=data.recipe.simulated,
    )
    if wrong:
        st.warning(wrong, icon=":material/info:")
with take:
    st.download_button(
        say("page_report.get"),
        data=partial(html_bytes, report),
        file_name=file_name(report),
        mime="text/html",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
        key="report_get",
        help=say("page_report.get_help"),
    )
    st.page_link(
        "whatif.py",
        label=say("page_report.change" if said.changes else "page_report.suppose"),
        icon=":material/tune:",
        query_params=choice.links() | levers_link(said),
    )

with st.container(horizontal=True):
    for one in report.headlines:
        st.metric(one.name, one.value, help=one.about, border=True, height="stretch")
st.subheader(say("page_report.outline"), anchor=False)
for section in report.sections:
    outline(section)

preview = st.toggle(
    say("page_report.preview"),
    key="report_preview",
    bind="query-params",
    help=say("page_report.preview_help"),
)
if preview:
    with st.spinner(say("page_report.writing")):
        about = say("page_report.preview_alt")
        frame = framed(html_bytes(report), about=about)
    with st.container(border=True):
        st.iframe(frame, height=PREVIEW_PX, alt=about)
