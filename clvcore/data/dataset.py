"""A data set: clean tables, how they came about, and what became of every row and every cent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import polars as pl

from clvcore import columns as col
from clvcore.data.content import content_id

Domain = Literal["shop", "media"]
"""What the data is about; it chooses the words on screen (orders or plays)."""


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_BROKEN = {"line": pl.Int64(), "text": pl.String()}
_ASIDE = _BROKEN | {"why": pl.String()}


CUT = "rows_cut_after"
"""Part of `RawTable.reading` that is there where more rows were to be had than the limit allowed."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file, or the answer to a query, that a table was read from."""

    name: str
    sha256: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as it was read: every value a string (null where the cell is empty), row by row."""

    name: str
    """Which table it is to become: events, items, users, spend or impressions."""
    frame: pl.DataFrame
    source: str
    """File name or query, for messages and rejects."""
    numbers: frozenset[str] = frozenset()
    """Columns that were numbers where they came from, so that a dot is their decimal mark."""
    typed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """file -> those that were numbers in it, where there were several, as of a text and a workbook"""
    lines: pl.Series | None = None
    """Line of the file on which each row begins; None where rows are counted from 1."""
    broken: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_BROKEN))
    """``line`` and ``text`` of what stands between the rows and cannot be cut into cells."""
    aside: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_ASIDE))
    """``line``, ``text`` and ``why`` (preamble or total) of lines that are no rows by intent."""
    files: tuple[SourceFile, ...] = ()
    """What it was read from, in order."""
    reading: Mapping[str, str] = field(default_factory=dict)
    """How it was read, for people and for the next file: format, encoding, separator, sheet."""
    origin: pl.Series | None = None
    """Name of the file of each row, where there were several; ``broken`` and ``aside`` then have a
    column ``file``."""

    def is_number(self, column: str, file: str) -> bool:
        """Whether the column came as numbers in one of the files."""
        return column in self.numbers or column in self.typed.get(file, ())


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column of a raw table plays which role.

    Roles are the canonical names of `clvcore.columns`, plus ``unit_price`` (amount = quantity x
    unit price). Columns without a role are carried along as attributes (items, users) or left out.
    """

    roles: Mapping[str, str]
    """role -> column of the file"""
    constants: Mapping[str, str] = field(default_factory=dict)
    """role -> the same value for every row, such as kind = purchase"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or remarkable about the rows, and the one action that mends it."""

    severity: Severity
    rule: str
    table: str
    rows: int
    money: Decimal
    """Money of those rows in the data set's currency; 0 where they bear none."""
    column: str | None
    text: str
    fix: str


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the rows and the money of one table.

    ``rows_in = accepted + rejected + ignored``, and the money likewise. Rejected rows are broken;
    ignored rows are whole but left out by a stated rule. Money of rows whose amount cannot be read
    is unknown and counts as 0.
    """

    table: str
    rows_in: int
    accepted: int
    rejected: int
    ignored: int
    money_in: Decimal
    money_accepted: Decimal
    money_rejected: Decimal
    money_ignored: Decimal


@dataclass(frozen=True, slots=True)
class Origin:
    """What one table was read from, and what became of it."""

    table: str
    source: str
    files: tuple[SourceFile, ...]
    reading: Mapping[str, str]
    columns: tuple[str, ...]
    """Columns as they stood in the file."""
    account: Account


@dataclass(frozen=True, slots=True)
class Step:
    """One time that files were brought in."""

    origins: tuple[Origin, ...]
    parent: str | None = None
    """Id of the data set that they were added to; None where they made a new one."""
    at: datetime | None = None
    """When it was stored, UTC; None as long as it is not."""
    version: str | None = None
    """Version of clvcore that did it."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything needed to make the same data set from next month's files."""

    name: str
    currency: str
    """ISO 4217 code."""
    time_zone: str = "UTC"
    """IANA zone in which the files' times are written; inside everything is UTC."""
    domain: Domain = "shop"
    simulated: bool = False
    source: str = ""
    licence: str = ""
    observed_until: datetime | None = None
    """End of observation where it is later than the last event."""
    maps: Mapping[str, ColumnMap] = field(default_factory=dict)
    """table -> its column map"""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Choices of cleaning, such as the codes of lines that are no products."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Clean tables with canonical columns. Equal where the ids are equal. Frames never change.

    Order: events by (at, order of input), items by item_id, users by user_id, spend by (date,
    channel, campaign), impressions by (at, slate_id, position).
    """

    id: str
    events: pl.DataFrame
    items: pl.DataFrame
    """Every item that an event or an impression names is here, with nulls where nothing is known."""
    users: pl.DataFrame
    """Every user that an event names is here."""
    spend: pl.DataFrame | None
    """None where no spend was brought: cost of acquisition is then unknown, not zero."""
    impressions: pl.DataFrame | None
    observed: tuple[datetime, datetime]
    """First and last moment of observation, UTC."""
    recipe: Recipe
    accounts: tuple[Account, ...]
    findings: tuple[Finding, ...]
    lineage: tuple[Step, ...] = ()
    """How it came about, oldest step first; no part of the id. Empty where it is not known."""

    @property
    def name(self) -> str:
        """Name that a person gave it."""
        return self.recipe.name

    @property
    def currency(self) -> str:
        """ISO 4217 code of all its money."""
        return self.recipe.currency

    def __eq__(self, other: object) -> bool:
        """Same content id."""
        return isinstance(other, Dataset) and other.id == self.id

    def __hash__(self) -> int:
        """Hash of the content id."""
        return hash(self.id)

    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables that are there, by name."""
        named = {name: getattr(self, name) for name in col.TABLES}
        return {name: frame for name, frame in named.items() if frame is not None}

    @classmethod
    def of(
        cls,
        *,
        events: pl.DataFrame,
        items: pl.DataFrame,
        users: pl.DataFrame,
        observed: tuple[datetime, datetime],
        recipe: Recipe,
        spend: pl.DataFrame | None = None,
        impressions: pl.DataFrame | None = None,
        accounts: tuple[Account, ...] = (),
        findings: tuple[Finding, ...] = (),
        lineage: tuple[Step, ...] = (),
    ) -> "Dataset":
        """A data set of canonical frames under the id of its content.

        The id depends neither on the order in which equal moments stood in the files, nor on how
        the rows were split into files, nor on how often a row was brought: what became of the rows
        of the files, and where they came from, is told with the data set and is no part of it.
        """
        frames = {
            "events": events,
            "items": items,
            "users": users,
            "spend": spend,
            "impressions": impressions,
        }
        there = {name: in_order(name, v) for name, v in frames.items() if v is not None}
        return cls(
            id=content_id(there, facts_of_id(recipe, observed)),
            lineage=lineage,
            observed=observed,
            recipe=recipe,
            accounts=accounts,
            findings=findings,
            events=events,
            items=items,
            users=users,
            spend=spend,
            impressions=impressions,
        )


_LEADING = {
    "events": (col.AT,),
    "impressions": (col.AT, col.SLATE, col.POSITION),
    "spend": (col.DATE, col.CHANNEL, col.CAMPAIGN),
}
"""Columns that a table is ordered by; rows that tie in them stand in the order of the file."""


def in_order(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows in an order that does not depend on that of the file."""
    if table not in _LEADING:
        return frame  # by unique ids
    first = _LEADING[table]
    rest = [name for name, kind in frame.schema.items() if not kind.is_nested()]
    return frame.sort(*first, *(name for name in rest if name not in first), maintain_order=True)


def facts_of_id(recipe: Recipe, observed: tuple[datetime, datetime]) -> list[object]:
    """What beside its tables is part of the id of a data set."""
    return [recipe, observed]
