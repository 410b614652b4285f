"""How errors are said on a page, and how any text stands there as it is."""

import re

from clvcore.errors import ClvError
from clvcore.report.wording import on_page

_BREAKS = re.compile(r"(?<=^-)|(?<=\d)(?=[^\W\d_a-zA-Z])")
"""Where a browser may end a line within an amount: behind its minus, before a word of Chinese."""
_MARKS = re.compile(r"([\\`*_{}\[\]<>$#|~:])")


def plain(text: str) -> str:
    """Text as it stands, also where it has signs that Markdown would read."""
    return _MARKS.sub(r"\\\1", text)


def joined(text: str) -> str:
    """A sentence in which no line ends between a number and a word of Chinese behind it."""
    return _BREAKS.sub("\N{WORD JOINER}", text)


def unbroken(text: object) -> str:
    """An amount that no line ends within."""
    return joined(str(text)).replace(" ", "\N{NO-BREAK SPACE}")


def why(error: ClvError) -> str:
    """What an error says, on a page."""
    return plain(on_page(error.args[0]))
