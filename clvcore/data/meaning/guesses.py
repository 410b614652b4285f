"""Roles proposed by nothing but what the values look like, where the names tell nothing."""

from collections.abc import Callable, Iterable, Sequence

from clvcore import columns as col
from clvcore.data.cells.roles import MONEY_ROLES, ROLES, UNIT_PRICE
from clvcore.data.dataset import ColumnMap, RawTable
from clvcore.data.meaning.mapping import Matched, simple
from clvcore.data.meaning.shapes import Shape, shape_of

_LOOKS: dict[str, Callable[[Shape], bool]] = {
    "time": lambda one: one.is_time,
    "money": lambda one: one.is_money,
    "kind": lambda one: one.is_kind,
    "rating": lambda one: one.is_rating,
    "count": lambda one: one.is_count and not one.is_rating,
    "id": lambda one: one.is_id and one.is_word and not (one.is_rating or one.is_kind),
}


def guessed(
    raw: RawTable, found: Matched, unused: Iterable[str] = ()
) -> tuple[Matched, dict[str, str]]:
    """The same with roles that only one column looks like, and the look that each was given for.

    What two columns look like stays open, with both. Where names told the user and the item apart
    nothing is asked about further columns that look like ids.
    """
    roles, still_open = dict(found.map.roles), dict(found.open)
    looks: dict[str, str] = {}
    gone = {*roles.values(), *unused}
    free = {name: shape_of(raw.frame[name]) for name in raw.frame.columns if name not in gone}
    for role, look in _sought(raw.name, found):
        named = still_open.get(role, ())
        fits = [name for name, shape in free.items() if _LOOKS[look](shape)]
        if named or (not fits and role not in still_open):
            continue
        if len(fits) == 1:
            roles[role], looks[role] = fits[0], look
            still_open.pop(role, None)
            del free[fits[0]]
        elif fits and (role in still_open or look == "id"):
            still_open[role] = tuple(fits)
    return Matched(ColumnMap(roles, found.map.constants), _in_order(raw, still_open)), looks


def _names_the_user(found: Matched) -> bool:
    """Whether the header tells who the user is, so that it would tell the item as well."""
    column = found.map.roles.get(col.USER)
    (user,) = (role for role in ROLES["events"] if role.name == col.USER)
    return column is not None and (column == user.name or simple(column) in user.synonyms)


def _in_order(raw: RawTable, still_open: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    names = [role.name for role in ROLES[raw.name]]
    return {name: still_open[name] for name in names if name in still_open}


def _sought(table: str, found: Matched) -> Sequence[tuple[str, str]]:
    """Roles worth a guess and what they look like, the most telling look first."""
    have = {*found.map.roles, *found.map.constants}
    sought = [
        (role.name, "time")
        for role in ROLES[table]
        if role.evidence == "time" and role.required and role.name not in have
    ]
    if not have & {*MONEY_ROLES.get(table, ()), UNIT_PRICE} and table in {"events", "spend"}:
        sought.append((col.AMOUNT, "money"))
    if table == "events":
        sought += [(col.KIND, "kind"), (col.RATING, "rating"), (col.QUANTITY, "count")]
    asks = [role.name for role in ROLES[table] if role.required and role.evidence == "any"]
    if table == "events" and not _names_the_user(found):
        asks.append(col.ITEM)
    sought += [(name, "id") for name in asks]
    return [pair for pair in sought if pair[0] not in have]
