"""The files of a data set that is brought in: chosen, read once, and told where they are no tables."""

import streamlit as st

from clvcore.data.dataset import RawTable
from clvcore.data.read import read
from clvcore.errors import ClvError
from clvcore.messages import say
from pages.parts.wording import plain, why

COMPANIONS = ("items", "users", "spend", "impressions")
TABLES = ("events", *COMPANIONS)


def files() -> dict[str, RawTable]:
    """The tables that were chosen and can be read; what is wrong with another stands below it."""
    raws = [_file("events")]
    with st.expander(say("page_data.bring.more"), key="data_companions"):
        places = [place for _ in range(2) for place in st.columns(2)]
        for table, place in zip(COMPANIONS, places, strict=True):
            with place:
                raws.append(_file(table))
    return {raw.name: raw for raw in raws if raw is not None}


def _file(table: str) -> RawTable | None:
    upload = st.file_uploader(
        say(f"page_data.bring.{table}"),
        type=["csv", "tsv", "txt", "parquet"],
        key=f"data_file_{table}",
        help=say(f"page_data.bring.{table}_help"),
        on_change=forget,
    )
    if upload is None:
        return None
    known = st.session_state.get(f"data_raw_{table}")
    if known is None or known[0] != upload.file_id:
        try:
            with st.spinner(say("page_data.bring.reading", source=plain(upload.name))):
                known = (upload.file_id, read(upload.getvalue(), table=table, source=upload.name))
        except ClvError as error:
            st.error(why(error), icon=":material/error:")
            return None
        st.session_state[f"data_raw_{table}"] = known
    return known[1]


def forget() -> None:
    """Let what was found in the files go: they, or how they are read, are others now."""
    for name in ("data_seen", "data_intake"):
        st.session_state.pop(name, None)
