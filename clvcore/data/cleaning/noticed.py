"""What was noticed about the rows of a table, as counts that add up over its pieces.

A finding is a sentence, and sentences do not add up. So each piece of a table that is cleaned piece
by piece hands on counts, and the sentence is made once, of their sums.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from clvcore.data.cleaning.quality import amount, finding
from clvcore.data.dataset import Finding, Severity
from clvcore.messages import Said, listed, say

MOST_WORDS = 12
"""Examples of cells that are counted in a sentence."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """One rule and the rows that it is about."""

    severity: Severity
    rule: str
    table: str
    rows: int
    money: Decimal = Decimal("0.0000")
    column: str | None = None
    currency: str = ""
    place: tuple[int, ...] = (0,)
    """Where it stands among the others; those of one place go by rows."""
    gaps: Mapping[str, Any] = field(default_factory=dict)
    """gap of the sentence -> its value, joined and written by its name"""

    @property
    def key(self) -> tuple[str, str | None, object]:
        """What is the same of those that are about one thing."""
        return self.rule, self.column, self.gaps.get("named")

    def __add__(self, other: "Noticed") -> "Noticed":
        gaps = {
            name: _JOINT[name](self.gaps[name], other.gaps[name]) if name in _JOINT else value
            for name, value in self.gaps.items()
        }
        rows, money = self.rows + other.rows, self.money + other.money
        return replace(self, rows=rows, money=money, gaps=gaps)


def joined(noticed: Iterable[Noticed]) -> list[Noticed]:
    """One for each thing that was noticed, in the order of their places; nothing about no rows."""
    sums: dict[object, Noticed] = {}
    for one in noticed:
        sums[one.key] = sums[one.key] + one if one.key in sums else one
    found = [one for one in sums.values() if one.rows]
    return sorted(found, key=lambda one: (one.place, -one.rows, one.rule))


def told(one: Noticed) -> Finding:
    """The finding with its sentence."""
    rule, values = one.rule, one.gaps
    if rule == "clean.converted" and values["low"] != values["high"]:
        rule = "clean.converted_by_day"
    turned = values.get("turned", 0)
    written = {
        name: _WRITTEN[name](value, one) if name in _WRITTEN else value
        for name, value in values.items()
    }
    found = finding(
        one.severity,
        rule,
        one.table,
        rows=one.rows,
        money=one.money,
        column=one.column,
        currency=one.currency,
        **{name: value for name, value in written.items() if turned or name != "turned"},
    )
    if not turned or not isinstance(found.text, Said):
        return found
    return replace(found, text=say("data.clean.returns_turned", **found.text.values))


def _sum(mine: Any, theirs: Any) -> Any:
    return mine + theirs


def _union(mine: Any, theirs: Any) -> Any:
    return mine | theirs


def _examples(mine: Any, theirs: Any) -> Any:
    """Counts of cells, or the first line and its text."""
    return min(mine, theirs) if isinstance(mine, tuple) else mine + theirs


_JOINT: dict[str, Callable[[Any, Any], Any]] = {
    "line": min,
    "low": min,
    "high": max,
    "examples": _examples,
    "matched": _sum,
    "turned": _sum,
    "matched_money": _sum,
    "before": _sum,
    "kinds": _union,
}
"""How the values of a gap are joined; those of other gaps are the same in all pieces."""


def _words(counts: Counter[str] | tuple[int, str], _: Noticed) -> str:
    """The most frequent cells, of equals the first by alphabet; or the beginning of a line."""
    if isinstance(counts, tuple):
        return repr(counts[1][:60])
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return listed([f"'{word}'" for word, _ in ranked[:MOST_WORDS]], most=5)


def _short(rate: Any, _: Noticed) -> str:
    return f"{Decimal(rate).normalize():f}"


_WRITTEN: dict[str, Callable[[Any, Noticed], object]] = {
    "examples": _words,
    "low": _short,
    "high": _short,
    "matched": lambda count, _: f"{count:,}",
    "turned": lambda count, _: f"{count:,}",
    "matched_money": lambda money, one: amount(money, one.currency),
    "before": lambda money, one: amount(money, one.gaps["named"]),
    "kinds": lambda kinds, _: listed(sorted(kinds)),
}
