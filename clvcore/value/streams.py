"""The four ways in which money comes: repeat orders, first orders, advertising, contracts.

Each turns parameters, distinct histories and levers into the moments of one user's value by row.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from clvcore.units import DAYS_PER_YEAR
from clvcore.value.models import beta_geometric as family
from clvcore.value.models import gamma_gamma, waiting
from clvcore.value.models.beta_geometric import NbdParams, Scalar
from clvcore.value.models.dropout import Ahead, Dropout, dropout_nodes, look_ahead
from clvcore.value.models.mbg_nbd import TOSSES
from clvcore.value.population import HistoryCells, Levers, Population, Rows, Unit, WaitCells

N_STEPS = 12
"""Steps of the horizon, for discounting."""


def at(lever: Scalar, group: Int[Array, " rows"]) -> Float[Array, "..."]:
    """A lever for every row: the same for all, or that of the row's group."""
    value = jnp.asarray(lever)
    return value[group] if value.ndim else value


def worth_per_order(population: Population, levers: Levers) -> Float[Array, "..."]:
    """What is left of a unit of order value: after further refunds, on the basis asked for."""
    kept = 1.0 - population.refund_rate * jnp.asarray(levers.refund_rate)
    left = kept / (1.0 - population.refund_rate_matched)
    return left * population.margin * levers.margin * levers.order_value


def _steps(horizon_days: Scalar) -> Float[Array, " steps"]:
    return jnp.asarray(horizon_days) * jnp.arange(1, N_STEPS + 1) / N_STEPS


def _discounted(
    cumulative: Float[Array, "steps rows"], rate: Float[Array, "..."], horizon_days: Scalar
) -> Rows:
    """Sum of what arrives in each step, worth today; ``rate`` a year, by row or for all."""
    steps = _steps(horizon_days)
    middle = steps - 0.5 * steps[0]
    factor = jnp.exp(-jnp.log1p(rate) * middle[:, None] / DAYS_PER_YEAR)
    arrives = jnp.diff(cumulative, axis=0, prepend=jnp.zeros_like(cumulative[:1]))
    return jnp.sum(arrives * factor, axis=0)


def _loosened(nodes: Dropout, factor: Float[Array, "..."]) -> Dropout:
    """Dropout with the odds of leaving multiplied."""
    return nodes._replace(logit=nodes.logit + jnp.log(factor)[..., None])


class _History(NamedTuple):
    """A history's future, by row."""

    now: Rows
    ahead: Ahead
    discounted: Rows
    nothing: Rows


def _history(
    params: NbdParams,
    cell: HistoryCells,
    rate: Scalar,
    dropout: Scalar,
    discount: Scalar,
    horizon_days: Scalar,
) -> _History:
    """Expected occasions of users who have bought or visited, now and over the horizon."""
    x, age, group = cell.pair_frequency, cell.pair_age, cell.pair_group
    nodes = dropout_nodes(params.a + jnp.zeros_like(x), params.b + x + TOSSES)
    nodes = _loosened(nodes, at(dropout, group))
    shape = params.r + x
    scale = at(rate, group) / (params.alpha + age)
    whole = look_ahead(nodes, shape, jnp.asarray(horizon_days) * scale)
    times = _steps(horizon_days)
    cumulative = jax.lax.map(lambda t: look_ahead(nodes, shape, t * scale).orders, times)
    discounted = _discounted(cumulative, at(discount, group), horizon_days)
    silent = jnp.exp(-shape * jnp.log1p(jnp.asarray(horizon_days) * scale))
    now = family.p_alive(params, x[cell.pair], cell.recency, age[cell.pair], TOSSES)
    ahead = Ahead(*(part[cell.pair] for part in whole))
    return _History(now, ahead, discounted[cell.pair], 1.0 - now * (1.0 - silent[cell.pair]))


def buyers(
    population: Population,
    cell: HistoryCells,
    levers: Levers,
    worth_of_order: Float[Array, "..."],
    horizon_days: Scalar,
) -> Unit:
    """Repeat orders of users who have bought: orders times expected order value."""
    future = _history(
        population.orders,
        cell,
        levers.order_rate,
        levers.dropout,
        levers.discount_rate_annual,
        horizon_days,
    )
    p, q, v = population.spend
    ahead, unit = future.ahead, at(worth_of_order, cell.group) * p / (p * cell.valued + q - 1.0)
    worth = future.discounted / jnp.maximum(ahead.orders, 1e-300)
    spread = gamma_gamma.spread(population.spend, cell.valued)
    second = ahead.order_pairs + ahead.orders * (1.0 + 1.0 / p)
    return Unit(
        mean=future.now * future.discounted * unit,
        square=future.now * second * spread * (unit * worth) ** 2,
        offset=v,
        slope=cell.valued,
        nothing=future.nothing,
        count=future.now * ahead.orders,
        p_alive=future.now,
        days=future.now * ahead.time_share * horizon_days,
    )


def visitors(
    population: Population, cell: HistoryCells, levers: Levers, horizon_days: Scalar
) -> Unit:
    """Advertising: active days times the user's advertising revenue of an active day."""
    future = _history(
        population.visits,
        cell,
        levers.activity_rate,
        levers.activity_dropout,
        levers.discount_rate_annual,
        horizon_days,
    )
    ahead, unit = future.ahead, at(levers.advertising, cell.group)
    worth = future.discounted / jnp.maximum(ahead.orders, 1e-300)
    second = ahead.order_pairs + ahead.orders * (1.0 + population.visit_noise)
    return Unit(
        mean=future.now * future.discounted * unit,
        square=future.now * second * (unit * worth) ** 2,
        offset=0.0,
        slope=jnp.ones_like(cell.recency),
        nothing=future.nothing,
        count=future.now * ahead.orders,
        p_alive=future.now,
        days=future.now * ahead.time_share * horizon_days,
    )


def contracts(
    population: Population, cell: WaitCells, levers: Levers, horizon_days: Scalar
) -> Unit:
    """Services: days under contract times the fee a day, as if fees accrued evenly."""
    params = population.contract._replace(s=population.contract.s * at(levers.churn, cell.group))
    times = jnp.minimum(_steps(horizon_days)[:, None], cell.remaining)
    cumulative = jax.vmap(lambda t: waiting.expected_days(params, cell.waited, t))(times)
    discounted = _discounted(cumulative, at(levers.discount_rate_annual, cell.group), horizon_days)
    days, unit = cumulative[-1], at(levers.fee, cell.group)
    worth = discounted / jnp.maximum(days, 1e-300)
    square = waiting.expected_square_days(params, cell.waited, times[-1])
    return Unit(
        mean=discounted * unit,
        square=square * (worth * unit) ** 2,
        offset=0.0,
        slope=jnp.ones_like(cell.waited),
        nothing=jnp.zeros_like(cell.waited),
        count=days,
        p_alive=jnp.ones_like(cell.waited),
        days=days,
    )


def prospects(
    population: Population,
    cell: WaitCells,
    levers: Levers,
    worth_of_order: Float[Array, "..."],
    horizon_days: Scalar,
) -> Unit:
    """Users without an order: a first one in some step, and then repeats like any new buyer."""
    params = population.first_order
    params = params._replace(s=params.s * at(levers.conversion, cell.group))
    steps = _steps(horizon_days)
    still = jax.vmap(
        lambda t: waiting.survival(params, cell.waited, t + jnp.zeros_like(cell.waited))
    )
    survives = still(steps)
    starts = -jnp.diff(survives, axis=0, prepend=jnp.ones_like(survives[:1]))
    repeats = _newcomer(population.orders, cell, levers, steps - 0.5 * steps[0])
    here = family.p_alive(population.orders, *[jnp.zeros(())] * 3, TOSSES)
    left = repeats.orders[::-1] * here
    pairs = repeats.order_pairs[::-1] * here
    middle = (steps - 0.5 * steps[0])[:, None] / DAYS_PER_YEAR
    rate = jnp.log1p(at(levers.discount_rate_annual, cell.group))
    # a repeat comes halfway between the first order and the horizon, near enough
    late = 0.5 * (middle + steps[-1] / DAYS_PER_YEAR)
    orders = jnp.sum(starts * (1.0 + left), axis=0)
    discounted = jnp.sum(starts * (jnp.exp(-rate * middle) + left * jnp.exp(-rate * late)), axis=0)
    p, q, v = population.spend
    unit = at(worth_of_order, cell.group) * p / (q - 1.0)
    worth = discounted / jnp.maximum(orders, 1e-300)
    second = jnp.sum(starts * (1.0 + 3.0 * left + pairs), axis=0) + orders / p
    spread = gamma_gamma.spread(population.spend, jnp.zeros(()))
    return Unit(
        mean=discounted * unit,
        square=second * spread * (unit * worth) ** 2,
        offset=v,
        slope=jnp.zeros_like(cell.waited),
        nothing=survives[-1],
        count=orders,
        p_alive=jnp.ones_like(cell.waited),
        days=waiting.expected_days(params, cell.waited, steps[-1] + jnp.zeros_like(cell.waited)),
    )


def _newcomer(
    params: NbdParams, cell: WaitCells, levers: Levers, times: Float[Array, " steps"]
) -> Ahead:
    """Repeat orders of a user who has just ordered for the first time, [steps, rows]."""
    zero = jnp.zeros_like(cell.waited)
    nodes = dropout_nodes(params.a + zero, params.b + TOSSES + zero)
    nodes = _loosened(nodes, at(levers.dropout, cell.group))
    scale = at(levers.order_rate, cell.group) / params.alpha + zero
    return jax.lax.map(lambda t: look_ahead(nodes, params.r + zero, t * scale), times)
