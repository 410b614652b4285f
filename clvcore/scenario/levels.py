"""The forecast of every group under a scenario's effects, and the chance around it."""

from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float
from scipy.special import gammaincinv

from clvcore.scenario.effects import Effects
from clvcore.scenario.situation import Situation
from clvcore.value.condensed import condensed, ratio
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


class Anchor(NamedTuple):
    """The situation as it is, exact and condensed: what a scenario's draws are measured against."""

    few: Cells
    """Few histories that stand for all."""
    drawn: Totals
    """Exact moments over condensed ones under each draw: leaves [draws, slots]."""
    at_fit: Totals
    """Condensed moments over exact ones at the fitted parameters: leaves [slots]."""


def base_levels(start: Situation, effects: Effects) -> tuple[Levels, Anchor]:
    """The money to come as things are, and what makes that of scenarios quick to find."""
    made, levers, horizon = start.made, effects.levers, float(effects.horizon_days)
    few = condensed(made.population, start.cells, levers, horizon, start.n_slots)
    with double():
        exact, rough = (
            (
                total_draws(made.draws, cells, levers, horizon, start.n_slots),
                _at_fit(made.population, cells, levers, horizon, start.n_slots),
            )
            for cells in (start.cells, few)
        )
        anchor = Anchor(
            few,
            drawn=jax.tree.map(ratio, exact[0], rough[0]),
            at_fit=jax.tree.map(ratio, rough[1], exact[1]),
        )
    return _levels(start, *exact), anchor


def levels(start: Situation, anchor: Anchor, effects: Effects) -> Levels:
    """The money to come of every group under the effects.

    The mean is exact. How it varies from draw to draw is that of the condensed histories, times
    what they miss as things are under the same draw, times what they miss at the fit under the
    effects; what is left is of the order of both together.
    """
    made, levers, horizon = start.made, effects.levers, float(effects.horizon_days)
    with double():
        exact = _at_fit(made.population, start.cells, levers, horizon, start.n_slots)
        rough = _at_fit(made.population, anchor.few, levers, horizon, start.n_slots)
        drawn = total_draws(made.draws, anchor.few, levers, horizon, start.n_slots)
    now = jax.tree.map(ratio, exact, rough)
    parts = (drawn, anchor.drawn, anchor.at_fit, now)
    return _levels(
        start, jax.tree.map(lambda *one: np.prod(np.broadcast_arrays(*one), 0), *parts), exact
    )


def _levels(start: Situation, drawn: Totals, at_fit: Totals) -> Levels:
    streams = np.stack([np.asarray(part.mean)[: start.n_groups] for part in at_fit])
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
