"""Whose clock a column of times is of, as far as the file tells; and zones to choose from."""

import re
from collections.abc import Iterable
from functools import cache
from zoneinfo import available_timezones

import polars as pl

UTC = "UTC"
_SAYS_UTC = re.compile(r"(^|[\W_])(utc|gmt|zulu)([\W_]|$)|[a-z](Utc|UTC|Gmt|GMT)([A-Z\W_]|$)")
_CLOCK = r"^\d{4}-\d{2}-\d{2}[ T](\d{2}):\d{2}|[ ,](\d{1,2}):\d{2}"
_QUIET_HOURS = 4
_ENOUGH_ROWS = 200
_QUIET_SHARE = 0.4
"""A stretch of hours is quiet where it has less than this part of its even share."""
_OF_MONEY = {
    "EUR": ("Europe/Berlin", "Europe/Paris", "Europe/Madrid"),
    "GBP": ("Europe/London",),
    "CHF": ("Europe/Zurich",),
    "PLN": ("Europe/Warsaw",),
    "CZK": ("Europe/Prague",),
    "HUF": ("Europe/Budapest",),
    "SEK": ("Europe/Stockholm",),
    "NOK": ("Europe/Oslo",),
    "DKK": ("Europe/Copenhagen",),
    "TRY": ("Europe/Istanbul",),
    "RUB": ("Europe/Moscow",),
    "USD": ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    "CAD": ("America/Toronto", "America/Vancouver"),
    "BRL": ("America/Sao_Paulo",),
    "MXN": ("America/Mexico_City",),
    "CNY": ("Asia/Shanghai",),
    "JPY": ("Asia/Tokyo",),
    "KRW": ("Asia/Seoul",),
    "INR": ("Asia/Kolkata",),
    "HKD": ("Asia/Hong_Kong",),
    "SGD": ("Asia/Singapore",),
    "AUD": ("Australia/Sydney", "Australia/Perth"),
    "NZD": ("Pacific/Auckland",),
}
"""Where most people pay in a currency: a hint that orders a list, and decides nothing."""


def named_zone(column: str) -> str | None:
    """The zone that the name of a column says; None where it says none.

    Example:
        >>> named_zone("created_at_utc"), named_zone("eventTimeUTC"), named_zone("minutes")
        ('UTC', 'UTC', None)
    """
    name = column if re.search("[a-z][A-Z]", column) else column.lower()
    return UTC if _SAYS_UTC.search(name) or _SAYS_UTC.search(name.lower()) else None


def zones(currencies: Iterable[str] = (), first: str | None = None) -> list[str]:
    """All zones to choose from: the usual one, those that the money hints at, then the others.

    Example:
        >>> zones(["GBP"])[:2]
        ['UTC', 'Europe/London']
    """
    near = [zone for code in currencies for zone in _OF_MONEY.get(code, ())]
    return list(dict.fromkeys([*([first] if first else []), UTC, *near, *_every()]))


@cache
def _every() -> tuple[str, ...]:
    return tuple(sorted(name for name in available_timezones() if "/" in name and _is_plain(name)))


def _is_plain(name: str) -> bool:
    return not name.startswith(("Etc/", "posix/", "right/", "SystemV/", "US/"))


def quiet_hours(local: pl.Series) -> tuple[int, int] | None:
    """First and last hour of the four in which the fewest times fall; None where none are quiet.

    Args:
        local: Times as the file writes them, whatever their zone.

    Example:
        >>> busy = pl.Series([f"2025-03-{day:02} {hour:02}:10" for day in range(1, 29)
        ...                   for hour in range(7, 24)])
        >>> quiet_hours(busy)
        (0, 4)
    """
    hours = local.str.extract_groups(_CLOCK).struct.unnest()
    hour = hours.select(pl.coalesce("1", "2")).to_series().cast(pl.Int64, strict=False).drop_nulls()
    if len(hour) < _ENOUGH_ROWS:
        return None
    counts = [0] * 24
    for value, count in hour.value_counts().iter_rows():
        counts[value % 24] = count
    spans = {
        begin: sum(counts[(begin + step) % 24] for step in range(_QUIET_HOURS))
        for begin in range(24)
    }
    begin = min(spans, key=lambda one: spans[one])
    if spans[begin] > _QUIET_SHARE * len(hour) * _QUIET_HOURS / 24:
        return None
    return begin, (begin + _QUIET_HOURS) % 24
