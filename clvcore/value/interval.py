"""Intervals of one user's value, from its moments and the chance that it is nothing."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import gammaincinv

Vector = Float[np.ndarray, " users"]


class Interval(NamedTuple):
    """Low and high of every user."""

    low: Vector
    high: Vector


def value_interval(mean: Vector, square: Vector, nothing: Vector, level: float) -> Interval:
    """The central interval of a value that is 0 with P(nothing) and Gamma distributed otherwise.

    The Gamma part has the first two moments that are left for it. Low is 0 for most users: one who
    may well never come back has no positive lower bound.
    """
    some = np.maximum(1.0 - nothing, 1e-12)
    average = np.abs(mean) / some
    variance = np.maximum(square / some - average**2, 1e-12 * average**2)
    is_nothing = average <= 0
    shape = np.where(is_nothing, 1.0, average**2 / np.where(is_nothing, 1.0, variance))
    scale = np.where(is_nothing, 0.0, average / shape)
    ends = []
    for tail in (0.5 - level / 2, 0.5 + level / 2):
        within = np.clip((tail - nothing) / some, 0.0, 1.0 - 1e-12)
        ends.append(np.where(within > 0, gammaincinv(shape, within) * scale, 0.0))
    low, high = ends
    below = mean < 0  # a margin below zero
    return Interval(np.where(below, -high, low), np.where(below, -low, high))


def sum_interval(parts: list[Interval]) -> Interval:
    """The interval of a user's streams together: their ends added up.

    One user's streams rise and fall together, because all of them end when the user leaves.
    """
    low, high = (np.sum([part[end] for part in parts], axis=0) for end in (0, 1))
    return Interval(low, high)
