"""The forecast of every group under a scenario's effects, and the chance around it."""

from dataclasses import dataclass, field
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import gammaincinv, ndtri

from clvcore.scenario.effects import Effects
from clvcore.scenario.memory import Memory
from clvcore.scenario.situation import Situation
from clvcore.value.condensed import Situated, condensed, ratio
from clvcore.value.forecast import group_draws
from clvcore.value.population import Cells, Levers, Moments, Population, Totals, unmoved
from clvcore.value.posterior import SIMULATED_TOTALS
from clvcore.value.precision import double
from clvcore.value.streams import worth_per_order

WORTH = ("order_value", "refund_rate", "margin", "advertising", "fee")
"""Levers that move what an order, an active day or a day under contract is worth, and nobody's
future: money is in proportion to it."""

LIVES = {
    "purchase": ("dropout", "order_rate", "conversion"),
    "advertising": ("activity_rate", "activity_dropout"),
    "service": ("churn",),
}
"""Stream -> the levers that move what people do in it: all but those of worth, and of valuation."""

LIVED = tuple(name for names in LIVES.values() for name in names)

NEARLY_NORMAL = 100.0
"""Shape from which on a Gamma variable is taken for a cubed normal one."""


class Levels(NamedTuple):
    """Money to come of every group."""

    streams: Float[np.ndarray, "3 groups"]
    """Expected purchases, advertising and services, at the fitted parameters."""
    mean: Float[np.ndarray, "draws groups"]
    """Expected total under each draw of parameters."""
    variance: Float[np.ndarray, "draws groups"]
    """What chance adds to it."""


class Life(NamedTuple):
    """All of a scenario that decides what people do, and how money is valued."""

    horizon_days: float
    discount_rate_annual: float
    factors: tuple[tuple[str, tuple[float, ...]], ...]
    """Fields of `Levers` that move anything, with their factors by slot."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The situation as it is, exact and condensed: what scenarios are measured against."""

    few: Cells
    """Few histories that stand for all."""
    exact: Totals
    """Moments at the fitted parameters: leaves [slots]."""
    drawn: Totals
    """Moments under each draw: leaves [draws, slots]."""
    missed: Totals
    """By what those of the few miss both, multiplied: leaves [draws, slots]."""
    lives: Memory = field(default_factory=Memory, repr=False, compare=False)
    """What people do, by `Life`."""


def base_levels(start: Situation, effects: Effects) -> tuple[Levels, Anchor]:
    """The money to come as things are, and what makes that of scenarios quick to find."""
    made, at = start.made, _situated(start, effects)
    few = condensed(at, start.cells, start.n_groups)
    drawn = group_draws(made, start.cells, start.n_groups)
    exact, rough = (at.totals(cells, start.n_slots) for cells in (start.cells, few))
    missed = jax.tree.map(
        lambda full, part, near, whole: ratio(full, part) * ratio(near, whole),
        drawn, at.drawn(made.draws, few, start.n_slots), rough, exact,
    )  # fmt: skip
    return _levels(start, drawn, exact), Anchor(few, exact, drawn, missed)


def levels(start: Situation, anchor: Anchor, effects: Effects) -> Levels:
    """The money to come of every group under the effects.

    What people do under them is found first, and then multiplied by what it is worth: where only
    that moves, nobody's future has to be looked at again.
    """
    life = _life(effects)
    found = anchor.lives.recall(life, lambda: _other_lives(start, anchor, life))
    of_all = (start.made.population, start.made.draws)
    exact, drawn = (
        _worth(totals, population, effects.levers)
        for totals, population in zip(found, of_all, strict=True)
    )
    return _levels(start, drawn, exact)


def _life(effects: Effects) -> Life:
    """What the effects move of what people do."""
    by_slot = ((name, np.asarray(getattr(effects.levers, name))) for name in LIVED)
    moved = ((name, tuple(one.tolist())) for name, one in by_slot if (one != 1.0).any())
    rate = effects.levers.discount_rate_annual
    return Life(effects.horizon_days, float(rate or 0.0), tuple(moved))


def _lived_otherwise(start: Situation, life: Life) -> tuple[str, ...]:
    """The streams in which anything but the worth of what people do is moved."""
    as_it_is = (start.made.horizon_days, start.made.discount_rate_annual)
    if (life.horizon_days, life.discount_rate_annual) != as_it_is:
        return Totals._fields
    moved = dict(life.factors)
    return tuple(stream for stream, names in LIVES.items() if any(one in moved for one in names))


def _other_lives(start: Situation, anchor: Anchor, life: Life) -> tuple[Totals, Totals]:
    """Moments at the fit and under each draw, of what people do, worth what it is as things are.

    Those at the fit are exact. How they vary from draw to draw is told by the few histories, times
    what these miss as things are under the same draw, times what they miss at the fit under the
    effects; what is left is of the order of both together.
    """
    streams = _lived_otherwise(start, life)
    with double():
        moved = {name: jnp.asarray(factor) for name, factor in life.factors}
        levers = unmoved(start.n_groups, life.discount_rate_annual)._replace(**moved)
    at = Situated(start.made.population, levers, life.horizon_days)
    exact, rough = (
        at.streams(cells, start.n_slots, streams) for cells in (start.cells, anchor.few)
    )
    missed = {stream: getattr(anchor.missed, stream) for stream in streams}
    drawn = jax.tree.map(
        lambda part, missed, whole, near: np.asarray(part) * missed * ratio(whole, near),
        at.streams(anchor.few, start.n_slots, streams, start.made.draws), missed, exact, rough,
    )  # fmt: skip
    return anchor.exact._replace(**exact), anchor.drawn._replace(**drawn)


def _worth(found: Totals, population: Population, levers: Levers) -> Totals:
    """The totals under levers on what an order, an active day, a day under contract is worth."""
    with double():
        order, before = (_worth_per_order(population, one) for one in (levers, Levers()))
    factors = (ratio(order, before), *map(np.asarray, (levers.advertising, levers.fee)))
    return Totals(
        *(
            Moments(np.asarray(part.mean) * factor, np.asarray(part.variance) * factor**2)
            for part, factor in zip(found, factors, strict=True)
        )
    )


@jax.jit
def _worth_per_order(population: Population, levers: Levers) -> Float[Array, "..."]:
    """By draw and slot; compiled, because step by step it would take longer than all else."""
    return worth_per_order(
        jax.tree.map(lambda leaf: jnp.asarray(leaf)[..., None], population), levers
    )


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
    drawn = np.where(sure, mean, np.sign(mean) * _gamma_quantile(shape, luck) * scale)
    return drawn.reshape(-1, mean.shape[1])


def _gamma_quantile(
    shape: Float[np.ndarray, "draws groups"], luck: Float[np.ndarray, "times draws groups"]
) -> Float[np.ndarray, "times draws groups"]:
    """Quantiles of Gamma variables of scale 1.

    Of large shapes as those of a cubed normal variable (Wilson and Hilferty 1931, The distribution
    of chi-square, PNAS 17(12)): within 0.2 percent of a standard deviation from shape 100 on.
    """
    large = np.maximum(shape, NEARLY_NORMAL)
    normal = 1.0 - 1.0 / (9.0 * large) + ndtri(luck) / (3.0 * np.sqrt(large))
    found = large * normal**3
    small = shape < NEARLY_NORMAL
    found[:, small] = gammaincinv(shape[small], luck[:, small])
    return found


def luck_for(
    n_draws: int, n_groups: int, rng: np.random.Generator
) -> Float[np.ndarray, "times draws groups"]:
    """Quantiles for `simulated`, evenly spread: one in each of equal parts, in random order."""
    strata = np.arange(SIMULATED_TOTALS)[:, None, None]
    inside = (strata + rng.random((SIMULATED_TOTALS, n_draws, n_groups))) / SIMULATED_TOTALS
    return rng.permuted(inside, axis=0)
