"""One table of the bring-in form: what was proposed for it, and what a person makes of that."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import streamlit as st

from clvcore.data.cells.by_file import Files
from clvcore.data.cells.choices import Choices
from clvcore.data.cells.roles import ROLES
from clvcore.data.dataset import ColumnMap, RawTable
from clvcore.data.meaning.known import Known
from clvcore.data.meaning.understanding import Understanding, understand
from clvcore.messages import say
from pages.parts.bring_masked import Masks
from pages.parts.wording import plain

ASKED = {
    "events": ("user_id", "at", "item_id", "kind", "amount", "unit_price", "quantity", "order_id"),
    "items": ("item_id", "title", "category", "price", "unit_cost"),
    "users": ("user_id", "acquired_at", "channel"),
    "spend": ("date", "channel", "amount"),
    "impressions": ("user_id", "at", "item_id", "position", "propensity", "taken"),
}
"""Roles that can always be chosen; others only where a column was proposed for them."""


class Table:
    """One table on the page: what was proposed for it, and what a person makes of that."""

    def __init__(
        self,
        raw: RawTable,
        export: Known | None,
        base: Mapping[str, Any],
        given: ColumnMap | None = None,
    ) -> None:
        """The table, read as the export, with its options; or by the map of a recipe with those."""
        self.raw, self.export, self.base = raw, export, base
        self.title = f"{raw.source}_{export.key}" if export else raw.source
        self.masks = Masks(raw, self.title, json.dumps(mark_of(raw)))
        self.proposal = _once(raw, "proposed", given or "", export=export, options=base)
        proposed = self.proposal.map.roles
        rest = [role.name for role in ROLES[raw.name] if role.name in proposed]
        asked = ASKED[raw.name]
        self.roles = [*asked, *(name for name in rest if name not in asked)]

    def key(self, role: str) -> str:
        """Name of the box for a role."""
        return f"data_map_{self.raw.name}_{role}_{self.title}"

    def column_map(self) -> ColumnMap:
        """The columns that are chosen now."""
        given = self.proposal.map
        chosen = {
            role: st.session_state.get(self.key(role), given.roles.get(role)) for role in self.roles
        }
        return ColumnMap({k: v for k, v in chosen.items() if v}, dict(given.constants))

    def columns(self) -> dict[str, dict[str, str]]:
        """What is said about the reading of single columns."""
        found = dict(self.base.get("columns", {}))
        for column in self.raw.frame.columns:
            name = f"{self.raw.name}.{column}"
            said = {
                part: value.isoformat() if isinstance(value, date) else value
                for part in ("decimal", "date_order", "epoch", "zone", "first_day")
                if (value := st.session_state.get(self.reading_key(column, part)))
            }
            if said:
                found[name] = {**found.get(name, {}), **said}
        return {name: own for name, own in found.items() if own}

    def files(self) -> dict[str, dict[str, dict[str, str]]]:
        """What is said about the reading of single columns in one of several files."""
        names = self.file_names
        found = {
            file: {
                f"{self.raw.name}.{column}": said
                for column in self.column_map().roles.values()
                if (said := self._said(column, file))
            }
            for file in (names if len(names) > 1 else ())
        }
        return {file: own for file, own in found.items() if own}

    @property
    def file_names(self) -> tuple[str, ...]:
        """Names of the files that the rows are of."""
        return Files.of(self.raw).names

    def _said(self, column: str, file: str) -> dict[str, str]:
        keys = {part: self.reading_key(column, part, file) for part in ("decimal", "date_order")}
        return {part: said for part, key in keys.items() if (said := st.session_state.get(key))}

    def reading_key(self, column: str, part: str, file: str = "") -> str:
        """Name of the box for one part of a column's reading, in all files or in one."""
        return f"data_how_{self.raw.name}_{column}_{part}_{self.title}{file and f'_{file}'}"

    def understood(self, zone: str, currency: str | None) -> Understanding:
        """What is understood under all that is chosen now."""
        options = {**self.base, "columns": self.columns(), "files": self.files()}
        return _once(
            self.raw,
            "settled",
            self.column_map(),
            options=options,
            zone=zone,
            currency=currency or None,
        )


def _once(
    raw: RawTable,
    kind: str,
    given: ColumnMap | str,
    *,
    options: Mapping[str, Any],
    zone: str = "UTC",
    currency: str | None = None,
    export: Known | None = None,
) -> Understanding:
    """What is understood; worked out again only where something changed."""
    settled = given if isinstance(given, ColumnMap) else None
    facts = [
        mark_of(raw),
        [settled.roles, settled.constants] if settled else None,
        options,
        zone,
        currency,
        export and export.key,
    ]
    sign, place = json.dumps(facts, default=str), f"data_understood_{kind}_{raw.name}"
    kept = st.session_state.get(place)
    if kept is not None and kept[0] == sign:
        return kept[1]
    with st.spinner(say("page_data.known.looking", source=plain(raw.source))):
        found = understand(
            raw,
            settled,
            settled=settled is not None,
            choices=Choices.of(options),
            time_zone=zone,
            currency=currency,
            export=export,
        )
    st.session_state[place] = (sign, found)
    return found


def mark_of(raw: RawTable) -> list[Any]:
    """What tells a table that was read from any other."""
    files = [file.sha256 for file in raw.files]
    return [raw.name, raw.source, files, dict(raw.reading), raw.frame.height]


def currency_key(events: Table) -> str:
    """Name of the box for the currency."""
    return f"data_currency_{events.title}"


def readings(tables: Iterable[Table]) -> dict[str, Any]:
    """What is said of the readings of all tables, as options of a recipe."""
    tables = list(tables)
    columns = {name: own for one in tables for name, own in one.columns().items()}
    files = {file: own for one in tables for file, own in one.files().items()}
    return {name: said for name, said in (("columns", columns), ("files", files)) if said}
