"""What is understood of the files: a line for each column with a role, and the first rows."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, get_args

import polars as pl
import streamlit as st

from clvcore import columns as col
from clvcore.charts import numbers, words
from clvcore.columns import Kind
from clvcore.data.cells.moments import Unit
from clvcore.data.cells.private import masked
from clvcore.data.cells.roles import ROLES
from clvcore.data.cells.zones import zones
from clvcore.data.dataset import RawTable
from clvcore.data.meaning.known import Known, known_exports, recognised
from clvcore.data.meaning.preview import READ, preview
from clvcore.data.meaning.proposals import Confidence, Proposal
from clvcore.data.meaning.understanding import Understanding
from clvcore.messages import listed, say
from clvcore.runs.workspace import Workspace
from pages.parts.bring_questions import first_day
from pages.parts.bring_table import Table
from pages.parts.wording import plain

COLOUR: dict[Confidence, Literal["green", "orange", "gray"]] = {
    Confidence.SURE: "green",
    Confidence.LIKELY: "gray",
    Confidence.UNSURE: "orange",
}
LINE = "{reads}  \n:small[:gray[{reason}]]"
WAYS = {
    "decimal": {".": "page_data.known.mark_point", ",": "page_data.known.mark_comma"},
    "date_order": {
        "dmy": "page_data.bring.date_order_dmy",
        "mdy": "page_data.bring.date_order_mdy",
    },
}
FEW_FILES = 12
"""Files that have a box of their own."""
WIDTH = 4
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
            first_day(label, table.reading_key(one.column, "first_day"))
        auto = say("page_data.bring.auto")
        _of_files(table, one, "decimal" if evidence == "number" else "date_order")
        if evidence == "number":
            return
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


def _of_files(table: Table, one: Proposal, part: Literal["decimal", "date_order"]) -> None:
    """The box for the decimal mark or the order of day and month: in all files, and in each."""
    names = table.file_names
    label, values = say(f"page_data.bring.{part}"), WAYS[part]
    for file in ("", *(names if 1 < len(names) <= FEW_FILES else ())):
        st.selectbox(
            say("page_data.known.in_file", part=label, file=file) if file else label,
            list(values),
            index=None,
            format_func=lambda value: say(values[value]),
            placeholder=say("page_data.known.as_all" if file else "page_data.bring.auto"),
            key=table.reading_key(one.column, part, file),
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
    frame = frame.select(_what_is_read_first(frame.columns))
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


def _what_is_read_first(columns: Sequence[str]) -> list[str]:
    """Texts beside what they are read as, times and numbers first; a narrow window cuts off the end."""
    pairs = [pair for pair in pairwise(columns) if pair[1].startswith(READ)]
    pairs.sort(key=lambda pair: pair[1] == f"{READ}{col.KIND}")
    shown = [name for pair in pairs for name in pair]
    return [*shown, *(name for name in columns if name not in shown)]


def _shown(column: pl.Series, name: str) -> Any:
    if not name.startswith(READ):
        return st.column_config.TextColumn(name)
    role = say(f"data.known.role.{name.removeprefix(READ)}")
    if isinstance(column.dtype, pl.Datetime):
        label = say("page_data.known.read_time", role=role)
        clock = "HH:mm:ss" if (column.dt.second() != 0).any() else "HH:mm"
        return st.column_config.DatetimeColumn(label, timezone="UTC", format=f"YYYY-MM-DD {clock}")
    label = say("page_data.known.read_as", role=role)
    if column.dtype == pl.Float64:
        return st.column_config.NumberColumn(label, format="localized")
    return st.column_config.TextColumn(label)


def heading_of(table: Table) -> str:
    """What a table is called above its lines."""
    name = words.table(table.raw.name)
    return plain(say("page_data.known.table", table=name, source=table.raw.source))
