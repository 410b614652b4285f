"""Next month's files are added to a data set: every row once, and what came later counts.

A row of behaviour is there already where user, item, time, kind, amount, order and quantity are the
same. A file may rightly hold the same row twice, so of every such row as many are kept as the side
has that has more of them. (Two equal rows that were parted over two files are therefore one: nothing
tells them from a row that was exported twice.) Items and users go by their id: what the later file
says counts, what it leaves empty stays as it was; a title that only events tell is therefore the
most frequent one of the later file, not of both. Spend goes by day, channel and campaign: the later
file replaces what was there. Rows that were there already, and rows that were replaced, are ignored
in the account, with their money.

Rules of cleaning look at the later files alone: a return whose purchase is in an earlier file counts
as one whose purchase was not found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.data.again import joined as tables
from clvcore.data.clean import Intake, bring_in, in_urgency
from clvcore.data.cleaning.items import with_unlisted
from clvcore.data.cleaning.quality import finding, total
from clvcore.data.cleaning.users import FIRST, first_seen
from clvcore.data.dataset import Account, Dataset, Finding, RawTable, Recipe, Severity
from clvcore.messages import Said

_NOTHING = Decimal("0.0000")
_OF_THE_WHOLE = ("unlisted_items", "unlisted_users", "late_acquisition", "spend_unknown")
"""Rules about the tables as they stand together, not about the rows of one file."""
_COUNTED = {"rows", "count", "money", "column", "table", "table_id"}
"""Gaps of every finding's sentence."""
_KEPT = {"line", "examples", "zone", "kinds", "names", "named", "currency"}
"""Gaps that tell where and what, for example; those of the first finding stand for all."""
_KEYS = {"items": col.ITEM, "users": col.USER}


def append(
    previous: Dataset,
    raws: Mapping[str, RawTable],
    recipe: Recipe | None = None,
    *,
    now: datetime | None = None,
    key: bytes | None = None,
) -> Intake:
    """The data set with the rows of further files, and the rejected rows of these.

    Args:
        previous: What is there.
        raws: table -> its rows; ``events`` must be among them.
        recipe: How to read them; that of ``previous`` where none is given.
        now: As for `clvcore.data.clean.bring_in`.
        key: As there.

    Raises:
        ClvError: as `clvcore.data.clean.bring_in`.
    """
    asked = previous.recipe if recipe is None else recipe
    fresh = bring_in(raws, replace(asked, observed_until=None), now=now, key=key)
    return joined(previous, fresh)


def joined(previous: Dataset, fresh: Intake, name: str | None = None) -> Intake:
    """Two data sets as one; of what both tell the later, ``fresh``, counts.

    Args:
        previous: What is there; what comes of it bears its name where ``name`` is None.
        fresh: What was brought in by the same recipe.
        name: Of the new data set.
    """
    new = fresh.dataset
    events, again = tables.behaviour(previous.events, new.events, tables.SAME_EVENT)
    shown, shown_again = _shown(previous.impressions, new.impressions)
    spend, replaced = tables.spend(previous.spend, new.spend)
    items, users = _items(previous, new, events, shown), _users(previous, new)
    moved = {
        "events": (again.height, total(again[col.AMOUNT])),
        "impressions": (shown_again, _NOTHING),
        "spend": (replaced.height, total(replaced[col.AMOUNT])),
        **{table: (len(_told_twice(previous, new, table)), _NOTHING) for table in _KEYS},
    }
    accounts = _accounts(previous.accounts, new.accounts, moved)
    told = _told(previous, new, again, replaced, moved)
    found = [
        *_summed([*previous.findings, *new.findings, *told]),
        *_of_the_whole(items, users, events, spend, accounts),
    ]
    until, last = previous.recipe.observed_until, max(previous.observed[1], new.observed[1])
    recipe = replace(
        new.recipe,
        name=previous.name if name is None else name.strip(),
        maps={**previous.recipe.maps, **new.recipe.maps},
        observed_until=until if until is not None and last <= until else None,
    )
    steps = [replace(step, parent=previous.id) for step in new.lineage]
    dataset = Dataset.of(
        events=events,
        items=items,
        users=users,
        spend=spend,
        impressions=shown,
        observed=(min(previous.observed[0], new.observed[0]), last),
        recipe=recipe,
        accounts=accounts,
        findings=in_urgency(found),
        lineage=(*previous.lineage, *steps),
    )
    return Intake(dataset, fresh.rejects, fresh.ignored)


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
    previous: Dataset, new: Dataset, events: pl.DataFrame, shown: pl.DataFrame | None
) -> pl.DataFrame:
    later = _later_counts(previous, new, "items")
    items = tables.by_id(previous.items, new.items, col.ITEM, later_counts=later)
    named = pl.concat([frame[col.ITEM] for frame in (events, shown) if frame is not None])
    return with_unlisted(items, named, col.ITEM)


def _users(previous: Dataset, new: Dataset) -> pl.DataFrame:
    sides = [(one.users, first_seen(one.events, one.impressions)) for one in (previous, new)]
    return tables.users(*sides, later_counts=_later_counts(previous, new, "users"))


def _told_twice(previous: Dataset, new: Dataset, table: str) -> pl.Series:
    """Ids of which a file said something before and the new file says something again."""
    key, names = _KEYS[table], [{one.table for one in side.accounts} for side in (previous, new)]
    old, fresh = (tables.told_of(getattr(side, table), key)[key] for side in (previous, new))
    return old.filter(old.is_in(fresh.to_list()) & all(table in there for there in names))


def _accounts(
    previous: Sequence[Account],
    new: Sequence[Account],
    moved: Mapping[str, tuple[int, Decimal]],
) -> tuple[Account, ...]:
    """The sums of both, with rows that were there before, or were replaced, as ignored."""
    named = {table: [] for table in col.TABLES}
    for one in (*previous, *new):
        named[one.table].append(one)
    summed = []
    for table, parts in named.items():
        if not parts:
            continue
        numbers = {
            part.name: sum(
                (getattr(one, part.name) for one in parts[1:]), getattr(parts[0], part.name)
            )
            for part in fields(Account)
            if part.name != "table"
        }
        rows, money = moved[table]
        rows = min(rows, numbers["accepted"])
        numbers["accepted"] -= rows
        numbers["money_accepted"] -= money
        numbers["ignored"] += rows
        numbers["money_ignored"] += money
        summed.append(Account(table=table, **numbers))
    return tuple(summed)


def _summed(findings: Sequence[Finding]) -> list[Finding]:
    """One finding for each rule, table and column, with the rows and the money of all.

    Findings that tell more numbers than these stay as they are, each about its own files.
    """
    first: dict[tuple[str, str, str | None], Finding] = {}
    apart = []
    for one in findings:
        key = (one.rule, one.table, one.column)
        if one.rule in _OF_THE_WHOLE:
            continue
        if not _gaps(one.text) <= _KEPT | _COUNTED:
            apart.append(one)
        else:
            first[key] = _sum(first[key], one) if key in first else one
    return [*first.values(), *apart]


def _gaps(text: str) -> set[str]:
    return set(text.values) if isinstance(text, Said) else {"-"}


def _sum(one: Finding, other: Finding) -> Finding:
    """Both findings as one, told with the examples of the first."""
    values = one.text.values if isinstance(one.text, Said) else {}
    return finding(
        one.severity,
        one.rule,
        one.table,
        rows=one.rows + other.rows,
        money=one.money + other.money,
        column=one.column,
        currency=str(values.get("currency", "")),
        **{name: value for name, value in values.items() if name in _KEPT - {"currency"}},
    )


def _told(
    previous: Dataset,
    new: Dataset,
    again: pl.DataFrame,
    replaced: pl.DataFrame,
    moved: Mapping[str, tuple[int, Decimal]],
) -> list[Finding]:
    """What was there already, and what the later files changed."""
    found = [
        finding(Severity.NOTE, "again_there", table, rows=rows, money=money)
        for table, (rows, money) in moved.items()
        if rows
    ]
    late = tables.corrected(previous.events, new.events, again)
    if late.height:
        money = total(late[col.AMOUNT])
        found.append(
            finding(Severity.WARNING, "again_corrected", "events", rows=late.height, money=money)
        )
    if new.spend is not None and replaced.height:
        other = tables.changed_spend(replaced, new.spend)
        if other.height:
            before, after = (total(other[name]) for name in ("before", "after"))
            found.append(
                finding(
                    Severity.WARNING,
                    "again_spend",
                    "spend",
                    rows=other.height,
                    money=after - before,
                    before=f"{before:,.2f}",
                    after=f"{after:,.2f}",
                )
            )
    return found


def _of_the_whole(
    items: pl.DataFrame,
    users: pl.DataFrame,
    events: pl.DataFrame,
    spend: pl.DataFrame | None,
    accounts: Sequence[Account],
) -> list[Finding]:
    """What is remarkable about the tables as they stand together."""
    listed = {one.table: one.accepted for one in accounts}
    found = [
        finding(Severity.WARNING, f"unlisted_{table}", table, rows=frame.height - listed[table])
        for table, frame in (("items", items), ("users", users))
        if table in listed and frame.height > listed[table]
    ]
    early = users.join(first_seen(events), on=col.USER, how="inner")
    early = early.filter(pl.col(FIRST) < pl.col(col.ACQUIRED))
    if early.height:
        found.append(finding(Severity.WARNING, "late_acquisition", "users", rows=early.height))
    if spend is None:
        found.append(finding(Severity.NOTE, "spend_unknown", "spend", rows=0))
    return found
