"""The forecast of every group under a scenario's effects, and the chance around it."""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float
from scipy.special import gammaincinv

from clvcore.scenario.effects import Effects
from clvcore.scenario.situation import Situation
from clvcore.value.condensed import Situated, condensed, ratio
from clvcore.value.forecast import group_draws
from clvcore.value.population import Cells, Totals
from clvcore.value.posterior import SIMULATED_TOTALS


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
    """Moments as things are over those of the few under each draw: leaves [draws, slots]."""
    at_fit: Totals
    """Moments of the few over exact ones at the fitted parameters: leaves [slots]."""


def base_levels(start: Situation, effects: Effects) -> tuple[Levels, Anchor]:
    """The money to come as things are, and what makes that of scenarios quick to find."""
    made, at = start.made, _situated(start, effects)
    few = condensed(at, start.cells, start.n_groups)
    drawn = group_draws(made, start.cells, start.n_groups)
    exact, rough = (at.totals(cells, start.n_slots) for cells in (start.cells, few))
    anchor = Anchor(
        few,
        drawn=jax.tree.map(ratio, drawn, at.drawn(made.draws, few, start.n_slots)),
        at_fit=jax.tree.map(ratio, rough, exact),
    )
    return _levels(start, drawn, exact), anchor


def levels(start: Situation, anchor: Anchor, effects: Effects) -> Levels:
    """The money to come of every group under the effects.

    The mean is exact. How it varies from draw to draw is that of the few histories, times what they
    miss as things are under the same draw, times what they miss at the fit under the effects; what
    is left is of the order of both together.
    """
    at = _situated(start, effects)
    exact, rough = (at.totals(cells, start.n_slots) for cells in (start.cells, anchor.few))
    drawn = at.drawn(start.made.draws, anchor.few, start.n_slots)
    now = jax.tree.map(ratio, exact, rough)
    corrected = jax.tree.map(
        lambda *one: np.prod(np.broadcast_arrays(*one), axis=0),
        drawn, anchor.drawn, anchor.at_fit, now,
    )  # fmt: skip
    return _levels(start, corrected, exact)


def _situated(start: Situation, effects: Effects) -> Situated:
    return Situated(start.made.population, effects.levers, float(effects.horizon_days))


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
