"""The best split of a weekly budget: dynamic programming on a grid, then cent by cent.

Maximises ``sum_c worth_c(s_c) - s_c`` for ``sum_c s_c = budget`` and ``low_c <= s_c <= high_c``. The
problem is separable, so the grid finds the best of all splits in its steps even where a worth is
not concave (an S-shaped response is not). Then money moves between two channels at a time for as long
as that gains anything, in whole cents: the split adds up to the budget exactly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.units import CENT

GRID_STEPS = 300
MOST_MOVES = 400
EQUAL = 1e-6
"""Marginal returns that differ by less, money per money, are equal."""


class Worth(NamedTuple):
    """What a channel's users are worth at a steady weekly spend, and its slope."""

    at: Callable[[np.ndarray], np.ndarray]
    """Spend [points] in units of the currency -> money a week [points]."""
    slope: Callable[[np.ndarray], np.ndarray]
    """Spend [points] -> money that a further unit of spend brings [points]."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """A split, and how far it is from one that cannot be bettered."""

    spend: tuple[Decimal, ...]
    """By channel, to the cent; adds up to the budget."""
    objective: float
    """Worth of the users won less spend, money a week."""
    marginal: tuple[float, ...]
    """Money that a further unit of spend would bring, by channel."""
    kkt_residual: float
    """What a cent moved from one channel to another would gain at most, money per money, bounds kept:
    0 where the conditions of Karush, Kuhn and Tucker are fulfilled as far as cents allow."""
    gap_to_grid: float
    """By how much the split is better than the best one on the grid; never below 0."""


def allocate(
    worths: Sequence[Worth],
    budget: Decimal,
    bounds: Sequence[tuple[Decimal, Decimal]],
    *,
    start: Sequence[Decimal] = (),
    steps: int = GRID_STEPS,
) -> Allocation:
    """The best split of ``budget``; never one that is worse than ``start``, where that is allowed.

    Args:
        worths: by channel.
        budget: money a week, whole cents.
        bounds: least and most of every channel, whole cents; equal for one that is locked.
        start: a split in whole cents to compare with.
        steps: of the grid, between the least spend and the budget.

    Raises:
        ConfigError: no split keeps the bounds.
    """
    total = _cents(budget)
    low, high = (np.array([_cents(ends[at]) for ends in bounds], dtype=np.int64) for at in (0, 1))
    _refuse_impossible(total, low, high)
    coarse = _filled(worths, _on_grid(worths, total, low, high, steps), total, high)
    fine = _polished(worths, coarse, low, high)
    known = np.array([_cents(one) for one in start], dtype=np.int64)
    if start and known.sum() == total and (low <= known).all() and (known <= high).all():
        own = _polished(worths, known, low, high)
        fine = own if _objective(worths, own) > _objective(worths, fine) else fine
    reached, before = _objective(worths, fine), _objective(worths, coarse)
    slopes = _slopes(worths, fine)
    return Allocation(
        spend=tuple(int(one) * CENT for one in fine),
        objective=reached,
        marginal=tuple(slopes.tolist()),
        kkt_residual=_residual(worths, fine, low, high),
        gap_to_grid=reached - before,
    )


def _cents(amount: Decimal) -> int:
    if amount != amount.quantize(CENT):
        raise ConfigError(say("scenario.budget.cents", amount=amount))
    return int(amount / CENT)


def _refuse_impossible(
    total: int, low: Int[np.ndarray, " channels"], high: Int[np.ndarray, " channels"]
) -> None:
    if (low < 0).any() or (low > high).any():
        raise ConfigError(say("scenario.budget.bad_bounds"))
    if not low.sum() <= total <= high.sum():
        ends = [f"{int(side.sum()) / 100:,.2f}" for side in (low, high)]
        given = f"{total / 100:,.2f}"
        raise ConfigError(
            say("scenario.budget.impossible", budget=given, low=ends[0], high=ends[1])
        )


def _on_grid(
    worths: Sequence[Worth],
    total: int,
    low: Int[np.ndarray, " channels"],
    high: Int[np.ndarray, " channels"],
    steps: int,
) -> Int[np.ndarray, " channels"]:
    """The best split in whole steps above the least spend; what makes no step is left over."""
    free = total - int(low.sum())
    step = max(free // steps, 1)
    n = free // step
    number = np.arange(n + 1)
    best = np.concatenate([[0.0], np.full(n, -np.inf)])  # of the channels so far, by steps taken
    taken = np.zeros((len(worths), n + 1), dtype=np.int64)
    back = number[:, None] - number[None, :]
    for place, worth in enumerate(worths):
        spend = low[place] + number * step
        value = np.where(spend <= high[place], worth.at(spend / 100), -np.inf)
        reached = np.where(back >= 0, best[np.maximum(back, 0)] + value[None, :], -np.inf)
        taken[place] = reached.argmax(axis=1)
        best = reached.max(axis=1)
    left = int(np.flatnonzero(np.isfinite(best))[-1])
    split = low.copy()
    for place in reversed(range(len(worths))):
        split[place] += taken[place, left] * step
        left -= int(taken[place, left])
    return split


def _filled(
    worths: Sequence[Worth],
    split: Int[np.ndarray, " channels"],
    total: int,
    high: Int[np.ndarray, " channels"],
) -> Int[np.ndarray, " channels"]:
    """What is left over goes where a unit brings most."""
    split = split.copy()
    for place in np.argsort(-_slopes(worths, split), kind="stable"):
        more = min(total - int(split.sum()), int(high[place] - split[place]))
        split[place] += more
    return split


def _polished(
    worths: Sequence[Worth],
    split: Int[np.ndarray, " channels"],
    low: Int[np.ndarray, " channels"],
    high: Int[np.ndarray, " channels"],
) -> Int[np.ndarray, " channels"]:
    """Money moved from where a unit brings least to where it brings most, until that is the same."""
    split = split.copy()
    for _ in range(MOST_MOVES):
        if not _moved(worths, split, low, high):
            break
    return split


def _moved(
    worths: Sequence[Worth],
    split: Int[np.ndarray, " channels"],
    low: Int[np.ndarray, " channels"],
    high: Int[np.ndarray, " channels"],
) -> bool:
    """Move money between the two channels that gain most a cent, in place; False where none gains."""
    ahead = _ahead(worths, split, low, high)
    for place in np.argsort(-ahead, axis=None):
        taker, giver = (int(one) for one in np.unravel_index(place, ahead.shape))
        if not ahead[taker, giver] > EQUAL:
            return False
        most = min(int(split[giver] - low[giver]), int(high[taker] - split[taker]))
        cents = _best_move(worths[giver], worths[taker], int(split[giver]), int(split[taker]), most)
        if cents:
            split[giver] -= cents
            split[taker] += cents
            return True
    return False


def _best_move(giver: Worth, taker: Worth, gives: int, takes: int, most: int) -> int:
    """Cents to move: to where both slopes meet first, and only if that gains anything."""

    def gains_on(cents: int) -> bool:
        return bool(
            taker.slope(np.array([(takes + cents) / 100]))[0]
            > giver.slope(np.array([(gives - cents) / 100]))[0]
        )

    def worth(cents: int) -> float:
        a, b = np.array([(gives - cents) / 100]), np.array([(takes + cents) / 100])
        return float(giver.at(a)[0] + taker.at(b)[0])

    inside, beyond = 0, 1
    while beyond < most and gains_on(beyond):
        inside, beyond = beyond, 2 * beyond
    beyond = min(beyond, most)
    if gains_on(beyond):
        inside = beyond
    while beyond - inside > 1:
        middle = (inside + beyond) // 2
        inside, beyond = (middle, beyond) if gains_on(middle) else (inside, middle)
    here = worth(0)
    return max((0, inside, beyond), key=lambda cents: (worth(cents) - here, -cents))


def _objective(worths: Sequence[Worth], split: Int[np.ndarray, " channels"]) -> float:
    spend = split / 100
    return float(
        sum(one.at(spend[place : place + 1])[0] for place, one in enumerate(worths)) - spend.sum()
    )


def _slopes(
    worths: Sequence[Worth], split: Int[np.ndarray, " channels"]
) -> Float[np.ndarray, " channels"]:
    spend = split / 100
    return np.array([one.slope(spend[at : at + 1])[0] for at, one in enumerate(worths)])


def _ahead(
    worths: Sequence[Worth],
    split: Int[np.ndarray, " channels"],
    low: Int[np.ndarray, " channels"],
    high: Int[np.ndarray, " channels"],
) -> Float[np.ndarray, "taker giver"]:
    """What a cent that one channel takes from another gains, money per money."""
    gained, lost = _one_cent(worths, split, low, high)
    ahead = gained[:, None] - lost[None, :]
    np.fill_diagonal(ahead, -np.inf)
    return ahead


def _one_cent(
    worths: Sequence[Worth],
    split: Int[np.ndarray, " channels"],
    low: Int[np.ndarray, " channels"],
    high: Int[np.ndarray, " channels"],
) -> tuple[Float[np.ndarray, " channels"], Float[np.ndarray, " channels"]]:
    """What a cent more gains and a cent less loses, money per money; infinite against it at a bound."""
    near = np.maximum(split[:, None] + np.array([-1, 0, 1]), 0) / 100
    around = [one.at(near[at]) for at, one in enumerate(worths)]
    lost, gained = (100 * np.diff(np.array(around), axis=1)).T
    return np.where(split < high, gained, -np.inf), np.where(split > low, lost, np.inf)


def _residual(
    worths: Sequence[Worth],
    split: Int[np.ndarray, " channels"],
    low: Int[np.ndarray, " channels"],
    high: Int[np.ndarray, " channels"],
) -> float:
    return max(0.0, float(_ahead(worths, split, low, high).max()))
