"""What is usual from month to month, and how far a new value is from it.

The rule, where there are at least four full months: the middle is the median of the last twelve
months, the spread 1.4826 times their median absolute deviation (the standard deviation, where they
are normal). Within three spreads a value is usual; beyond, it is a warning; beyond six it is an
error where it is also more than a factor of two (levels) or 25 points (shares) from the middle. The
spread is taken as 5 % (levels) or 1 point (shares) at least, and shares may always move by 5 points.
With fewer months a level is usual up to a factor of 1.5 and an error beyond 3, a share up to 10
points and an error beyond 30.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from clvcore.data.dataset import Severity

ENOUGH = 4
"""Months from which on their variation tells something."""
RECENT = 12
"""Months that are looked at."""
_TO_SPREAD = 1.4826
_USUAL, _SEVERE = 3.0, 6.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A value beside what was there before."""

    severity: Severity
    """NOTE where it is usual."""
    before: float | None
    usual: tuple[float, float] | None
    """From where to where values are usual; None where there are too few months to tell."""


def level(months: Sequence[float], before: float | None, after: float) -> Judged:
    """A rate per day, above zero, beside those of full months.

    Args:
        months: Rates of the full months, oldest first.
        before: Rate of all that is there; counts where there are too few months.
        after: The new rate.
    """
    recent = [rate for rate in months[-RECENT:] if rate > 0]
    if len(recent) >= ENOUGH and after > 0:
        logs = [math.log(rate) for rate in recent]
        middle, spread = _middle(logs, math.log(1.05))
        away = abs(math.log(after) - middle)
        usual = (math.exp(middle - _USUAL * spread), math.exp(middle + _USUAL * spread))
        severe = away > _SEVERE * spread and away > math.log(2)
        return Judged(_severity(away > _USUAL * spread, severe=severe), math.exp(middle), usual)
    if before is None or before <= 0 or after <= 0:
        same = (before or 0) == after
        return Judged(Severity.NOTE if same else Severity.WARNING, before, None)
    away = abs(math.log(after / before))
    return Judged(_severity(away > math.log(1.5), severe=away > math.log(3)), before, None)


def share(months: Sequence[float], before: float | None, after: float) -> Judged:
    """A share between 0 and 1 beside those of full months; arguments as for `level`."""
    recent = months[-RECENT:]
    if len(recent) >= ENOUGH:
        middle, spread = _middle(recent, 0.01)
        reach = max(_USUAL * spread, 0.05)
        away = abs(after - middle)
        usual = (max(middle - reach, 0.0), min(middle + reach, 1.0))
        severe = away > _SEVERE * spread and away > 0.25
        return Judged(_severity(away > reach, severe=severe), middle, usual)
    if before is None:
        return Judged(Severity.NOTE, None, None)
    away = abs(after - before)
    return Judged(_severity(away > 0.10, severe=away > 0.30), before, None)


def _middle(values: Sequence[float], least: float) -> tuple[float, float]:
    middle = statistics.median(values)
    spread = _TO_SPREAD * statistics.median(abs(value - middle) for value in values)
    return middle, max(spread, least)


def _severity(unusual: bool, *, severe: bool) -> Severity:  # noqa: FBT001 # the question itself
    if severe:
        return Severity.ERROR
    return Severity.WARNING if unusual else Severity.NOTE
