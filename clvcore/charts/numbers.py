"""Numbers and days as they stand in a headline: three significant digits, in the reader's language."""

import math
from datetime import date, datetime
from decimal import Decimal

from clvcore.messages import say

UNKNOWN = "\N{EN DASH}"
"""Stands where a number is unknown; never a zero."""
AT_A_GLANCE = 100_000
"""Counts below it stand in full, so that the same users are the same number on every page."""


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
    step, unit = next(((s, u) for s, u in _steps() if abs(rounded) >= s), (1.0, ""))
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
    return say("units.money", sign=sign, currency=currency, amount=short(abs(value)))


def exact_money(x: float | Decimal | None, currency: str) -> str:
    """An amount with its currency in front, to the cent.

    Example:
        >>> exact_money(Decimal("1234.5"), "EUR")
        'EUR 1,234.50'
    """
    if x is None or not math.isfinite(x):
        return UNKNOWN
    sign = "-" if x < 0 else ""
    return say("units.money", sign=sign, currency=currency, amount=f"{abs(x):,.2f}")


def headline_count(n: float | None) -> str:
    """How many: exact as long as it is read at a glance, three significant digits above.

    Example:
        >>> headline_count(5_801), headline_count(287_345)
        ('5,801', '287k')
    """
    value = _known(n)
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if abs(round(value)) < AT_A_GLANCE else short(value)


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


def day(moment: date | None) -> str:
    """A day with its year.

    Example:
        >>> day(date(2026, 11, 4))
        '4 Nov 2026'
    """
    return UNKNOWN if moment is None else say("units.day", moment=moment)


def day_of_year(moment: date | None) -> str:
    """A day where the year is plain.

    Example:
        >>> day_of_year(date(2026, 11, 4))
        '4 Nov'
    """
    return UNKNOWN if moment is None else say("units.day_of_year", moment=moment)


def month(moment: date | None) -> str:
    """A month with its year.

    Example:
        >>> month(date(2026, 11, 4))
        'Nov 2026'
    """
    return UNKNOWN if moment is None else say("units.month", moment=moment)


def minute(moment: datetime | None) -> str:
    """A moment to the minute; its time zone is for the sentence around it to say.

    Example:
        >>> minute(datetime(2026, 11, 4, 9, 5))
        '4 Nov 2026, 09:05'
    """
    return UNKNOWN if moment is None else say("units.minute", moment=moment)


def _steps() -> list[tuple[float, str]]:
    """Sizes at which a number is cut, with their words; the largest first."""
    pairs = (pair.split() for pair in say("units.steps").split(", "))
    return [(10.0 ** int(power), word) for power, word in pairs]


def _known(x: float | Decimal | None) -> float | None:
    if x is None or not math.isfinite(x):
        return None
    return float(x)
