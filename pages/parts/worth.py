"""What the users of a data set are worth: computed once, shown on several pages."""

from copy import deepcopy

import numpy as np
import streamlit as st

from clvcore.messages import say
from clvcore.runs.workspace import Workspace
from clvcore.scenario.outcome import Reported, baseline, reported
from clvcore.value.forecast import Fitted, fitted
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


@st.cache_resource(max_entries=6, show_spinner=say("page_whatif.computing_base"))
def started(reference: str, dataset_id: str, basis: Basis, key: str) -> Reported:
    """Where scenarios start; the id renews it where data change."""
    worth, rng = valued(reference, dataset_id, basis, YEAR_DAYS)
    return reported(baseline(worth, [key]), rng=deepcopy(rng), by=key)


@st.cache_resource(max_entries=16, show_spinner=False)
def _valued(
    reference: str, dataset_id: str, basis: Basis, horizon_days: int
) -> tuple[UserValue, np.random.Generator]:
    base, rng = _fitted(reference, dataset_id, basis)
    data = Workspace.default().resolve(reference)
    worth = user_value(data, rng=rng, basis=basis, horizon_days=float(horizon_days), base=base)
    return worth, rng


@st.cache_resource(max_entries=4, show_spinner=False)
def _fitted(reference: str, dataset_id: str, basis: Basis) -> tuple[Fitted, np.random.Generator]:
    """The part that is the same for every horizon."""
    del dataset_id
    rng = np.random.default_rng(SEED)
    return fitted(Workspace.default().resolve(reference), rng=rng, basis=basis), rng
