"""How a finding about the rows, or a difference between files, stands on a page."""

from typing import Literal

import streamlit as st

from clvcore.data.again.changes import Change
from clvcore.data.dataset import Finding, Severity
from clvcore.messages import say
from clvcore.report.wording import on_page
from pages.parts.wording import plain

COLOUR: dict[Severity, Literal["red", "orange", "gray"]] = {
    Severity.ERROR: "red",
    Severity.WARNING: "orange",
    Severity.NOTE: "gray",
}


WIDTH = 84
"""Of the gravest word, in pixels."""


def tell(one: Finding | Change) -> None:
    """One calm row: how grave, what, and what mends it."""
    row = st.container(horizontal=True, gap="small")
    grave, text = row.container(width=WIDTH), row.container(gap="small")
    grave.badge(say(f"page_data.severity_{one.severity.value}"), color=COLOUR[one.severity])
    text.markdown(plain(on_page(one.text)))
    text.caption(plain(on_page(one.fix)))
