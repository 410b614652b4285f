"""What a data set is made of beside its events, and what is told of all of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.table import Cells
from clvcore.data.cleaning.currencies import only_currency
from clvcore.data.cleaning.events import ITEM_FACTS
from clvcore.data.cleaning.gathered import Gathered, seen_first
from clvcore.data.cleaning.impressions import clean_impressions
from clvcore.data.cleaning.items import clean_items, with_unlisted
from clvcore.data.cleaning.memory import Memory, with_names
from clvcore.data.cleaning.personal import Personal, told
from clvcore.data.cleaning.quality import Cleaned, finding
from clvcore.data.cleaning.spend import clean_spend
from clvcore.data.cleaning.users import FIRST, clean_users, with_first_seen
from clvcore.data.dataset import CUT, Account, Finding, Origin, RawTable, Recipe, Severity, Step
from clvcore.data.meaning.shaping import COUNTS, JOINED, REFUNDS, SHAPED, own_reading, without_role
from clvcore.errors import DataError
from clvcore.messages import listed, say

_CLEANERS = {"items": clean_items, "users": clean_users, "spend": clean_spend}


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


@dataclass(frozen=True, slots=True)
class Assembled:
    """All of a data set but its events."""

    items: pl.DataFrame
    users: pl.DataFrame
    spend: pl.DataFrame | None
    impressions: pl.DataFrame | None
    observed: tuple[datetime, datetime]
    accounts: tuple[Account, ...]
    findings: tuple[Finding, ...]
    lineage: tuple[Step, ...]
    rejects: Mapping[str, pl.DataFrame]
    ignored: Mapping[str, pl.DataFrame]
    memory: Memory


def attributes_of(view: Cells) -> dict[str, str]:
    """Attributes of users that the events tell, by the column that tells them."""
    return dict(view.choices.user_attributes)


def assembled(
    ready: Prepared,
    events: Cleaned | None,
    found: Gathered,
    beside: tuple[datetime, datetime] | None = None,
) -> Assembled:
    """All of a data set but its events, of which it is enough to know what they tell.

    Args:
        ready: The tables by role; of the events a piece is enough.
        events: Account, findings, names and rows that were left out; the accepted ones are not
            looked at. None where there is no such table.
        found: What the accepted events tell.
        beside: First and last moment of the data set that the tables come to, so that there need
            be no events among them.

    Raises:
        DataError: no event is left, or a table cannot be read.
    """
    views, recipe = ready.views, ready.recipe
    if events is not None and beside is None and found.ends is None:
        first = events.findings[0].text if events.findings else ""
        raise DataError(say("data.no_events", source=views["events"].raw.source, why=first))
    cleaned = {} if events is None else {"events": events}
    cleaned |= {name: _CLEANERS[name](view) for name, view in views.items() if name in _CLEANERS}
    if "impressions" in views:
        cleaned["impressions"] = clean_impressions(views["impressions"], until=ready.limit)
    shown, listed_items, listed_users, spend = (
        cleaned[name].frame if name in cleaned else None
        for name in ("impressions", "items", "users", "spend")
    )
    memory = _memory(cleaned)
    items = with_names(_items(found, shown, listed_items), memory.names).sort(col.ITEM)
    users = _users(found, shown, listed_users, views.get("events"))
    findings = [one for name in cleaned for one in cleaned[name].findings]
    findings += _cut_short(views)
    findings += _put_together(views)
    findings += _laid_out(views)
    findings += _other_currencies(views, recipe.currency, cleaned)
    findings += _completions(items, listed_items, users, listed_users, views, cleaned, found)
    findings = [*in_urgency(findings), *told(ready.personal)]
    origins = (_origin(views[name].raw, ready.columns[name], one) for name, one in cleaned.items())
    return Assembled(
        items=items,
        users=users,
        spend=spend,
        impressions=shown,
        observed=_observed(found.ends, shown, recipe.observed_until, beside),
        accounts=tuple(one.account for one in cleaned.values()),
        findings=in_urgency(findings),
        lineage=(Step(tuple(origins)),),
        rejects={name: one.rejects for name, one in cleaned.items() if one.rejects.height},
        ignored={name: one.ignored for name, one in cleaned.items() if one.ignored.height},
        memory=memory,
    )


def _memory(cleaned: Mapping[str, Cleaned]) -> Memory:
    """What the next file has to know of these tables."""
    told = {"items": (col.ITEM, *ITEM_FACTS), "users": (col.USER, col.ACQUIRED)}
    listed = {name: cleaned[name].frame.select(told[name]) for name in told if name in cleaned}
    if "events" not in cleaned:
        return Memory(listed=listed)
    return Memory(cleaned["events"].apart, cleaned["events"].names, listed)


def _observed(
    ends: tuple[datetime, datetime] | None,
    shown: pl.DataFrame | None,
    until: datetime | None,
    beside: tuple[datetime, datetime] | None,
) -> tuple[datetime, datetime]:
    """First and last moment of events and impressions, or the end of observation."""
    moments = list(ends or ())
    if shown is not None and shown.height:
        edges = shown.select(pl.min(col.AT).alias("first"), pl.max(col.AT).alias("last"))
        moments += edges.row(0)
    moments = moments or list(beside or ())
    return min(moments), max(moments if until is None else [*moments, until])


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
    found: Gathered, shown: pl.DataFrame | None, listed_items: pl.DataFrame | None
) -> pl.DataFrame:
    """The catalogue, and every item that an event or an impression names."""
    items = pl.DataFrame(schema=col.ITEMS) if listed_items is None else listed_items
    named = found.items[col.ITEM]
    if shown is not None:
        named = pl.concat([named, shown[col.ITEM]])
    return with_unlisted(items, named, col.ITEM)


def _users(
    found: Gathered,
    shown: pl.DataFrame | None,
    listed_users: pl.DataFrame | None,
    view: Cells | None,
) -> pl.DataFrame:
    """The users of the table, and every user that an event or an impression names."""
    users = pl.DataFrame(schema=col.USERS) if listed_users is None else listed_users
    seen = seen_first(found, shown)
    users = with_first_seen(with_unlisted(users, seen[col.USER], col.USER), seen)
    if view is None:
        return users.sort(col.USER)
    attributes = attributes_of(view)
    fresh = [name for name in attributes if name not in users.columns]
    if fresh:
        texts = [
            found.figures[name].typed(found.told[name], number=attributes[name] in view.raw.numbers)
            for name in fresh
        ]
        last = pl.DataFrame([found.told[col.USER], *texts])
        users = users.join(last, on=col.USER, how="left", maintain_order="left")
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
            **_counts(view),
        )
        for name, view in views.items()
        if SHAPED in view.raw.reading
    ]


def _put_together(views: Mapping[str, Cells]) -> list[Finding]:
    """Tables of files that were joined: what was joined with what, and what stood alone."""
    return [
        finding(
            Severity.NOTE,
            "joined.files",
            name,
            rows=view.height,
            **_counts(view),
        )
        for name, view in views.items()
        if JOINED in view.raw.reading
    ]


def _counts(view: Cells) -> dict[str, Any]:
    """What was counted where files were joined or laid out, for their sentences."""
    return {count: f"{int(view.raw.reading.get(count, '0')):,}" for count in COUNTS}


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
    seen: Gathered,
) -> list[Finding]:
    """What was added to the tables, or left out of them, beyond their rows."""
    found = []
    for table, frame, given in (("items", items, listed_items), ("users", users, listed_users)):
        if given is not None and frame.height > given.height:
            rows = frame.height - given.height
            found.append(finding(Severity.WARNING, f"unlisted_{table}", table, rows=rows))
    if listed_users is not None:
        early = users.join(seen.users, on=col.USER, how="inner")
        early = early.filter(pl.col(FIRST) < pl.col(col.ACQUIRED))
        if early.height:
            found.append(finding(Severity.WARNING, "late_acquisition", "users", rows=early.height))
    for name, view in views.items():
        kept = set(view.choices.user_attributes.values())
        free = [column for column in view.unused() if column not in kept]
        unused = without_role(view.raw, free)
        if unused and name not in {"items", "users"}:
            rows = cleaned[name].account.rows_in
            names = listed(unused)
            found.append(finding(Severity.NOTE, "unused_columns", name, rows=rows, names=names))
    if "spend" not in cleaned:
        found.append(finding(Severity.NOTE, "spend_unknown", "spend", rows=0))
    return found
