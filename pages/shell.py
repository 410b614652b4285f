"""What surrounds every page: navigation, the choice of data set and run, and the way errors look."""

import streamlit as st

from clvcore.errors import ClvError
from clvcore.messages import say
from pages.parts import choice

st.set_page_config(page_title=say("pages.app"), layout="wide")


def page(name: str, icon: str, *, default: bool = False) -> "st.Page":
    return st.Page(
        f"{name}.py",
        title=say(f"pages.{name}.title"),
        icon=f":material/{icon}:",
        help=say(f"pages.{name}.help"),
        default=default,
    )


shown = st.navigation(
    {
        "": [page("home", "home", default=True)],
        say("pages.group.recommend"): [page("quality", "leaderboard")],
        say("pages.group.value"): [page("value", "payments")],
    }
)
with st.sidebar:
    choice.draw()
try:
    shown.run()
except ClvError as error:
    st.error(str(error), icon=":material/error:")
