"""What a theme and Streamlit's own calls cannot say of the document around every page."""

import streamlit as st

from clvcore.messages.languages import language

_ON_PRIMARY = """
button[data-testid^="stBaseButton-primary"]:enabled:is(:not(:hover, :focus-visible), :active),
[data-testid="stMultiSelect"] [data-tag] {
    color: light-dark(#ffffff, #0f1419)
}
"""
"""Streamlit writes white on the primary colour in dark too, where that colour has to be light to be
read as text elsewhere: white on it has a contrast of 3.0:1, the page's own dark one of 6.1:1. Under
the mouse and the keyboard the button is darker, and white has 4.9:1."""


def draw() -> None:
    """Name the document's language, which a screen reader speaks in, and make buttons legible.

    Both are constants of ours: nothing that a person wrote or a link holds gets in.
    """
    st.html(
        f"<style>{_ON_PRIMARY}</style>"
        f"<script>document.documentElement.lang = '{language()}'</script>",
        unsafe_allow_javascript=True,
    )
