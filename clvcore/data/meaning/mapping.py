"""Which column plays which role: proposed from names and values, decided by a person.

Names are compared with known synonyms, values are looked at for evidence. Where two columns could
be the user, the item, the time or the money, nothing is guessed: the person is asked.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from clvcore.data.cells import amounts, moments, words
from clvcore.data.cells.by_file import Files
from clvcore.data.cells.roles import ROLES, UNIT_PRICE, Role, role_name
from clvcore.data.dataset import ColumnMap, RawTable
from clvcore.errors import MappingError
from clvcore.messages import listed, say

_SAMPLE = 1000
_ENOUGH = 0.8
_KINDS_AT_MOST = 50
_VAGUE = {"type", "art", "activity", "value", "score", "count", "period", "group", "views"}


@dataclass(frozen=True, slots=True)
class Matched:
    """Columns that were found for roles by their names, and the roles that stay open."""

    map: ColumnMap
    open: Mapping[str, tuple[str, ...]]
    """role -> the columns that could all play it; none where nothing was found"""


def matched(
    raw: RawTable, known: ColumnMap | None = None, *, unused: Iterable[str] = ()
) -> Matched:
    """What is known already, the rest by names and values, and what a person has to decide.

    Args:
        raw: The table.
        known: Roles that are decided.
        unused: Columns that play no role.

    Raises:
        MappingError: a column or a role named in ``known`` is not there.
    """
    known = checked(raw, known or ColumnMap({}))
    taken, undecided = dict(known.roles), {}
    for role in ROLES[raw.name]:
        if role.name in taken or role.name in known.constants:
            continue
        gone = {*taken.values(), *unused}
        found = _columns_for(role, raw, [name for name in raw.frame.columns if name not in gone])
        if len(found) == 1:
            taken[role.name] = found[0]
        elif found or role.required:
            undecided[role.name] = tuple(found)
    if UNIT_PRICE in taken and "amount" in taken and UNIT_PRICE not in known.roles:
        del taken[UNIT_PRICE]
    return Matched(ColumnMap(taken, dict(known.constants)), undecided)


def propose(raw: RawTable, known: ColumnMap | None = None) -> ColumnMap:
    """The column map of a raw table: what is known already, and the rest proposed.

    Raises:
        MappingError: a column named in ``known`` is not there, a required role finds no column,
            or a role finds two.
    """
    found = matched(raw, known)
    for role, columns in found.open.items():
        raise MappingError(open_role(raw, role, columns))
    return found.map


def open_role(raw: RawTable, role: str, columns: Sequence[str]) -> str:
    """What is said of a role that no column, or more than one, could play."""
    if not columns:
        (asked,) = (one for one in ROLES[raw.name] if one.name == role)
        return _missing(asked, raw, raw.frame.columns)
    return say(
        "data.ambiguous_role",
        role=role,
        table=raw.name,
        source=raw.source,
        columns=listed(columns),
        first=columns[0],
    )


def checked(raw: RawTable, given: ColumnMap) -> ColumnMap:
    """The same map with the canonical names of its roles.

    Raises:
        MappingError: a role or a column of that name does not exist.
    """
    roles = {}
    for word, column in given.roles.items():
        roles[_role_of(raw.name, word)] = column
        require(raw, column)
    constants = {_role_of(raw.name, word): value for word, value in given.constants.items()}
    return ColumnMap(roles, constants)


def require(raw: RawTable, column: str) -> None:
    """Nothing, where the table has the column.

    Raises:
        MappingError: it has none of that name.
    """
    if column in raw.frame.columns:
        return
    near = _nearest(column, raw.frame.columns)
    raise MappingError(
        say(
            "data.no_such_column",
            column=column,
            source=raw.source,
            found=listed(raw.frame.columns, most=20),
            near=say("data.near", names=listed(near)) if near else "",
        )
    )


def complete(raw: RawTable, given: ColumnMap) -> ColumnMap:
    """A stored map, used exactly as it stands.

    Raises:
        MappingError: a column that it names is not there, or a required role is not filled.
    """
    known = checked(raw, given)
    for role in ROLES[raw.name]:
        if role.required and role.name not in known.roles and role.name not in known.constants:
            raise MappingError(_missing(role, raw, raw.frame.columns))
    return known


def _role_of(table: str, word: str) -> str:
    name = role_name(table, word)
    if name is None:
        names = [role.name for role in ROLES[table]]
        raise MappingError(say("data.no_such_role", role=word, table=table, roles=", ".join(names)))
    return name


def simple(name: str) -> str:
    """A column's name in small letters, without accents, spaces, signs and a zone behind it.

    Example:
        >>> simple("Customer ID"), simple("Größe"), simple("Référence"), simple("created_at_utc")
        ('customerid', 'groesse', 'reference', 'createdat')
    """
    text = re.sub(r"(?<=\w)[\W_]+(utc|gmt)\W*$", "", name.lower())
    text = text.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    parts = unicodedata.normalize("NFKD", text)
    return re.sub(r"[\W_]+", "", "".join(one for one in parts if not unicodedata.combining(one)))


def _columns_for(role: Role, raw: RawTable, free: Sequence[str]) -> list[str]:
    """The column that plays the role, or those between which a person has to choose."""
    if role.name in free:
        return [role.name]
    by_rank = sorted(
        (role.synonyms.index(simple(name)), name) for name in free if simple(name) in role.synonyms
    )
    if len(by_rank) > 1 or _is_vague(role, by_rank):
        by_rank = [pair for pair in by_rank if looks_like(role, raw, pair[1])]
    if len(by_rank) > 1 and role.asks and by_rank[0][0] > 0:
        return [name for _, name in by_rank]
    if by_rank:
        return [by_rank[0][1]]
    if role.required and role.evidence == "time":
        timely = [name for name in free if looks_like(role, raw, name)]
        return timely if len(timely) == 1 else []
    return []


def _is_vague(role: Role, by_rank: Sequence[tuple[int, str]]) -> bool:
    """Whether a name alone does not make the column: ``type`` may be of anything."""
    return any(simple(name) in _VAGUE for _, name in by_rank) and role.evidence != "any"


def looks_like(role: Role, raw: RawTable, name: str) -> bool:
    """Whether the first values of a column, in each file by itself, can play the role."""
    column = raw.frame[name]
    if role.evidence in {"number", "time"}:
        told = Files.of(raw).told(column, lambda cells: _looks_like(role, cells))
        return all(told.values())
    return _looks_like(role, column)


def _looks_like(role: Role, column: pl.Series) -> bool:
    filled = column.drop_nulls()
    filled = filled.filter(filled.str.strip_chars() != "").head(_SAMPLE)
    values = filled.str.strip_chars()
    if not len(values) or role.evidence == "any":
        return True
    if role.evidence == "number":
        bare = amounts.bare(filled)
        read = amounts.exact(bare, amounts.decimal_mark(bare) or ".")
        return int(read.is_not_null().sum()) >= _ENOUGH * len(values)
    if role.evidence == "time":
        order = moments.date_order(values) or "dmy"
        read = moments.moments(values, time_zone="UTC", order=order).at
        return int(read.is_not_null().sum()) >= _ENOUGH * len(values)
    return column.n_unique() <= _KINDS_AT_MOST and any(
        words.is_kind(word) for word in values.unique().to_list()
    )


def _missing(role: Role, raw: RawTable, free: Sequence[str]) -> str:
    near = _near_role(role, free)
    return say(
        "data.missing_role",
        role=role.name,
        table=raw.name,
        source=raw.source,
        found=listed(raw.frame.columns, most=20),
        near=say("data.near", names=listed(near)) if near else "",
        example=near[0] if near else raw.frame.columns[0],
    )


def _near_role(role: Role, free: Sequence[str]) -> list[str]:
    """Free columns whose names are most like the names that the role goes by."""

    def likeness(name: str) -> float:
        return max(
            difflib.SequenceMatcher(None, simple(name), known).ratio() for known in role.synonyms
        )

    ranked = sorted(free, key=likeness, reverse=True)
    return [name for name in ranked[:3] if likeness(name) > 0.6]


def _nearest(name: str, names: Sequence[str]) -> list[str]:
    plain: Mapping[str, str] = {simple(other): other for other in names}
    return [plain[match] for match in difflib.get_close_matches(simple(name), list(plain))]
