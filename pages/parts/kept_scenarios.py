"""Scenarios that were kept: keep, open, name, clone, compare, take away and bring back."""

import json
from collections.abc import Callable
from dataclasses import asdict

import polars as pl
import streamlit as st

from clvcore.charts import scenario as charts
from clvcore.charts import words
from clvcore.charts.numbers import UNKNOWN
from clvcore.errors import ClvError, ConfigError
from clvcore.messages import listed, say
from clvcore.runs.scenarios import LONGEST_NAME, KeptScenario, Scenarios
from clvcore.scenario.levers import Lever, parse_change
from clvcore.scenario.outcome import Outcome
from clvcore.value.ledger import Basis
from pages.parts.drawing import chart
from pages.parts.supposed import Supposed, sliders
from pages.parts.tables import money_column
from pages.parts.wording import plain, why

MOST = 5
"""More bars than this are no comparison any more."""
TOLD = "whatif_kept_told"
"""What the last action came to."""


def draw(
    store: Scenarios,
    now: Supposed,
    name: str,
    *,
    outcome_of: Callable[[KeptScenario], Outcome],
    what: str,
    currency: str,
    basis: Basis,
) -> None:
    """The section, and what is done with it.

    Args:
        store: of this data set.
        now: what the levers say.
        name: a name for that.
        outcome_of: the outcome of a scenario, from the base that the page shows.
        what: ``clv`` or ``ltv``.
        currency: of the money.
        basis: that the page counts in.
    """
    st.markdown(f"**{say('page_whatif.kept.title')}**")
    kept = store.all()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if now.changes:
            _keep(store, now, name, basis)
        gone = store.dropped()
        if gone is not None and st.session_state.get("whatif_kept_gone") == gone.id:
            st.button(
                say("page_whatif.kept.undo", name=plain(gone.name)),
                key="whatif_kept_undo",
                icon=":material/undo:",
                on_click=_undo,
                args=[store],
            )
    told = st.session_state.pop(TOLD, None)
    if told:
        st.caption(plain(told))
    if not kept:
        st.caption(say("page_whatif.kept.none"))
        return
    chosen = _table(kept)
    if len(chosen) == 1:
        _actions(store, chosen[0])
    if chosen:
        _compared(chosen[:MOST], outcome_of, what=what, currency=currency, basis=basis)
    if len(chosen) > MOST:
        st.caption(say("page_whatif.kept.too_many", most=MOST))


def _keep(store: Scenarios, now: Supposed, offered: str, basis: Basis) -> None:
    with st.popover(say("page_whatif.kept.keep"), icon=":material/bookmark_add:"):
        # a new key for each scenario: the name offered is that of what the levers say now
        key = f"whatif_kept_name_{abs(hash((now.changes, now.scope, now.elasticity)))}"
        name = st.text_input(
            say("page_whatif.kept.name"),
            value=store.name_for(offered),
            max_chars=LONGEST_NAME,
            key=key,
        )
        st.button(
            say("page_whatif.kept.save"),
            type="primary",
            key="whatif_kept_save",
            on_click=_saved,
            args=[store, now, name, basis],
        )


def _table(kept: list[KeptScenario]) -> list[KeptScenario]:
    """The table, and the rows that are ticked."""
    st.caption(say("page_whatif.kept.choose", most=MOST))
    is_somebody = any(one.made_by for one in kept)
    shown = st.dataframe(
        pl.DataFrame(
            {
                "name": [one.name for one in kept],
                "changes": [_in_words(one) for one in kept],
                "when": [one.made_at.replace(tzinfo=None) for one in kept],
                "who": [one.made_by or None for one in kept],
            },
            schema_overrides={"who": pl.String},
        ),
        # another table where the rows are others: ticks go by number
        key="whatif_kept_" + "_".join(one.id for one in kept)[:200],
        hide_index=True,
        placeholder=UNKNOWN,
        on_select="rerun",
        selection_mode="multi-row",
        column_order=("name", "changes", "when", *(["who"] if is_somebody else [])),
        column_config={
            "name": st.column_config.TextColumn(say("page_whatif.kept.col_name"), width=170),
            "changes": st.column_config.TextColumn(say("page_whatif.kept.col_changes"), width=170),
            "when": st.column_config.DatetimeColumn(
                say("page_whatif.kept.col_when"), format="YYYY-MM-DD HH:mm", width=115
            ),
            "who": st.column_config.TextColumn(say("page_whatif.kept.col_who"), width=60),
        },
        alt=say("page_whatif.kept.table_alt"),
    )
    return [kept[row] for row in shown.selection.rows if row < len(kept)]


def _actions(store: Scenarios, one: KeptScenario) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            say("page_whatif.kept.open"),
            key="whatif_kept_open",
            icon=":material/tune:",
            on_click=_opened,
            args=[one],
        )
        with st.popover(say("page_whatif.kept.rename"), icon=":material/edit:"):
            name = st.text_input(
                say("page_whatif.kept.name"),
                value=one.name,
                max_chars=LONGEST_NAME,
                key=f"whatif_kept_new_name_{one.id}",
            )
            st.button(
                say("page_whatif.kept.rename"),
                key="whatif_kept_renamed",
                on_click=_renamed,
                args=[store, one.id, name],
            )
        st.button(
            say("page_whatif.kept.clone"),
            key="whatif_kept_clone",
            icon=":material/content_copy:",
            on_click=_saved,
            args=[store, one, store.name_for(one.name), one.basis],
        )
        st.download_button(
            say("page_whatif.kept.export"),
            data=lambda: json.dumps(
                asdict(one) | {"made_at": one.made_at.isoformat()}, ensure_ascii=False, indent=1
            ).encode(),
            file_name=f"scenario-{one.id}.json",
            mime="application/json",
            icon=":material/download:",
            key="whatif_kept_export",
            on_click="ignore",
        )
        st.button(
            say("page_whatif.kept.drop"),
            key="whatif_kept_drop",
            icon=":material/delete:",
            on_click=_dropped,
            args=[store, one],
        )


def _compared(
    chosen: list[KeptScenario],
    outcome_of: Callable[[KeptScenario], Outcome],
    *,
    what: str,
    currency: str,
    basis: Basis,
) -> None:
    """The chosen ones beside each other, all from the same base."""
    found: dict[str, Outcome] = {}
    for one in chosen:
        try:
            found[one.name] = outcome_of(one)
        except ClvError as error:
            st.warning(say("page_whatif.kept.cannot", name=plain(one.name), why=why(error)))
    found = {name: one for name, one in found.items() if one.delta.total[what].item() is not None}
    if not found:
        return
    first = next(iter(found.values()))
    ends = "clv" if what == "clv" else "forecast"
    st.markdown(f"**{say('page_whatif.kept.compared')}**")
    chart(
        charts.side_by_side(list(found.values()), what=what, currency=currency),
        pl.DataFrame(
            {
                "name": list(found),
                "change": [one.delta.total[what].item() for one in found.values()],
                "low": [one.delta.total[f"{ends}_low"].item() for one in found.values()],
                "high": [one.delta.total[f"{ends}_high"].item() for one in found.values()],
                "then": [one.after.total[what].item() for one in found.values()],
            }
        ),
        key="whatif_kept_compared",
        alt=say("page_whatif.kept.compared_alt"),
        columns={
            "name": say("page_whatif.kept.col_name"),
            "change": money_column(say("page_whatif.kept.change", currency=currency)),
            "low": money_column(say("page_whatif.low")),
            "high": money_column(say("page_whatif.high")),
            "then": money_column(say("page_whatif.kept.then", currency=currency)),
        },
        note=say(
            "page_whatif.kept.note",
            basis=say(f"page_whatif.{basis}"),
            level=f"{first.level:.0%}",
        ),
    )


def _in_words(kept: KeptScenario) -> str:
    """What it moves, as a cell says it."""
    try:
        read = [parse_change(change) for change in kept.changes]
    except ConfigError:
        return listed(kept.changes)
    parts = [
        f"{words.lever(one.lever.value)} {words.step(str(one).partition('=')[2])}" for one in read
    ]
    group = "" if kept.scope is None else words.group(kept.scope.partition("=")[2])
    text = listed(parts)
    return say("page_whatif.for_group", changes=text, group=group) if group else text


def _saved(store: Scenarios, one: Supposed | KeptScenario, name: str, basis: Basis) -> None:
    _tell(
        lambda: store.keep(
            name,
            one.changes,
            basis=basis,
            scope=one.scope,
            elasticity=one.elasticity,
            made_by=_who(),
        )
    )


def _renamed(store: Scenarios, scenario_id: str, name: str) -> None:
    _tell(lambda: store.rename(scenario_id, name))


def _undo(store: Scenarios) -> None:
    _tell(store.undo)


def _tell(act: Callable[[], KeptScenario | None]) -> None:
    """Do it, and remember in words what came of it."""
    try:
        one = act()
    except ClvError as error:
        st.session_state[TOLD] = why(error)
        return
    if one is not None:
        st.session_state[TOLD] = say("page_whatif.kept.done", name=one.name)


def _dropped(store: Scenarios, one: KeptScenario) -> None:
    try:
        store.drop(one.id)
    except ClvError as error:
        st.session_state[TOLD] = why(error)
        return
    st.session_state["whatif_kept_gone"] = one.id
    st.session_state[TOLD] = say("page_whatif.kept.gone", name=one.name)


def _opened(one: KeptScenario) -> None:
    """Let the levers stand as they stood."""
    moved = sliders(one.changes)
    for lever in Lever:
        st.session_state[f"whatif_{lever.value}"] = round(moved.get(lever, 0))
    st.session_state["whatif_elasticity"] = one.elasticity
    st.session_state["whatif_scope"] = "*" if one.scope is None else one.scope.partition("=")[2]
    st.session_state["whatif_basis"] = one.basis


def _who() -> str:
    """Who is logged in; empty where nobody has to be."""
    return str(st.user.get("name") or st.user.get("email") or "")
