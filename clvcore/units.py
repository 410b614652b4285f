"""Units of time and money, and the conversions between them.

Inside the project time is in days, money in exact decimals of the data set's currency (models
work in float64), and a rate is a fraction (0.05, not 5). Conversions happen at the edge.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import numpy as np

from clvcore.errors import DataError
from clvcore.messages import say

DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12

CENT = Decimal("0.01")
PLACES = Decimal("0.0001")
"""The smallest amount of money that a table can hold."""


def money(value: str | float | Decimal) -> Decimal:
    """An exact amount with four places, rounded half up: the one rounding rule of the project.

    Raises:
        DataError: the text is not a number.

    Example:
        >>> money("2.00005")
        Decimal('2.0001')
    """
    try:
        return Decimal(str(value)).quantize(PLACES, ROUND_HALF_UP)
    except InvalidOperation as error:
        raise DataError(say("units.not_money", text=value)) from error


def cents(value: Decimal | float) -> Decimal:
    """An amount as it is shown: two places, rounded half up."""
    return Decimal(str(value)).quantize(CENT, ROUND_HALF_UP)


def share_out(total: Decimal, weights: Sequence[float], *, step: Decimal = CENT) -> list[Decimal]:
    """``total`` in shares proportional to ``weights`` that add up to it exactly.

    Every share is a multiple of ``step`` but for the part of ``total`` below one step, which goes
    to the first share. Method of largest remainders (Hamilton); ties go to the earlier share.

    Raises:
        ValueError: no weights, or weights that are negative or add up to zero.

    Example:
        >>> share_out(Decimal("1.00"), [1, 1, 1])
        [Decimal('0.34'), Decimal('0.33'), Decimal('0.33')]
    """
    parts = np.asarray(weights, dtype=np.float64)
    if parts.size == 0 or (parts < 0).any() or parts.sum() <= 0:
        message = f"weights must be at least one, none below zero, not all zero: {weights!r}"
        raise ValueError(message)
    steps = int(total / step)
    exact = abs(steps) * (parts / parts.sum())
    whole = np.floor(exact).astype(np.int64)
    # float64 may put the floor one too high where a share is a whole number of steps
    missing = abs(steps) - int(whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    chosen = order[:missing] if missing >= 0 else order[missing:]
    whole[chosen] += 1 if missing >= 0 else -1
    sign = 1 if steps >= 0 else -1
    shares = [sign * int(count) * step for count in whole]
    shares[0] += total - steps * step
    return shares
