"""What can be moved, how far, and how a change is written."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from clvcore.errors import ConfigError
from clvcore.messages import say

Form = Literal["relative", "points", "added", "set"]
"""``+5%`` (times 1.05), ``+5pt`` (plus 0.05 on a rate), ``+5`` (plus 5 of its unit), ``5``."""

Unit = Literal["rate", "money", "factor", "days"]

MOST_RELATIVE = 10.0
"""No parameter may grow by more than ten times itself."""

EXAMPLE = "retention=+5%"


class Lever(StrEnum):
    """A parameter of the forecast or the valuation that may be moved."""

    RETENTION = "retention"
    ORDER_RATE = "order_rate"
    ORDER_VALUE = "order_value"
    PRICE = "price"
    MARGIN = "margin"
    REFUND_RATE = "refund_rate"
    AD_REVENUE = "ad_revenue"
    SERVICE_REVENUE = "service_revenue"
    CAC = "cac"
    DISCOUNT_RATE = "discount_rate"
    HORIZON = "horizon"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a lever's parameter is: its unit, which changes make sense, and its range."""

    unit: Unit
    forms: tuple[Form, ...]
    low: float
    high: float
    scoped: bool = True
    """Whether it can be moved for some users only."""


PARAMETERS: Mapping[Lever, Parameter] = {
    Lever.RETENTION: Parameter("rate", ("relative", "points", "set"), 0.0, 1.0),
    Lever.ORDER_RATE: Parameter("factor", ("relative",), 0.0, MOST_RELATIVE),
    Lever.ORDER_VALUE: Parameter("money", ("relative", "added", "set"), 0.0, 1e9),
    Lever.PRICE: Parameter("factor", ("relative",), 0.0, MOST_RELATIVE),
    Lever.MARGIN: Parameter("rate", ("relative", "points", "set"), -1.0, 1.0),
    Lever.REFUND_RATE: Parameter("rate", ("relative", "points", "set"), 0.0, 1.0),
    Lever.AD_REVENUE: Parameter("factor", ("relative",), 0.0, MOST_RELATIVE),
    Lever.SERVICE_REVENUE: Parameter("factor", ("relative",), 0.0, MOST_RELATIVE),
    Lever.CAC: Parameter("money", ("relative", "added", "set"), 0.0, 1e9),
    Lever.DISCOUNT_RATE: Parameter("rate", ("relative", "points", "set"), 0.0, 1.0, scoped=False),
    Lever.HORIZON: Parameter("days", ("relative", "added", "set"), 1.0, 3653.0, scoped=False),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """The users that a change is for: those with a value in a column, such as channel = email."""

    column: str
    value: str

    def __str__(self) -> str:
        return f"{self.column}:{self.value}"


@dataclass(frozen=True, slots=True)
class Change:
    """One lever, how it is moved, and for whom."""

    lever: Lever
    form: Form
    amount: float
    """A fraction for ``relative`` and ``points`` and for rates, else in the parameter's unit."""
    scope: Scope | None = None
    """None: all users."""

    def __str__(self) -> str:
        where = f"{self.scope}." if self.scope else ""
        return f"{where}{self.lever.value}={_written(self)}"

    def applied(self, base: float) -> float:
        """The parameter after the change."""
        if self.form == "relative":
            return base * (1 + self.amount)
        return self.amount if self.form == "set" else base + self.amount


NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<digits>\d+(\.\d*)?|\.\d+)(?P<suffix>%|pt)?")


def parse_change(text: str) -> Change:
    """The change that a text such as ``retention=+5%`` or ``channel:email.cac=-2`` asks for.

    Raises:
        ConfigError: the lever is unknown, the value is none, or it is out of range.

    Example:
        >>> str(parse_change("channel:email.retention=+5%"))
        'channel:email.retention=+5%'
    """
    left, equals, right = text.partition("=")
    where, dot, name = left.strip().rpartition(".")
    if not equals or not name:
        raise ConfigError(say("scenario.unreadable", text=text, **_known()))
    try:
        lever = Lever(name)
    except ValueError as error:
        raise ConfigError(say("scenario.unknown_lever", name=name, **_known())) from error
    scope = parse_scope(where, ":") if dot else None
    form, amount = _read(lever, right.strip(), text)
    change = Change(lever, form, amount, scope)
    _check(change)
    return change


def parse_scope(text: str, separator: str = "=") -> Scope:
    """The users that a text such as ``channel=email`` names.

    Raises:
        ConfigError: there is no column or no value.
    """
    column, found, value = text.partition(separator)
    if not found or not column.strip() or not value.strip():
        raise ConfigError(say("scenario.unreadable_scope", text=text))
    return Scope(column.strip(), value.strip())


def scoped(changes: Iterable[Change], scope: Scope | None) -> tuple[Change, ...]:
    """The changes, those for all users now for ``scope`` where their lever can be scoped."""
    return tuple(
        replace(change, scope=scope)
        if scope and change.scope is None and PARAMETERS[change.lever].scoped
        else change
        for change in changes
    )


def _read(lever: Lever, value: str, text: str) -> tuple[Form, float]:
    """The form and the amount of a written value."""
    found = NUMBER.fullmatch(value.replace("\N{MINUS SIGN}", "-"))
    if found is None:
        raise ConfigError(say("scenario.not_a_value", value=value, text=text, **_known()))
    sign, suffix = found["sign"], found["suffix"]
    number = float(found["sign"] + found["digits"])
    parameter = PARAMETERS[lever]
    if suffix == "pt" and sign:
        return "points", number / 100
    if suffix == "%" and sign:
        return "relative", number / 100
    if suffix == "%" and parameter.unit == "rate":
        return "set", number / 100
    if suffix is None:
        return ("added" if sign else "set"), number
    raise ConfigError(say("scenario.needs_sign", value=value, text=text, lever=lever.value))


def _check(change: Change) -> None:
    """Refuses forms that make no sense for the lever, and amounts out of its range."""
    parameter = PARAMETERS[change.lever]
    if change.form not in parameter.forms:
        raise ConfigError(
            say(
                "scenario.wrong_form",
                change=change,
                lever=change.lever.value,
                forms=say("scenario.or").join(
                    _sample(change.lever, form) for form in parameter.forms
                ),
            )
        )
    if change.scope and not parameter.scoped:
        raise ConfigError(
            say("scenario.for_everybody", lever=change.lever.value, scope=change.scope)
        )
    if change.form == "relative" and not -1 <= change.amount <= MOST_RELATIVE:
        raise ConfigError(say("scenario.too_far", change=change, lever=change.lever.value))
    if change.form == "set" and not parameter.low <= change.amount <= parameter.high:
        low, high = (shown(parameter.unit, bound) for bound in (parameter.low, parameter.high))
        raise ConfigError(say("scenario.out_of_range", change=change, low=low, high=high))


def _known() -> dict[str, str]:
    return {"levers": ", ".join(lever.value for lever in Lever), "example": EXAMPLE}


def _sample(lever: Lever, form: Form) -> str:
    value = {"rate": 0.2, "days": 180.0}.get(PARAMETERS[lever].unit, 40.0)
    return str(Change(lever, form, value if form == "set" else 0.05 if form != "added" else 5.0))


def shown(unit: Unit, value: float) -> str:
    """A value of a parameter as it is written: rates in percent."""
    return f"{100 * value:g}%" if unit == "rate" else f"{value:g}"


def _written(change: Change) -> str:
    if change.form == "relative":
        return f"{100 * change.amount:+.10g}%"
    if change.form == "points":
        return f"{100 * change.amount:+.10g}pt"
    if change.form == "added":
        return f"{change.amount:+.10g}"
    scale, suffix = (100, "%") if PARAMETERS[change.lever].unit == "rate" else (1, "")
    return f"{scale * change.amount:.10g}{suffix}"
