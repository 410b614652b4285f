"""What became of the rows and the money of two data sets that became one, and of the later files."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal

from clvcore import columns as col
from clvcore.data.again.behaviour import Behaviour
from clvcore.data.dataset import Account


def accounts_of_both(
    previous: Sequence[Account],
    new: Sequence[Account],
    moved: Mapping[str, tuple[int, Decimal]],
    events: Behaviour,
) -> tuple[Account, ...]:
    """The sums of both, with rows that were there before, or are replaced, as ignored.

    Args:
        previous: Accounts of what is there.
        new: Accounts of the further files.
        moved: table other than events -> rows that are ignored now, and their money.
        events: The events of both.
    """
    named: dict[str, list[Account]] = {table: [] for table in col.TABLES}
    for one in (*previous, *new):
        named[one.table].append(one)
    summed = []
    for table, parts in named.items():
        if not parts:
            continue
        one = _sum(parts)
        summed.append(_judged(one, events) if table == "events" else _without(one, *moved[table]))
    return tuple(summed)


def came_of(new: Sequence[Account], shown_again: int, events: Behaviour) -> tuple[Account, ...]:
    """What became of the further files alone: what stood there already is ignored.

    Args:
        new: Accounts of the further files, for events without what stood there.
        shown_again: Impressions that stood there already.
        events: The events of both.
    """
    found = []
    for one in new:
        if one.table == "events":
            gone = one.money_accepted - events.money(new=True)
            came = replace(
                one,
                accepted=events.rows(new=True),
                ignored=one.ignored + events.more_returned(new=True),
                money_accepted=events.money(new=True),
                money_ignored=one.money_ignored + gone,
            )
            found.append(came)
        elif one.table == "impressions":
            found.append(_without(one, shown_again, Decimal("0.0000")))
        else:
            found.append(one)
    return tuple(found)


def _sum(parts: Sequence[Account]) -> Account:
    numbers = {
        part.name: sum((getattr(one, part.name) for one in parts[1:]), getattr(parts[0], part.name))
        for part in fields(Account)
        if part.name != "table"
    }
    return Account(table=parts[0].table, **numbers)


def _judged(one: Account, events: Behaviour) -> Account:
    """The sum with what returns took back across files; a return and its purchase are zero."""
    return replace(
        one,
        accepted=events.rows(),
        ignored=one.ignored + events.more_returned(),
        money_accepted=events.money(),
    )


def _without(one: Account, rows: int, money: Decimal) -> Account:
    return replace(
        one,
        accepted=one.accepted - rows,
        ignored=one.ignored + rows,
        money_accepted=one.money_accepted - money,
        money_ignored=one.money_ignored + money,
    )
