"""The form between files and a data set: which column is what, and how the rows are to be read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from pathlib import PurePath
from typing import Any, get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from clvcore.charts import words
from clvcore.columns import Kind
from clvcore.data.dataset import ColumnMap, Domain, RawTable, Recipe
from clvcore.data.mapping import propose
from clvcore.data.roles import ROLES
from clvcore.errors import ConfigError, MappingError
from clvcore.messages import say
from pages.parts.wording import plain

ASKED = {
    "events": (
        "user_id",
        "at",
        "item_id",
        "kind",
        "amount",
        "unit_price",
        "quantity",
        "order_id",
    ),
    "items": ("item_id", "title", "category", "price", "unit_cost"),
    "users": ("user_id", "acquired_at", "channel"),
    "spend": ("date", "channel", "amount"),
    "impressions": ("user_id", "at", "item_id", "position", "propensity", "taken"),
}
"""Roles that a person is asked about; further columns are proposed."""
WIDTH = 4


def mapping(table: str, raw: RawTable) -> ColumnMap:
    """One box for each role that matters, with the proposal chosen."""
    proposal = _proposed(raw)
    st.markdown(f"**{plain(say('page_data.bring.columns', table=words.table(table)))}**")
    roles = {name: column for name, column in proposal.items() if name not in ASKED[table]}
    columns: Sequence[DeltaGenerator] = ()
    for place, role in enumerate(ASKED[table]):
        if place % WIDTH == 0:  # a row of its own, so that the boxes stand level
            columns = st.columns(WIDTH)
        guess = proposal.get(role)
        chosen = columns[place % WIDTH].selectbox(
            say(f"page_data.bring.role.{role}"),
            raw.frame.columns,
            index=raw.frame.columns.index(guess) if guess else None,
            placeholder=say("page_data.bring.none"),
            key=f"data_map_{table}_{role}_{raw.source}",
        )
        if chosen is not None:
            roles[role] = chosen
    return ColumnMap(roles)


def _proposed(raw: RawTable) -> Mapping[str, str]:
    """What can be proposed, also where one role is open; the person fills in the rest."""
    try:
        return propose(raw).roles
    except MappingError:
        pass
    asked = [role.name for role in ROLES[raw.name] if role.required or role.asks]
    found: dict[str, str] = {}
    for name in asked:
        others = {other: "?" for other in asked if other != name}
        try:
            roles = propose(raw, ColumnMap({}, others)).roles
        except MappingError:
            continue
        found |= {role: column for role, column in roles.items() if column not in found.values()}
    return found


def recipe(events: RawTable, maps: Mapping[str, ColumnMap]) -> Recipe:
    """What the data set is called and about, and how its rows are to be read."""
    boxes = st.columns(WIDTH)
    name = boxes[0].text_input(
        say("page_data.bring.name"),
        value=PurePath(events.files[0].name if events.files else events.source).stem,
        max_chars=80,
        key=f"data_name_{events.source}",
    )
    currency = boxes[1].text_input(
        say("page_data.bring.currency"), value="EUR", max_chars=3, key="data_currency"
    )
    zone = boxes[2].text_input(
        say("page_data.bring.time_zone"),
        value="UTC",
        key="data_zone",
        help=say("page_data.bring.time_zone_help"),
    )
    domain = boxes[3].selectbox(
        say("page_data.bring.domain"),
        get_args(Domain),
        format_func=lambda one: say(f"page_data.bring.domain_{one}"),
        key="data_domain",
    )
    with st.expander(say("page_data.bring.options"), key="data_options"):
        options, until = _options(events)
    return Recipe(
        name=name,
        currency=currency,
        time_zone=zone.strip(),
        domain=domain,
        maps=maps,
        observed_until=until,
        options={key: value for key, value in options.items() if value},
    )


def _options(events: RawTable) -> tuple[dict[str, Any], datetime | None]:
    """Choices that matter where the files leave something open."""
    boxes = st.columns(3)
    auto, none = say("page_data.bring.auto"), say("page_data.bring.none")
    decimal = boxes[0].selectbox(
        say("page_data.bring.decimal"),
        [".", ","],
        index=None,
        placeholder=auto,
        key="data_decimal",
        help=say("page_data.bring.decimal_help"),
    )
    order = boxes[1].selectbox(
        say("page_data.bring.date_order"),
        ["dmy", "mdy"],
        index=None,
        format_func=lambda one: say(f"page_data.bring.date_order_{one}"),
        placeholder=auto,
        key="data_order",
        help=say("page_data.bring.decimal_help"),
    )
    last_day = boxes[2].date_input(
        say("page_data.bring.until"),
        value=None,
        min_value=datetime(1970, 1, 1).date(),  # noqa: DTZ001 # a day, in the zone of the files
        key="data_until",
        help=say("page_data.bring.until_help"),
    )
    boxes = st.columns(3)
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
    attributes = boxes[2].multiselect(
        say("page_data.bring.attributes"),
        events.frame.columns,
        placeholder=none,
        key=f"data_attributes_{events.source}",
        help=say("page_data.bring.attributes_help"),
    )
    duplicates = st.checkbox(say("page_data.bring.drop_duplicates"), key="data_duplicates")
    options = {
        "decimal": decimal,
        "date_order": order,
        "kinds": _pairs(kinds),
        "not_items": _words(not_items),
        "user_attributes": attributes,
        "drop_duplicates": duplicates,
    }
    return options, datetime.combine(last_day, time.max) if last_day else None


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
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise ConfigError(say("page_data.bring.bad_currency", currency=recipe.currency))
    if not name:
        raise ConfigError(say("page_data.bring.no_name"))
    for word, kind in recipe.options.get("kinds", {}).items():
        if not word or kind not in set(Kind):
            told = {"word": f"{word}={kind}", "kinds": ", ".join(Kind)}
            raise ConfigError(say("page_data.bring.bad_kinds", **told))
    return replace(recipe, name=name, currency=currency)
