"""The files of a data set that is brought in: chosen, read once, and told where they are no tables."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from clvcore.data.cells.private import masked, suspects
from clvcore.data.dataset import RawTable
from clvcore.data.meaning.known import known_exports
from clvcore.data.meaning.together import together
from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.runs.reading import Asked, first_rows, read_each
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
    hows = [bring_reading.chosen(table, place) for place in range(len(uploads))]
    keys = [(upload.file_id, how) for upload, how in zip(uploads, hows, strict=True)]
    new = [
        Asked(upload.getvalue, upload.size, upload.name, how)
        for upload, how, key in zip(uploads, hows, keys, strict=True)
        if key not in kept
    ]
    found = iter(_read_new(table, new))
    known: dict[object, RawTable] = {}
    files = []
    for place, (upload, key) in enumerate(zip(uploads, keys, strict=True)):
        raw = kept[key] if key in kept else next(found)
        if isinstance(raw, ClvError):
            st.error(why(raw), icon=":material/error:")
            raw = None
        else:
            known[key] = raw
        files.append(bring_reading.File(upload.name, place, raw))
    st.session_state[f"data_raw_{table}"] = known
    return files


def _read_new(table: str, new: list[Asked]) -> list[RawTable | ClvError]:
    """What comes of each file; meanwhile it is said which is waited for, and rows are looked at."""
    look = st.empty()
    begun = (first_rows(one.load(), table, one.source, one.how) for one in new)
    rows = next((one.frame for one in begun if one is not None), None)
    if rows is not None:
        shown = masked(rows, suspects(table, rows))
        look.dataframe(shown, key=f"data_begun_{table}", hide_index=True)
    results, found = read_each(new, table), []
    for place, one in enumerate(new, 1):
        key = "reading" if len(new) == 1 else "reading_each"
        told = {"source": plain(one.source), "n": place, "of": len(new)}
        with st.spinner(say(f"page_data.bring.{key}", **told), show_time=True):
            found.append(next(results))
    look.empty()
    return found


def _other_files(table: str) -> None:
    """Other files are read as they decide, and checked anew."""
    bring_reading.forget(table)
    forget()


def forget() -> None:
    """Let what was found in the files go: they, or how they are read, are others now."""
    for name in ("data_asked", "data_more", "data_seen", "data_intake"):
        st.session_state.pop(name, None)
