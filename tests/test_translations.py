"""Every language says what English says, with the same values in it."""

import re
import string

import pytest

from clvcore.messages import catalogue
from clvcore.messages.languages import ENGLISH, LANGUAGES

OTHERS = [code for code in LANGUAGES if code != ENGLISH]
PLOTLY = re.compile(r"%\{\{(\w+(?:\[\d+\])?)")
"""A gap that the chart fills in."""


def gaps_of(text: str) -> tuple[set[str], set[str]]:
    """Names of the gaps that `say` and that a chart fills."""
    named = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return named, set(PLOTLY.findall(text))


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_has_every_sentence_and_no_other(code):
    assert sorted(set(catalogue()) - set(catalogue(code))) == []
    assert sorted(set(catalogue(code)) - set(catalogue())) == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_sentence_has_the_same_gaps_in_every_language(code):
    own = catalogue(code)
    other = [key for key, text in catalogue().items() if gaps_of(own[key]) != gaps_of(text)]
    assert other == []


@pytest.mark.parametrize("code", OTHERS)
def test_no_sentence_is_left_in_english(code):
    several_words = re.compile(r"[A-Za-z]{2,}( [a-z]{2,}){2}")
    own = catalogue(code)
    left = [
        key for key, text in own.items() if text == catalogue()[key] and several_words.search(text)
    ]
    assert left == []
