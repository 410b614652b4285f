"""What the data set is called and about, and the choices that hold for all its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import PurePath
from typing import Any, get_args

import streamlit as st

from clvcore.columns import Kind
from clvcore.data.cells.words import LEFT_OUT
from clvcore.data.cells.zones import zones
from clvcore.data.dataset import Domain, RawTable, Recipe
from clvcore.data.meaning.known import Known
from clvcore.errors import ConfigError
from clvcore.messages import say


@dataclass(frozen=True, slots=True)
class Facts:
    """What the data set is called and about."""

    name: str
    currency: str
    zone: str
    domain: Domain


def facts(events: RawTable, title: str, export: Known | None, told: str | None) -> Facts:
    """Four boxes for the data set as a whole, filled in with what is known.

    Args:
        events: The table of events.
        title: What the boxes of these files are called by.
        export: The known export that the files are of.
        told: The currency that the file names itself.
    """
    domains = get_args(Domain)
    boxes = st.columns([5, 4, 5, 6])
    name = boxes[0].text_input(
        say("page_data.bring.name"),
        value=PurePath(events.files[0].name if events.files else events.source).stem,
        max_chars=80,
        key=f"data_name_{title}",
    )
    currency = boxes[1].text_input(
        say("page_data.bring.currency"),
        value=told or "",
        max_chars=3,
        placeholder=say("page_data.known.currency_example"),
        key=f"data_currency_{title}",
        help=say("page_data.known.currency_help"),
    )
    known = export.time_zone if export else None
    zone = boxes[2].selectbox(
        say("page_data.bring.time_zone"),
        zones([currency.strip().upper()], known),
        key=f"data_zone_{title}",
        help=say("page_data.bring.time_zone_help"),
    )
    domain = boxes[3].selectbox(
        say("page_data.bring.domain"),
        domains,
        index=domains.index(export.domain) if export else 0,
        format_func=lambda one: say(f"page_data.bring.domain_{one}"),
        key=f"data_domain_{title}",
    )
    return Facts(name, currency.strip().upper(), zone, domain)


def options(events: RawTable, base: Mapping[str, Any]) -> tuple[dict[str, Any], datetime | None]:
    """Choices for all rows, beneath an expander; those of a known export stay where none is made."""
    with st.expander(say("page_data.bring.options"), key="data_options"):
        boxes = st.columns(2)
        last_day = boxes[0].date_input(
            say("page_data.bring.until"),
            value=None,
            min_value=datetime(1970, 1, 1).date(),  # noqa: DTZ001 # a day, in the zone of the files
            key="data_until",
            help=say("page_data.bring.until_help"),
        )
        attributes = boxes[1].multiselect(
            say("page_data.bring.attributes"),
            events.frame.columns,
            placeholder=say("page_data.bring.none"),
            key=f"data_attributes_{events.source}",
            help=say("page_data.bring.attributes_help"),
        )
        boxes = st.columns(2)
        kinds = boxes[0].text_input(
            say("page_data.bring.kinds"),
            placeholder=say("page_data.bring.kinds_example"),
            key="data_kinds_words",
            help=say("page_data.bring.kinds_help", kinds=", ".join(Kind)),
        )
        not_items = boxes[1].text_input(
            say("page_data.bring.not_items"),
            placeholder=say("page_data.bring.not_items_example"),
            key="data_not_items",
            help=say("page_data.bring.not_items_help"),
        )
    made = {
        **base,
        "kinds": {**base.get("kinds", {}), **_pairs(kinds)},
        "not_items": _words(not_items),
        "user_attributes": {**base.get("user_attributes", {}), **{one: one for one in attributes}},
    }
    until = datetime.combine(last_day, time.max) if last_day else None
    return {key: value for key, value in made.items() if value}, until


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _pairs(text: str) -> dict[str, str]:
    """Words of the file and the kinds that they stand for, of "bought=purchase, seen=view"."""
    pairs = [word.partition("=") for word in _words(text)]
    return {word.strip(): kind.strip() for word, _, kind in pairs}


def sound(recipe: Recipe) -> Recipe:
    """The recipe with a name and a currency.

    Raises:
        ConfigError: one of them is missing or no such thing.
    """
    currency, name = recipe.currency.strip().upper(), recipe.name.strip()
    if not currency:
        raise ConfigError(say("page_data.known.no_currency"))
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise ConfigError(say("page_data.bring.bad_currency", currency=recipe.currency))
    if not name:
        raise ConfigError(say("page_data.bring.no_name"))
    for word, kind in recipe.options.get("kinds", {}).items():
        if not word or kind not in {*Kind, LEFT_OUT}:
            told = {"word": f"{word}={kind}", "kinds": ", ".join(Kind)}
            raise ConfigError(say("page_data.bring.bad_kinds", **told))
    return replace(recipe, name=name, currency=currency)
