"""Raw tables become a Dataset: mapped, cleaned, completed, and accounted for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.choices import Choices, is_zone
from clvcore.data.cells.rules import RULES
from clvcore.data.cells.table import Cells
from clvcore.data.cleaning.currencies import only_currency
from clvcore.data.cleaning.events import ITEM_FACTS, clean_events, scan_events
from clvcore.data.cleaning.impressions import clean_impressions
from clvcore.data.cleaning.items import clean_items, with_unlisted
from clvcore.data.cleaning.memory import Memory, with_names
from clvcore.data.cleaning.personal import Personal, protect, told, without, without_attributes
from clvcore.data.cleaning.quality import Cleaned, finding
from clvcore.data.cleaning.scan import Scan
from clvcore.data.cleaning.spend import clean_spend
from clvcore.data.cleaning.users import clean_users, first_seen, last_known, with_first_seen
from clvcore.data.dataset import (
    CUT,
    ColumnMap,
    Dataset,
    Finding,
    Origin,
    RawTable,
    Recipe,
    Severity,
    Step,
)
from clvcore.data.meaning.headless import named
from clvcore.data.meaning.mapping import complete, propose
from clvcore.data.meaning.shaping import REFUNDS, SHAPED, own_columns, own_reading, shaped
from clvcore.errors import ConfigError, DataError, UploadError
from clvcore.messages import listed, say


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
class Prepared:
    """Raw tables seen through their column maps, before a row is judged."""

    recipe: Recipe
    """With all column maps, and the end of observation in UTC."""
    views: Mapping[str, Cells]
    personal: tuple[Personal, ...] = ()
    """Columns with personal data, and what was done about them."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """table -> its columns as they stood in the file, also those with personal data"""

    @property
    def limit(self) -> pl.Expr | None:
        """The end of observation, where the recipe names one."""
        until = self.recipe.observed_until
        return None if until is None else pl.lit(until, dtype=col.TIME)


def prepare(
    raws: Mapping[str, RawTable],
    recipe: Recipe,
    *,
    key: bytes | None = None,
    with_events: bool = True,
) -> Prepared:
    """The tables by role, without personal data, checked against the recipe.

    Args:
        raws: table -> its rows.
        recipe: As for `bring_in`.
        key: As there.
        with_events: Whether an events table must be among them.

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
    maps = _maps(raws, recipe, choices)
    columns = {name: own_columns(raw) for name, raw in raws.items()}
    raws, personal = protect(raws, maps, choices.protect, key)
    if personal:
        ways = {f"{one.table}.{one.column}": one.way for one in personal}
        options = {**recipe.options, "protect": {**choices.protect, **ways}}
        maps = {name: without(one, personal, name) for name, one in maps.items()}
        recipe = replace(recipe, options=options)
        choices = without_attributes(choices, personal)
    recipe = replace(recipe, maps=maps, observed_until=until)
    views = {
        name: Cells(raws[name], recipe.maps[name], recipe.time_zone, choices, recipe.currency)
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
    views, recipe = ready.views, ready.recipe
    if choices is not None:
        made = {name: one for name, one in choices.items() if one != RULES[name].usual}
        options = {name: one for name, one in recipe.options.items() if name not in _SAID}
        recipe = replace(recipe, options=options | ({"rules": made} if made else {}))
    cleaned: dict[str, Cleaned] = {}
    if seen is not None:
        events = cleaned["events"] = clean_events(seen, choices or seen.cells.choices.rules)
        if beside is None and events.frame.height == 0:
            first = events.findings[0].text if events.findings else ""
            raise DataError(say("data.no_events", source=seen.cells.raw.source, why=first))
    cleaned |= {name: _CLEANERS[name](view) for name, view in views.items() if name in _CLEANERS}
    if "impressions" in views:
        cleaned["impressions"] = clean_impressions(views["impressions"], until=ready.limit)
    intake = _assembled(recipe, ready, cleaned, beside)
    if not ready.personal:
        return intake
    findings = in_urgency([*intake.dataset.findings, *told(ready.personal)])
    return replace(intake, dataset=replace(intake.dataset, findings=findings))


_SAID = ("rules", "drop_duplicates")
_CLEANERS = {"items": clean_items, "users": clean_users, "spend": clean_spend}


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


def _maps(raws: Mapping[str, RawTable], recipe: Recipe, choices: Choices) -> dict[str, ColumnMap]:
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


def _assembled(
    recipe: Recipe,
    ready: Prepared,
    cleaned: Mapping[str, Cleaned],
    beside: tuple[datetime, datetime] | None,
) -> Intake:
    views, until = ready.views, recipe.observed_until
    events = cleaned["events"].frame if "events" in cleaned else pl.DataFrame(schema=col.EVENTS)
    shown = cleaned["impressions"].frame if "impressions" in cleaned else None
    listed_items = cleaned["items"].frame if "items" in cleaned else None
    listed_users = cleaned["users"].frame if "users" in cleaned else None
    memory = _memory(cleaned)
    items = with_names(_items(events, shown, listed_items), memory.names).sort(col.ITEM)
    users = _users(events, shown, listed_users, views.get("events"))
    times = pl.concat([frame[col.AT] for frame in (events, shown) if frame is not None])
    first, last = beside if beside is not None and times.is_empty() else _ends(times)
    findings = [one for name in cleaned for one in cleaned[name].findings]
    findings += _cut_short(views)
    findings += _laid_out(views)
    findings += _other_currencies(views, recipe.currency, cleaned)
    findings += _completions(items, listed_items, users, listed_users, views, cleaned)
    dataset = Dataset.of(
        events=events.select(*col.EVENTS),
        items=items,
        users=users,
        spend=cleaned["spend"].frame if "spend" in cleaned else None,
        impressions=shown,
        observed=(first, last if until is None else max(last, until)),
        recipe=recipe,
        accounts=tuple(cleaned[name].account for name in cleaned),
        findings=in_urgency(findings),
        lineage=(
            Step(
                tuple(
                    _origin(views[name].raw, ready.columns[name], cleaned[name]) for name in cleaned
                )
            ),
        ),
    )
    rejects = {name: table.rejects for name, table in cleaned.items() if table.rejects.height}
    ignored = {name: table.ignored for name, table in cleaned.items() if table.ignored.height}
    return Intake(dataset, rejects, ignored, memory)


def _memory(cleaned: Mapping[str, Cleaned]) -> Memory:
    """What the next file has to know of these tables."""
    told = {"items": (col.ITEM, *ITEM_FACTS), "users": (col.USER, col.ACQUIRED)}
    listed = {name: cleaned[name].frame.select(told[name]) for name in told if name in cleaned}
    if "events" not in cleaned:
        return Memory(listed=listed)
    return Memory(cleaned["events"].apart, cleaned["events"].names, listed)


def _ends(times: pl.Series) -> tuple[datetime, datetime]:
    first, last = times.to_frame("t").select(pl.min("t").alias("a"), pl.max("t").alias("b")).row(0)
    return first, last


def _origin(raw: RawTable, columns: tuple[str, ...], cleaned: Cleaned) -> Origin:
    """Where a table came from."""
    return Origin(
        table=raw.name,
        source=raw.source,
        files=raw.files,
        reading=own_reading(raw),
        columns=columns,
        account=cleaned.account,
    )


def in_urgency(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors before warnings before notes, and of those the ones about most rows first."""
    return tuple(sorted(findings, key=_urgency))


def _urgency(one: Finding) -> tuple[int, int]:
    return (list(Severity).index(one.severity), -one.rows)


def _items(
    events: pl.DataFrame, shown: pl.DataFrame | None, listed_items: pl.DataFrame | None
) -> pl.DataFrame:
    """The catalogue, and every item that an event or an impression names."""
    items = pl.DataFrame(schema=col.ITEMS) if listed_items is None else listed_items
    named = pl.concat([frame[col.ITEM] for frame in (events, shown) if frame is not None])
    return with_unlisted(items, named, col.ITEM)


def _users(
    events: pl.DataFrame,
    shown: pl.DataFrame | None,
    listed_users: pl.DataFrame | None,
    view: Cells | None,
) -> pl.DataFrame:
    """The users of the table, and every user that an event or an impression names."""
    users = pl.DataFrame(schema=col.USERS) if listed_users is None else listed_users
    seen = first_seen(events, shown)
    users = with_first_seen(with_unlisted(users, seen[col.USER], col.USER), seen)
    if view is None:
        return users.sort(col.USER)
    attributes = view.choices.user_attributes
    fresh = {name: column for name, column in attributes.items() if name not in users.columns}
    if fresh:
        told = last_known(events, fresh, view.raw.numbers)
        users = users.join(told, on=col.USER, how="left", maintain_order="left")
    return users.sort(col.USER)


def _cut_short(views: Mapping[str, Cells]) -> list[Finding]:
    """Tables of which not every row was read."""
    return [
        finding(Severity.WARNING, "cut_short", name, rows=view.height, source=view.raw.source)
        for name, view in views.items()
        if CUT in view.raw.reading
    ]


def _laid_out(views: Mapping[str, Cells]) -> list[Finding]:
    """Tables whose rows were laid out anew, and what their amounts mean by that."""
    return [
        finding(
            Severity.NOTE,
            f"shaped.{view.raw.reading[SHAPED]}",
            name,
            rows=int(view.raw.reading[REFUNDS]),
        )
        for name, view in views.items()
        if SHAPED in view.raw.reading
    ]


def _other_currencies(
    views: Mapping[str, Cells], currency: str, cleaned: Mapping[str, Cleaned]
) -> list[Finding]:
    """Tables whose own words for their money are not those of the recipe."""
    found = []
    for name, view in views.items():
        named = only_currency(view)
        same = named is None or named == currency or (named == "$" and currency.endswith("D"))
        same = same or named in view.choices.rates
        if not same:
            rows = cleaned[name].account.accepted
            money = cleaned[name].account.money_accepted
            found.append(
                finding(
                    Severity.WARNING,
                    "other_currency",
                    name,
                    rows=rows,
                    money=money,
                    named=named,
                    currency=currency,
                )
            )
    return found


def _completions(
    items: pl.DataFrame,
    listed_items: pl.DataFrame | None,
    users: pl.DataFrame,
    listed_users: pl.DataFrame | None,
    views: Mapping[str, Cells],
    cleaned: Mapping[str, Cleaned],
) -> list[Finding]:
    """What was added to the tables, or left out of them, beyond their rows."""
    found = []
    for table, frame, given in (("items", items, listed_items), ("users", users, listed_users)):
        if given is not None and frame.height > given.height:
            rows = frame.height - given.height
            found.append(finding(Severity.WARNING, f"unlisted_{table}", table, rows=rows))
    happened = cleaned["events"].frame if "events" in cleaned else pl.DataFrame(schema=col.EVENTS)
    seen = pl.DataFrame() if listed_users is None else first_seen(happened)
    early = users.clear() if listed_users is None else users.join(seen, on=col.USER, how="inner")
    if early.height and (early := early.filter(pl.col("_first") < pl.col(col.ACQUIRED))).height:
        found.append(finding(Severity.WARNING, "late_acquisition", "users", rows=early.height))
    for name, view in views.items():
        kept = set(view.choices.user_attributes.values())
        unused = [column for column in view.unused() if column not in kept]
        if unused and name not in {"items", "users"}:
            rows = cleaned[name].account.rows_in
            names = listed(unused)
            found.append(finding(Severity.NOTE, "unused_columns", name, rows=rows, names=names))
    if "spend" not in cleaned:
        found.append(finding(Severity.NOTE, "spend_unknown", "spend", rows=0))
    return found
