"""The rules of cleaning that leave a choice: what each is called, and what may become of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from clvcore.errors import ConfigError
from clvcore.messages import say

Fate = Literal["accepted", "rejected", "ignored"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that rows can be, and the choices about them."""

    name: str
    choices: Mapping[str, Fate]
    """choice -> what becomes of the rows; the first one is made where nobody chooses"""

    @property
    def usual(self) -> str:
        """The choice that is made where nobody chooses."""
        return next(iter(self.choices))


_KEPT: dict[str, Fate] = {"keep": "accepted", "ignore": "ignored"}
_REFUSED: dict[str, Fate] = {"reject": "rejected", "keep": "accepted"}
_GROSS: dict[str, Fate] = {"gross": "accepted", "net": "accepted"}

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("early_time", _REFUSED),
        Rule("future_time", _REFUSED),
        Rule("duplicate", _KEPT),
        Rule("test_order", _KEPT),
        Rule("bot", _KEPT),
        Rule("no_product", {"money": "accepted", "item": "accepted", "ignore": "ignored"}),
        Rule("free", _KEPT),
        Rule("negative_price", _KEPT),
        Rule("outlier", _KEPT),
        Rule("returns", _GROSS),
    )
}
"""In the order in which they decide: a row that two rules leave out is counted under the first."""

IGNORING = (
    *(name for name, rule in RULES.items() if "ignored" in rule.choices.values()),
    "returns",
)
"""Rules that leave out rows which are whole; of returns those whose purchase was found."""

FOUND = {"duplicate": "repeated_rows", "free": "free_purchase"}
"""Names of findings about rows that stay, where they are not ``<rule>_found``."""


def chosen(given: Mapping[str, str]) -> dict[str, str]:
    """The choice for every rule: the given one, or the usual one.

    Raises:
        ConfigError: there is no such rule, or it has no such choice.

    Example:
        >>> chosen({"duplicate": "ignore"})["duplicate"], chosen({})["returns"]
        ('ignore', 'gross')
    """
    for name, choice in given.items():
        if name not in RULES:
            raise ConfigError(say("data.clean.no_rule", rule=name, rules=", ".join(RULES)))
        if choice not in RULES[name].choices:
            choices = ", ".join(RULES[name].choices)
            raise ConfigError(
                say("data.clean.no_choice", rule=name, choice=choice, choices=choices)
            )
    return {name: given.get(name, rule.usual) for name, rule in RULES.items()}


def bit(name: str) -> int:
    """The number that stands for a rule where the rules of a row are one number.

    Example:
        >>> bit("early_time"), bit("future_time"), bit("duplicate")
        (1, 2, 4)
    """
    return 1 << list(RULES).index(name)


def verdict(bits: int, choices: Mapping[str, str]) -> str | None:
    """The rule that leaves out or rejects a row for which the rules of ``bits`` hold.

    Example:
        >>> verdict(bit("free") | bit("outlier"), chosen({"outlier": "ignore"}))
        'outlier'
    """
    for name, rule in RULES.items():
        if bits & bit(name) and rule.choices[choices[name]] != "accepted":
            return name
    return None


def verdicts_of(bits: pl.Series, choices: Mapping[str, str]) -> pl.Series:
    """The same for many rows; null where a row stays."""
    known = {number: rule for number in bits.unique() if (rule := verdict(number, choices))}
    return bits.replace_strict(
        list(known), list(known.values()), default=None, return_dtype=pl.String
    )
