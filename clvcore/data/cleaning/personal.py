"""Personal data is found before anything else looks at it, and dropped or replaced by a keyed hash.

A column is found by its name or by what stands in it. What is dropped is gone from rows, rejects and
examples alike. An id is replaced by HMAC-SHA256 under a key of the workspace: the same person has the
same id next month, and nobody without the key can tell who it is.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.by_file import Files
from clvcore.data.cells.choices import Choices
from clvcore.data.cells.ids import respelled
from clvcore.data.cells.private import MOSTLY, Kind, Look, kind_seen, look_at, mails
from clvcore.data.cells.table import ids_of
from clvcore.data.cleaning.quality import finding
from clvcore.data.dataset import ColumnMap, Finding, RawTable, Severity
from clvcore.errors import ConfigError
from clvcore.messages import say

Way = Literal["drop", "hash", "keep"]
PLAIN = "plain"
"""Said of a column that looks personal and is not."""
DIGITS = 32
"""Length of a hash: 128 bits, so that two people never share one."""

_HANDLE = re.compile("(?i)user|nutzer")


@dataclass(frozen=True, slots=True)
class Personal:
    """A column that holds personal data, and what becomes of it."""

    table: str
    column: str
    kind: Kind
    rows: int
    """Cells that are filled."""
    way: Way
    is_id: bool
    """Whether it is the user's id, which can be hashed but not dropped."""
    partly: bool = False
    """Whether only some cells hold it, as a mail address in a review: only those are dropped."""


Looks = Mapping[tuple[str, str], Look]
"""(table, column) -> what the whole column shows, for tables of which only a piece is there"""


def protect(
    raws: Mapping[str, RawTable],
    maps: Mapping[str, ColumnMap],
    said: Mapping[str, str],
    key: bytes | None,
    looks: Looks | None = None,
) -> tuple[dict[str, RawTable], tuple[Personal, ...]]:
    """The tables without personal data, and what was found and done.

    Args:
        raws: table -> its rows.
        maps: table -> its column map, for where the user's id stands.
        said: column, or table.column -> drop, hash or keep; columns named here are dealt with
            whether or not personal data is found in them, and those said to be plain are not.
        key: Key of the hash; needed where something is hashed.
        looks: What columns show of which only a piece is here.

    Raises:
        ConfigError: the user's id is to be dropped, or there is no key to hash with.
    """
    looks = looks or {}
    found = [one for raw in raws.values() for one in _found(raw, maps[raw.name], said, looks)]
    hashed = any(one.is_id and one.way == "hash" for one in found)
    if hashed:  # one id in all tables, or they would no longer meet
        found += _other_ids(raws, maps, found, looks)
    for one in found:
        if one.way == "drop" and one.is_id:
            raise ConfigError(say("data.clean.id_dropped", column=one.column))
        if one.way == "hash" and key is None:
            raise ConfigError(say("data.clean.no_key", column=one.column))
    made = {
        name: protected(raw, [one for one in found if one.table == name], key or b"", looks)
        for name, raw in raws.items()
    }
    return made, tuple(found)


def told(found: tuple[Personal, ...]) -> list[Finding]:
    """What was done about personal data, one finding for each column."""
    return [
        finding(
            Severity.WARNING if one.way == "keep" else Severity.NOTE,
            "clean.personal_cells"
            if one.partly and one.way == "drop"
            else f"clean.personal_{one.way}",
            one.table,
            rows=one.rows,
            column=one.column,
            kind=say(f"data.clean.kind_{one.kind}"),
        )
        for one in found
    ]


def without(given: ColumnMap, found: tuple[Personal, ...], table: str) -> ColumnMap:
    """The column map without columns that were dropped."""
    gone = {
        one.column for one in found if one.table == table and one.way == "drop" and not one.partly
    }
    roles = {role: column for role, column in given.roles.items() if column not in gone}
    return replace(given, roles=roles)


def without_attributes(choices: Choices, found: tuple[Personal, ...]) -> Choices:
    """The choices without attributes of users that were dropped."""
    gone = {
        one.column
        for one in found
        if one.table == "events" and one.way == "drop" and not one.partly
    }
    kept = {name: one for name, one in choices.user_attributes.items() if one not in gone}
    return replace(choices, user_attributes=kept)


def keyed(ids: pl.Series, key: bytes) -> pl.Series:
    """The keyed hash of each id; the same for an address in small and in capital letters.

    Example:
        >>> one, two = keyed(pl.Series(["A@b.com", "a@b.com"]), b"k")
        >>> one == two, len(one)
        (True, 32)
    """
    known = ids.drop_nulls().unique()
    hashes = [
        hmac.new(key, _same(value).encode(), hashlib.sha256).hexdigest()[:DIGITS]
        for value in known.to_list()
    ]
    return ids.replace_strict(
        known, pl.Series(hashes, dtype=pl.String), default=None, return_dtype=pl.String
    )


def _same(value: str) -> str:
    return value.casefold() if "@" in value else value


def _found(
    raw: RawTable, roles: ColumnMap, said: Mapping[str, str], looks: Looks
) -> list[Personal]:
    user = roles.roles.get(col.USER)
    found = []
    for column in raw.frame.columns:
        way = said.get(f"{raw.name}.{column}") or said.get(column)
        if way == PLAIN:
            continue
        look = looks.get((raw.name, column)) or look_at(raw.frame[column])
        kind = kind_seen(raw.name, column, look)
        if kind is None and way not in {"drop", "hash"}:
            continue
        if column == user and kind == "name" and way is None and _HANDLE.search(column):
            continue  # a name that somebody chose as a user is an id like any other
        rows = look.filled
        usual = "hash" if column == user else "drop"
        hits = look.mails if kind == "email" else rows
        partly = way != "drop" and column != user and 0 < hits <= MOSTLY * rows
        found.append(
            Personal(
                raw.name,
                column,
                kind or "other",
                hits if partly else rows,
                way or usual,  # ty: ignore[invalid-argument-type] : ways are checked in Choices
                column == user,
                partly,
            )
        )
    return found


def _other_ids(
    raws: Mapping[str, RawTable],
    maps: Mapping[str, ColumnMap],
    found: list[Personal],
    looks: Looks,
) -> list[Personal]:
    known = {(one.table, one.column) for one in found}
    others = [(name, maps[name].roles.get(col.USER)) for name in raws]
    return [
        Personal(name, column, "email", _rows(raws[name], column, looks), "hash", is_id=True)
        for name, column in others
        if column is not None and (name, column) not in known
    ]


def _rows(raw: RawTable, column: str, looks: Looks) -> int:
    """How many cells of a column of ids are filled."""
    look = looks.get((raw.name, column))
    return raw.frame[column].count() if look is None else look.filled


def protected(
    raw: RawTable, found: Sequence[Personal], key: bytes, looks: Looks | None = None
) -> RawTable:
    """The table without what was found in it; one of the pieces of a table where there are looks."""
    gone = [one.column for one in found if one.way == "drop" and not one.partly]
    parts = [one.column for one in found if one.way == "drop" and one.partly]
    hashed = [one.column for one in found if one.way == "hash"]
    if not gone and not hashed and not parts:
        return raw
    frame = raw.frame.drop(gone).with_columns(
        *(keyed(_ids(raw, name, looks or {}), key).alias(name) for name in hashed),
        *(raw.frame[column].set(mails(raw.frame[column]), None) for column in parts),
    )
    return replace(
        raw,
        frame=frame,
        numbers=raw.numbers - set(gone) - set(hashed),
        # a line that was not cut into cells may hold any of them
        broken=raw.broken.with_columns(pl.lit(None, dtype=pl.String).alias("text")),
        aside=raw.aside.with_columns(pl.lit(None, dtype=pl.String).alias("text")),
    )


def _ids(raw: RawTable, column: str, looks: Looks) -> pl.Series:
    """The ids of a column, those of each file as they were before they were stored."""
    look = looks.get((raw.name, column))
    whole = None if look is None else look.ids
    return respelled(ids_of(raw.frame[column]), Files.of(raw), whole)
