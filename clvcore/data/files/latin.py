"""Which of the encodings of Latin letters a text is in, by the letters that its language uses.

The same byte is an o with a tilde in one encoding and the Hungarian o with two strokes in another.
Every encoding is tried with every language that is written in it: the letters that come out have to
be those of one language, in about the numbers that it has them. What cannot be told so is told to
be in doubt, with the letters it is about.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from math import log

_LETTERS = {
    "western": (
        "ü35 ä30 ö20 ß15",
        "é65 à13 è12 ê6 ç3 ô3 â2 û2 î2 ù1 ï1 œ1 ë1",
        "ó30 í25 á20 é15 ñ10 ú5 ü1",
        "ã25 ç17 á15 é15 ó9 í8 ê6 õ5 ú4 â4 à3 ô2",
        "è30 à30 ò15 ù15 ì10 é5",
        "ä40 ö30 å30 é2",
        "ø40 æ35 å25 é1",
        "ð20 á15 í15 þ12 æ9 ö8 ó8 é6 ú6 ý3",
        "ä40 õ27 ü20 ö8 š2 ž1",
        "ë50 é30 ï20",
    ),
    "central": (
        "ł25 ę18 ą16 ó13 ż11 ś11 ć6 ń3 ź1",
        "í20 á18 ě12 é11 ř9 č8 ž8 ý8 š7 ů5 ú1 ň1 ť1 ď1 ó1",
        "á20 í12 č10 ý10 ž9 é9 ú9 š8 ť8 ľ5 ň2 ô2 ď2 ä1 ó1 ĺ1 ŕ1",
        "á33 é32 ö10 ó9 ő8 í5 ü4 ú3 ű2",
        "ă30 ş20 ţ20 î12 â8",
        "č35 š30 ž20 ć12 đ5",
    ),
    "turkish": ("\N{LATIN SMALL LETTER DOTLESS I}35 ü14 ş13 ç9 ğ9 ö8 i3 â1 î1 û1",),
}
"""For each group of languages, the letters beyond ASCII of each, and how many of a hundred they are.
German, French, Spanish, Portuguese, Italian, Swedish, Danish, Icelandic, Estonian, Dutch; Polish,
Czech, Slovak, Hungarian, Romanian, Croatian; Turkish."""
LATIN = {
    "cp1252": "western",
    "cp1250": "central",
    "cp1254": "turkish",
    "iso8859-15": "western",
    "iso8859-2": "central",
}
"""Encodings in the order in which they are taken where nothing tells them apart."""
_SIGNS = "€£„“”…°«»§©®™·½²³\xa0\xb4\u201a\u2018\u2019\u2013\u2014"
_FOREIGN, _SIGN, _IN_A_WORD, _ODD = log(5e-4), log(2e-2), log(1e-3), log(5e-5)
_SURE = 4.0
"""From here on, in natural logarithms, one encoding is so much likelier that nothing is asked."""


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest encoding of a text, and the next one by which it would read otherwise."""

    encoding: str
    other: str | None
    """None where every other is far less likely, or reads the same text."""
    letters: tuple[tuple[str, str], ...] = ()
    """What stands in the text by the one and by the other encoding, the most frequent first."""


def guess(lines: bytes) -> Guess:
    """The likeliest of the Latin encodings for lines with letters beyond ASCII.

    Example:
        >>> guess("Szőke Ödön, Győr, kék bögre".encode("cp1250")).encoding
        'cp1250'
        >>> guess("Jürgen Weiß".encode("cp1252"))
        Guess(encoding='cp1252', other=None, letters=())
    """
    texts = {name: lines.decode(name, errors="replace") for name in LATIN}
    likely = {name: _likelihood(text, LATIN[name]) for name, text in texts.items()}
    best = max(likely, key=lambda name: likely[name])
    near = [
        name for name in LATIN if texts[name] != texts[best] and likely[best] - likely[name] < _SURE
    ]
    if not near:
        return Guess(best, None)
    other = max(near, key=lambda name: likely[name])
    pairs = zip(texts[best], texts[other], strict=True)
    differing = Counter((one, two) for one, two in pairs if one != two)
    return Guess(best, other, tuple(pair for pair, _ in differing.most_common(4)))


def _likelihood(text: str, group: str) -> float:
    """How likely the letters of a text are in the likeliest language of a group."""
    letters: Counter[str] = Counter()
    rest = 0.0
    for place, char in enumerate(text):
        if char < "\x80":
            continue
        if char.isalpha():
            letters[char.lower()[0]] += 1
        elif char not in _SIGNS:
            rest += _ODD
        else:
            beside = text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
            rest += _IN_A_WORD if any(one.isalpha() for one in beside) else _SIGN
    return rest + max(
        sum(count * known.get(letter, _FOREIGN) for letter, count in letters.items())
        for known in _languages(group)
    )


@cache
def _languages(group: str) -> tuple[dict[str, float], ...]:
    """The logarithm of the share of each letter, for each language of a group."""
    found = []
    for letters in _LETTERS[group]:
        shares = {one[0]: int(one[1:]) for one in letters.split()}
        whole = sum(shares.values())
        found.append({letter: log(share / whole) for letter, share in shares.items()})
    return tuple(found)
