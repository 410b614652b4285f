"""A data set that was brought in is stored, and all pages are about it."""

import streamlit as st

from clvcore.data.clean import Intake
from clvcore.errors import ClvError
from clvcore.runs.workspace import Workspace
from pages.parts import choice
from pages.parts.wording import why


def stored(intake: Intake, told: str) -> bool:
    """Store the data set and open it; what stands in the way is told on the next drawing.

    Args:
        intake: What a person has accepted.
        told: The sentence above the data set.

    Returns:
        Whether it was stored.
    """
    said = st.session_state
    try:
        Workspace.default().add(intake)
    except ClvError as error:
        said["data_wrong"] = why(error)
        return False
    if intake.dataset.id not in choice.own():
        choice.own().append(intake.dataset.id)
    choice.show(intake.dataset.id)
    said["data_view"], said["data_said"] = "look", told
    return True
