"""The files of a data set that is brought in: chosen, read once, and told where they are no tables."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from clvcore.data.cells.private import masked, suspects
from clvcore.data.dataset import RawTable
from clvcore.data.files.read import combined, first_rows
from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.runs.reading import read_apart
from pages.parts import bring_reading
from pages.parts.wording import plain, why

COMPANIONS = ("items", "users", "spend", "impressions")
TABLES = ("events", *COMPANIONS)
KINDS = [
    "csv",
    "tsv",
    "txt",
    "xlsx",
    "xls",
    "parquet",
    "json",
    "jsonl",
    "ndjson",
    "gz",
    "zst",
    "zip",
]
"""Ends of names that can be chosen; what is in a file is told by its content."""


def files() -> dict[str, RawTable]:
    """The tables that were chosen and can be read; what is wrong with another stands below it."""
    raws = [_table("events")]
    with st.expander(say("page_data.bring.more"), key="data_companions"):
        places = [place for _ in range(2) for place in st.columns(2)]
        for table, place in zip(COMPANIONS, places, strict=True):
            with place:
                raws.append(_table(table))
    return {raw.name: raw for raw in raws if raw is not None}


def _table(table: str) -> RawTable | None:
    """One box for the files of a table, how they were read, and another way to read them."""
    uploads = st.file_uploader(
        say(f"page_data.bring.{table}"),
        type=KINDS,
        accept_multiple_files=True,
        key=f"data_file_{table}",
        help=say(f"page_data.bring.{table}_help"),
        on_change=_other_files,
        args=(table,),
    )
    if not uploads:
        return None
    raw = None
    try:
        raw = _read(table, uploads)
    except ClvError as error:
        st.error(why(error), icon=":material/error:")
    bring_reading.tell(table, raw, [upload.name for upload in uploads], anew=forget)
    return raw


def _read(table: str, uploads: list[UploadedFile]) -> RawTable:
    """The table of the files; each is read once for every way in which it is to be read."""
    how = bring_reading.chosen(table)
    kept: dict[object, RawTable] = st.session_state.get(f"data_raw_{table}", {})
    known: dict[object, RawTable] = {}
    for upload in uploads:
        key = (upload.file_id, how)
        if key in kept:
            known[key] = kept[key]
            continue
        content, look = upload.getvalue(), st.empty()
        begun = first_rows(content, table=table, source=upload.name, how=how)
        if begun is not None:
            rows = masked(begun.frame, suspects(table, begun.frame))
            look.dataframe(rows, key=f"data_begun_{table}", hide_index=True)
        with st.spinner(say("page_data.bring.reading", source=plain(upload.name)), show_time=True):
            known[key] = read_apart(content, table, upload.name, how)
        look.empty()
    st.session_state[f"data_raw_{table}"] = known
    return combined(list(known.values()))


def _other_files(table: str) -> None:
    """Other files are read as they decide, and checked anew."""
    bring_reading.forget(table)
    forget()


def forget() -> None:
    """Let what was found in the files go: they, or how they are read, are others now."""
    for name in ("data_asked", "data_more", "data_seen", "data_intake"):
        st.session_state.pop(name, None)
