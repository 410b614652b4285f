"""What is understood of the files: open questions first, then a line for each column with a role."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, get_args

import polars as pl
import streamlit as st

from clvcore import columns as col
from clvcore.charts import numbers, words
from clvcore.columns import Kind
from clvcore.data.cells.choices import Choices
from clvcore.data.cells.moments import Unit
from clvcore.data.cells.private import masked
from clvcore.data.cells.roles import ROLES
from clvcore.data.cells.zones import zones
from clvcore.data.dataset import ColumnMap, RawTable
from clvcore.data.meaning.known import Known, known_exports, recognised
from clvcore.data.meaning.preview import READ, preview
from clvcore.data.meaning.proposals import Confidence, Proposal, Question
from clvcore.data.meaning.understanding import Understanding, understand
from clvcore.messages import listed, say
from clvcore.runs.workspace import Workspace
from pages.parts.bring_masked import Masks
from pages.parts.wording import plain

ASKED = {
    "events": ("user_id", "at", "item_id", "kind", "amount", "unit_price", "quantity", "order_id"),
    "items": ("item_id", "title", "category", "price", "unit_cost"),
    "users": ("user_id", "acquired_at", "channel"),
    "spend": ("date", "channel", "amount"),
    "impressions": ("user_id", "at", "item_id", "position", "propensity", "taken"),
}
"""Roles that can always be chosen; others only where a column was proposed for them."""
COLOUR: dict[Confidence, Literal["green", "orange", "gray"]] = {
    Confidence.SURE: "green",
    Confidence.LIKELY: "gray",
    Confidence.UNSURE: "orange",
}
CURRENCIES = ("EUR", "USD", "GBP", "CNY", "JPY", "CHF")
LINE = "{reads}  \n:small[:gray[{reason}]]"
MARKS = {".": "point", ",": "comma"}
WIDTH = 4
FIRST_DAYS = date(1970, 1, 1)
FEW_ROWS, FEW_ROWS_PX = 6, 248


def known_as(raws: Mapping[str, RawTable]) -> Known | None:
    """The known export that the files are read as, with the switch to read them plainly."""
    found = recognised(raws, known_exports(Workspace.default().known))
    if found is None:
        return None
    wanted = st.toggle(
        plain(say("page_data.known.looks", export=found.title)),
        value=True,
        key=f"data_known_{found.key}",
        help=say("page_data.known.looks_help", source=found.source),
    )
    return found if wanted else None


class Table:
    """One table on the page: what was proposed for it, and what a person makes of that."""

    def __init__(self, raw: RawTable, export: Known | None, base: Mapping[str, Any]) -> None:
        """The table, read as the export, with the options of the export."""
        self.raw, self.export, self.base = raw, export, base
        self.title = f"{raw.source}_{export.key}" if export else raw.source
        self.masks = Masks(raw, self.title, json.dumps(mark_of(raw)))
        self.proposal = _once(raw, "proposed", "", export=export, options=base)
        given = self.proposal.map.roles
        rest = [role.name for role in ROLES[raw.name] if role.name in given]
        asked = ASKED[raw.name]
        self.roles = [*asked, *(name for name in rest if name not in asked)]

    def key(self, role: str) -> str:
        """Name of the box for a role."""
        return f"data_map_{self.raw.name}_{role}_{self.title}"

    def column_map(self) -> ColumnMap:
        """The columns that are chosen now."""
        given = self.proposal.map
        chosen = {
            role: st.session_state.get(self.key(role), given.roles.get(role)) for role in self.roles
        }
        return ColumnMap({k: v for k, v in chosen.items() if v}, dict(given.constants))

    def columns(self) -> dict[str, dict[str, str]]:
        """What is said about the reading of single columns."""
        found = dict(self.base.get("columns", {}))
        for column in self.raw.frame.columns:
            name = f"{self.raw.name}.{column}"
            said = {
                part: value.isoformat() if isinstance(value, date) else value
                for part in ("decimal", "date_order", "epoch", "zone", "first_day")
                if (value := st.session_state.get(self.reading_key(column, part)))
            }
            if said:
                found[name] = {**found.get(name, {}), **said}
        return {name: own for name, own in found.items() if own}

    def reading_key(self, column: str, part: str) -> str:
        """Name of the box for one part of a column's reading."""
        return f"data_how_{self.raw.name}_{column}_{part}_{self.title}"

    def understood(self, zone: str, currency: str | None) -> Understanding:
        """What is understood under all that is chosen now."""
        options = {**self.base, "columns": self.columns()}
        return _once(
            self.raw,
            "settled",
            self.column_map(),
            options=options,
            zone=zone,
            currency=currency or None,
        )


def _once(
    raw: RawTable,
    kind: str,
    given: ColumnMap | str,
    *,
    options: Mapping[str, Any],
    zone: str = "UTC",
    currency: str | None = None,
    export: Known | None = None,
) -> Understanding:
    """What is understood; worked out again only where something changed."""
    settled = given if isinstance(given, ColumnMap) else None
    facts = [
        mark_of(raw),
        [settled.roles, settled.constants] if settled else None,
        options,
        zone,
        currency,
        export and export.key,
    ]
    sign, place = json.dumps(facts, default=str), f"data_understood_{kind}_{raw.name}"
    kept = st.session_state.get(place)
    if kept is not None and kept[0] == sign:
        return kept[1]
    with st.spinner(say("page_data.known.looking", source=plain(raw.source))):
        found = understand(
            raw,
            settled,
            settled=settled is not None,
            choices=Choices.of(options),
            time_zone=zone,
            currency=currency,
            export=export,
        )
    st.session_state[place] = (sign, found)
    return found


def mark_of(raw: RawTable) -> list[Any]:
    """What tells a table that was read from any other."""
    files = [file.sha256 for file in raw.files]
    return [raw.name, raw.source, files, dict(raw.reading), raw.frame.height]


def questions(table: Table, found: Understanding) -> None:
    """The open questions of a table, each with its readings side by side."""
    for one in found.questions:
        answers = _answers(table, one)
        if one.about == "currency":
            _currency(one, table)
        elif one.about == "first_day":
            place = f"data_ask_first_day_{one.role}_{table.raw.name}_{table.title}"
            _first_day(plain(one.text), place, on_change=_answer, args=(place, _target(table, one)))
        elif answers:
            st.radio(
                plain(one.text),
                list(answers),
                index=None,
                format_func=lambda value, told=answers: plain(told[value]),
                key=(place := f"data_ask_{one.about}_{one.role}_{table.raw.name}_{table.title}"),
                on_change=_answer,
                args=(place, _target(table, one)),
            )
        else:
            st.markdown(plain(one.text))


def _first_day(label: str, key: str, **told: Any) -> None:
    st.date_input(
        label,
        value=None,
        min_value=FIRST_DAYS,
        key=key,
        help=say("page_data.known.first_day_help"),
        width=560,
        **told,
    )


def _answers(table: Table, one: Question) -> dict[str, str]:
    """The answers that are left: a column that plays a role by now is none."""
    taken = table.column_map().roles.values()
    proposed = one.answers
    if one.about == "role":
        again = (q for q in table.proposal.questions if (q.about, q.role) == ("role", one.role))
        proposed = next(again, one).answers
    return {answer.value: answer.text for answer in proposed if answer.value not in taken}


def _target(table: Table, one: Question) -> str:
    """The box that an answer goes into."""
    if one.about == "role" or one.column is None:
        return table.key(one.role)
    return table.reading_key(one.column, one.about)


def _answer(place: str, target: str) -> None:
    st.session_state[target] = st.session_state[place]


def _currency(one: Question, table: Table) -> None:
    st.pills(
        plain(one.text),
        CURRENCIES,
        key=(place := f"data_ask_currency_{table.title}"),
        on_change=_answer,
        args=(place, currency_key(table)),
        help=say("page_data.known.currency_help"),
    )


def currency_key(events: Table) -> str:
    """Name of the box for the currency."""
    return f"data_currency_{events.title}"


def lines(table: Table, found: Understanding) -> None:
    """A line for each column with a role: its box, how it is read and why, and how sure that is."""
    by_role = {one.role: one for one in found.columns}
    required = {role.name for role in ROLES[table.raw.name] if role.required}
    shown = [role for role in table.roles if role in by_role or role in required]
    for role in shown:
        box, text, trust = st.columns([4, 5, 3], gap="small", vertical_alignment="bottom")
        with box:
            _box(table, role)
        if role not in by_role:
            text.caption(say("page_data.known.not_chosen"))
            continue
        one = by_role[role]
        proposed = {old.role: old for old in table.proposal.columns if old.column == one.column}
        old = proposed.get(role)
        sure = old.confidence if old else Confidence.SURE
        reads = plain(" ".join(one.reads) or say("page_data.known.open"))
        reason = plain(old.why if old else say("data.known.why_said"))
        text.markdown(LINE.format(reads=reads, reason=reason))
        with trust.container(horizontal=True, vertical_alignment="center"):
            st.badge(say(f"data.known.confidence.{sure.value}"), color=COLOUR[sure])
            _reading(table, one)
    rest = [role for role in table.roles if role not in shown]
    with st.expander(
        say("page_data.known.more", count=len(rest)),
        key=f"data_more_{table.raw.name}_{table.title}",
    ):
        if found.unused:
            names = listed(found.unused, most=20)
            st.caption(plain(say("data.known.unused", names=names)))
        places = [place for _ in range(0, len(rest), WIDTH) for place in st.columns(WIDTH)]
        for role, place in zip(rest, places, strict=False):
            with place:
                _box(table, role)


def _box(table: Table, role: str) -> None:
    names = table.raw.frame.columns
    guess = table.proposal.map.roles.get(role)
    st.selectbox(
        words.role(role),
        names,
        index=names.index(guess) if guess else None,
        placeholder=say("page_data.bring.none"),
        key=table.key(role),
    )


def _reading(table: Table, one: Proposal) -> None:
    """The way to read a column otherwise, where it can be read in several ways."""
    evidence = next(role.evidence for role in ROLES[table.raw.name] if role.name == one.role)
    if evidence not in {"time", "number"} or one.column in table.raw.numbers:
        return
    with st.popover("", icon=":material/tune:", help=say("page_data.known.otherwise")):
        if any(q.about == "first_day" for q in table.proposal.questions if q.column == one.column):
            label = say("page_data.known.first_day")
            _first_day(label, table.reading_key(one.column, "first_day"))
        auto = say("page_data.bring.auto")
        if evidence == "number":
            st.selectbox(
                say("page_data.bring.decimal"),
                [".", ","],
                index=None,
                format_func=lambda mark: say(f"page_data.known.mark_{MARKS[mark]}"),
                placeholder=auto,
                key=table.reading_key(one.column, "decimal"),
            )
            return
        st.selectbox(
            say("page_data.bring.date_order"),
            ["dmy", "mdy"],
            index=None,
            format_func=lambda order: say(f"page_data.bring.date_order_{order}"),
            placeholder=auto,
            key=table.reading_key(one.column, "date_order"),
        )
        st.selectbox(
            say("page_data.known.epoch"),
            get_args(Unit),
            index=None,
            format_func=lambda unit: say(f"page_data.known.epoch_{unit}"),
            placeholder=auto,
            key=table.reading_key(one.column, "epoch"),
        )
        st.selectbox(
            say("page_data.bring.time_zone"),
            zones(),
            index=None,
            placeholder=say("page_data.known.zone_of_all"),
            key=table.reading_key(one.column, "zone"),
            help=say("page_data.bring.time_zone_help"),
        )


def first_rows(table: Table, found: Understanding, options: Mapping[str, Any], zone: str) -> None:
    """The first rows: each text with what it is read as beside it."""
    hidden = table.masks.hidden
    frame = preview(table.raw, found, options=options, time_zone=zone, personal=hidden)
    kind = f"{READ}{col.KIND}"
    if kind in frame.columns:  # in the reader's language
        frame = frame.with_columns(pl.col(kind).replace({one: words.kind(one) for one in Kind}))
    if not frame.width:
        frame = masked(table.raw.frame.head(20), hidden)
    st.caption(plain(say("page_data.known.preview", source=table.raw.source)))
    st.dataframe(
        frame,
        key=f"data_preview_{table.raw.name}",
        hide_index=True,
        height=FEW_ROWS_PX if frame.height > FEW_ROWS else "content",
        placeholder=numbers.UNKNOWN,
        column_config={name: _shown(frame[name], name) for name in frame.columns},
    )
    table.masks.tell()


def _shown(column: pl.Series, name: str) -> Any:
    if not name.startswith(READ):
        return st.column_config.TextColumn(name)
    role = say(f"data.known.role.{name.removeprefix(READ)}")
    if isinstance(column.dtype, pl.Datetime):
        label = say("page_data.known.read_time", role=role)
        return st.column_config.DatetimeColumn(label, timezone="UTC", format="YYYY-MM-DD HH:mm:ss")
    label = say("page_data.known.read_as", role=role)
    if column.dtype == pl.Float64:
        return st.column_config.NumberColumn(label, format="localized")
    return st.column_config.TextColumn(label)


def heading_of(table: Table) -> str:
    """What a table is called above its lines."""
    name = words.table(table.raw.name)
    return plain(say("page_data.known.table", table=name, source=table.raw.source))
