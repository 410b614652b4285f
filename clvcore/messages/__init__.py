"""Every sentence a person reads, by key and language; a further language is a further folder.

A key is ``room.name`` or ``room.part.name``; the sentences of a room stand in
``messages/<language>/<room>.toml``. Who hears them decides the language, see `languages`. What is
said remembers its key and its values, so that a sentence which was kept or stored can be said anew
to somebody who reads another language.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

from clvcore.messages.counted import agreed
from clvcore.messages.languages import ENGLISH, language

_KEY, _VALUES, _TEXT = "say", "with", "text"


class Said(str):
    """A sentence in one language that knows how to be said in another."""

    key: str
    values: Mapping[str, object]

    __slots__ = ("key", "values")

    def __new__(cls, text: str, key: str = "", values: Mapping[str, object] | None = None) -> Self:
        """The text with its key and the values of its gaps."""
        made = super().__new__(cls, text)
        made.key, made.values = key, values or {}
        return made

    def __reduce__(self) -> tuple[object, ...]:
        """How it is copied, with its memory."""
        return Said, (str(self), self.key, dict(self.values))


@cache
def catalogue(spoken: str = ENGLISH) -> dict[str, str]:
    """All sentences of a language by key, with ``{named}`` gaps for the values."""
    folder = Path(__file__).parent / spoken
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
    """The sentence ``key`` with its gaps filled, in the language of whoever hears it.

    English where the language lacks the sentence, so that a gap in a translation ends no page.
    Words that a count decides are chosen by it, see `counted`.

    Example:
        >>> say("units.not_money", text="abc")
        "'abc' is not an amount of money. Write it like 1234.50."
    """
    own = catalogue(language())
    text = own[key] if key in own else catalogue(ENGLISH)[key]
    heard = {
        name: again(value) if isinstance(value, Said) else value for name, value in values.items()
    }
    return Said(agreed(text, heard).format(**heard), key, values)


def again(text: str) -> str:
    """A sentence in the language of whoever hears it now; a text of anybody else as it is."""
    return say(text.key, **text.values) if isinstance(text, Said) and text.key else text


def listed(names: Sequence[str], *, most: int = 8) -> str:
    """Names in a sentence, cut after ``most``.

    Example:
        >>> listed(["a", "b", "c"], most=2)
        'a, b and 1 more'
    """
    if not names:
        return ""
    shown = names[0]
    for name in names[1:most]:
        shown = say("units.then", names=shown, name=name)
    return shown if len(names) <= most else say("units.and_more", names=shown, n=len(names) - most)


def remembered(text: str) -> str | dict[str, Any]:
    """A sentence as JSON that `recalled` can say in another language; other texts stay texts."""
    if not isinstance(text, Said) or not text.key:
        return text
    values = {
        name: remembered(value) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    if any(not isinstance(value, str | int | float | dict | None) for value in values.values()):
        return str(text)
    return {_KEY: text.key, _VALUES: values, _TEXT: str(text)}


def recalled(stored: str | Mapping[str, Any]) -> str:
    """What `remembered` stored, in the language of whoever hears it now.

    As it was said then where the sentence is no longer there or has other gaps by now.
    """
    if isinstance(stored, str):
        return stored
    values = {
        name: recalled(value) if isinstance(value, Mapping) else value
        for name, value in stored[_VALUES].items()
    }
    try:
        return say(stored[_KEY], **values)
    except KeyError:
        return stored[_TEXT]
