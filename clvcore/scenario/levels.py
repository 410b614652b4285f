"""The forecast of every group under a scenario's effects, and the chance around it."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.special import gammaincinv

from clvcore.scenario.effects import Effects
from clvcore.scenario.situation import Situation
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
    made = start.made
    with double():
        # the fitted parameters go along as one more draw: one program computes both
        both = jax.tree.map(
            lambda fitted, drawn: jnp.concatenate([jnp.atleast_1d(fitted), drawn]),
            made.population,
            made.draws,
        )
        totals = total_draws(
            both, start.cells, effects.levers, float(effects.horizon_days), start.n_slots
        )
    mean, variance = (
        np.stack([np.asarray(getattr(part, name))[:, : start.n_groups] for part in totals])
        for name in ("mean", "variance")
    )
    return Levels(mean[:, 0], mean[:, 1:].sum(axis=0), variance[:, 1:].sum(axis=0))


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
