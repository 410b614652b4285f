"""Forecasts under many draws of the parameters: what intervals are made of."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from clvcore.value.forecast_core import group_totals, outlook
from clvcore.value.models.beta_geometric import Scalar
from clvcore.value.population import Cells, Levers, Outlook, Population, Totals, Unit

SIMULATED_TOTALS = 40
"""Totals simulated for each draw of parameters."""


@jax.jit
def expected(population: Population, cells: Cells, levers: Levers, horizon_days: Scalar) -> Outlook:
    """Every row's moments at the fitted parameters."""
    return outlook(population, cells, levers, horizon_days)


@partial(jax.jit, static_argnames="n_groups")
def totals(view: Outlook, cells: Cells, n_groups: int) -> Totals:
    """What rows add up to by group: leaves [groups]."""
    return group_totals(view, cells, n_groups)


class Average(NamedTuple):
    """Posterior means by row, for one stream: the two moments as polynomials in z, and P(0)."""

    mean: Array  # [2, rows] coefficients of 1, z
    square: Array  # [3, rows] of 1, z, z^2
    nothing: Array  # [rows]


@jax.jit
def averages(
    draws: Population, cells: Cells, levers: Levers, horizon_days: Scalar
) -> list[Average]:
    """Mean over the draws of every row's moments; one draw at a time, so memory stays small."""

    def one(held: Population) -> list[Average]:
        return [
            _polynomials(unit) for unit in outlook(held, cells, levers, horizon_days, fine=False)
        ]

    first = jax.tree.map(lambda leaf: leaf[0], draws)
    zero = jax.tree.map(jnp.zeros_like, jax.eval_shape(one, first))

    def add(total: Any, held: Population) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, total, one(held)), None

    total, _ = jax.lax.scan(add, zero, draws)
    return jax.tree.map(lambda part: part / jnp.size(draws.margin), total)


def _polynomials(unit: Unit) -> Average:
    offset, slope = unit.offset, unit.slope
    mean = jnp.stack([unit.mean * offset, unit.mean * slope])
    square = unit.square * jnp.stack([offset**2 + 0 * slope, 2 * offset * slope, slope**2])
    return Average(mean, square, unit.nothing)


@partial(jax.jit, static_argnums=4)
def total_draws(
    draws: Population, cells: Cells, levers: Levers, horizon_days: Scalar, n_groups: int
) -> Totals:
    """Moments of every group's total under each draw, by stream: leaves [draws, groups]."""
    return jax.lax.map(
        lambda held: group_totals(
            outlook(held, cells, levers, horizon_days, fine=False), cells, n_groups
        ),
        draws,
    )


def simulated_totals(
    mean: Float[np.ndarray, "draws *groups"],
    variance: Float[np.ndarray, "draws *groups"],
    rng: np.random.Generator,
) -> Float[np.ndarray, "totals *groups"]:
    """Totals drawn as Gamma variables with these moments, `SIMULATED_TOTALS` for each draw."""
    size = np.abs(mean)
    sure = (variance <= 0) | (size <= 0)
    shape = size**2 / np.where(sure, 1.0, variance)
    scale = np.where(sure, 1.0, variance) / np.where(sure, 1.0, size)
    shape = np.where(sure, 1.0, np.maximum(shape, 1e-6))
    drawn = rng.gamma(shape, scale, size=(SIMULATED_TOTALS, *mean.shape))
    totals = np.where(sure, mean, np.sign(mean) * drawn)
    return totals.reshape(-1, *mean.shape[1:])
