"""Cells that hold personal data: which kind a column holds, and what of it may be shown.

A column is found by its name or by what stands in it. Before a person has decided what becomes of
it, nothing but a first letter of it is shown.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from clvcore.data.cells.ids import Spelling
from clvcore.data.cells.signs import of_both
from clvcore.data.cells.stored import as_in_file

Kind = Literal["email", "phone", "name", "address", "ip", "card", "birth", "other"]
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
_MAIL_PARTS = r"([A-Za-z0-9._%+-])[A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
_VALUES: dict[Kind, str] = {
    "ip": r"(?:^|\s)(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:$|\s)"
    r"|^[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){3,7}$",
    "phone": r"^\+\d[\d ()/.-]{7,18}\d$|^\(?0\d{2,4}\)?[ /-]\d[\d -]{4,12}$|^\(\d{3}\) ?\d{3}-\d{4}$|^\d{3}-\d{3}-\d{4}$",
    "card": r"^\d{13,19}$|^\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}$",
}
_SAMPLE = 2000
MOSTLY = 0.5
"""Share of the cells from which on a column as a whole is of a kind."""
_CARDS = 0.9
_REST = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True)
class Look:
    """What the cells of a column show of personal data; what its pieces show adds up."""

    filled: int
    mails: int
    """Cells that hold a mail address."""
    sample: pl.Series
    """Filled cells from all over the column."""
    ids: Mapping[str, Spelling] = field(default_factory=dict)
    """file -> how its ids are written, where the cells are ids"""

    def __add__(self, other: "Look") -> "Look":
        return Look(
            self.filled + other.filled,
            self.mails + other.mails,
            pl.concat([self.sample, other.sample]),
            of_both(self.ids, other.ids),
        )


def look_at(cells: pl.Series, *, begun: int = 0, of: int | None = None) -> Look:
    """What the cells of a column show, or those of a piece of it.

    Args:
        cells: The column, or the piece.
        begun: How many filled cells of the column stand in the pieces before it.
        of: How many the whole column has, where the cells are a piece.
    """
    known = cells.drop_nulls()
    step = max(1, (len(known) if of is None else of) // _SAMPLE)
    sample = known.gather_every(step, -begun % step).str.strip_chars()
    return Look(len(known), int(mails(known).sum()), sample)


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
    return kind_seen(table, column, look_at(cells))


def kind_seen(table: str, column: str, look: Look) -> Kind | None:
    """The same of a column that was looked at."""
    plain = re.sub(r"([a-z])([A-Z])", r"\1_\2", column.strip()).lower()
    plain = plain.replace("ä", "ae").replace("ß", "ss").replace("é", "e")
    plain = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if look.mails:
        return "email"
    sample = look.sample
    for kind, names in _NAMES.items():
        if re.fullmatch(names, plain) and _can_be(kind, sample):
            return kind
    if table == "users" and re.fullmatch(_OF_USERS["name"], plain):
        return "name"
    return next((kind for kind in _VALUES if _holds(kind, sample)), None)


def mails(cells: pl.Series) -> pl.Series:
    """Which cells hold a mail address anywhere."""
    signs = cells.str.contains("@", literal=True).fill_null(value=False)
    if not signs.any():
        return signs
    places = signs.arg_true()
    return signs.scatter(places, cells.gather(places).str.contains(_MAIL))


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
            bool(digits) and int(hits.sum()) > MOSTLY * len(sample) and sound > _CARDS * len(digits)
        )
    return int(hits.sum()) > MOSTLY * len(sample)


def _luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def suspects(table: str, frame: pl.DataFrame) -> dict[str, Kind]:
    """Columns that look personal, and the kind of each."""
    found = {name: kind_of(table, name, frame[name]) for name in frame.columns}
    return {name: kind for name, kind in found.items() if kind is not None}


def masked(frame: pl.DataFrame, personal: Mapping[str, Kind]) -> pl.DataFrame:
    """The rows as the file has them, with no more than a first letter of what is personal.

    Example:
        >>> rows = pl.DataFrame({"mail": ["ann@shop.org", None], "name": ["Zoë Li", "Bo"]})
        >>> masked(rows, {"mail": "email", "name": "name"}).rows()
        [('a…@…', 'Z…'), (None, 'B…')]
    """
    frame = as_in_file(frame)
    return frame.with_columns(
        masked_cells(frame[name], kind).alias(name)
        for name, kind in personal.items()
        if name in frame.columns
    )


def masked_cells(cells: pl.Series, kind: Kind) -> pl.Series:
    """The cells with no more than a first letter; of a text around a mail address, the text stays."""
    if kind == "email" and 0 < int(mails(cells).sum()) <= MOSTLY * (
        len(cells) - cells.null_count()
    ):
        return cells.str.replace_all(_MAIL_PARTS, f"${{1}}{_REST}@{_REST}")
    first = cells.str.strip_chars().str.slice(0, 1) + _REST
    if kind != "email":
        return first
    whole = mails(cells)
    return (
        first.to_frame("first")
        .select(pl.when(whole).then(pl.col("first") + f"@{_REST}").otherwise("first"))
        .to_series()
    )
