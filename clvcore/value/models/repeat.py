"""Repeat orders under any of the models, told apart by the type of their parameters.

    BgNbdParams    the coin to leave is tossed at repeat orders only
    NbdParams      it is tossed at the first order too (MBG/NBD)
    ParetoParams   a user may leave at any moment

The type is known when a program is compiled, so that each model has a program of its own.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from clvcore.value.models import beta_geometric, bg_nbd, mbg_nbd, pareto_nbd, waiting
from clvcore.value.models.beta_geometric import BgNbdParams, NbdParams, Scalar
from clvcore.value.models.dropout import Ahead, Dropout, dropout_nodes, look_ahead
from clvcore.value.models.fit import Fit
from clvcore.value.models.pareto_nbd import ParetoParams
from clvcore.value.models.rows import HistoryRows
from clvcore.value.models.waiting import WaitParams
from clvcore.value.precision import double

OrderModel = Literal["mbg-nbd", "bg-nbd", "pareto-nbd"]
ORDER_MODELS: tuple[OrderModel, ...] = get_args(OrderModel)
OrderParams: TypeAlias = NbdParams | ParetoParams

Rows = Float[Array, "*rows"]
Vector = Float[np.ndarray, " users"]

N_PIECES = 48
"""Nodes of a discounted integral."""
NEGLIGIBLE = 40.0
"""Where discounting has taken all but e^-40 nothing more is counted."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(N_PIECES)
_FITS: dict[OrderModel, Callable[..., Fit]] = {
    "mbg-nbd": mbg_nbd.fit,
    "bg-nbd": bg_nbd.fit,
    "pareto-nbd": pareto_nbd.fit,
}


def fit(model: OrderModel, rows: HistoryRows, *, few: bool = False) -> Fit:
    """The population under which the histories are most likely, by the model of that name.

    Raises:
        FitError: nobody bought twice.
    """
    return _FITS[model](rows, few=few)


def fit_is_weak(found: Fit) -> bool:
    """Whether leaving cannot be told from the history."""
    if isinstance(found.params, ParetoParams):
        return pareto_nbd.fit_is_weak(found)
    return beta_geometric.fit_is_weak(found)


def tosses(params: NbdParams) -> float:
    """Tosses of the coin before any repeat order."""
    return bg_nbd.TOSSES if isinstance(params, BgNbdParams) else mbg_nbd.TOSSES


def p_alive(params: OrderParams, frequency: Rows, recency: Rows, age: Rows) -> Rows:
    """Probability that a user is still here at the end of observation."""
    if isinstance(params, ParetoParams):
        return pareto_nbd.here(params, frequency, recency, age)
    return beta_geometric.p_alive(params, frequency, recency, age, tosses(params))


def chance_here(params: OrderParams, frequency: Vector, recency: Vector, age: Vector) -> Vector:
    """Probability that each user is still here at the end of observation, as plain numbers."""
    with double():
        history = [jnp.asarray(part, jnp.float64) for part in (frequency, recency, age)]
        return np.asarray(p_alive(params, *history))


def expected_orders(
    params: OrderParams, frequency: Vector, recency: Vector, age: Vector, *, horizon: float
) -> Vector:
    """Expected orders of each user in (T, T + horizon], in the unit of time of the fit."""
    with double():
        history = [jnp.asarray(part, jnp.float64) for part in (frequency, recency, age)]
        return np.asarray(_expected_orders(params, *history, horizon))


def future(
    params: OrderParams,
    frequency: Float[Array, "*frequencies"],
    age: Rows,
    *,
    number: Int[Array, "*rows"] | None = None,
    rate: Scalar = 1.0,
    leaving: Scalar = 1.0,
    fine: bool = True,
) -> Callable[[Scalar], Ahead]:
    """What is ahead within a time, for users who are here at the end of observation.

    Args:
        params: of the population.
        frequency: repeat orders so far: of every row, or those that there are, with ``number``.
        age: since the first order.
        number: which of the frequencies is that of a row. How likely one leaves is then found once
            for each of them, which is most of the work.
        rate: what rates of orders are multiplied by, by row or for all.
        leaving: what the odds of leaving at a toss are multiplied by; under Pareto/NBD, its rate.
        fine: whether integrals over the dropout are to seven digits, or to four at half the cost.
    """
    k = params.r + (frequency if number is None else frequency[number])
    scale = rate / (params.alpha + age)
    if isinstance(params, ParetoParams):
        end = WaitParams(params.s, (params.beta + age) / leaving)
        return lambda time: pareto_nbd.ahead(k, scale, end, time)
    nodes = _dropout(params, frequency, fine=fine)
    nodes = nodes if number is None else nodes.of(number)
    nodes = nodes.loosened(jnp.asarray(leaving))
    return lambda time: look_ahead(nodes, k, time * scale)


def expected_days(
    params: OrderParams, frequency: Vector, recency: Vector, age: Vector, *, horizon: float
) -> Vector:
    """Expected time that each user will still be here within a horizon, in the unit of the fit.

    The integral of P(here at T + u) over the horizon; it grows without bound where lifetimes have
    no mean, so a horizon is always stated.
    """
    with double():
        history = [jnp.asarray(part, jnp.float64) for part in (frequency, recency, age)]
        return np.asarray(_expected_days(params, *history, horizon))


def discounted_orders(
    params: OrderParams,
    frequency: Vector,
    recency: Vector,
    age: Vector,
    *,
    force: float,
    horizon: float = np.inf,
) -> Vector:
    """Discounted expected residual transactions: orders to come, one at u counting e^-(force u).

    Args:
        params: of the population.
        frequency: repeat orders.
        recency: of the last order.
        age: end of observation.
        force: continuous rate of discount in the unit of time of the fit; log(1 + annual rate) over
            the units of a year.
        horizon: how far ahead. Without an end and without discounting the sum is finite only where
            lifetimes have a mean (s > 1, or a > 1); it is inf where they have none.

    References:
        Fader, Hardie, Lee (2005): RFM and CLV, equation (7), for Pareto/NBD without an end.
    """
    with double():
        history = [jnp.asarray(part, jnp.float64) for part in (frequency, recency, age)]
        here = p_alive(params, *history)
        if force == 0 and np.isinf(horizon):
            return np.asarray(here * _ever(params, history[0], history[2]))
        last = min(horizon, NEGLIGIBLE / force) if force > 0 else horizon
        return np.asarray(here * _discounted(params, history[0], history[2], force, last))


@jax.jit
def _expected_orders(
    params: OrderParams, frequency: Rows, recency: Rows, age: Rows, horizon: Scalar
) -> Rows:
    within = future(params, frequency, age)(horizon)
    return p_alive(params, frequency, recency, age) * within.orders


@jax.jit
def _expected_days(
    params: OrderParams, frequency: Rows, recency: Rows, age: Rows, horizon: Scalar
) -> Rows:
    within = future(params, frequency, age)(horizon)
    return p_alive(params, frequency, recency, age) * within.time_share * horizon


def _dropout(params: NbdParams, frequency: Rows, *, fine: bool = True) -> Dropout:
    zero = jnp.zeros_like(frequency)
    return dropout_nodes(params.a + zero, params.b + frequency + tosses(params), fine=fine)


@jax.jit
def _discounted(
    params: OrderParams, frequency: Rows, age: Rows, force: Scalar, last: Scalar
) -> Rows:
    """The integral of the flow of orders times e^-(force u), in the logarithm of time."""
    k, clock = params.r + frequency, params.alpha + age
    scale = params.beta + age if isinstance(params, ParetoParams) else clock
    scale = jnp.minimum(scale, 1.0 / jnp.maximum(force, 1e-300))
    width = jnp.log1p(last / scale)
    flow = _flow(params, frequency, k, clock, age)

    def piece(node: tuple[Array, Array]) -> Rows:
        position, weight = node
        grown = jnp.exp(width * position)
        time = scale * (grown - 1.0)
        return weight * width * scale * grown * jnp.exp(-force * time) * flow(time)

    def add(total: Rows, node: tuple[Array, Array]) -> tuple[Rows, None]:
        return total + piece(node), None

    nodes = (jnp.asarray(0.5 * (_NODES + 1.0)), jnp.asarray(0.5 * _WEIGHTS))
    return jax.lax.scan(add, jnp.zeros_like(k), nodes)[0]


def _flow(
    params: OrderParams, frequency: Rows, k: Rows, clock: Rows, age: Rows
) -> Callable[[Rows], Rows]:
    """Orders a unit of time, a time from now, of a user who is here now."""
    if isinstance(params, ParetoParams):
        end = WaitParams(params.s, params.beta + age)
        return lambda time: k / clock * waiting.survival(end, jnp.zeros_like(time), time)
    nodes = _dropout(params, frequency)
    p, weight = nodes.chance(), nodes.weight

    def flow(time: Rows) -> Rows:
        stays = jnp.exp(-(k[..., None] + 1.0) * jnp.log1p(p * (time / clock)[..., None]))
        return k / clock * jnp.sum(weight * stays, axis=-1)

    return flow


def _ever(params: OrderParams, frequency: Rows, age: Rows) -> Rows:
    """Orders to come without an end and without discounting; inf where there is no mean."""
    if isinstance(params, ParetoParams):
        mean = (params.beta + age) / (params.s - 1.0)
        return jnp.where(
            params.s > 1.0, (params.r + frequency) / (params.alpha + age) * mean, jnp.inf
        )
    b = params.b + frequency + tosses(params)
    return jnp.where(params.a > 1.0, (params.a + b - 1.0) / (params.a - 1.0), jnp.inf)
