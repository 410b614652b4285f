"""Every sentence a person reads, by key, so that a second language is a second folder.

A key is ``room.name``; the sentences of a room stand in ``messages/<language>/<room>.toml``.
"""

import tomllib
from functools import cache
from pathlib import Path

LANGUAGE = "en"


@cache
def catalogue(language: str = LANGUAGE) -> dict[str, str]:
    """All sentences of a language by key, with ``{named}`` gaps for the values."""
    folder = Path(__file__).parent / language
    return {
        f"{file.stem}.{name}": text
        for file in sorted(folder.glob("*.toml"))
        for name, text in tomllib.loads(file.read_text("utf-8")).items()
    }


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
