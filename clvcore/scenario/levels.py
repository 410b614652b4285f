"""The forecast of every group under a scenario's effects, and the chance around it."""

from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float
from scipy.special import gammaincinv

from clvcore.scenario.effects import Effects
from clvcore.scenario.situation import Situation
from clvcore.value.forecast_core import group_totals, outlook
from clvcore.value.models.beta_geometric import Scalar
from clvcore.value.population import Cells, Levers, Population, Totals
from clvcore.value.posterior import SIMULATED_TOTALS, total_draws
from clvcore.value.precision import double


class Levels(NamedTuple):
    """Money to come of every group."""

    streams: Float[np.ndarray, "3 groups"]
    """Expected purchases, advertising and services, at the fitted parameters."""
    mean: Float[np.ndarray, "draws groups"]
    """Expected total under each draw of parameters."""
    variance: Float[np.ndarray, "draws groups"]
    """What chance adds to it."""


def levels(start: Situation, effects: Effects) -> Levels:
    """The money to come of every group of the situation, under the effects."""
    made, horizon = start.made, float(effects.horizon_days)
    with double():
        point = _at_fit(made.population, start.cells, effects.levers, horizon, start.n_slots)
        drawn = total_draws(made.draws, start.cells, effects.levers, horizon, start.n_slots)
    streams = np.stack([np.asarray(part.mean)[: start.n_groups] for part in point])
    mean, variance = (
        np.sum([np.asarray(getattr(part, name))[:, : start.n_groups] for part in drawn], axis=0)
        for name in ("mean", "variance")
    )
    return Levels(streams, mean, variance)


def simulated(
    mean: Float[np.ndarray, "draws groups"],
    variance: Float[np.ndarray, "draws groups"],
    luck: Float[np.ndarray, "times draws groups"],
) -> Float[np.ndarray, "totals groups"]:
    """Totals as Gamma variables with these moments, at the quantiles that ``luck`` says.

    The same luck for two scenarios makes their difference as sure as it is: the users are the same,
    and only what was changed differs.
    """
    size = np.abs(mean)
    sure = (variance <= 0) | (size <= 0)
    shape = np.where(sure, 1.0, np.maximum(size**2 / np.where(sure, 1.0, variance), 1e-6))
    scale = np.where(sure, 0.0, size / shape)
    drawn = np.where(sure, mean, np.sign(mean) * gammaincinv(shape, luck) * scale)
    return drawn.reshape(-1, mean.shape[1])


def luck_for(
    n_draws: int, n_groups: int, rng: np.random.Generator
) -> Float[np.ndarray, "times draws groups"]:
    """Quantiles for `simulated`, evenly spread: one in each of equal parts, in random order."""
    strata = np.arange(SIMULATED_TOTALS)[:, None, None]
    inside = (strata + rng.random((SIMULATED_TOTALS, n_draws, n_groups))) / SIMULATED_TOTALS
    return rng.permuted(inside, axis=0)


@partial(jax.jit, static_argnames="n_groups")
def _at_fit(
    population: Population, cells: Cells, levers: Levers, horizon_days: Scalar, n_groups: int
) -> Totals:
    return group_totals(outlook(population, cells, levers, horizon_days), cells, n_groups)
