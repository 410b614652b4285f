"""The way through the finished demo; how far somebody has come stands in the URL."""

import streamlit as st

from clvcore.messages import say
from clvcore.runs.shelf import shipped_runs
from pages.parts import choice
from pages.parts.places import PLACES, Place, is_there

STEPS = ("data", "quality", "users", "value", "whatif", "report")
"""Pages of the way, in order."""
KEY = "tour"
_START = "home"
_BETWEEN = "."


def follow(page: str) -> None:
    """Take note of the page that is open now, where somebody is on the way."""
    said = st.session_state
    asked = st.query_params.get(KEY, "")
    if asked and asked != said.get(f"url.{KEY}"):
        seen = {name for name in asked.split(_BETWEEN) if name in STEPS}
        said[KEY] = (_START, *sorted(seen, key=STEPS.index))
    if not said.get(KEY):
        return
    if is_about_it() and page in STEPS and page not in said[KEY]:
        said[KEY] = (*said[KEY], page)
    said[f"url.{KEY}"] = _BETWEEN.join(said[KEY])
    st.query_params[KEY] = said[f"url.{KEY}"]


def begin() -> None:
    """Let all pages be about the finished demo."""
    choice.show(choice.FIRST)
    data = choice.dataset().id
    runs = [run.run_id for run in shipped_runs() if run.config()["dataset"]["id"] == data]
    st.session_state["run"] = next(iter(runs), None)
    st.session_state[KEY] = (_START,)


def is_on() -> bool:
    """Whether somebody is on the way, and the pages are about it."""
    return bool(st.session_state.get(KEY)) and is_about_it()


def is_about_it() -> bool:
    """Whether the pages are about the data of the demo."""
    return st.session_state.get("data") == choice.FIRST


def steps() -> list[Place]:
    """The pages of the way that are there, in its order."""
    named = {place.name: place for place in PLACES}
    return [named[name] for name in STEPS if name in named and is_there(name)]


def is_seen(place: Place) -> bool:
    """Whether a page of the way was seen."""
    return place.name in st.session_state.get(KEY, ())


def following() -> Place | None:
    """The first page that was not seen; None at the end of the way."""
    return next((place for place in steps() if not is_seen(place)), None)


def draw() -> None:
    """How far somebody is, and the link to what follows."""
    place, way = following(), steps()
    if place is None:
        st.caption(say("pages.tour.over"))
        st.page_link(
            "data.py",
            label=say("pages.home.bring"),
            icon=":material/upload_file:",
            query_params={**choice.links(), "data_view": "bring"},
        )
        return
    st.caption(say("pages.tour.far", seen=sum(map(is_seen, way)), steps=len(way)))
    st.page_link(
        place.path,
        label=say("pages.tour.next", page=say(f"pages.{place.name}.title")),
        icon=":material/arrow_forward:",
        query_params=choice.links(),
    )
