"""What surrounds every page: navigation, the choice of data set and run, and the way errors look."""

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
if shown.url_path:  # Home draws neither charts nor tables
    # Streamlit imports pandas at its first table, and plotly looks at what is there of it: whoever
    # draws a chart while another session's page imports it would fail. An import waits for the other
    import_module("pandas")
try:
    shown.run()
except ClvError as error:
    st.error(why(error), icon=":material/error:")
