"""Which language is spoken, told by whoever hears.

One web server serves people of several languages at once, and what it runs (a callback, a part of
a page, a download) does not pass through one place where a language could be set. So the pages give
a function that finds out who is listening; where nobody tells, ``CLV_LANGUAGE`` decides.
"""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "zh": "简体中文"}
"""Languages by their code, each named in itself."""
VARIABLE = "CLV_LANGUAGE"
"""The variable of the environment that sets the language where no reader tells it."""

Listener = Callable[[], str | None]

_within: ContextVar[str | None] = ContextVar("language", default=None)


@dataclass(slots=True)
class _Hall:
    """Who tells the language; set once by a process for all its users, and never theirs."""

    listener: Listener


_hall = _Hall(lambda: None)


def language() -> str:
    """Code of the language of whoever hears what is said now."""
    told = _within.get()
    if told is None:
        told = _hall.listener()
    return told if told in LANGUAGES else nearest(os.environ.get(VARIABLE)) or ENGLISH


def nearest(locale: str | None) -> str | None:
    """The language for a locale such as ``zh-CN``; None where it is none of ours.

    Example:
        >>> nearest("zh-CN"), nearest("en_GB.UTF-8"), nearest("fr")
        ('zh', 'en', None)
    """
    code = (locale or "").replace("_", "-").partition("-")[0].lower()
    return code if code in LANGUAGES else None


def ask(listener: Listener) -> None:
    """Let ``listener`` tell the language from now on; None from it means that nobody listens."""
    _hall.listener = listener


@contextmanager
def speaking(code: str) -> Generator[None]:
    """Speak one language within a block, whoever hears it."""
    before = _within.set(code)
    try:
        yield
    finally:
        _within.reset(before)
