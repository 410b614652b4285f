"""A query as a person writes it: one SELECT, with ``:name`` where a value is to be put in."""

import re
from collections.abc import Callable, Iterable, Mapping

from clvcore.errors import ConfigError, UploadError
from clvcore.messages import listed, say

_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<text> [eE]'(?:\\.|''|[^'\\])*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*`
              | \$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$ )
    | (?P<cast> :: )
    | (?P<param> (?<![\w:]):(?P<name>[A-Za-z_]\w*) )
    | (?P<end> ; )
    | (?P<word> \w+ )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_READING = {"select", "with"}


def checked(sql: str) -> str:
    """The statement alone, without a semicolon behind it.

    The databases refuse by themselves what does more than read; this only says so more kindly.

    Raises:
        UploadError: there is none, it is no SELECT, or there are several.
    """
    told = [one for one in _TOKEN.finditer(sql) if one.lastgroup != "comment"]
    code = [one for one in told if one[0].strip()]
    if not code:
        raise UploadError(say("data.db.no_sql"))
    while code and code[-1].lastgroup == "end":
        code.pop()
    first = next((one[0].lower() for one in code if one[0] != "("), "")
    if first not in _READING:
        raise UploadError(say("data.db.not_select", word=first.upper() or ";"))
    if any(one.lastgroup == "end" for one in code):
        raise UploadError(say("data.db.several"))
    return sql[: code[-1].end()]


def asked(sql: str) -> list[str]:
    """Names of the values that a statement asks for, in order.

    Example:
        >>> asked("SELECT a::text FROM t WHERE b > :since AND c = ':no' AND d < :since")
        ['since']
    """
    return list(dict.fromkeys(one["name"] for one in _TOKEN.finditer(sql) if one["name"]))


def unknown_names(sql: str, known: Iterable[str]) -> list[str]:
    """Names in double quotes that are not known, and that the statement does not give with AS.

    Example:
        >>> unknown_names('SELECT "a" AS "b", "c" AS d FROM "T" ORDER BY "b" -- "e"', ["a", "t"])
        ['c']
    """
    told = [one[0] for one in _TOKEN.finditer(sql) if one.lastgroup != "comment"]
    words = ["", *(word for word in told if word.strip()), "", ""]
    given = {name.lower() for name in known}
    used = []
    for before, word, after, then in zip(words, words[1:], words[2:], words[3:], strict=False):
        if word.startswith('"'):
            name = word[1:-1].replace('""', '"')
            if before.lower() == "as" or (after.lower() == "as" and then == "("):
                given.add(name.lower())
            else:
                used.append(name)
    return [name for name in used if name.lower() not in given]


def bound(sql: str, mark: Callable[[str], str]) -> str:
    """The statement with every ``:name`` as the driver wants it; the values stay outside of it."""
    return _TOKEN.sub(lambda one: mark(one["name"]) if one["name"] else one[0], sql)


def fitting(sql: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """The values of a statement, in the order in which it asks for them.

    Raises:
        ConfigError: one is missing, or one is not asked for.
    """
    names = asked(sql)
    missing = [name for name in names if name not in parameters]
    if missing:
        raise ConfigError(say("data.db.missing_value", names=listed(missing)))
    spare = [name for name in parameters if name not in names]
    if spare:
        raise ConfigError(say("data.db.spare_value", names=listed(spare)))
    return {name: parameters[name] for name in names}
