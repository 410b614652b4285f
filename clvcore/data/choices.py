"""The choices of cleaning that a recipe can make, checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from clvcore.columns import Kind
from clvcore.data.amounts import Mark
from clvcore.data.moments import DateOrder
from clvcore.errors import ConfigError
from clvcore.messages import say


@dataclass(frozen=True, slots=True)
class Choices:
    """How the rows are to be read where the files leave it open."""

    decimal: Mark | None = None
    """Decimal mark of all tables; None decides by column."""
    date_order: DateOrder | None = None
    """Order of day and month where the year comes last; None decides by column."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """word of the file -> kind of event"""
    not_items: tuple[str, ...] = ()
    """Item ids of lines that are no items (postage, discount), also with ``*`` as in ``gift_*``.
    Their money stays, their item becomes unknown."""
    item_title: str | None = None
    """Column of the events that names the item; the most frequent name counts."""
    user_attributes: Mapping[str, str] = field(default_factory=dict)
    """attribute of the user -> column of the events; the last known value counts"""
    drop_duplicates: bool = False
    """Whether rows that repeat an earlier row in every column are left out."""

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
        attributes = values.get("user_attributes", {})
        if not isinstance(attributes, Mapping):
            values["user_attributes"] = {name: name for name in attributes}
        return cls(**values)


def _fits(name: str, value: Any) -> bool:
    kinds = {kind.value for kind in Kind}
    allowed: dict[str, Callable[[], bool]] = {
        "decimal": lambda: value in {".", ",", None},
        "date_order": lambda: value in {"dmy", "mdy", None},
        "kinds": lambda: isinstance(value, Mapping) and kinds.issuperset(value.values()),
        "not_items": lambda: _are_words(value),
        "item_title": lambda: value is None or isinstance(value, str),
        "user_attributes": lambda: _are_words(
            value.values() if isinstance(value, Mapping) else value
        ),
        "drop_duplicates": lambda: isinstance(value, bool),
    }
    try:
        return allowed[name]()
    except TypeError:  # a list where a word belongs, a number where a list belongs
        return False


def _are_words(values: Any) -> bool:
    return not isinstance(values, str) and all(isinstance(value, str) for value in values)
