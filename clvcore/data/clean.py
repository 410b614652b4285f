"""Raw tables become a Dataset: mapped, cleaned, completed, and accounted for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.choices import Choices, is_zone
from clvcore.data.cells.rules import RULES
from clvcore.data.cells.signs import Signs
from clvcore.data.cells.table import Cells
from clvcore.data.cleaning.assembled import Prepared, assembled, attributes_of
from clvcore.data.cleaning.events import clean_events, scan_events
from clvcore.data.cleaning.gathered import gathered
from clvcore.data.cleaning.memory import Memory
from clvcore.data.cleaning.personal import Looks, protect, without, without_attributes
from clvcore.data.cleaning.scan import Scan
from clvcore.data.dataset import ColumnMap, Dataset, RawTable, Recipe
from clvcore.data.meaning.headless import named
from clvcore.data.meaning.mapping import complete, propose
from clvcore.data.meaning.shaping import own_columns, shaped
from clvcore.errors import ConfigError, UploadError
from clvcore.messages import say


@dataclass(frozen=True, slots=True)
class Intake:
    """What came of bringing files in."""

    dataset: Dataset
    rejects: Mapping[str, pl.DataFrame]
    """table -> its rejected rows, where there are some"""
    ignored: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """table -> its ignored rows, where there are some"""
    memory: Memory = field(default_factory=Memory)
    """What the next file has to know of these."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What all rows of the events say, where they are cleaned part by part."""

    signs: Mapping[str, Signs]
    """role -> how its column is read"""
    looks: Looks
    """(table, column) -> what it shows of personal data"""


def prepare(
    raws: Mapping[str, RawTable],
    recipe: Recipe,
    *,
    key: bytes | None = None,
    with_events: bool = True,
    whole: Whole | None = None,
) -> Prepared:
    """The tables by role, without personal data, checked against the recipe.

    Args:
        raws: table -> its rows.
        recipe: As for `bring_in`.
        key: As there.
        with_events: Whether an events table must be among them.
        whole: What all of the events say, where only a piece of them is here.

    Raises:
        ClvError: as `bring_in` says.
    """
    _check_tables(raws, with_events=with_events)
    choices = Choices.of(recipe.options)
    _check_zone(recipe.time_zone)
    raws = {
        name: named(raw, choices.names[name]) if name in choices.names else raw
        for name, raw in raws.items()
    }
    raws = {
        name: shaped(raw, choices.shapes[name]) if name in choices.shapes else raw
        for name, raw in raws.items()
    }
    until = _moment(recipe.observed_until, recipe.time_zone)
    if choices.keep_currency:
        recipe = replace(recipe, currency=choices.keep_currency)
    maps = maps_of(raws, recipe, choices)
    columns = {name: own_columns(raw) for name, raw in raws.items()}
    looks = None if whole is None else whole.looks
    raws, personal = protect(raws, maps, choices.protect, key, looks)
    if personal:
        ways = {f"{one.table}.{one.column}": one.way for one in personal}
        options = {**recipe.options, "protect": {**choices.protect, **ways}}
        maps = {name: without(one, personal, name) for name, one in maps.items()}
        recipe = replace(recipe, options=options)
        choices = without_attributes(choices, personal)
    recipe = replace(recipe, maps=maps, observed_until=until)
    signs = {} if whole is None else {"events": whole.signs}
    views = {
        name: Cells(
            raws[name],
            recipe.maps[name],
            recipe.time_zone,
            choices,
            recipe.currency,
            signs.get(name, {}),
        )
        for name in col.TABLES
        if name in raws
    }
    return Prepared(recipe, views, personal, columns)


def bring_in(
    raws: Mapping[str, RawTable],
    recipe: Recipe,
    *,
    now: datetime | None = None,
    key: bytes | None = None,
) -> Intake:
    """The data set of some raw tables.

    A table whose column map stands in the recipe is read exactly by it; for the others a map is
    proposed and goes into the recipe of the data set, so that the same recipe reads next month's
    files alike.

    Args:
        raws: table -> its rows; ``events`` must be among them.
        recipe: Name, currency, time zone, maps and choices.
        now: The moment of the intake, after which nothing can have happened; None where the future
            is not to be judged.
        key: Key of the workspace, by which personal ids are hashed.

    Raises:
        UploadError: there is no events table, or a table of an unknown name.
        MappingError: a column is missing, or it cannot be told how to read one.
        DataError: no event is left after cleaning, or two currencies are mixed.
        ConfigError: the recipe has an unknown time zone or choice.
    """
    ready = prepare(raws, recipe, key=key)
    return finished(ready, scanned(ready, now))


def scanned(ready: Prepared, now: datetime | None) -> Scan:
    """The events, looked at but not judged."""
    domain, limit = ready.recipe.domain, ready.limit
    return scan_events(ready.views["events"], domain=domain, until=limit, now=now)


def finished(
    ready: Prepared,
    seen: Scan | None,
    choices: Mapping[str, str] | None = None,
    beside: tuple[datetime, datetime] | None = None,
) -> Intake:
    """The data set of tables that were looked at.

    Args:
        ready: The tables by role.
        seen: Their events; None where there is no such table.
        choices: rule -> choice for every rule; those of the recipe where none are given.
        beside: First and last moment of the data set that the tables come to, so that there need
            be no events among them.

    Raises:
        ClvError: as `bring_in` says.
    """
    recipe = ready.recipe
    if choices is not None:
        made = {name: one for name, one in choices.items() if one != RULES[name].usual}
        options = {name: one for name, one in recipe.options.items() if name not in _SAID}
        recipe = replace(recipe, options=options | ({"rules": made} if made else {}))
    nothing = pl.DataFrame(schema=col.EVENTS)
    events = None if seen is None else clean_events(seen, choices or seen.cells.choices.rules)
    told_of = {} if seen is None else attributes_of(seen.cells)
    found = gathered(nothing if events is None else events.frame, told_of)
    whole = assembled(replace(ready, recipe=recipe), events, found, beside)
    dataset = Dataset.of(
        events=(nothing if events is None else events.frame).select(*col.EVENTS),
        items=whole.items,
        users=whole.users,
        spend=whole.spend,
        impressions=whole.impressions,
        observed=whole.observed,
        recipe=recipe,
        accounts=whole.accounts,
        findings=whole.findings,
        lineage=whole.lineage,
    )
    return Intake(dataset, whole.rejects, whole.ignored, whole.memory)


_SAID = ("rules", "drop_duplicates")


def _check_tables(raws: Mapping[str, RawTable], *, with_events: bool) -> None:
    strangers = [name for name in raws if name not in col.TABLES]
    if strangers:
        tables = ", ".join(col.TABLES)
        raise UploadError(say("data.no_such_table", table=strangers[0], tables=tables))
    if with_events and "events" not in raws:
        raise UploadError(say("data.events_missing"))


def _check_zone(name: str) -> None:
    if not is_zone(name):
        raise ConfigError(say("data.no_such_zone", zone=name))


def maps_of(raws: Mapping[str, RawTable], recipe: Recipe, choices: Choices) -> dict[str, ColumnMap]:
    """The column maps of the recipe, and proposed ones for tables that it does not know."""
    maps = {
        name: complete(raw, recipe.maps[name]) if name in recipe.maps else propose(raw)
        for name, raw in raws.items()
    }
    if choices.item_title and "events" in raws:
        events = maps["events"]
        titled = ColumnMap({**events.roles, col.TITLE: choices.item_title}, events.constants)
        maps["events"] = complete(raws["events"], titled)
    return maps


def _moment(moment: datetime | None, time_zone: str) -> datetime | None:
    if moment is None:
        return None
    local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(time_zone))
    return local.astimezone(UTC)
