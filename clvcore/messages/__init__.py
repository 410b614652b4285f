"""Every sentence a person reads, by key, so that a second language is a second folder.

A key is ``room.name`` or ``room.part.name``; the sentences of a room stand in
``messages/<language>/<room>.toml``.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGE = "en"


@cache
def catalogue(language: str = LANGUAGE) -> dict[str, str]:
    """All sentences of a language by key, with ``{named}`` gaps for the values."""
    folder = Path(__file__).parent / language
    return {
        key: text
        for file in sorted(folder.glob("*.toml"))
        for key, text in _flat(file.stem, tomllib.loads(file.read_text("utf-8")))
    }


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield f"{prefix}.{name}", value
        else:
            yield from _flat(f"{prefix}.{name}", value)


def say(key: str, **values: object) -> str:
    """The sentence ``key`` with its gaps filled.

    Example:
        >>> say("units.not_money", text="abc")
        "'abc' is not an amount of money. Write it like 1234.50."
    """
    return catalogue()[key].format(**values)


def listed(names: "list[str] | tuple[str, ...]", *, most: int = 8) -> str:
    """Names in a sentence, cut after ``most``.

    Example:
        >>> listed(["a", "b", "c"], most=2)
        'a, b and 1 more'
    """
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
