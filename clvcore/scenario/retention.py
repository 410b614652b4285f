"""How far leaving must be loosened so that survival at the horizon moves by a stated amount."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.value.forecast_core import outlook
from clvcore.value.models.beta_geometric import Scalar
from clvcore.value.population import Cells, Levers, Population
from clvcore.value.precision import double

WIDEST = 30.0
"""Log-factors on leaving are looked for between minus and plus this: nobody leaves, nobody stays."""
PRECISION = 1e-12
MOST_STEPS = 200


class Staying(NamedTuple):
    """One number for each of the three ways in which users stay: as buyers, visitors, subscribers."""

    buyers: Float[Array | np.ndarray, "*shape"]
    visitors: Float[Array | np.ndarray, "*shape"]
    contracts: Float[Array | np.ndarray, "*shape"]


class Loosened(NamedTuple):
    """What a change of retention does to one way of staying."""

    way: str
    """Field of `Staying`."""
    log_factor: float
    """On the odds of leaving at an order or an active day, or on the hazard of a contract."""
    base: float
    """Expected share of the users in scope who are still here at the horizon, before."""
    after: float
    slope: float
    """d base / d log_factor: below zero."""


def with_staying(levers: Levers, log_factors: Float[Array, "3 groups"]) -> Levers:
    """The levers with leaving loosened in each group, as buyer, as visitor, under contract."""
    buyers, visitors, contracts = jnp.exp(log_factors)
    return levers._replace(
        dropout=levers.dropout * buyers,
        activity_dropout=levers.activity_dropout * visitors,
        churn=levers.churn * contracts,
    )


@partial(jax.jit, static_argnames="n_groups")
def staying(
    population: Population,
    cells: Cells,
    log_factors: Float[Array, "3 groups"],
    horizon_days: Scalar,
    n_groups: int,
) -> Staying:
    """Expected number of users of every group who are still here at the horizon.

    ``log_factors`` loosen leaving as buyer, as visitor, under contract. The probability of being here at the horizon is the slope of the expected days here within it,
    so this agrees with the forecast by construction.
    """
    levers = with_staying(Levers(discount_rate_annual=None), log_factors)

    def days(horizon: Scalar) -> Staying:
        view = outlook(population, cells, levers, horizon)
        pairs = zip(Staying._fields, (view.buyers, view.visitors, view.contracts), strict=True)
        return Staying(
            *(
                jax.ops.segment_sum(
                    unit.days * getattr(cells, name).users, getattr(cells, name).group, n_groups
                )
                for name, unit in pairs
            )
        )

    horizon = jnp.asarray(horizon_days, dtype=jnp.float64)
    return jax.jvp(days, (horizon,), (jnp.ones_like(horizon),))[1]


def users_of(cells: Cells, n_groups: int) -> Staying:
    """Number of users of every group who are buyers, visitors, under contract."""
    parts = (getattr(cells, way) for way in Staying._fields)
    return Staying(*(np.bincount(part.group, part.users, n_groups) for part in parts))


def loosened(
    population: Population,
    cells: Cells,
    members: Bool[np.ndarray, " groups"],
    horizon_days: float,
    wanted: Callable[[float], float],
) -> tuple[Loosened, ...]:
    """What moves survival of the members at the horizon to what is wanted of it, way by way.

    Survival is taken over all members together, those who have probably left already included:
    they do not come back, so it cannot be moved at will. Ways in which nobody's future is open (no
    users, or contracts that all end before the horizon) are left out.

    Args:
        population: fitted parameters.
        cells: sufficient statistics.
        members: groups in scope.
        horizon_days: when survival is looked at.
        wanted: survival after the change, from survival before it.

    Raises:
        ConfigError: survival cannot be moved so far.
    """
    users = np.array([part[members].sum() for part in users_of(cells, len(members))])

    def shares(log_factors: Float[np.ndarray, "3"]) -> tuple[np.ndarray, np.ndarray]:
        with double():
            found = _expected(population, cells, log_factors, members, horizon_days)
        return tuple(np.asarray(part) / np.maximum(users, 1) for part in found)

    least, base, most = (shares(np.full(3, x))[0] for x in (WIDEST, 0.0, -WIDEST))
    is_open = (users > 0) & (most - least > PRECISION)
    target = np.array([wanted(share) for share in base])
    for way, is_free, *ends in zip(Staying._fields, is_open, least, target, most, strict=True):
        if is_free and not ends[0] < ends[1] < ends[2]:
            _refuse(way, horizon_days, *ends)
    target = np.where(is_open, target, base)
    log_factors = np.where(is_open & (target != base), _root(shares, target), 0.0)
    after, slope = shares(log_factors)[0], shares(np.zeros(3))[1]
    rows = zip(Staying._fields, log_factors, base, after, slope, strict=True)
    return tuple(
        Loosened(way, *map(float, numbers))
        for (way, *numbers), free in zip(rows, is_open, strict=True)
        if free
    )


@jax.jit
def _expected(
    population: Population,
    cells: Cells,
    log_factors: Float[Array | np.ndarray, "3"],
    members: Bool[Array | np.ndarray, " groups"],
    horizon_days: Scalar,
) -> tuple[Float[Array, "3"], Float[Array, "3"]]:
    """Expected members here at the horizon, and its slope in each log-factor."""
    n_groups = len(members)

    def here(x: Float[Array, "3"]) -> Float[Array, "3"]:
        by_group = jnp.where(members, x[:, None], 0.0)
        parts = staying(population, cells, by_group, horizon_days, n_groups)
        return jnp.stack([jnp.sum(part * members) for part in parts])

    x = jnp.asarray(log_factors)
    return jax.jvp(here, (x,), (jnp.ones_like(x),))  # each way depends on its own factor alone


def _root(
    shares: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], target: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "3"]:
    """Log-factors at which the falling ``shares`` meet the target: Newton, kept in a bracket."""
    low, high, here = np.full(3, -WIDEST), np.full(3, WIDEST), np.zeros(3)
    for _ in range(MOST_STEPS):
        value, slope = shares(here)
        if (np.abs(value - target) <= PRECISION).all():
            break
        low, high = np.where(value > target, here, low), np.where(value > target, high, here)
        step = here - (value - target) / np.minimum(slope, -1e-300)
        here = np.where((low < step) & (step < high), step, 0.5 * (low + high))
    return here


def _refuse(way: str, horizon_days: float, least: float, target: float, most: float) -> None:
    raise ConfigError(
        say(
            "scenario.cannot_stay",
            way=say(f"scenario.{way}"),
            days=f"{horizon_days:g}",
            target=f"{100 * target:.1f}",
            least=f"{100 * least:.1f}",
            most=f"{100 * most:.1f}",
        )
    )
