"""Rates of exchange: what one unit of a currency is worth in the data set's currency."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from clvcore.errors import ConfigError
from clvcore.messages import say

Rates = Mapping[str, Decimal | Mapping[str, Decimal]]
"""currency -> rate, or currency -> day (ISO 8601) -> rate from that day on"""


def rates_of(plain: Mapping[str, Any]) -> Rates:
    """Rates as a recipe holds them, as exact numbers.

    Raises:
        ConfigError: a rate is no number above zero.

    Example:
        >>> rates_of({"USD": "0.92"})
        {'USD': Decimal('0.92')}
    """
    return {
        code: {day: _rate(code, one) for day, one in rate.items()}
        if isinstance(rate, Mapping)
        else _rate(code, rate)
        for code, rate in plain.items()
    }


def _rate(code: str, text: Any) -> Decimal:
    try:
        rate = Decimal(str(text))
    except InvalidOperation:
        rate = Decimal(0)
    if not (rate.is_finite() and Decimal("1e-9") <= rate < Decimal("1e9")):
        raise ConfigError(say("data.clean.bad_rate", currency=code, rate=text))
    return rate


def rate_table(frame: pl.DataFrame, *, source: str) -> dict[str, dict[str, str]]:
    """Rates by currency and day, of a table with the columns date, currency and rate.

    Raises:
        ConfigError: a column is missing, or a cell is no day, no currency or no rate.
    """
    columns = {name.strip().lower(): name for name in frame.columns}
    if not {"date", "currency", "rate"} <= columns.keys():
        raise ConfigError(say("data.clean.bad_rates", source=source))
    found: dict[str, dict[str, str]] = {}
    picked = frame.select(columns["date"], columns["currency"], columns["rate"])
    for place, (day, code, rate) in enumerate(picked.iter_rows(), 2):
        sound = pl.Series([day]).str.to_date("%Y-%m-%d", strict=False)[0] is not None
        if not (sound and code and len(code.strip()) == 3):
            raise ConfigError(say("data.clean.bad_rates_row", source=source, line=place))
        _rate(code, rate)
        found.setdefault(code.strip().upper(), {})[day] = rate.strip()
    return found
