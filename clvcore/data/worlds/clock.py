"""Time in a world: seconds since its first Monday, and when people are awake."""

from datetime import UTC, datetime, timedelta

import numpy as np

from clvcore.data.worlds.noise import Floats, Ints

WEEK = 7 * 24 * 3600
"""Seconds of a week."""
PAUSE = 3600
"""Seconds that lie at least between a user's first visit and the next one."""
START = datetime(2023, 1, 2, tzinfo=UTC)
"""First moment of every world: a Monday, so that its weeks are calendar weeks."""

_DAYS = np.array([1.0, 0.95, 0.95, 1.0, 1.05, 1.25, 1.35])
_HOURS = np.array(
    [2, 1, 0.6, 0.4, 0.4, 0.8, 2, 4, 5, 5.5, 6, 6.5, 7, 6, 5.5, 5.5, 6, 7, 8.5, 10, 11, 10, 7, 4]
)
_AWAKE = np.concatenate([[0.0], np.cumsum(np.outer(_DAYS, _HOURS).ravel())])
_AWAKE = _AWAKE / _AWAKE[-1]


def moment(share: Floats) -> Ints:
    """Second of the week at which ``share`` of the week's visits have come."""
    return np.floor(np.interp(share, _AWAKE, np.arange(169) * 3600.0)).astype(np.int64)


def share_gone(second: Ints) -> Floats:
    """Share of the week's visits that have come at ``second``: the inverse of `moment`."""
    return np.interp(second, np.arange(169) * 3600.0, _AWAKE)


def week_of_year(week: int) -> float:
    """Week of the calendar year, from 0."""
    return week % 52.1786


def when(second: int) -> datetime:
    """The moment ``second`` seconds after the start."""
    return START + timedelta(seconds=int(second))


def season(week: int, peak: Floats) -> Floats:
    """1 in the peak week of the year, falling smoothly to 0 half a year away."""
    return (0.5 + 0.5 * np.cos(2 * np.pi * (week_of_year(week) - peak) / 52.1786)) ** 3
