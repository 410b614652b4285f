"""How files were read, in one line, and the boxes to read them another way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from clvcore.charts import numbers
from clvcore.data.dataset import RawTable
from clvcore.data.files.encodings import ENCODINGS
from clvcore.data.files.layout import PREAMBLE, TOTAL
from clvcore.data.files.reading import DOUBT, SPACES, Reading
from clvcore.data.files.top import SEPARATORS
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


@dataclass(frozen=True, slots=True)
class File:
    """One of the files of a table on the page."""

    name: str
    place: int
    """Its place among the files."""
    raw: RawTable | None
    """What came of it; None where that was an error."""


def chosen(table: str, place: int) -> Reading:
    """What a person has chosen about the reading of a file of a table."""
    said = {part: st.session_state.get(_key(table, place, part)) for part in PARTS}
    said["rows"] = (said["rows"] or "").strip() or None
    return Reading(**said)


def forget(table: str) -> None:
    """Let the files decide again how they are read."""
    begins = (f"data_read_{table}_", f"data_sheets_{table}_")
    for key in [key for key in st.session_state if str(key).startswith(begins)]:
        del st.session_state[key]


def _key(table: str, place: int, part: str) -> str:
    """Name of the box for a part of the reading of a file; the first one has no number."""
    return f"data_read_{table}_{part}" + (f"_{place}" if place else "")


def tell(
    table: str, raw: RawTable | None, files: Sequence[File], *, anew: Callable[[], None]
) -> None:
    """How the files were read, where they could be, and boxes to read each of them otherwise.

    Args:
        table: Which table they are to become.
        raw: What came of all of them; None where that was an error.
        files: Each of them.
        anew: What is to be done when a box is changed.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if raw is not None and not _differ(files):
            st.caption(plain(say("page_data.read.as", parts=listed(_parts(raw), most=9))))
        elif len(files) > 1:
            st.caption("  \n".join(plain(_line(one)) for one in files))
        with st.popover(
            say("page_data.read.otherwise"), type="tertiary", key=f"data_otherwise_{table}"
        ):
            _boxes(table, _one_of(table, files), anew)
    for one in files:
        if one.raw is not None and DOUBT in one.raw.reading:
            st.caption(_doubted(one.name, one.raw), width="content")


def _doubted(name: str, raw: RawTable) -> str:
    """That the letters do not tell the encoding, with what they would be in the other one."""
    told = raw.reading
    pairs = [pair.split("/") for pair in told["letters"].split(" ")]
    return plain(
        say(
            "page_data.read.doubt",
            file=name,
            letters=listed([one for one, _ in pairs]),
            encoding=_encoding(told["encoding"]),
            others=listed([other for _, other in pairs]),
            other=_encoding(told[DOUBT]),
        )
    )


def _differ(files: Sequence[File]) -> bool:
    """Whether the files were not all read in the same way."""
    kinds = {_kind(one.raw) if one.raw is not None else None for one in files}
    return len(kinds) > 1


def _line(one: File) -> str:
    if one.raw is None:
        return say("page_data.read.not_read", file=one.name)
    parts = listed(_parts(one.raw), most=9)
    return say("page_data.read.file_as", file=one.name, parts=parts)


def _one_of(table: str, files: Sequence[File]) -> File:
    """The file whose reading is to be changed."""
    if len(files) == 1:
        return files[0]
    broken = next((one.place for one in files if one.raw is None), 0)
    place = st.selectbox(
        say("page_data.read.which"),
        [one.place for one in files],
        index=broken,
        format_func=lambda place: files[place].name,
        key=f"data_read_{table}_which_{len(files)}",
    )
    return files[place]


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
            parts.append(say(f"page_data.read.{why}", n=numbers.headline_count(n)))
    if raw.broken.height:
        parts.append(say("page_data.read.broken", n=numbers.headline_count(raw.broken.height)))
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


def _boxes(table: str, file: File, anew: Callable[[], None]) -> None:
    """Choices that take effect at once; an empty one leaves the matter to the file.

    They hold for this file alone, and are kept while the boxes of another one are shown.
    """
    raw = file.raw
    auto = say("page_data.bring.auto")
    told = {} if raw is None else raw.reading
    sheets = _sheets(table, file)
    st.caption(say("page_data.read.otherwise_help", files=plain(file.name)))
    if sheets:
        st.selectbox(
            say("page_data.read.sheet"),
            sheets,
            index=None,
            placeholder=told.get("sheet") or auto,
            key=_key(table, file.place, "sheet"),
            persist_state="session",
            on_change=anew,
        )
    if told.get("format", "text") == "text":
        st.selectbox(
            say("page_data.read.encoding"),
            ENCODINGS,
            index=None,
            format_func=_encoding,
            placeholder=auto,
            key=_key(table, file.place, "encoding"),
            persist_state="session",
            on_change=anew,
        )
        st.selectbox(
            say("page_data.read.separator"),
            [*SEPARATORS, SPACES],
            index=None,
            format_func=_separator,
            placeholder=auto,
            key=_key(table, file.place, "separator"),
            persist_state="session",
            on_change=anew,
        )
    if told.get("format", "text") in {"text", "excel"}:
        st.number_input(
            say("page_data.read.header_line"),
            value=None,
            min_value=0,
            step=1,
            placeholder=auto,
            key=_key(table, file.place, "header"),
            persist_state="session",
            help=say("page_data.read.header_line_help"),
            on_change=anew,
        )
    if raw is None or told["format"].startswith("json"):
        st.text_input(
            say("page_data.read.rows"),
            placeholder=told.get("rows") or auto,
            key=_key(table, file.place, "rows"),
            persist_state="session",
            help=say("page_data.read.rows_help"),
            on_change=anew,
        )


def _sheets(table: str, file: File) -> list[str]:
    """Sheets of the workbook, also after a choice of which nothing came."""
    place = f"data_sheets_{table}_{file.place}"
    if file.raw is not None:
        named = file.raw.reading.get("sheets", "")
        st.session_state[place] = named.split("\n") if named else []
    return st.session_state.get(place, [])
