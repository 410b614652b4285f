"""The choices of cleaning that a recipe can make, checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clvcore.columns import Kind
from clvcore.data.cells.amounts import Mark
from clvcore.data.cells.moments import UNITS, DateOrder, Unit
from clvcore.data.cells.rates import rates_of
from clvcore.data.cells.rules import chosen
from clvcore.data.cells.words import LEFT_OUT
from clvcore.errors import ConfigError
from clvcore.messages import say

SHAPES = (
    "instacart_orders",
    "journey_purchases",
    "matomo_visits",
    "shopify_orders",
    "woocommerce_orders",
)
"""Names of the ways to lay out the rows of an export anew."""
EVERY = "*"
"""Every column of a file."""
_BY_FILE = {"decimal", "date_order"}
"""What can be said of a column in one file alone."""


@dataclass(frozen=True, slots=True)
class ColumnChoices:
    """How one column is to be read where it leaves that open; None decides on its values."""

    decimal: Mark | None = None
    date_order: DateOrder | None = None
    epoch: Unit | None = None
    """Unit of numbers that count from 1970."""
    zone: str | None = None
    """IANA zone of the column's local times, where it is not that of the data set."""
    first_day: str | None = None
    """The date (ISO 8601) of day 1, where the column counts days."""


@dataclass(frozen=True, slots=True)
class Choices:
    """How the rows are to be read where the files leave it open."""

    decimal: Mark | None = None
    """Decimal mark of all tables; None decides by column."""
    date_order: DateOrder | None = None
    """Order of day and month where the year comes last; None decides by column."""
    first_day: str | None = None
    """The date (ISO 8601) of day 1, in all columns that count days."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """word of the file -> kind of event, or ``ignore`` where its rows never happened"""
    not_items: tuple[str, ...] = ()
    """Item ids of lines that are no items (postage, discount), also with ``*`` as in ``gift_*``.
    Their money stays, their item becomes unknown."""
    item_title: str | None = None
    """Column of the events that names the item; the most frequent name counts."""
    user_attributes: Mapping[str, str] = field(default_factory=dict)
    """attribute of the user -> column of the events; the last known value counts"""
    drop_duplicates: bool = False
    """Whether rows that repeat an earlier one are left out: the rule ``duplicate`` by itself."""
    rules: Mapping[str, str] = field(default_factory=lambda: chosen({}))
    """rule -> choice, see `clvcore.data.cells.rules`; in a recipe only those that were made"""
    rates: Mapping[str, Decimal | Mapping[str, Decimal]] = field(default_factory=dict)
    """currency -> what one unit is worth in the data set's currency, or that by day"""
    protect: Mapping[str, str] = field(default_factory=dict)
    """column, or table.column -> drop, hash or keep, for personal data; plain where it is none"""
    keep_currency: str | None = None
    """The one currency whose rows count, which becomes the data set's; rows in others that have no
    rate are left out."""
    columns: Mapping[str, ColumnChoices] = field(default_factory=dict)
    """column, or table.column -> how it alone is read; goes before the choices for all"""
    files: Mapping[str, Mapping[str, ColumnChoices]] = field(default_factory=dict)
    """file -> what ``columns`` would say of that file alone, where `EVERY` stands for all its columns;
    goes before everything else, and only for the decimal mark and the order of day and month"""
    shapes: Mapping[str, str] = field(default_factory=dict)
    """table -> how its rows are laid out anew, see `clvcore.data.meaning.shaping`"""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """table -> names of its columns, where its file has no header"""

    def of_column(self, table: str, column: str) -> ColumnChoices:
        """How a column of a table is to be read; what is said of it alone goes first."""
        own = self.columns.get(f"{table}.{column}") or self.columns.get(column) or ColumnChoices()
        return replace(
            own,
            decimal=own.decimal or self.decimal,
            date_order=own.date_order or self.date_order,
            first_day=own.first_day or self.first_day,
        )

    def of_file(self, table: str, column: str, file: str) -> ColumnChoices:
        """The same in one of several files; what is said of that file goes first."""
        whole, own = self.of_column(table, column), self.files.get(file)
        if own is None:
            return whole
        said = own.get(f"{table}.{column}") or own.get(column) or ColumnChoices()
        all_ = own.get(EVERY) or ColumnChoices()
        return replace(
            whole,
            decimal=said.decimal or all_.decimal or whole.decimal,
            date_order=said.date_order or all_.date_order or whole.date_order,
        )

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Choices":
        """The choices in the options of a recipe.

        Raises:
            ConfigError: there is no such option, or it has no such value.
        """
        names = [part.name for part in fields(cls)]
        values = dict(options)
        for name, value in options.items():
            if name not in names:
                raise ConfigError(say("data.no_such_option", option=name, options=", ".join(names)))
            if not _fits(name, value):
                raise ConfigError(say("data.bad_option", option=name, value=value))
        if "not_items" in values:
            values["not_items"] = tuple(values["not_items"])
        named = values.get("names", {})
        values["names"] = {table: tuple(names) for table, names in named.items()}
        columns = values.get("columns", {})
        values["columns"] = _by_column(columns)
        files = values.get("files", {})
        values["files"] = {file: _by_column(own) for file, own in files.items()}
        attributes = values.get("user_attributes", {})
        if not isinstance(attributes, Mapping):
            values["user_attributes"] = {name: name for name in attributes}
        said = dict(values.get("rules", {}))
        if values.get("drop_duplicates"):
            said.setdefault("duplicate", "ignore")
        values["rules"] = chosen(said)
        values["rates"] = rates_of(values.get("rates", {}))
        return cls(**values)


def _by_column(plain: Mapping[str, Mapping[str, Any]]) -> dict[str, ColumnChoices]:
    return {name: ColumnChoices(**own) for name, own in plain.items()}


def _fits(name: str, value: Any) -> bool:
    kinds = {*(kind.value for kind in Kind), LEFT_OUT}
    allowed: dict[str, Callable[[], bool]] = {
        "decimal": lambda: value in {".", ",", None},
        "date_order": lambda: value in {"dmy", "mdy", None},
        "first_day": lambda: value is None or is_day(value),
        "kinds": lambda: isinstance(value, Mapping) and kinds.issuperset(value.values()),
        "not_items": lambda: _are_words(value),
        "item_title": lambda: value is None or isinstance(value, str),
        "user_attributes": lambda: _are_words(
            value.values() if isinstance(value, Mapping) else value
        ),
        "drop_duplicates": lambda: isinstance(value, bool),
        "names": lambda: all(_are_words(names) for names in value.values()),
        "shapes": lambda: set(value.values()) <= set(SHAPES),
        "columns": lambda: all(_are_of_a_column(own) for own in value.values()),
        "files": lambda: all(_are_of_a_file(own) for own in value.values()),
        "rates": lambda: all(_is_rate(code, rate) for code, rate in value.items()),
        "protect": lambda: set(value.values()) <= {"drop", "hash", "keep", "plain"},
        "keep_currency": lambda: value is None or _is_currency(value),
        "rules": lambda: isinstance(value, Mapping) and _are_words(value.values()),
    }
    try:
        return allowed[name]()
    except (
        TypeError,
        AttributeError,
    ):  # a list where a word belongs, a number where a list belongs
        return False


def _are_words(values: Any) -> bool:
    return not isinstance(values, str) and all(isinstance(value, str) for value in values)


def _is_currency(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 3 and value.isascii() and value.isupper()


def _is_rate(code: Any, rate: Any) -> bool:
    by_day = isinstance(rate, Mapping) and _are_words(rate) and _are_words(rate.values())
    return _is_currency(code) and (by_day or isinstance(rate, str))


def _are_of_a_column(own: Any) -> bool:
    allowed: dict[str, Callable[[Any], bool]] = {
        "decimal": lambda mark: mark in {".", ",", None},
        "date_order": lambda order: order in {"dmy", "mdy", None},
        "epoch": lambda unit: unit is None or unit in UNITS,
        "zone": lambda zone: zone is None or is_zone(zone),
        "first_day": lambda day: day is None or is_day(day),
    }
    return allowed.keys() >= own.keys() and all(allowed[name](own[name]) for name in own)


def _are_of_a_file(columns: Any) -> bool:
    return all(_are_of_a_column(own) and own.keys() <= _BY_FILE for own in columns.values())


def is_day(text: Any) -> bool:
    """Whether a text is a date like 2017-01-31."""
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
