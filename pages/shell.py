"""What surrounds every page: navigation, the choice of data set and run, and the way errors look."""

from copy import copy
from importlib import import_module
from itertools import groupby
from pathlib import Path

import streamlit as st

from clvcore.errors import ClvError
from clvcore.messages import say
from pages.parts import choice, document, language, tour
from pages.parts.places import places
from pages.parts.wording import why

ICON = Path(__file__).parent / "parts" / "icon.png"
SIDEBAR_PX = 340  # as wide as the name of a run

language.settle()
# a file of our own: for an icon by name the browser would ask another host
st.set_page_config(
    page_title=say("pages.app"),
    page_icon=str(ICON),
    layout="wide",
    initial_sidebar_state=SIDEBAR_PX,
)
shown = st.navigation(
    {
        heading: [place.page(default=place.name == "home") for place in group]
        for heading, group in groupby(places(), key=lambda place: place.heading)
    }
)
with st.sidebar:
    on_the_way = st.container()
    notes = choice.draw()
    language.draw()
    document.draw()
tour.follow(shown.url_path or "home")
if tour.is_on() and shown.url_path:
    with on_the_way:
        tour.draw()
for note in notes:
    st.warning(note, icon=":material/info:")
drawn = choice.mark()


def page() -> None:
    """The page, with the reason where it cannot be drawn."""
    try:
        copy(shown).run()  # Streamlit lets a page run once
    except ClvError as error:
        st.error(why(error), icon=":material/error:")


@st.fragment
def alone() -> None:
    """The page without its surroundings: a click on it leaves these as they are, and is answered sooner."""
    if choice.mark() != drawn:  # it chose what the surroundings tell
        st.rerun()
    page()


if shown.url_path:
    # Streamlit imports pandas at its first table, and plotly looks at what is there of it: whoever
    # draws a chart while another session's page imports it would fail. An import waits for the other
    import_module("pandas")
    alone()
else:  # Home draws neither charts nor tables, and what is chosen there the surroundings tell
    page()
