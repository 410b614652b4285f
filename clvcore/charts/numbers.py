"""Numbers as they stand in a headline: three significant digits, with k, M or bn."""

import math
from decimal import Decimal

UNKNOWN = "\N{EN DASH}"
"""Stands where a number is unknown; never a zero."""
_STEPS = ((1e9, "bn"), (1e6, "M"), (1e3, "k"), (1.0, ""))


def short(x: float | Decimal | None) -> str:
    """A number with three significant digits.

    Example:
        >>> [short(x) for x in (1_234_567, 999.6, 42, 0.04567, -1234)]
        ['1.23M', '1.00k', '42.0', '0.0457', '-1.23k']
    """
    value = _known(x)
    if value is None:
        return UNKNOWN
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    step, unit = next(((s, u) for s, u in _STEPS if abs(rounded) >= s), _STEPS[-1])
    scaled = rounded / step
    places = max(0, 2 - math.floor(math.log10(abs(scaled))))
    return f"{scaled:,.{places}f}{unit}"


def headline_money(x: float | Decimal | None, currency: str) -> str:
    """An amount with its currency in front and three significant digits.

    Example:
        >>> headline_money(1_234_567, "EUR"), headline_money(-8.5, "EUR")
        ('EUR 1.23M', '-EUR 8.50')
    """
    value = _known(x)
    if value is None:
        return UNKNOWN
    sign = "-" if value < 0 else ""
    return f"{sign}{currency} {short(abs(value))}"


def headline_count(n: float | None) -> str:
    """How many: exact below a thousand, three significant digits above.

    Example:
        >>> headline_count(940), headline_count(12_345)
        ('940', '12.3k')
    """
    value = _known(n)
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if abs(round(value)) < 1000 else short(value)


def percent(x: float | None, *, signed: bool = False) -> str:
    """A fraction as a percentage with three significant digits, one place at most.

    Example:
        >>> percent(0.0567), percent(0.5), percent(0.05, signed=True)
        ('5.7%', '50.0%', '+5.0%')
    """
    value = _known(x)
    if value is None:
        return UNKNOWN
    places = 0 if abs(value) >= 1 else 1
    return f"{value * 100:{'+' if signed else ''},.{places}f}%"


def _known(x: float | Decimal | None) -> float | None:
    if x is None or not math.isfinite(x):
        return None
    return float(x)
