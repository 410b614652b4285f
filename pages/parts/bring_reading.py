"""How files were read, in one line, and the boxes to read them another way."""

from collections.abc import Callable, Sequence

import streamlit as st

from clvcore.charts import numbers
from clvcore.data.dataset import RawTable
from clvcore.data.files.delimited import SEPARATORS
from clvcore.data.files.encodings import ENCODINGS
from clvcore.data.files.layout import PREAMBLE, TOTAL
from clvcore.data.files.reading import SPACES, Reading
from clvcore.messages import listed, say
from pages.parts.wording import plain

PARTS = ("encoding", "separator", "sheet", "header", "rows")
_SIGNS = {
    ",": "comma",
    ";": "semicolon",
    "\t": "tab",
    "|": "bar",
    "^": "caret",
    "~": "tilde",
    "::": "colons",
    SPACES: "spaces",
}


def chosen(table: str) -> Reading:
    """What a person has chosen about the reading of a table."""
    said = {part: st.session_state.get(f"data_read_{table}_{part}") for part in PARTS}
    said["rows"] = (said["rows"] or "").strip() or None
    return Reading(**said)


def forget(table: str) -> None:
    """Let the files decide again how they are read."""
    for part in PARTS:
        st.session_state.pop(f"data_read_{table}_{part}", None)
    st.session_state.pop(f"data_sheets_{table}", None)


def tell(
    table: str, raw: RawTable | None, names: Sequence[str], *, anew: Callable[[], None]
) -> None:
    """How the files were read, where they could be, and boxes to read them otherwise.

    Args:
        table: Which table they are to become.
        raw: What came of them; None where that was an error.
        names: The names of the files.
        anew: What is to be done when a box is changed.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if raw is not None:
            st.caption(plain(say("page_data.read.as", parts=listed(_parts(raw), most=9))))
        with st.popover(
            say("page_data.read.otherwise"), type="tertiary", key=f"data_otherwise_{table}"
        ):
            _boxes(table, raw, names, anew)


def _parts(raw: RawTable) -> list[str]:
    """What is to be said about the reading of a table, the most telling first."""
    told = raw.reading
    parts = [_kind(raw)]
    if len(raw.files) > 1:
        parts.append(say("page_data.read.files", n=len(raw.files)))
    if "packed" in told:
        parts.append(say("page_data.read.packed", packed=listed(told["packed"].split(","))))
    if told.get("header") == "0":
        parts.append(say("page_data.read.no_header"))
    elif told.get("header", "1") != "1":
        parts.append(say("page_data.read.header", line=told["header"]))
    if "repeated" in told:
        parts.append(say("page_data.read.repeated", rows=told["repeated"]))
    for why in (PREAMBLE, TOTAL):
        n = int((raw.aside["why"] == why).sum())
        if n and why == PREAMBLE and told["format"] == "json":
            parts.append(say("page_data.read.around"))
        elif n:
            key = f"{why}_one" if n == 1 else why
            parts.append(say(f"page_data.read.{key}", n=numbers.headline_count(n)))
    if raw.broken.height:
        key = "broken_one" if raw.broken.height == 1 else "broken"
        parts.append(say(f"page_data.read.{key}", n=numbers.headline_count(raw.broken.height)))
    return parts


def _kind(raw: RawTable) -> str:
    told = raw.reading
    kind = told["format"].replace(" ", "_")
    return say(
        f"page_data.read.{kind}",
        encoding=_encoding(told.get("encoding", "utf-8")),
        separator=_separator(told.get("separator", ",")),
        sheet=told.get("sheet", ""),
    )


def _encoding(name: str) -> str:
    known = name.removesuffix("-le").removesuffix("-be")
    return say(f"page_data.read.encoding_{known.replace('-', '_')}") if known in ENCODINGS else name


def _separator(sign: str) -> str:
    return say(f"page_data.read.separator_{_SIGNS[sign]}") if sign in _SIGNS else sign


def _boxes(
    table: str, raw: RawTable | None, names: Sequence[str], anew: Callable[[], None]
) -> None:
    """Choices that take effect at once; an empty one leaves the matter to the file."""
    auto = say("page_data.bring.auto")
    told = {} if raw is None else raw.reading
    sheets = _sheets(table, raw)
    st.caption(say("page_data.read.otherwise_help", files=plain(listed(names, most=3))))
    if sheets:
        st.selectbox(
            say("page_data.read.sheet"),
            sheets,
            index=None,
            placeholder=told.get("sheet") or auto,
            key=f"data_read_{table}_sheet",
            on_change=anew,
        )
    if told.get("format", "text") == "text":
        st.selectbox(
            say("page_data.read.encoding"),
            ENCODINGS,
            index=None,
            format_func=_encoding,
            placeholder=auto,
            key=f"data_read_{table}_encoding",
            on_change=anew,
        )
        st.selectbox(
            say("page_data.read.separator"),
            [*SEPARATORS, SPACES],
            index=None,
            format_func=_separator,
            placeholder=auto,
            key=f"data_read_{table}_separator",
            on_change=anew,
        )
    if told.get("format", "text") in {"text", "excel"}:
        st.number_input(
            say("page_data.read.header_line"),
            value=None,
            min_value=0,
            step=1,
            placeholder=auto,
            key=f"data_read_{table}_header",
            help=say("page_data.read.header_line_help"),
            on_change=anew,
        )
    if raw is None or told["format"].startswith("json"):
        st.text_input(
            say("page_data.read.rows"),
            placeholder=told.get("rows") or auto,
            key=f"data_read_{table}_rows",
            help=say("page_data.read.rows_help"),
            on_change=anew,
        )


def _sheets(table: str, raw: RawTable | None) -> list[str]:
    """Sheets of the workbook, also after a choice of which nothing came."""
    if raw is not None:
        named = raw.reading.get("sheets", "")
        st.session_state[f"data_sheets_{table}"] = named.split("\n") if named else []
    return st.session_state.get(f"data_sheets_{table}", [])
