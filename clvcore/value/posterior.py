"""Forecasts under many draws of the parameters: what intervals are made of."""

from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from clvcore.value.forecast_core import WAYS, added, group_total, outlook, unit
from clvcore.value.models.beta_geometric import Scalar
from clvcore.value.population import (
    Cells,
    HistoryCells,
    Levers,
    Moments,
    Outlook,
    Population,
    Totals,
    Unit,
    WaitCells,
)

DRAWS_AT_ONCE = 32
"""Draws that are computed side by side: on several cores, and still in little memory."""
SIMULATED_TOTALS = 40
"""Totals simulated for each draw of parameters."""


def expected(
    population: Population,
    cells: Cells,
    levers: Levers,
    horizon_days: Scalar,
) -> dict[str, Unit]:
    """Every row's moments at the fitted parameters, by fields of `Outlook`."""
    return {
        way: _expected(way, population, getattr(cells, way), levers, horizon_days)
        for way in Outlook._fields
    }


@partial(jax.jit, static_argnames="way")
def _expected(
    way: str,
    population: Population,
    cell: HistoryCells | WaitCells,
    levers: Levers,
    horizon_days: Scalar,
) -> Unit:
    return unit(way, population, cell, levers, horizon_days)


def totals(
    population: Population,
    cells: Cells,
    levers: Levers,
    horizon_days: Scalar,
    n_groups: int,
    streams: Iterable[str] = Totals._fields,
) -> dict[str, Moments]:
    """What rows add up to by group and stream: leaves [groups]."""
    found = {
        way: _total(way, population, getattr(cells, way), levers, horizon_days, n_groups)
        for stream in streams
        for way in WAYS[stream]
    }
    return {stream: added(found[way] for way in WAYS[stream]) for stream in streams}


@partial(jax.jit, static_argnames=("way", "n_groups"))
def _total(
    way: str,
    population: Population,
    cell: HistoryCells | WaitCells,
    levers: Levers,
    horizon_days: Scalar,
    n_groups: int,
) -> Moments:
    return group_total(unit(way, population, cell, levers, horizon_days), cell, n_groups)


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


def total_draws(
    draws: Population,
    cells: Cells,
    levers: Levers,
    horizon_days: Scalar,
    n_groups: int,
    streams: Iterable[str] = Totals._fields,
) -> dict[str, Moments]:
    """Moments of every group's total under each draw, by stream: leaves [draws, groups]."""
    ways = [way for stream in streams for way in WAYS[stream]]
    found = {
        way: _drawn(way, draws, getattr(cells, way), levers, horizon_days, n_groups) for way in ways
    }
    return {stream: added(found[way] for way in WAYS[stream]) for stream in streams}


@partial(jax.jit, static_argnames=("way", "n_groups"))
def _drawn(
    way: str,
    draws: Population,
    cell: HistoryCells | WaitCells,
    levers: Levers,
    horizon_days: Scalar,
    n_groups: int,
) -> Moments:
    def one(held: Population) -> Moments:
        return group_total(unit(way, held, cell, levers, horizon_days, fine=False), cell, n_groups)

    return jax.lax.map(one, draws, batch_size=DRAWS_AT_ONCE)


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
