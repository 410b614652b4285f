"""How sentences of the core are said on a page, and how any text stands there as it is."""

import re

from clvcore.errors import ClvError
from clvcore.messages import Said, again, catalogue, say

_MARKS = re.compile(r"([\\`*_{}\[\]<>$#|~:])")


def plain(text: str) -> str:
    """Text as it stands, also where it has signs that Markdown would read."""
    return _MARKS.sub(r"\\\1", text)


def on_page(text: str) -> str:
    """A sentence as somebody needs it who has the page before them and no terminal.

    What to do is another thing there: a box to choose in, not an option to type.
    """
    if not isinstance(text, Said):
        return text
    room, _, name = text.key.partition(".")
    if f"{text.key}_page" not in catalogue():
        return again(text)
    values = dict(text.values)
    if "role" in values:  # the box in which it is chosen bears another name than in a command
        values["role"] = say(f"page_data.bring.role.{values['role']}")
    if room == "workspace":
        return say(f"workspace.{name}_page", **values)
    return say(f"data.{name}_page", **values)


def why(error: ClvError) -> str:
    """What an error says, on a page."""
    return plain(on_page(error.args[0]))
