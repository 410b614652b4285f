"""One or several: words of a sentence that a count decides.

Behind a count stands a second gap of its name with the word for one and the word for all other
numbers: ``{rows:,} {rows:row is|rows are} left out``. A language without such forms leaves it away.
"""

import re
from collections.abc import Mapping

_CHOICE = re.compile(r"(?<!\{)\{(\w+):([^{}|]*)\|([^{}|]*)\}")
_ONE = re.compile(r"1(?: |$)")


def agreed(text: str, values: Mapping[str, object]) -> str:
    """The sentence with the words that its counts decide; its other gaps are still to be filled.

    A count is a number, or a text that begins with one.

    Example:
        >>> agreed("{n} {n:file is|files are} read", {"n": 1})
        '{n} file is read'
        >>> agreed("{n:It is|They are} kept.", {"n": "12 rows"}), agreed("{n:It is|They are} kept.", {"n": "1 row"})
        ('They are kept.', 'It is kept.')
    """
    if "|" not in text:
        return text
    return _CHOICE.sub(
        lambda found: found[2] if _ONE.match(str(values[found[1]])) else found[3], text
    )
