"""BG/BB: users who may act at each of a number of opportunities, and may leave before any of them.

A user who is here acts at an opportunity with chance p, Beta(alpha, beta) over users, and leaves at
the beginning of one with chance theta, Beta(gamma, delta): for donations by year, attendance by
event, subscriptions to issues, wherever time comes in steps and at most one thing happens a step.

References:
    Fader, Hardie, Shang (2010): Customer-base analysis in a discrete-time noncontractual setting,
    Marketing Science 29(6), equations (5), (11), (13) and (14).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from clvcore.errors import FitError
from clvcore.messages import say
from clvcore.value.models.fit import Fit, Prior, best_start, maximise
from clvcore.value.models.gamma import log_beta
from clvcore.value.models.rows import distinct, padded, padded_size
from clvcore.value.precision import double

Scalar = float | Float[Array, "..."]
Vector = Float[np.ndarray, " users"]

FEW_ACTORS = Prior(mean=np.zeros(4), deviation=np.ones(4))
"""All four about 1, each within a factor of three or so: chances spread over everything."""


class BgBbParams(NamedTuple):
    """Heterogeneity of a population; floats, or arrays of draws."""

    alpha: Scalar
    beta: Scalar
    """alpha / (alpha + beta) is the mean chance to act at an opportunity."""
    gamma: Scalar
    delta: Scalar
    """gamma / (gamma + delta) is the mean chance to leave at one."""


class ChanceRows(NamedTuple):
    """Distinct (times acted, last time, opportunities) with users, padded with nobody."""

    frequency: Float[Array, " rows"]
    recency: Float[Array, " rows"]
    age: Float[Array, " rows"]
    weight: Float[Array, " rows"]
    steps: Float[Array, " most"]
    """0, 1, ...: more than the largest number of opportunities."""


def chance_rows(frequency: Vector, recency: Vector, age: Vector, weight: Vector) -> ChanceRows:
    """The distinct histories with the weight of their users.

    Args:
        frequency: opportunities at which a user acted, without the first that made them a user.
        recency: number of the last of them; 0 where there is none.
        age: opportunities so far.
        weight: users.
    """
    keys, index = distinct(frequency, recency, age)
    total = np.bincount(index, weight, len(keys))
    size = padded_size(len(keys))
    most = padded_size(int(keys[:, 2].max(initial=0)) + 2, smallest=16)
    with double():
        return ChanceRows(
            padded(keys[:, 0], size, 0.0),
            padded(keys[:, 1], size, 0.0),
            padded(keys[:, 2], size, 0.0),
            padded(total, size, 0.0),
            jnp.arange(most, dtype=jnp.float64),
        )


def log_likelihood(log_params: Float[Array, "4"], rows: ChanceRows) -> Float[Array, ""]:
    """Log-likelihood of all users; equation (5)."""
    params = BgBbParams(*jnp.exp(log_params))
    return jnp.sum(rows.weight * _log_history(params, rows))


def fit(rows: ChanceRows, *, few: bool = False) -> Fit[BgBbParams]:
    """The population under which the histories are most likely.

    Args:
        rows: compressed histories.
        few: lean on a weak prior, for fewer than about fifty users who acted again.

    Raises:
        FitError: nobody acted again.
    """
    weight, frequency = np.asarray(rows.weight), np.asarray(rows.frequency)
    if weight @ frequency <= 0 and not few:
        raise FitError(say("value.no_repeats"))
    starts = [
        BgBbParams(alpha, beta, gamma, delta)
        for alpha, beta in ((1.0, 1.0), (0.5, 1.5), (1.0, 5.0))
        for gamma, delta in ((1.0, 3.0), (0.5, 5.0), (2.0, 20.0))
    ]
    start = best_start(log_likelihood, rows, starts)
    return maximise(log_likelihood, rows, start, prior=FEW_ACTORS if few else None)


def p_alive(params: BgBbParams, frequency: Vector, recency: Vector, age: Vector) -> Vector:
    """Probability that each user is still here at the next opportunity; equation (11)."""
    with double():
        return np.asarray(_still_here(params, *_held(frequency, recency, age), 1.0))


def expected_orders(
    params: BgBbParams, frequency: Vector, recency: Vector, age: Vector, *, horizon: int
) -> Vector:
    """Expected times that each user will act at the next ``horizon`` opportunities; equation (13)."""
    return discounted_orders(params, frequency, recency, age, rate=0.0, horizon=horizon)


def discounted_orders(
    params: BgBbParams,
    frequency: Vector,
    recency: Vector,
    age: Vector,
    *,
    rate: float,
    horizon: int,
) -> Vector:
    """The same, one at the j-th opportunity from now counting (1 + rate)^-j; equation (14) cut off."""
    with double():
        history = _held(frequency, recency, age)
        flow = (params.alpha + history[0]) / (params.alpha + params.beta + history[2])
        worth = _worth_of_staying(params, history, rate, horizon)
        return np.asarray(flow * worth)


def expected_steps(
    params: BgBbParams, frequency: Vector, recency: Vector, age: Vector, *, horizon: int
) -> Vector:
    """Expected number of the next ``horizon`` opportunities at which each user is still here."""
    with double():
        return np.asarray(_worth_of_staying(params, _held(frequency, recency, age), 0.0, horizon))


def _held(*columns: Vector) -> list[Array]:
    return [jnp.asarray(column, jnp.float64) for column in columns]


def _worth_of_staying(
    params: BgBbParams, history: list[Array], rate: float, horizon: int
) -> Float[Array, " rows"]:
    """The sum over the opportunities of the horizon of P(here then), discounted."""

    def add(total: Array, step: Array) -> tuple[Array, None]:
        return total + _still_here(params, *history, step) * (1.0 + rate) ** -step, None

    steps = jnp.arange(1, horizon + 1, dtype=jnp.float64)
    return jax.lax.scan(add, jnp.zeros_like(history[0]), steps)[0]


@jax.jit
def _still_here(
    params: BgBbParams,
    frequency: Float[Array, " rows"],
    recency: Float[Array, " rows"],
    age: Float[Array, " rows"],
    ahead: Scalar,
) -> Float[Array, " rows"]:
    """P(here at the ``ahead``-th opportunity from now | history).

    The odds of having left are a sum over where it may have been, of ratios to being here, so that
    nothing underflows.
    """
    alpha, beta, gamma, delta = map(jnp.asarray, params)
    silence = age - recency
    top = log_beta(alpha + frequency, beta + age - frequency) + log_beta(gamma, delta + age)

    def add(carry: tuple[Array, Array]) -> tuple[Array, Array]:
        total, i = carry
        log_term = (
            log_beta(alpha + frequency, beta + recency - frequency + i)
            + log_beta(gamma + 1.0, delta + recency + i)
            - top
        )
        return total + jnp.where(i < silence, jnp.exp(log_term), 0.0), i + 1.0

    start = (jnp.zeros_like(frequency), jnp.zeros(()))
    gone, _ = jax.lax.while_loop(lambda carry: carry[1] < jnp.max(silence), add, start)
    later = log_beta(gamma, delta + age + ahead) - log_beta(gamma, delta + age)
    return jnp.exp(later) / (1.0 + gone)


def _log_history(params: BgBbParams, rows: ChanceRows) -> Float[Array, " rows"]:
    """Log-likelihood of each history; ratios of beta functions are products over integers."""
    alpha, beta, gamma, delta = map(jnp.asarray, params)
    acts, rests, chances = (_rising(one, rows.steps) for one in (alpha, beta, alpha + beta))
    stays, turns = (_rising(one, rows.steps) for one in (delta, gamma + delta))
    x, recency, age = (part.astype(jnp.int32) for part in (rows.frequency, rows.recency, rows.age))
    here = rests[age - x] - chances[age] + stays[age] - turns[age]
    last = jnp.arange(rows.steps.size)[:, None]  # the last opportunity at which a leaver was here
    possible = (recency <= last) & (last < age)
    m = jnp.where(possible, last, recency)
    left = rests[m - x] - chances[m] + stays[m] - turns[m + 1] + jnp.log(gamma)
    everything = jnp.concatenate([here[None], jnp.where(possible, left, -jnp.inf)])
    return acts[x] + jax.nn.logsumexp(everything, axis=0)


def _rising(base: Float[Array, ""], steps: Float[Array, " most"]) -> Float[Array, " most"]:
    """Logs of base (base + 1) ... (base + i - 1), i = 0, 1, ..."""
    return jnp.concatenate([jnp.zeros(1), jnp.cumsum(jnp.log(base + steps[:-1]))])
