"""The four ways in which money comes: repeat orders, first orders, advertising, contracts.

Each turns parameters, distinct histories and levers into the moments of one user's value by row.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from clvcore.units import DAYS_PER_YEAR
from clvcore.value.models import gamma_gamma, repeat, waiting
from clvcore.value.models.beta_geometric import Scalar
from clvcore.value.models.dropout import Ahead
from clvcore.value.models.repeat import OrderParams
from clvcore.value.population import HistoryCells, Levers, Population, Rows, Unit, WaitCells

N_STEPS = 12
"""Steps of the horizon in which a first order may come."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)


def at(lever: Scalar, group: Int[Array, " rows"]) -> Float[Array, "..."]:
    """A lever for every row: the same for all, or that of the row's group."""
    value = jnp.asarray(lever)
    return value[group] if value.ndim else value


def _by_row(
    part: Float[Array, "steps *groups"], group: Int[Array, " rows"]
) -> Float[Array, "steps #rows"]:
    """Steps for every row: the same for all, or those of the row's group."""
    return part[:, group] if part.ndim > 1 else part[:, None]


def worth_per_order(population: Population, levers: Levers) -> Float[Array, "..."]:
    """What is left of a unit of order value: after further refunds, on the basis asked for."""
    kept = 1.0 - population.refund_rate * jnp.asarray(levers.refund_rate)
    left = kept / (1.0 - population.refund_rate_matched)
    return left * population.margin * levers.margin * levers.order_value


def _times(horizon_days: Scalar) -> Float[Array, " times"]:
    """Gauss-Legendre nodes within the horizon."""
    return 0.5 * jnp.asarray(horizon_days) * (jnp.asarray(_NODES) + 1.0)


def _discounted(
    whole: Rows,
    cumulative: Float[Array, "times rows"],
    rate: Float[Array, "..."],
    horizon_days: Scalar,
) -> Rows:
    """What arrives within the horizon, worth today, at an annual rate by row or for all.

    The integral of e^(-d u) dM(u) is e^(-d H) M(H) + d times the integral of e^(-d u) M(u), with M
    the cumulative expectation, taken at the nodes of `_times`; exact at d = 0.
    """
    force = jnp.log1p(rate) / DAYS_PER_YEAR
    horizon = jnp.asarray(horizon_days)
    times = _times(horizon_days)[:, None]
    weights = 0.5 * horizon * jnp.asarray(_WEIGHTS)[:, None]
    waiting_cost = jnp.sum(weights * jnp.exp(-force * times) * cumulative, axis=0)
    return jnp.exp(-force * horizon) * whole + force * waiting_cost


class _History(NamedTuple):
    """A history's future, by row."""

    now: Rows
    ahead: Ahead
    discounted: Rows
    nothing: Rows


def _history(
    params: OrderParams,
    cell: HistoryCells,
    pull: tuple[Scalar, Scalar],
    discount: Scalar | None,
    horizon_days: Scalar,
    *,
    fine: bool,
) -> _History:
    """Expected occasions of users who have bought or visited, now and over the horizon.

    ``pull`` holds the levers on rate and dropout; without a ``discount`` its work is saved.
    """
    age, group = cell.pair_age, cell.pair_group
    rate, leaving = (at(lever, group) for lever in pull)
    future = partial(
        repeat.future,
        *(params, cell.frequencies, age),
        number=cell.pair_number,
        rate=rate,
        leaving=leaving,
    )
    whole = future(fine=fine)(horizon_days)
    discounted = whole.orders
    if discount is not None:
        coarse = future(fine=False)
        early = jax.lax.map(lambda time: coarse(time).orders, _times(horizon_days))
        discounted = _discounted(whole.orders, early, at(discount, group), horizon_days)
    x = cell.pair_frequency[cell.pair]
    now = repeat.p_alive(params, x, cell.recency, age[cell.pair])
    ahead = Ahead(*(part[cell.pair] for part in whole))
    return _History(now, ahead, discounted[cell.pair], 1.0 - now * (1.0 - ahead.silent))


def buyers(
    population: Population,
    cell: HistoryCells,
    levers: Levers,
    worth_of_order: Float[Array, "..."],
    horizon_days: Scalar,
    *,
    fine: bool = True,
) -> Unit:
    """Repeat orders of users who have bought: orders times expected order value."""
    future = _history(
        population.orders,
        cell,
        (levers.order_rate, levers.dropout),
        levers.discount_rate_annual,
        horizon_days,
        fine=fine,
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
        stays=future.now * ahead.stays,
        days=future.now * ahead.time_share * horizon_days,
    )


def visitors(
    population: Population,
    cell: HistoryCells,
    levers: Levers,
    horizon_days: Scalar,
    *,
    fine: bool = True,
) -> Unit:
    """Advertising: active days times the user's advertising revenue of an active day."""
    future = _history(
        population.visits,
        cell,
        (levers.activity_rate, levers.activity_dropout),
        levers.discount_rate_annual,
        horizon_days,
        fine=fine,
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
        stays=future.now * ahead.stays,
        days=future.now * ahead.time_share * horizon_days,
    )


def contracts(
    population: Population, cell: WaitCells, levers: Levers, horizon_days: Scalar
) -> Unit:
    """Services: days under contract times the fee a day, as if fees accrued evenly."""
    params = population.contract._replace(s=population.contract.s * at(levers.churn, cell.group))
    most = jnp.minimum(jnp.asarray(horizon_days), cell.remaining)
    days = waiting.expected_days(params, cell.waited, most)
    discounted, unit = days, at(levers.fee, cell.group)
    if levers.discount_rate_annual is not None:
        times = jnp.minimum(_times(horizon_days)[:, None], cell.remaining)
        early = jax.vmap(lambda time: waiting.expected_days(params, cell.waited, time))(times)
        rate = at(levers.discount_rate_annual, cell.group)
        discounted = _discounted(days, early, rate, horizon_days)
    worth = discounted / jnp.maximum(days, 1e-300)
    square = waiting.expected_square_days(params, cell.waited, most)
    return Unit(
        mean=discounted * unit,
        square=square * (worth * unit) ** 2,
        offset=0.0,
        slope=jnp.ones_like(cell.waited),
        nothing=jnp.zeros_like(cell.waited),
        count=days,
        p_alive=jnp.ones_like(cell.waited),
        stays=jnp.where(
            cell.remaining > horizon_days, waiting.survival(params, cell.waited, most), 0.0
        ),
        days=days,
    )


def prospects(
    population: Population,
    cell: WaitCells,
    levers: Levers,
    worth_of_order: Float[Array, "..."],
    horizon_days: Scalar,
    *,
    fine: bool = True,
) -> Unit:
    """Users without an order: a first one in some step, and then repeats like any new buyer."""
    params = population.first_order
    params = params._replace(s=params.s * at(levers.conversion, cell.group))
    steps = jnp.asarray(horizon_days) * jnp.arange(1, N_STEPS + 1) / N_STEPS
    middle = steps - 0.5 * steps[0]
    survives = jax.vmap(lambda time: waiting.survival(params, cell.waited, time))(
        steps[:, None] + jnp.zeros_like(cell.waited)
    )
    starts = -jnp.diff(survives, axis=0, prepend=jnp.ones_like(survives[:1]))
    here = repeat.p_alive(population.orders, *[jnp.zeros(())] * 3)
    left, pairs = (
        _by_row(part[::-1] * here, cell.group)
        for part in _newcomer(population.orders, levers, middle, fine=fine)
    )
    orders = jnp.sum(starts * (1.0 + left), axis=0)
    discounted = orders
    if levers.discount_rate_annual is not None:
        force = jnp.log1p(at(levers.discount_rate_annual, cell.group)) / DAYS_PER_YEAR
        late = 0.5 * (middle + steps[-1])  # a repeat comes about halfway from there to the horizon
        first, again = (jnp.exp(-force * time[:, None]) for time in (middle, late))
        discounted = jnp.sum(starts * (first + left * again), axis=0)
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
        stays=survives[-1],
        days=waiting.expected_days(params, cell.waited, steps[-1] + jnp.zeros_like(cell.waited)),
    )


def _newcomer(
    params: OrderParams, levers: Levers, times: Float[Array, " steps"], *, fine: bool
) -> tuple[Float[Array, "steps *groups"], Float[Array, "steps *groups"]]:
    """Repeat orders, and pairs of them, of a user who has just ordered for the first time.

    They depend on nothing but the levers, so they are the same for all users or for all of a group.
    """
    leaving, rate = jnp.broadcast_arrays(*map(jnp.asarray, (levers.dropout, levers.order_rate)))
    zero = jnp.zeros(leaving.shape, times.dtype)
    future = repeat.future(params, zero, zero, rate=rate, leaving=leaving, fine=fine)
    ahead = jax.lax.map(future, times)
    return ahead.orders, ahead.order_pairs
