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
PRECISION = 1e-10
"""Of shares of users."""
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

    ``log_factors`` loosen leaving as buyer, as visitor, under contract.
    """
    levers = with_staying(Levers(discount_rate_annual=None), log_factors)
    view = outlook(population, cells, levers, horizon_days)

    def users(way: str) -> Float[Array, " groups"]:
        cell = getattr(cells, way)
        return jax.ops.segment_sum(getattr(view, way).stays * cell.users, cell.group, n_groups)

    return Staying(*(users(way) for way in Staying._fields))


def users_of(cells: Cells, n_groups: int) -> Staying:
    """Number of users of every group who are buyers, visitors, under contract."""
    parts = (getattr(cells, way) for way in Staying._fields)
    return Staying(*(np.bincount(part.group, part.users, n_groups) for part in parts))


class Scoped(NamedTuple):
    """Whose survival it is about, and when."""

    population: Population
    cells: Cells
    members: Bool[np.ndarray, " groups"]
    users: Float[np.ndarray, "3"]
    """Users in scope: buyers, visitors, under contract."""
    horizon_days: float

    def shares(self, log_factors: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
        """Expected share of the users in scope who are still here at the horizon."""
        with double():
            here = _here(self.population, self.cells, log_factors, self.members, self.horizon_days)
        return np.asarray(here) / np.maximum(self.users, 1)

    def slopes(self, log_factors: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
        """How fast these shares move with each way's own log-factor: not above zero."""
        with double():
            moved = _moved(
                self.population, self.cells, log_factors, self.members, self.horizon_days
            )
        return np.asarray(moved) / np.maximum(self.users, 1)


def scoped(
    population: Population,
    cells: Cells,
    members: Bool[np.ndarray, " groups"],
    horizon_days: float,
    *,
    users: Staying | None = None,
) -> Scoped:
    """The members of some groups at a horizon; ``users`` of all groups where they are known."""
    everybody = users_of(cells, len(members)) if users is None else users
    inside = np.array([part[members].sum() for part in everybody])
    return Scoped(population, cells, members, inside, horizon_days)


def loosened(
    scope: Scoped,
    wanted: Callable[[float], float],
    *,
    here: Float[np.ndarray, "3"] | None = None,
    stayers: Cells | None = None,
) -> tuple[Loosened, ...]:
    """What moves survival of the members at the horizon to what is wanted of it, way by way.

    Survival is taken over all members together, those who have probably left already included:
    they do not come back, so it cannot be moved at will. Ways in which nobody's future is open (no
    users, or contracts that all end before the horizon) are left out.

    Args:
        scope: whose survival, and when.
        wanted: survival after the change, from survival before it.
        here: how many are expected to be here then as things are; found out, without.
        stayers: few histories that stand for all, which tell where to look; all, without.

    Raises:
        ConfigError: survival cannot be moved so far.
    """
    quick = scope if stayers is None else scope._replace(cells=stayers)
    least, most = (quick.shares(np.full(3, x)) for x in (WIDEST, -WIDEST))
    is_open = (scope.users > 0) & (most - least > PRECISION)
    base = scope.shares(np.zeros(3)) if here is None else here / np.maximum(scope.users, 1)
    target = np.where(is_open, [wanted(float(share)) for share in base], base)
    if (is_open & ~((least < target) & (target < most))).any():
        _refuse_beyond(scope, is_open, target)
    log_factors, after = np.zeros(3), base
    if (target != base).any():
        near, _ = _root(quick, quick, (least, target, most), np.zeros(3))
        log_factors, after = _root(scope, quick, (least, target, most), near)
        log_factors = np.where(target != base, log_factors, 0.0)
    rows = zip(Staying._fields, log_factors, base, after, strict=True)
    return tuple(
        Loosened(way, *map(float, numbers))
        for (way, *numbers), free in zip(rows, is_open, strict=True)
        if free
    )


@jax.jit
def _here(
    population: Population,
    cells: Cells,
    log_factors: Float[Array | np.ndarray, "3"],
    members: Bool[Array | np.ndarray, " groups"],
    horizon_days: Scalar,
) -> Float[Array, "3"]:
    """Expected members here at the horizon."""
    n_groups = len(members)
    by_group = jnp.where(members, jnp.asarray(log_factors)[:, None], 0.0)
    parts = staying(population, cells, by_group, horizon_days, n_groups)
    return jnp.stack([jnp.sum(part * members) for part in parts])


@jax.jit
def _moved(
    population: Population,
    cells: Cells,
    log_factors: Float[Array | np.ndarray, "3"],
    members: Bool[Array | np.ndarray, " groups"],
    horizon_days: Scalar,
) -> Float[Array, "3"]:
    """The slope of `_here` in each log-factor: each way depends on its own alone."""
    x = jnp.asarray(log_factors)

    def here(at: Float[Array, "3"]) -> Float[Array, "3"]:
        return _here(population, cells, at, members, horizon_days)

    return jax.jvp(here, (x,), (jnp.ones_like(x),))[1]


def _root(
    scope: Scoped,
    steering: Scoped,
    marks: tuple[Float[np.ndarray, "3"], ...],
    start: Float[np.ndarray, "3"],
) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Log-factors at which the falling shares meet the target, and the shares there.

    The secant method, kept in a bracket, on the log-odds of a share between the least and the most
    that it can be: these fall almost in a straight line. The first slope is that of ``steering``,
    which may be cheaper. ``marks`` are the least, the target and the most.
    """
    least, target, most = marks
    low, high, here = np.full(3, -WIDEST), np.full(3, WIDEST), start
    value = scope.shares(here)
    goal, level = (_log_odds(share, least, most) for share in (target, value))
    within = np.maximum((value - least) * (most - value), 1e-300)
    slope = steering.slopes(here) * (most - least) / within
    for _ in range(MOST_STEPS):
        open_ = np.abs(value - target) > PRECISION
        if not open_.any():
            break
        low, high = np.where(value > target, here, low), np.where(value > target, high, here)
        step = here - (level - goal) / np.minimum(slope, -1e-300)
        inside = np.where((low < step) & (step < high), step, 0.5 * (low + high))
        after = np.where(open_, inside, here)
        value, moved = scope.shares(after), after - here
        then = _log_odds(value, least, most)
        slope = np.divide(then - level, moved, out=slope, where=moved != 0)
        here, level = after, then
    return here, value


def _log_odds(
    share: Float[np.ndarray, "3"], least: Float[np.ndarray, "3"], most: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "3"]:
    inside = np.maximum(np.stack([share - least, most - share]), 1e-12)
    return np.log(inside[0] / inside[1])


def _refuse_beyond(
    scope: Scoped, is_open: Bool[np.ndarray, "3"], target: Float[np.ndarray, "3"]
) -> None:
    """Say how far survival can be moved, where that is not far enough."""
    least, most = (scope.shares(np.full(3, x)) for x in (WIDEST, -WIDEST))
    for way, is_free, *ends in zip(Staying._fields, is_open, least, target, most, strict=True):
        if is_free and not ends[0] < ends[1] < ends[2]:
            _refuse(way, scope.horizon_days, *ends)


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
