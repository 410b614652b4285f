"""Users and futures drawn as the models say: to test fits, and to know a whole distribution.

Times are exact; callers round them where their data do.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from clvcore.value.models import repeat
from clvcore.value.models.pareto_nbd import ParetoParams
from clvcore.value.models.repeat import OrderParams

Vector = Float[np.ndarray, " users"]


class History(NamedTuple):
    """What is seen of users."""

    frequency: Vector
    recency: Vector
    age: Vector


def drawn_histories(params: OrderParams, age: Vector, rng: np.random.Generator) -> History:
    """Users won an age ago, who order and leave as the model says."""
    users = len(age)
    rate = rng.gamma(params.r, 1.0 / np.asarray(params.alpha), users)
    frequency, recency = np.zeros(users), np.zeros(users)
    if isinstance(params, ParetoParams):
        end = np.minimum(age, rng.exponential(size=users) / _leaving(params, users, rng))
        frequency = rng.poisson(rate * end).astype(np.float64)
        # the last of n uniform moments
        recency = np.where(
            frequency > 0, end * rng.random(users) ** (1 / np.maximum(frequency, 1)), 0
        )
        return History(frequency, recency, age)
    most = rng.geometric(rng.beta(params.a, params.b, users)) - repeat.tosses(params)
    came = rng.poisson(rate * age).astype(np.float64)
    frequency = np.minimum(came, most)
    # the x-th of n uniform moments is Beta(x, n - x + 1)
    x = np.maximum(frequency, 1.0)
    moment = age * rng.beta(x, np.maximum(came - x, 0.0) + 1.0)
    return History(frequency, np.where(frequency > 0, moment, 0.0), age)


def drawn_orders(
    params: OrderParams, history: History, horizon: float, n_draws: int, rng: np.random.Generator
) -> Int[np.ndarray, "draws users"]:
    """Orders of each user within a horizon, in futures drawn from what the history leaves open."""
    frequency, _, age = history
    shape = (n_draws, len(frequency))
    chance = repeat.chance_here(params, *history)
    here = rng.random(shape) < chance
    rate = rng.gamma(np.broadcast_to(params.r + frequency, shape)) / (params.alpha + age)
    if isinstance(params, ParetoParams):
        leaving = rng.gamma(params.s, size=shape) / (params.beta + age)
        time = np.minimum(horizon, rng.exponential(size=shape) / leaving)
        return np.where(here, rng.poisson(rate * time), 0)
    p = rng.beta(params.a, np.broadcast_to(params.b + frequency + repeat.tosses(params), shape))
    return np.where(here, np.minimum(rng.poisson(rate * horizon), rng.geometric(p)), 0)


def _leaving(params: ParetoParams, users: int, rng: np.random.Generator) -> Vector:
    return rng.gamma(params.s, 1.0 / np.asarray(params.beta), users)
