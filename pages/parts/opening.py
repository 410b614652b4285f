"""How every page opens: its name, its question, and the one sentence that answers it."""

import streamlit as st

from clvcore.messages import say
from pages.parts.wording import joined


def opening(name: str, question: str, answer: str, *, simulated: bool) -> None:
    """Draw the title (with a badge where no real user made the data), the question, the answer."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.title(name, width="content", anchor=False)
        if simulated:
            st.badge(say("pages.simulated"), color="gray", help=say("pages.simulated_help"))
    st.caption(question)
    st.header(joined(answer), anchor=False)
