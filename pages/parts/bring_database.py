"""Rows of a database that somebody has named on this server: asked for, looked at, and taken."""

from collections.abc import Mapping, Sequence

import streamlit as st

from clvcore import columns as col
from clvcore.charts import numbers, words
from clvcore.data.cells.private import masked, suspects
from clvcore.data.dataset import CUT, RawTable
from clvcore.errors import ClvError
from clvcore.messages import listed, say
from clvcore.runs.databases import ask, named
from clvcore.runs.databases.answer import Table
from clvcore.runs.databases.statement import asked
from pages.parts.bring_files import forget
from pages.parts.bring_masked import masked_note
from pages.parts.wording import plain, why

HOW_TO_NAME = """[databases.shop]
uri = "postgresql://reader:PASSWORD@HOST:5432/DATABASE"
"""
"""Lines of `.streamlit/secrets.toml`."""


def with_database(files: Mapping[str, RawTable]) -> dict[str, RawTable]:
    """The tables of files, and those that were taken from a database, which count more."""
    panel = st.expander(
        say("page_data.db.title"),
        key="data_db",
        on_change="rerun",
        bind="query-params",
    )
    if panel.open:  # nobody is asked as long as nobody looks
        with panel:
            _panel()
    taken: dict[str, RawTable] = st.session_state.get("data_db_taken", {})
    for table, raw in taken.items():
        _tell(table, raw, double=table in files)
    return {**files, **taken}


def _panel() -> None:
    try:
        names = [*named.addresses()]
    except ClvError as error:
        st.error(why(error), icon=":material/error:")
        return
    if not names:
        st.write(say("page_data.db.none"))
        st.code(HOW_TO_NAME, language="toml")
        st.caption(say("page_data.db.none_help"))
        return
    left, right = st.columns(2)
    name = left.selectbox(
        say("page_data.db.source"), names, key="data_db_source", bind="query-params"
    )
    tables = _tables(name)
    if tables is None:
        return
    known = {table.name: table for table in tables}
    chosen = right.selectbox(
        say("page_data.db.table"),
        [*known],
        index=None,
        placeholder=say("page_data.db.table_none", count=len(known)),
        key=f"data_db_table_{name}",
        on_change=_begin,
        args=(f"data_db_table_{name}", {one: table.sql_name for one, table in known.items()}),
        help=say("page_data.db.table_help"),
    )
    if chosen:
        columns = listed(known[chosen].columns, most=30)
        st.caption(plain(say("page_data.db.columns", table=chosen, columns=columns)))
    _question(name)


def _tables(name: str) -> Sequence[Table] | None:
    """What the database has; None where it cannot be asked, which is told once and not tried anew."""
    said = st.session_state
    if said.get("data_db_known", ("",))[0] != name:
        found: Sequence[Table] | None = None
        wrong = ""
        try:
            with st.spinner(say("page_data.db.connecting", source=plain(name))):
                found = ask.tables(named.named(name))
        except ClvError as error:
            wrong = why(error)
        said["data_db_known"] = (name, found, wrong)
    _, tables, wrong = said["data_db_known"]
    if tables is None:
        st.error(wrong, icon=":material/error:")
        st.button(say("page_data.db.again"), key="data_db_again", on_click=_ask_again)
    return tables


def _ask_again() -> None:
    st.session_state.pop("data_db_known", None)


def _begin(key: str, sql_names: Mapping[str, str]) -> None:
    """Begin the query with the table that was chosen."""
    chosen = st.session_state[key]
    if chosen in sql_names:
        st.session_state["data_db_sql"] = f"SELECT *\nFROM {sql_names[chosen]}"


def _question(name: str) -> None:
    """The query with its values, a look at what it answers, and the way to take it."""
    sql = st.text_area(
        say("page_data.db.sql"),
        key="data_db_sql",
        placeholder=say("page_data.db.sql_example"),
        help=say("page_data.db.sql_help"),
        height=120,
    )
    values = _values(sql)
    if st.button(say("page_data.db.preview"), key="data_db_preview", disabled=not sql.strip()):
        st.session_state.pop("data_db_seen", None)
        try:
            with st.spinner(say("page_data.db.asking", source=plain(name))):
                first = ask.preview(named.named(name), sql, values)
        except ClvError as error:
            st.error(why(error), icon=":material/error:")
            return
        st.session_state["data_db_seen"] = ((name, sql, values), first)
    about, first = st.session_state.get("data_db_seen", (None, None))
    if about != (name, sql, values) or first is None:
        return
    _look(first, st.session_state.get("data_db_become") or "events")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        table = st.selectbox(
            say("page_data.db.become"),
            col.TABLES,
            format_func=words.table,
            key="data_db_become",
            width=240,
        )
        if st.button(say("page_data.db.take"), key="data_db_take"):
            _take(name, sql, values, table)


def _values(sql: str) -> dict[str, str]:
    """One box for each value that the query asks for."""
    names = asked(sql)
    if not names:
        return {}
    boxes = st.columns(max(4, len(names)))
    return {
        one: box.text_input(f":{one}", key=f"data_db_value_{one}")
        for one, box in zip(names, boxes, strict=False)
    }


def _look(first: RawTable, table: str) -> None:
    hidden = suspects(table, first.frame)
    st.dataframe(
        masked(first.frame, hidden),
        key="data_db_first",
        hide_index=True,
        placeholder=numbers.UNKNOWN,
    )
    more = CUT in first.reading
    told = "page_data.db.first" if more else "page_data.db.all"
    st.caption(say(told, rows=first.frame.height))
    if hidden:
        st.caption(masked_note(hidden))


def _take(name: str, sql: str, values: Mapping[str, str], table: str) -> None:
    try:
        with st.spinner(say("page_data.db.asking", source=plain(name))):
            raw = ask.query(named.named(name), sql, values, table=table)
    except ClvError as error:
        st.error(why(error), icon=":material/error:")
        return
    taken = st.session_state.get("data_db_taken", {})
    st.session_state["data_db_taken"] = {**taken, table: raw}
    st.session_state.pop("data_db_seen", None)
    forget()
    st.rerun()


def _tell(table: str, raw: RawTable, *, double: bool) -> None:
    """What was taken, and the way to let it go."""
    with st.container(horizontal=True, vertical_alignment="center"):
        told = {"table": words.table(table), "rows": f"{raw.frame.height:,}", "source": raw.source}
        st.markdown(plain(say("page_data.db.taken", **told)), width="content")
        st.button(
            say("page_data.db.drop"),
            key=f"data_db_drop_{table}",
            type="tertiary",
            on_click=_drop,
            args=(table,),
        )
    if CUT in raw.reading:
        told = {"source": raw.source, "rows": f"{raw.frame.height:,}"}
        st.warning(plain(say("page_data.db.cut", **told)), icon=":material/warning:")
    if double:
        st.caption(say("page_data.db.double", table=words.table(table)))


def _drop(table: str) -> None:
    taken = st.session_state.get("data_db_taken", {})
    st.session_state["data_db_taken"] = {one: raw for one, raw in taken.items() if one != table}
    forget()
