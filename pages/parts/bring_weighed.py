"""What has to be settled before rows are weighed: rates of currencies, and personal data."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from clvcore.charts import words
from clvcore.data.cleaning.currencies import MixedCurrenciesError
from clvcore.data.consequences import Considered, consider
from clvcore.data.dataset import RawTable, Recipe
from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.runs.workspace import Workspace
from pages.parts.bring_clean import counted
from pages.parts.wording import plain, why


def weighed(raws: Mapping[str, RawTable]) -> Considered | None:
    """The tables, looked at once by the recipe that was asked for; None while something is open.

    Reads ``data_asked``, the recipe of the form, and keeps in ``data_seen`` and ``data_intake`` what
    came of it. Asks for rates where rows are in several currencies, and shows what becomes of
    personal data.
    """
    state = st.session_state
    asked: Recipe | None = state.get("data_asked")
    if asked is None:
        return None
    more: dict[str, Any] = state.get("data_more", {})
    seen: Considered | None = state.get("data_seen")
    if seen is None:
        ways = {**asked.options.get("protect", {}), **more.get("protect", {})}
        said = {"protect": ways} if ways else {}
        recipe = replace(asked, options={**asked.options, **more, **said})
        try:
            seen = _looked_at(raws, recipe)
        except MixedCurrenciesError as error:
            settled = currencies(error, recipe.currency)
            if settled is not None:
                state["data_more"] = {**more, **settled}
                st.rerun()
            return None
        except ClvError:
            del state["data_asked"]  # said once, by the shell
            raise
    ways = protecting(seen)
    if ways != {f"{one.table}.{one.column}": one.way for one in seen.ready.personal}:
        state["data_more"] = {**more, "protect": ways}
        del state["data_seen"]
        st.rerun()
    return seen


def _looked_at(raws: Mapping[str, RawTable], recipe: Recipe) -> Considered:
    with st.spinner(say("page_data.bring.checking")):
        key = Workspace.default().key()
        seen = consider(raws, recipe, now=datetime.now(UTC), key=key)
        st.session_state["data_intake"] = seen.intake(seen.usual)
    st.session_state["data_seen"] = seen
    return seen


def protecting(seen: Considered) -> dict[str, str]:
    """What becomes of each column with personal data, drawn where there is any.

    What comes back is the option ``protect`` of a recipe; where it is not what ``seen`` was made
    with, the tables have to be considered anew.
    """
    found = seen.ready.personal
    ways = {f"{one.table}.{one.column}": str(one.way) for one in found}
    if not found:
        return ways
    st.markdown(f"**{say('page_data.clean.personal')}**")
    for one in found:
        name = f"{one.table}.{one.column}"
        text, choice = st.columns(2, gap="medium", vertical_alignment="center")
        told = {"column": one.column, "table": words.table(one.table)}
        kind = say(f"data.clean.kind_{one.kind}")
        text.markdown(plain(say("page_data.clean.personal_column", **told)))
        text.caption(plain(say("page_data.clean.personal_kind", kind=kind, rows=counted(one.rows))))
        options = ["hash", "keep"] if one.is_id else ["drop", "hash", "keep"]
        way = choice.segmented_control(
            name,
            options,
            default=one.way,
            format_func=lambda way: say(f"page_data.clean.way_{way}"),
            key=f"data_protect_{name}",
            required=True,
            label_visibility="collapsed",
        )
        ways[name] = way or one.way
        helped = "cells" if one.partly and ways[name] == "drop" else ways[name]
        choice.caption(say(f"page_data.clean.way_{helped}_help"))
    return ways


def currencies(error: MixedCurrenciesError, currency: str) -> dict[str, Any] | None:
    """Rates for the currencies that an error names, or the one to keep; None until there are some.

    What comes back are the options ``rates`` or ``keep_currency`` of a recipe.
    """
    st.error(why(error), icon=":material/error:")
    keep = say("page_data.clean.keep_one")
    others = [code for code in error.found if code not in {currency, "$"}]
    with st.form("data_rates_form", border=False):
        boxes = st.columns(4)
        rates = {
            code: boxes[place % 4].text_input(
                say("page_data.clean.rate", currency=code, own=currency),
                placeholder="0.92",
                key=f"data_rate_{code}",
            )
            for place, code in enumerate(others)
        }
        one = st.selectbox(
            keep,
            [code for code in error.found if code != "$"],
            index=None,
            placeholder=say("page_data.bring.none"),
            key="data_keep_currency",
            width=240,
        )
        sent = st.form_submit_button(say("page_data.clean.convert"), key="data_convert")
    if not sent:
        return None
    given = {code: rate.strip() for code, rate in rates.items() if rate.strip()}
    return {"keep_currency": one, "rates": given} if one else {"rates": given}
