"""What the users of a data set are worth: computed once, shown on several pages."""

import numpy as np
import streamlit as st

from clvcore.messages import say
from clvcore.runs.workspace import Workspace
from clvcore.value.ledger import Basis
from clvcore.value.users import UserValue, user_value

SEED = 0
"""As on the command line, so that both give the same intervals."""
YEAR_DAYS = 365


def valued(
    reference: str, dataset_id: str, basis: Basis, horizon_days: int
) -> tuple[UserValue, np.random.Generator]:
    """The worth of every user and the luck that is left; the id renews it where data change.

    Copy the generator before drawing from it: the cached one belongs to everybody.
    """
    with st.spinner(say("page_value.computing")):
        return _valued(reference, dataset_id, basis, horizon_days)


@st.cache_resource(max_entries=8, show_spinner=False)
def _valued(
    reference: str, dataset_id: str, basis: Basis, horizon_days: int
) -> tuple[UserValue, np.random.Generator]:
    del dataset_id
    data = Workspace.default().resolve(reference)
    rng = np.random.default_rng(SEED)
    return user_value(data, rng=rng, basis=basis, horizon_days=float(horizon_days)), rng
