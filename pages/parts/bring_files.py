"""The files of a data set that is brought in: chosen, read once, and told where they are no tables."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from clvcore.data.cells.private import masked, suspects
from clvcore.data.dataset import RawTable
from clvcore.data.files.reading import Reading
from clvcore.data.meaning.known import known_exports
from clvcore.data.meaning.together import together
from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.runs.reading import first_rows, read_apart
from clvcore.runs.workspace import Workspace
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
        most = st.get_option("server.maxUploadSize")
        key = "limit" if table == "events" else "limit_companion"
        st.caption(plain(say(f"page_data.bring.{key}", most=most)))
        return None
    files = _read(table, uploads)
    raws = [one.raw for one in files if one.raw is not None]
    raw = None
    if len(raws) == len(files):
        try:
            raw = together(raws, known_exports(Workspace.default().known))
        except ClvError as error:
            st.error(why(error), icon=":material/error:")
    bring_reading.tell(table, raw, files, anew=forget)
    return raw


def _read(table: str, uploads: list[UploadedFile]) -> list[bring_reading.File]:
    """The files, each read once for every way in which it is to be read; what is wrong is told."""
    kept: dict[object, RawTable] = st.session_state.get(f"data_raw_{table}", {})
    known: dict[object, RawTable] = {}
    files = []
    for place, upload in enumerate(uploads):
        how = bring_reading.chosen(table, place)
        key = (upload.file_id, how)
        raw = kept.get(key)
        if raw is None:
            try:
                raw = _read_one(table, upload, how)
            except ClvError as error:
                st.error(why(error), icon=":material/error:")
        if raw is not None:
            known[key] = raw
        files.append(bring_reading.File(upload.name, place, raw))
    st.session_state[f"data_raw_{table}"] = known
    return files


def _read_one(table: str, upload: UploadedFile, how: Reading) -> RawTable:
    """The table of one file, with its first rows to be looked at while it is read.

    Raises:
        ClvError: the file cannot be read.
    """
    content, look = upload.getvalue(), st.empty()
    begun = first_rows(content, table, upload.name, how)
    if begun is not None:
        rows = masked(begun.frame, suspects(table, begun.frame))
        look.dataframe(rows, key=f"data_begun_{table}", hide_index=True)
    try:
        with st.spinner(say("page_data.bring.reading", source=plain(upload.name)), show_time=True):
            return read_apart(content, table, upload.name, how)
    finally:
        look.empty()


def _other_files(table: str) -> None:
    """Other files are read as they decide, and checked anew."""
    bring_reading.forget(table)
    forget()


def forget() -> None:
    """Let what was found in the files go: they, or how they are read, are others now."""
    for name in ("data_asked", "data_more", "data_seen", "data_intake"):
        st.session_state.pop(name, None)
