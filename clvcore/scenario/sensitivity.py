"""How much the whole moves when one lever moves a little: derivatives, not trials."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from clvcore.scenario.effects import BY_GROUP
from clvcore.scenario.levers import Lever
from clvcore.scenario.moves import WAYS, acts
from clvcore.scenario.retention import Staying, scoped
from clvcore.scenario.situation import Situation
from clvcore.value.forecast_core import group_totals, outlook
from clvcore.value.models.beta_geometric import Scalar
from clvcore.value.population import Cells, Levers, Population
from clvcore.value.precision import double

ARGUMENTS = (*BY_GROUP, "horizon_days")
"""What the total is differentiated by, on the log scale; and by the discount rate itself."""


class Sensitivity(NamedTuple):
    """What a small move of one lever does to the total."""

    lever: Lever
    step: str
    """+1% of the parameter, or +1pt of the discount rate."""
    effect: float
    """Money by which CLV (LTV where CAC is unknown) moves with one step."""
    elasticity: float | None
    """Percent by which it moves with one percent; None where it is zero or for the discount rate."""


def slopes(start: Situation) -> dict[str, float]:
    """Money by which the total moves with each of `ARGUMENTS`, and with the log of retention."""
    made = start.made
    rate, horizon = float(made.discount_rate_annual), float(made.horizon_days)
    with double():
        found = _slopes(made.population, start.cells, horizon, rate, start.n_slots)
    slope = dict(zip((*ARGUMENTS, "discount_rate_annual"), np.asarray(found).tolist(), strict=True))
    everybody = np.ones(start.n_slots, dtype=bool)
    scope = scoped(made.population, start.cells, everybody, horizon)
    base, moved = (find(np.zeros(3)).tolist() for find in (scope.shares, scope.slopes))
    by_way = (
        slope[WAYS[way]] * share / speed
        for way, share, speed in zip(Staying._fields, base, moved, strict=True)
        if speed < 0
    )
    return slope | {Lever.RETENTION.value: sum(by_way)}


def sensitivities(
    start: Situation, slope: Mapping[str, float], worth: float | None, *, elasticity: float = 0.0
) -> tuple[Sensitivity, ...]:
    """The sensitivity of the total to every lever that acts on anything, at the situation as it is.

    Args:
        start: where scenarios start.
        slope: as `slopes` finds them.
        worth: CLV of all users, LTV where CAC is unknown; None where both are.
        elasticity: percent by which the order rate moves where the price moves by one percent.
    """
    found = []
    for lever in Lever:
        if acts(start, lever):
            direction = _direction(start, lever, elasticity)
            per_one = sum(slope[name] * size for name, size in direction.items())
            if lever == Lever.CAC:
                per_one = -float(start.groups["cac"].sum())
            is_rate = lever == Lever.DISCOUNT_RATE
            relative = None if is_rate or not worth else per_one / worth
            found.append(Sensitivity(lever, "+1pt" if is_rate else "+1%", per_one / 100, relative))
    return tuple(found)


def _direction(start: Situation, lever: Lever, elasticity: float) -> dict[str, float]:
    """How fast the arguments of `slopes` move with the log of the lever's parameter."""
    margin = start.made.known.margin_share
    by_cost = (1.0 - margin) / margin if acts(start, Lever.MARGIN) else 0.0
    react = {"order_rate": elasticity, "conversion": elasticity}
    directions: dict[Lever, dict[str, float]] = {
        Lever.ORDER_RATE: {"order_rate": 1.0, "conversion": 1.0},
        Lever.PRICE: {"order_value": 1.0, "margin": by_cost, **react},
        Lever.AD_REVENUE: {"advertising": 1.0},
        Lever.SERVICE_REVENUE: {"fee": 1.0},
        Lever.DISCOUNT_RATE: {"discount_rate_annual": 1.0},
        Lever.HORIZON: {"horizon_days": 1.0},
        Lever.CAC: {},
    }
    return directions.get(lever, {lever.value: 1.0})


@partial(jax.jit, static_argnames="n_groups")
def _slopes(
    population: Population, cells: Cells, horizon_days: Scalar, rate: Scalar, n_groups: int
) -> Float[Array, " arguments"]:
    """Derivatives of the expected total by each of `ARGUMENTS`, and by the annual discount rate.

    One forward pass each (jvp).
    """

    def total(at: Float[Array, " arguments"]) -> Float[Array, ""]:
        factors = Levers(**dict(zip(BY_GROUP, jnp.exp(at[:-2]), strict=True)))
        levers = factors._replace(discount_rate_annual=rate + at[-1])
        view = outlook(population, cells, levers, horizon_days * jnp.exp(at[-2]))
        parts = group_totals(view, cells, n_groups)
        return jnp.sum(jnp.stack([part.mean for part in parts]))

    here = jnp.zeros(len(ARGUMENTS) + 1, dtype=jnp.float64)
    ways = jnp.eye(len(here))
    return jax.lax.map(lambda way: jax.jvp(total, (here,), (way,))[1], ways)
