"""Personal data is found before anything else looks at it, and dropped or replaced by a keyed hash.

A column is found by its name or by what stands in it. What is dropped is gone from rows, rejects and
examples alike. An id is replaced by HMAC-SHA256 under a key of the workspace: the same person has the
same id next month, and nobody without the key can tell who it is.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.choices import Choices
from clvcore.data.cells.table import stripped
from clvcore.data.cleaning.quality import finding
from clvcore.data.dataset import ColumnMap, Finding, RawTable, Severity
from clvcore.errors import ConfigError
from clvcore.messages import say

Kind = Literal["email", "phone", "name", "address", "ip", "card", "birth", "other"]
Way = Literal["drop", "hash", "keep"]
WAYS = ("drop", "hash", "keep")
DIGITS = 32
"""Length of a hash: 128 bits, so that two people never share one."""

_NAMES: dict[Kind, str] = {
    "email": "e?_?mail(_?(address|adresse))?|mail|courriel",
    "phone": "(tele)?phone(_?(number|no|nr))?|tel|telefon(nummer)?|mobile?(_?(number|phone))?|handy(nummer)?|fax|telephone",
    "name": "(first|last|full|middle|given|family|user|customer|client|billing|shipping|buyer|recipient|contact)_?names?"
    "|surname|vorname|nachname|kundenname|nutzername|prenom|nom_?de_?famille|recipient|contact|empfaenger",
    "address": "(street|home|postal|mailing|billing|shipping|delivery|customer)?_?(address|adresse)(_?(line)?_?\\d)?|street(_?(name|number))?|strasse|rue"
    "|(billing|shipping)_(address|street)\\w*",
    "ip": "ip(v[46])?|(client|user|remote|browser)?_?ip(_?addr(ess)?)?|remote_?addr",
    "card": "(credit)?_?card(_?(number|no|nr))?|pan|iban|kontonummer|cc_?number|kreditkarte",
    "birth": "(date_?of_?)?birth(_?(day|date))?|dob|geburts(tag|datum)|naissance",
}
"""Whole names of columns, in small letters with underscores."""
_OF_USERS: dict[Kind, str] = {"name": "name|nom"}
"""The same, where a table is about people."""
_MAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
_VALUES: dict[Kind, str] = {
    "ip": r"(?:^|\s)(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:$|\s)"
    r"|^[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){3,7}$",
    "phone": r"^\+\d[\d ()/.-]{7,18}\d$|^\(?0\d{2,4}\)?[ /-]\d[\d -]{4,12}$|^\(\d{3}\) ?\d{3}-\d{4}$|^\d{3}-\d{3}-\d{4}$",
    "card": r"^\d{13,19}$|^\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}$",
}
_HANDLE = re.compile("(?i)user|nutzer")
_SAMPLE = 2000
_MOST = 0.5
_CARDS = 0.9


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


def protect(
    raws: Mapping[str, RawTable],
    maps: Mapping[str, ColumnMap],
    said: Mapping[str, str],
    key: bytes | None,
) -> tuple[dict[str, RawTable], tuple[Personal, ...]]:
    """The tables without personal data, and what was found and done.

    Args:
        raws: table -> its rows.
        maps: table -> its column map, for where the user's id stands.
        said: column, or table.column -> drop, hash or keep; columns named here are dealt with
            whether or not personal data is found in them.
        key: Key of the hash; needed where something is hashed.

    Raises:
        ConfigError: the user's id is to be dropped, or there is no key to hash with.
    """
    found = [one for raw in raws.values() for one in _found(raw, maps[raw.name], said)]
    hashed = any(one.is_id and one.way == "hash" for one in found)
    if hashed:  # one id in all tables, or they would no longer meet
        found += _other_ids(raws, maps, found)
    for one in found:
        if one.way == "drop" and one.is_id:
            raise ConfigError(say("data.clean.id_dropped", column=one.column))
        if one.way == "hash" and key is None:
            raise ConfigError(say("data.clean.no_key", column=one.column))
    made = {
        name: _protected(raw, [one for one in found if one.table == name], key or b"")
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


def keyed(values: pl.Series, key: bytes) -> pl.Series:
    """The keyed hash of each value; the same for an address in small and in capital letters.

    Example:
        >>> one, two = keyed(pl.Series(["A@b.com", "a@b.com "]), b"k")
        >>> one == two, len(one)
        (True, 32)
    """
    plain = stripped(values, ids=True)
    known = plain.drop_nulls().unique()
    hashes = [
        hmac.new(key, _same(value).encode(), hashlib.sha256).hexdigest()[:DIGITS]
        for value in known.to_list()
    ]
    return plain.replace_strict(
        known, pl.Series(hashes, dtype=pl.String), default=None, return_dtype=pl.String
    )


def _same(value: str) -> str:
    return value.casefold() if "@" in value else value


def _found(raw: RawTable, roles: ColumnMap, said: Mapping[str, str]) -> list[Personal]:
    user = roles.roles.get(col.USER)
    found = []
    for column in raw.frame.columns:
        way = said.get(f"{raw.name}.{column}") or said.get(column)
        kind = kind_of(raw.name, column, raw.frame[column])
        if kind is None and way not in {"drop", "hash"}:
            continue
        if column == user and kind == "name" and way is None and _HANDLE.search(column):
            continue  # a name that somebody chose as a user is an id like any other
        rows = raw.frame.height - raw.frame[column].null_count()
        usual = "hash" if column == user else "drop"
        hits = int(_mails(raw.frame[column]).sum()) if kind == "email" else rows
        partly = way != "drop" and column != user and 0 < hits <= _MOST * rows
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
    raws: Mapping[str, RawTable], maps: Mapping[str, ColumnMap], found: list[Personal]
) -> list[Personal]:
    known = {(one.table, one.column) for one in found}
    others = [(name, maps[name].roles.get(col.USER)) for name in raws]
    return [
        Personal(name, column, "email", raws[name].frame[column].len(), "hash", is_id=True)
        for name, column in others
        if column is not None and (name, column) not in known
    ]


def kind_of(table: str, column: str, cells: pl.Series) -> Kind | None:
    """The kind of personal data that a column holds; None where it holds none.

    Example:
        >>> kind_of("users", "eMail", pl.Series(["x"]))
        'email'
        >>> kind_of("events", "note", pl.Series(["ask ann@shop.org", None]))
        'email'
        >>> kind_of("items", "title", pl.Series(["Blue vase"])) is None
        True
    """
    plain = re.sub(r"([a-z])([A-Z])", r"\1_\2", column.strip()).lower()
    plain = plain.replace("ä", "ae").replace("ß", "ss").replace("é", "e")
    plain = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if _mails(cells).any():
        return "email"
    sample = _sample(cells)
    for kind, names in _NAMES.items():
        if re.fullmatch(names, plain) and _can_be(kind, sample):
            return kind
    if table == "users" and re.fullmatch(_OF_USERS["name"], plain):
        return "name"
    return next((kind for kind in _VALUES if _holds(kind, sample)), None)


def _mails(cells: pl.Series) -> pl.Series:
    """Which cells hold a mail address anywhere."""
    signs = cells.str.contains("@", literal=True).fill_null(value=False)
    if not signs.any():
        return signs
    places = signs.arg_true()
    return signs.scatter(places, cells.gather(places).str.contains(_MAIL))


def _sample(cells: pl.Series) -> pl.Series:
    """Filled cells from all over the column."""
    known = cells.drop_nulls()
    step = max(1, len(known) // _SAMPLE)
    return known.gather_every(step).str.strip_chars()


def _can_be(kind: Kind, sample: pl.Series) -> bool:
    """Whether what stands in a column can be what its name says: a mail need not be one's own."""
    answers = sample.str.to_lowercase().is_in(
        ["0", "1", "true", "false", "yes", "no", "y", "n", ""]
    )
    return kind == "ip" or not (len(sample) and answers.all())


def _holds(kind: Kind, sample: pl.Series) -> bool:
    """Whether most cells of a column hold this kind of personal data."""
    if not len(sample):
        return False
    hits = sample.str.contains(_VALUES[kind])
    if kind == "card":
        digits = sample.filter(hits).str.replace_all(r"\D", "").unique().to_list()
        sound = sum(_luhn(one) for one in digits)
        return (
            bool(digits) and int(hits.sum()) > _MOST * len(sample) and sound > _CARDS * len(digits)
        )
    return int(hits.sum()) > _MOST * len(sample)


def _luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _protected(raw: RawTable, found: list[Personal], key: bytes) -> RawTable:
    gone = [one.column for one in found if one.way == "drop" and not one.partly]
    parts = [one.column for one in found if one.way == "drop" and one.partly]
    hashed = [one.column for one in found if one.way == "hash"]
    if not gone and not hashed and not parts:
        return raw
    frame = raw.frame.drop(gone).with_columns(
        *(keyed(raw.frame[column], key).alias(column) for column in hashed),
        *(raw.frame[column].set(_mails(raw.frame[column]), None) for column in parts),
    )
    return replace(
        raw,
        frame=frame,
        numbers=raw.numbers - set(gone) - set(hashed),
        # a line that was not cut into cells may hold any of them
        broken=raw.broken.with_columns(pl.lit(None, dtype=pl.String).alias("text")),
        aside=raw.aside.with_columns(pl.lit(None, dtype=pl.String).alias("text")),
    )
