"""Bring in files: read, map, check, accept. Nothing is stored before a person accepts it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from clvcore.charts import numbers, words
from clvcore.columns import Kind
from clvcore.data.clean import Intake, bring_in
from clvcore.data.dataset import ColumnMap, Domain, RawTable, Recipe
from clvcore.data.mapping import propose
from clvcore.data.read import read
from clvcore.data.roles import ROLES
from clvcore.errors import ClvError, ConfigError, MappingError
from clvcore.messages import again, say
from clvcore.report.tables import table_bytes
from clvcore.runs.workspace import Workspace
from pages.parts import choice

ASKED = {
    "events": (
        "user_id",
        "at",
        "item_id",
        "kind",
        "amount",
        "unit_price",
        "quantity",
        "order_id",
    ),
    "items": ("item_id", "title", "category", "price", "unit_cost"),
    "users": ("user_id", "acquired_at", "channel"),
    "spend": ("date", "channel", "amount"),
}
"""Roles that a person is asked about; further columns are proposed."""
COMPANIONS = ("items", "users", "spend")
EXAMPLE = """user_id,item_id,time,kind,quantity,amount
u1,p7,2025-03-01 14:30:00,view,,
u1,p7,2025-03-01 14:34:10,purchase,1,19.90
u2,p3,2025-03-02 09:12:45,purchase,2,30.00"""
WIDTH = 4
_MARKS = re.compile(r"([\\`*_{}\[\]<>$#|~:])")


def plain(text: str) -> str:
    """Text as it stands, also where it has signs that Markdown would read."""
    return _MARKS.sub(r"\\\1", text)


def bring() -> None:
    """The whole way from a file to a data set that all pages are about."""
    heading = st.empty()
    heading.subheader(say("page_data.bring.question"), anchor=False)
    wrong = st.session_state.pop("data_wrong", None)
    if wrong:
        st.error(plain(wrong), icon=":material/error:")
    _file("events")
    with st.expander(say("page_data.bring.more"), key="data_companions"):
        for table, column in zip(COMPANIONS, st.columns(3), strict=True):
            with column:
                _file(table)
    raws = _raws()
    if "events" not in raws:
        st.write(say("page_data.bring.start"))
        st.caption(say("page_data.bring.example"))
        st.code(EXAMPLE, language=None)
        return
    events = raws["events"]
    intake: Intake | None = st.session_state.get("data_intake")
    if intake is None:
        rows = numbers.headline_count(events.frame.height)
        source = plain(events.source)
        heading.subheader(say("page_data.bring.found", rows=rows, source=source), anchor=False)
    st.caption(plain(say("page_data.bring.preview", source=events.source)))
    st.dataframe(events.frame.head(5), key="data_preview", hide_index=True)
    with st.form("data_form"):
        maps = {table: _mapping(table, raw) for table, raw in raws.items()}
        recipe = _recipe(events, maps)
        checked = st.form_submit_button(say("page_data.bring.check"), key="data_check")
    if checked:
        st.session_state.pop("data_intake", None)
        with st.spinner(say("page_data.bring.checking")):
            intake = bring_in(raws, _sound(recipe))
        st.session_state["data_intake"] = intake
    if intake is not None:
        heading.subheader(_told(intake), anchor=False)
        _consequences(intake)


def _file(table: str) -> None:
    st.file_uploader(
        say(f"page_data.bring.{table}"),
        type=["csv", "tsv", "txt", "parquet"],
        key=f"data_file_{table}",
        help=say(f"page_data.bring.{table}_help"),
        on_change=_forget,
    )


def _forget() -> None:
    st.session_state.pop("data_intake", None)


def _raws() -> dict[str, RawTable]:
    """The uploaded tables; each file is read once."""
    raws = {}
    for table in ASKED:
        upload = st.session_state.get(f"data_file_{table}")
        if upload is None:
            continue
        known = st.session_state.get(f"data_raw_{table}")
        if known is None or known[0] != upload.file_id:
            with st.spinner(say("page_data.bring.reading", source=plain(upload.name))):
                raw = read(upload.getvalue(), table=table, source=upload.name)
            known = (upload.file_id, raw)
            st.session_state[f"data_raw_{table}"] = known
        raws[table] = known[1]
    return raws


def _proposed(raw: RawTable) -> Mapping[str, str]:
    """What can be proposed, also where one role is open; the person fills in the rest."""
    try:
        return propose(raw).roles
    except MappingError:
        pass
    asked = [role.name for role in ROLES[raw.name] if role.required or role.asks]
    found: dict[str, str] = {}
    for name in asked:
        others = {other: "?" for other in asked if other != name}
        try:
            roles = propose(raw, ColumnMap({}, others)).roles
        except MappingError:
            continue
        found |= {role: column for role, column in roles.items() if column not in found.values()}
    return found


def _mapping(table: str, raw: RawTable) -> ColumnMap:
    """One box for each role that matters, with the proposal chosen."""
    proposal = _proposed(raw)
    st.markdown(f"**{plain(say('page_data.bring.columns', table=words.table(table)))}**")
    roles = {name: column for name, column in proposal.items() if name not in ASKED[table]}
    columns: Sequence[DeltaGenerator] = ()
    for place, role in enumerate(ASKED[table]):
        if place % WIDTH == 0:  # a row of its own, so that the boxes stand level
            columns = st.columns(WIDTH)
        guess = proposal.get(role)
        chosen = columns[place % WIDTH].selectbox(
            say(f"page_data.bring.role.{role}"),
            raw.frame.columns,
            index=raw.frame.columns.index(guess) if guess else None,
            placeholder=say("page_data.bring.none"),
            key=f"data_map_{table}_{role}_{raw.source}",
        )
        if chosen is not None:
            roles[role] = chosen
    return ColumnMap(roles)


def _recipe(events: RawTable, maps: Mapping[str, ColumnMap]) -> Recipe:
    boxes = st.columns(WIDTH)
    name = boxes[0].text_input(
        say("page_data.bring.name"),
        value=PurePath(events.source).stem,
        max_chars=80,
        key=f"data_name_{events.source}",
    )
    currency = boxes[1].text_input(
        say("page_data.bring.currency"), value="EUR", max_chars=3, key="data_currency"
    )
    zone = boxes[2].text_input(
        say("page_data.bring.time_zone"),
        value="UTC",
        key="data_zone",
        help=say("page_data.bring.time_zone_help"),
    )
    domain = boxes[3].selectbox(
        say("page_data.bring.domain"),
        get_args(Domain),
        format_func=lambda one: say(f"page_data.bring.domain_{one}"),
        key="data_domain",
    )
    boxes = st.columns(WIDTH)
    options: dict[str, Any] = {
        "decimal": boxes[0].selectbox(
            say("page_data.bring.decimal"),
            [".", ","],
            index=None,
            placeholder=say("page_data.bring.auto"),
            key="data_decimal",
            help=say("page_data.bring.decimal_help"),
        ),
        "date_order": boxes[1].selectbox(
            say("page_data.bring.date_order"),
            ["dmy", "mdy"],
            index=None,
            format_func=lambda one: say(f"page_data.bring.date_order_{one}"),
            placeholder=say("page_data.bring.auto"),
            key="data_order",
            help=say("page_data.bring.decimal_help"),
        ),
        "kinds": _kinds(
            boxes[2].text_input(
                say("page_data.bring.kinds"),
                placeholder=say("page_data.bring.kinds_example"),
                key="data_kinds_words",
                help=say("page_data.bring.kinds_help", kinds=", ".join(Kind)),
            )
        ),
        "drop_duplicates": st.checkbox(
            say("page_data.bring.drop_duplicates"), key="data_duplicates"
        ),
    }
    return Recipe(
        name=name,
        currency=currency,
        time_zone=zone.strip(),
        domain=domain,
        maps=maps,
        options={key: value for key, value in options.items() if value},
    )


def _kinds(text: str) -> dict[str, str]:
    """Words of the file and the kinds that they stand for, of "bought=purchase, seen=view"."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return {word.strip(): kind.strip() for word, _, kind in pairs}


def _sound(recipe: Recipe) -> Recipe:
    """The recipe with a name and a currency.

    Raises:
        ConfigError: one of them is missing or no such thing.
    """
    currency, name = recipe.currency.strip().upper(), recipe.name.strip()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise ConfigError(say("page_data.bring.bad_currency", currency=recipe.currency))
    if not name:
        raise ConfigError(say("page_data.bring.no_name"))
    for word, kind in recipe.options.get("kinds", {}).items():
        if not word or kind not in set(Kind):
            told = {"word": f"{word}={kind}", "kinds": ", ".join(Kind)}
            raise ConfigError(say("page_data.bring.bad_kinds", **told))
    return Recipe(
        name=name,
        currency=currency,
        time_zone=recipe.time_zone,
        domain=recipe.domain,
        maps=recipe.maps,
        options=recipe.options,
    )


def _told(intake: Intake) -> str:
    events = intake.dataset.accounts[0]
    counts = {
        name: numbers.headline_count(getattr(events, name))
        for name in ("rows_in", "accepted", "rejected", "ignored")
    }
    return say("page_data.bring.ready", **counts)


def _consequences(intake: Intake) -> None:
    """What accepting would mean, and the button that does it."""
    for one in intake.dataset.findings:
        st.markdown(
            f"**{say(f'page_data.severity_{one.severity.value}')}** {plain(again(one.text))}"
        )
        st.caption(plain(again(one.fix)))
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
        args=(intake,),
    )


def _accept(intake: Intake) -> None:
    """Store the data set and let all pages be about it; what stands in the way is told."""
    said = st.session_state
    try:
        Workspace.default().add(intake)
    except ClvError as error:
        said["data_wrong"] = str(error)
        return
    if intake.dataset.id not in choice.own():
        choice.own().append(intake.dataset.id)
    choice.show(intake.dataset.id)
    said["data_view"] = "look"
    said["data_said"] = say("page_data.bring.accepted", name=plain(intake.dataset.name))
    said.pop("data_intake", None)
