"""A data set that came from a database: its query is run once more, and what that changes is shown."""

from collections.abc import Mapping

import streamlit as st

from clvcore.data.dataset import Dataset, Origin
from clvcore.errors import ClvError
from clvcore.messages import listed, say
from clvcore.runs.databases.again import asked_again, queries_of, source_of, values_of
from pages.parts import choice
from pages.parts.bring_files import forget
from pages.parts.wording import plain, why


def anew() -> None:
    """The button that asks, where the chosen data set came from a database of this server.

    The rows wait as ones that were taken from the database, to be compared with the data set.
    """
    data = choice.dataset()
    queries = queries_of(data) if st.session_state["data"] in choice.own() else {}
    if not queries:
        return
    sources = listed(sorted({source_of(one) for one in queries.values()}))
    with st.container(border=True):
        told = {"name": data.name, "source": sources, "last": data.observed[1]}
        st.markdown(plain(say("page_data.anew.told", **told)))
        values = _values(queries)
        if st.button(say("page_data.anew.ask"), key="data_anew", help=say("page_data.anew.help")):
            _ask(data, values, sources)


def _values(queries: Mapping[str, Origin]) -> dict[str, str]:
    """One box for each value of the queries, with what it was the last time."""
    known = {name: value for one in queries.values() for name, value in values_of(one).items()}
    if not known:
        return {}
    boxes = st.columns(max(4, len(known)))
    return {
        name: box.text_input(f":{name}", value=value, key=f"data_anew_{name}")
        for (name, value), box in zip(known.items(), boxes, strict=False)
    }


def _ask(data: Dataset, values: Mapping[str, str], sources: str) -> None:
    said = st.session_state
    try:
        asking = say("page_data.db.asking", source=plain(sources))
        with st.spinner(asking, show_time=True):
            raws = asked_again(data, values)
    except ClvError as error:
        st.error(why(error), icon=":material/error:")
        return
    forget()
    said["data_db_taken"] = {**said.get("data_db_taken", {}), **raws}
    said["data_as"], said["data_again_to"] = "next", said["data"]
