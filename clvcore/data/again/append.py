"""Next month's files are added to a data set: every row once, as if all had come together.

Adding a file gives the same events, items, users and accounts as bringing it in together with the
files before, in one table. That is so since what a clean table no longer tells is kept, see
`clvcore.data.cleaning.memory`: a refund finds the purchase of last month, and an item bears the name
that all files told most. Three things are otherwise, on purpose. A row of behaviour that stands in
the data set already is left out, while a file may rightly hold the same row twice: of equal rows as
many are kept as the side has that has more of them (two equal rows that were parted over two files
are therefore one: nothing tells them from a row that was exported twice). Rules that compare a row
with all others or with the clock (outliers, bots, the future) judge each file when it comes. And the
later file counts for items, users and spend, where what it leaves empty stays as it was.

Spend goes by day, channel and campaign: the later file replaces what was there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.data.again import joined as tables
from clvcore.data.again.accounts import accounts_of_both, came_of
from clvcore.data.again.behaviour import Behaviour, behaviour_of_both
from clvcore.data.again.leftovers import carried
from clvcore.data.again.replay import replayed
from clvcore.data.again.told import findings_of_both, tables_as_a_whole
from clvcore.data.clean import Intake
from clvcore.data.cleaning.assembled import in_urgency
from clvcore.data.cleaning.items import with_unlisted
from clvcore.data.cleaning.memory import Memory, names_of_both, with_names
from clvcore.data.cleaning.quality import total
from clvcore.data.cleaning.users import first_seen, with_first_seen
from clvcore.data.dataset import Account, Dataset, RawTable, Recipe, Step

_NOTHING = Decimal("0.0000")
_KEYS = {"items": col.ITEM, "users": col.USER}


@dataclass(frozen=True, slots=True)
class Appended:
    """A data set with the rows of further files."""

    intake: Intake
    came: tuple[Account, ...]
    """What became of the rows and the money of the further files, for each of their tables."""
    there: Mapping[str, int]
    """table -> how many of these rows stood in the data set already"""


def append(
    previous: Intake,
    raws: Mapping[str, RawTable],
    recipe: Recipe | None = None,
    *,
    now: datetime | None = None,
    key: bytes | None = None,
) -> Appended:
    """The data set with the rows of further files.

    Args:
        previous: What is there, with what was left out of it and what is remembered of it.
        raws: table -> its rows, of any tables.
        recipe: How to read them; that of ``previous`` where none is given.
        now: As for `clvcore.data.clean.bring_in`.
        key: As there.

    Raises:
        ClvError: as `clvcore.data.clean.bring_in`, but that there need be no events.
    """
    asked = previous.dataset.recipe if recipe is None else recipe
    return joined(previous, replayed(previous, raws, asked, now=now, key=key).new)


def joined(previous: Intake, fresh: Intake, name: str | None = None) -> Appended:
    """Two data sets as one; of what both tell the later, ``fresh``, counts.

    Args:
        previous: What is there; what comes of it bears its name where ``name`` is None.
        fresh: What further files bring that is not there yet, see `clvcore.data.again.replay`.
        name: Of the new data set.
    """
    old, new = previous.dataset, fresh.dataset
    events = behaviour_of_both(previous, fresh)
    shown, shown_again = _shown(old.impressions, new.impressions)
    spend, replaced = tables.spend(old.spend, new.spend)
    memory = _memory(previous, fresh.memory, events)
    items = _items(previous, fresh, events.frame, shown, memory)
    users = _users(previous, fresh, first_seen(events.frame, shown))
    moved = {
        "impressions": (shown_again, _NOTHING),
        "spend": (replaced.height, total(replaced[col.AMOUNT])),
        **{table: (_told_twice(previous, fresh, table).len(), _NOTHING) for table in _KEYS},
    }
    accounts = accounts_of_both(old.accounts, new.accounts, moved, events)
    came = came_of(new.accounts, shown_again, events)
    found = findings_of_both(previous, fresh, events, replaced, moved)
    found += tables_as_a_whole(items, users, events.frame, spend, accounts)
    until, last = old.recipe.observed_until, max(old.observed[1], new.observed[1])
    recipe = replace(
        new.recipe,
        name=old.name if name is None else name.strip(),
        maps={**old.recipe.maps, **new.recipe.maps},
        observed_until=until if until is not None and last <= until else None,
    )
    dataset = Dataset.of(
        events=events.frame,
        items=items,
        users=users,
        spend=spend,
        impressions=shown,
        observed=(min(old.observed[0], new.observed[0]), last),
        recipe=recipe,
        accounts=accounts,
        findings=in_urgency(found),
        lineage=(*old.lineage, *_steps(old, new, came)),
    )
    rejects, ignored = carried(previous, fresh, events)
    there = {"events": events.there, "impressions": shown_again}
    return Appended(Intake(dataset, rejects, ignored, memory), came, there)


def _steps(old: Dataset, new: Dataset, came: Sequence[Account]) -> list[Step]:
    """The steps of the new files, with what became of them in the whole."""
    known = {one.table: one for one in came}
    return [
        replace(
            step,
            parent=old.id,
            origins=tuple(replace(one, account=known[one.table]) for one in step.origins),
        )
        for step in new.lineage
    ]


def _memory(previous: Intake, new: Memory, events: Behaviour) -> Memory:
    """What is to be remembered of both."""
    old = previous.memory
    listed = dict(old.listed)
    for table, told in new.listed.items():
        before = listed.get(table)
        if before is None:  # of what was stored before lists were kept, all that a file told
            ids = _own_ids(previous, table).to_frame()
            stands: pl.DataFrame = getattr(previous.dataset, table)
            before = stands.select(told.columns).join(ids, on=_KEYS[table], how="semi")
        listed[table] = tables.by_id(before, told, _KEYS[table], later_counts=True)
    return Memory(events.apart, names_of_both(old.names, new.names), listed)


def _shown(
    previous: pl.DataFrame | None, new: pl.DataFrame | None
) -> tuple[pl.DataFrame | None, int]:
    if previous is None or new is None:
        return (new if previous is None else previous), 0
    frame, again = tables.behaviour(previous, new, list(col.SHOWN))
    return frame, again.height


def _later_counts(previous: Dataset, new: Dataset, table: str) -> bool:
    """Whether what is newly told of items or users counts.

    It does where a file says it; what events tell beside counts where it happened later.
    """
    told = {account.table for account in new.accounts}
    return table in told or new.observed[1] >= previous.observed[1]


def _items(
    previous: Intake,
    fresh: Intake,
    events: pl.DataFrame,
    shown: pl.DataFrame | None,
    memory: Memory,
) -> pl.DataFrame:
    later = _later_counts(previous.dataset, fresh.dataset, "items")
    sides = (_without_told(previous), _without_told(fresh))
    items = tables.by_id(*sides, col.ITEM, later_counts=later)
    named = pl.concat([frame[col.ITEM] for frame in (events, shown) if frame is not None])
    items = _there(items, named, (previous, fresh), "items")
    return with_names(with_unlisted(items, named, col.ITEM), memory.names).sort(col.ITEM)


def _there(
    frame: pl.DataFrame, named: pl.Series, sides: Sequence[Intake], table: str
) -> pl.DataFrame:
    """The items or users that a file or a row names; nothing names one whose only purchase came back."""
    key = _KEYS[table]
    kept = [named.drop_nulls(), *(_own_ids(side, table) for side in sides)]
    return frame.filter(pl.col(key).is_in(pl.concat(kept).unique().to_list()))


def _own_ids(side: Intake, table: str) -> pl.Series:
    """Ids that stay whether or not a row names them."""
    key, listed = _KEYS[table], side.memory.listed.get(table)
    if listed is not None:
        return listed[key]
    ids: pl.Series = getattr(side.dataset, table)[key]
    return ids if any(one.table == table for one in side.dataset.accounts) else ids.clear()


def _without_told(side: Intake) -> pl.DataFrame:
    """The items with no more than their catalogue told of them.

    Of a data set that remembers no names, what stands in its table counts as told.
    """
    items, names, listed = side.dataset.items, side.memory.names, side.memory.listed.get("items")
    roles = names["role"].unique().to_list()
    if not roles:
        return items
    if listed is None:
        return items.with_columns(pl.lit(None, pl.String).alias(role) for role in sorted(roles))
    told = items.drop(col.TITLE, col.CATEGORY)
    told = told.join(listed, on=col.ITEM, how="left", maintain_order="left")
    return told.select(items.columns)


def _users(previous: Intake, fresh: Intake, seen: pl.DataFrame) -> pl.DataFrame:
    sides = (previous, fresh)
    told = [_without_first(one, _seen(one.dataset)) for one in sides]
    later = _later_counts(previous.dataset, fresh.dataset, "users")
    users = with_unlisted(tables.users(*told, seen, later_counts=later), seen[col.USER], col.USER)
    return _there(with_first_seen(users, seen), seen[col.USER], sides, "users")


def _seen(data: Dataset) -> pl.DataFrame:
    return first_seen(data.events, data.impressions)


def _without_first(side: Intake, seen: pl.DataFrame) -> pl.DataFrame:
    """The users with the date of acquisition that their table tells, and no other."""
    users, listed = side.dataset.users, side.memory.listed.get("users")
    if listed is None:
        return tables.without_derived(users, seen)
    own = users.drop(col.ACQUIRED).join(listed, on=col.USER, how="left", maintain_order="left")
    return own.select(users.columns)


def _told_twice(previous: Intake, fresh: Intake, table: str) -> pl.Series:
    """Ids of which a file said something before and the new file says something again."""
    old, new = (_told_ids(one, table) for one in (previous, fresh))
    return old.filter(old.is_in(new.to_list()))


def _told_ids(side: Intake, table: str) -> pl.Series:
    """Ids that a file named, as far as that is remembered; else those of which something is known."""
    key, listed = _KEYS[table], side.memory.listed.get(table)
    if listed is not None:
        return listed[key]
    named = any(one.table == table for one in side.dataset.accounts)
    known = tables.told_of(getattr(side.dataset, table), key)[key]
    return known if named else known.clear()
