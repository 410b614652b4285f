"""How sure a mean over users is."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

LEVEL = 0.95
"""Probability that an interval is made for."""
DRAWS = 1000
"""Resamples of the users."""
CHUNK = 2**22
"""Weights held at a time."""


class Interval(NamedTuple):
    """A mean and the range in which it would fall in 95 of 100 samples of users."""

    mean: float
    low: float
    high: float


def resampled_means(
    values: Float64[np.ndarray, "users measures"],
    rng: np.random.Generator,
    *,
    draws: int = DRAWS,
) -> Float64[np.ndarray, "draws measures"]:
    """Means of every column over users drawn with replacement.

    All columns share the same draws of users, so the difference of two columns is paired.

    References:
        Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    users = len(values)
    means = np.empty((draws, values.shape[1]))
    step = max(CHUNK // users, 1)
    for first in range(0, draws, step):
        last = min(first + step, draws)
        drawn = rng.integers(0, users, (last - first, users))
        drawn += np.arange(last - first)[:, None] * users
        counts = np.bincount(drawn.ravel(), minlength=(last - first) * users)
        means[first:last] = counts.reshape(-1, users).astype(np.float64) @ values / users
    return means


def percentile_interval(
    mean: float, draws: Float64[np.ndarray, " draws"], *, level: float = LEVEL
) -> Interval:
    """The mean with the percentiles of its resamples."""
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(mean), float(low), float(high))
