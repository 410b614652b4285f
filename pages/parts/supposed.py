"""What was supposed on the What-if page last, so that the report can tell it."""

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from clvcore.scenario.levers import Lever, parse_change
from clvcore.value.ledger import Basis

KEPT = "supposed"
CHANGES, SCOPE, ELASTICITY = "report_set", "report_scope", "report_elasticity"
"""What stands in the report's link, named as the options of ``clv report``."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """Changes as `Scenario.of` reads them, for a data set on a basis."""

    data_id: str
    changes: tuple[str, ...]
    scope: str | None = None
    elasticity: float = 0.0
    basis: Basis | None = None
    """None where a link did not say."""


def suppose(
    data_id: str, changes: tuple[str, ...], scope: str | None, elasticity: float, basis: Basis
) -> Supposed:
    """Keep what the levers say."""
    said = Supposed(data_id, changes, scope, elasticity, basis)
    st.session_state[KEPT] = said
    return said


def supposed(data_id: str) -> Supposed:
    """What the levers said last, else what the link says; the link then says the same."""
    said: Supposed | None = st.session_state.get(KEPT)
    if said is None:
        said = _linked(data_id)
        st.session_state[KEPT] = said
    if said.data_id != data_id:
        said = Supposed(data_id, ())
    _into_link(said)
    return said


def sliders(changes: Iterable[str]) -> dict[Lever, float]:
    """How far each slider stands for changes: percent, or points."""
    return {
        change.lever: 100 * change.amount
        for change in map(parse_change, changes)
        if change.form in ("relative", "points")
    }


def levers_link(said: Supposed) -> dict[str, str]:
    """What a link to the What-if page carries, so that its levers stand as they stood."""
    link = {f"whatif_{lever.value}": f"{moved:g}" for lever, moved in sliders(said.changes).items()}
    if said.scope and link:
        link["whatif_scope"] = said.scope.partition("=")[2]
    if said.elasticity and link:
        link["whatif_elasticity"] = f"{said.elasticity:g}"
    return link


def _linked(data_id: str) -> Supposed:
    try:
        elasticity = float(st.query_params.get(ELASTICITY, "0"))
    except ValueError:
        elasticity = 0.0
    changes = tuple(st.query_params.get_all(CHANGES))
    return Supposed(data_id, changes, st.query_params.get(SCOPE), elasticity)


def _into_link(said: Supposed) -> None:
    told = {
        CHANGES: list(said.changes),
        SCOPE: said.scope if said.changes else None,
        ELASTICITY: f"{said.elasticity:g}" if said.changes and said.elasticity else None,
    }
    for key, value in told.items():
        if value:
            st.query_params[key] = value
        elif key in st.query_params:
            del st.query_params[key]
