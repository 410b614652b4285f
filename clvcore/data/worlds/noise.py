"""Randomness by name: a draw is a pure function of a key and of what it is drawn for.

Two policies in the same world meet the same arrivals, tastes and moods of chance (common random
numbers), because a draw does not depend on how many draws were made before it. Only integer
arithmetic and a few elementary functions are used, so a world is the same on every machine.
"""

from enum import IntEnum, auto

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint64]


class Draw(IntEnum):
    """What a draw is for; part of its name. New purposes go to the end, or every world changes."""

    LATENT = auto()
    CATALOGUE = auto()
    LAUNCH = auto()
    WORDS = auto()
    SPEND = auto()
    ARRIVALS = auto()
    PERSON = auto()
    DRIFT = auto()
    VISITS = auto()
    MOOD = auto()
    SEARCH = auto()
    CHOICE = auto()
    BASKET = auto()
    CLOCK = auto()
    REFUND = auto()
    REPLENISH = auto()
    ADVERTISING = auto()
    CHURN = auto()
    CONTRACT = auto()
    RATING = auto()
    POLICY = auto()
    LOGGING = auto()
    DEMAND = auto()
    SOUND = auto()
    FASHION = auto()


def bits(key: npt.ArrayLike, *names: npt.ArrayLike) -> Keys:
    """Sixty-four random bits for every combination of ``names``, which are broadcast.

    The finaliser of SplitMix64, once for each name.

    References:
        Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators", figure 17.
    """
    state = np.atleast_1d(np.asarray(key, dtype=np.uint64))
    for name in names:
        counter = np.atleast_1d(np.asarray(name)).astype(np.uint64)
        state = state + (counter + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    return state


def uniform(key: npt.ArrayLike, *names: npt.ArrayLike) -> Floats:
    """Numbers strictly between 0 and 1."""
    return ((bits(key, *names) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def normal(key: npt.ArrayLike, *names: npt.ArrayLike) -> Floats:
    """Standard normal numbers (Box and Muller 1958)."""
    radius = np.sqrt(-2 * np.log(uniform(key, *names, 0)))
    return radius * np.cos(2 * np.pi * uniform(key, *names, 1))


def gumbel(key: npt.ArrayLike, *names: npt.ArrayLike) -> Floats:
    """Standard Gumbel numbers: the noise under which an argmax is a softmax choice."""
    return -np.log(-np.log(uniform(key, *names)))


def directions(key: npt.ArrayLike, *names: npt.ArrayLike, size: int) -> Floats:
    """Vectors of length one in every direction alike, ``size`` numbers each, on the last axis."""
    columns = [np.asarray(name)[..., None] for name in names]
    return unit(normal(np.asarray(key)[..., None], *columns, np.arange(size)))


def unit(vectors: Floats) -> Floats:
    """Vectors of length one, along the last axis."""
    return vectors / np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))


def poisson(mean: Floats, chance: Floats, *, most: int) -> Ints:
    """Poisson counts by inversion of ``chance``, cut at ``most``; they grow with the mean."""
    density = np.exp(-mean)
    below = density.copy()
    count = np.zeros(mean.shape, dtype=np.int64)
    for k in range(1, most + 1):
        count += chance > below
        density = density * mean / k
        below = below + density
    return count


def negative_binomial(mean: Floats, size: Floats, chance: Floats, *, most: int = 2000) -> Ints:
    """Negative binomial counts by inversion: variance ``mean + mean^2 / size``."""
    density = (size / (size + mean)) ** size
    below = density.copy()
    count = np.zeros(mean.shape, dtype=np.int64)
    for k in range(most):
        count += chance > below
        density = density * (k + size) / (k + 1) * mean / (mean + size)
        below = below + density
        if (chance <= below).all() and k > 0:
            break
    return count


def choice(weights: Floats, chance: Floats) -> Ints:
    """Index drawn in proportion to each row of ``weights`` [n, options] at ``chance`` [n]."""
    sums = np.cumsum(weights, axis=-1)
    return (sums < chance[..., None] * sums[..., -1:]).sum(axis=-1).clip(0, sums.shape[-1] - 1)


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))
