"""Recommendation policies: who decides what a visit shows, and what they may know.

An ordinary `Policy` is given `Seen`: what a real recommender sees. An `InformedPolicy` is given
`Knowledge` too, which only a simulation has; it exists to measure how far from the best one is.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl

from clvcore.data.worlds.noise import Bools, Floats, Ints
from clvcore.errors import ConfigError
from clvcore.messages import say


@dataclass(frozen=True, slots=True)
class Seen:
    """What a recommender sees at the start of a week.

    ``user`` and ``item`` of the history are row numbers of ``users`` and ``items``; rows are in
    order of time. Only what happened before ``now`` is here.
    """

    week: int
    now: datetime
    items: pl.DataFrame
    """The canonical items table, with everything that will ever be on sale."""
    on_sale: Bools
    """[items] what may be shown now."""
    users: pl.DataFrame
    """The canonical users table, including the users who come this week."""
    user: Ints
    item: Ints
    kind: Ints
    """Number of the kind in `clvcore.columns.Kind`."""
    at: Ints
    """Seconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Slates:
    """What each visit shows: ``item`` [visits, k] from the top.

    ``propensity`` [visits, k] is the probability that the policy put this item at this position,
    given the items it had put above.
    """

    item: Ints
    propensity: Floats


class Knowledge(Protocol):
    """What only the world knows."""

    def utility(self, user: Ints) -> Floats:
        """Expected utility [users, items] of showing an item to these users now."""
        ...


@runtime_checkable
class Policy(Protocol):
    """Chooses slates from what a real recommender sees."""

    @property
    def name(self) -> str:
        """What the policy is called."""
        ...

    def slates(self, seen: Seen, user: Ints, k: int, rng: np.random.Generator) -> Slates:
        """A slate of ``k`` different items on sale for each visit of ``user`` (row numbers)."""
        ...


@runtime_checkable
class InformedPolicy(Protocol):
    """Chooses slates from the truth."""

    @property
    def name(self) -> str:
        """What the policy is called."""
        ...

    def slates_knowing(self, knowledge: Knowledge, seen: Seen, user: Ints, k: int) -> Slates:
        """A slate of ``k`` different items on sale for each visit of ``user`` (row numbers)."""
        ...


@dataclass(frozen=True, slots=True)
class Exploring:
    """Softmax of ln(1 + popularity of the last weeks) and a weekly noise, without replacement.

    Positions are filled from the top; each propensity is exact given the items above it.
    """

    popularity: float = 0.55
    noise: float = 0.7
    weeks: int = 8
    name: str = field(default="exploring", init=False)

    def slates(self, seen: Seen, user: Ints, k: int, rng: np.random.Generator) -> Slates:
        """Slates drawn from one distribution over the items on sale, for every visit anew."""
        logits = self.popularity * np.log1p(recent_popularity(seen, self.weeks))
        jitter = np.sqrt(-2 * np.log(1 - rng.random(len(logits)))) * np.cos(
            2 * np.pi * rng.random(len(logits))
        )
        return plackett_luce(np.exp(logits + self.noise * jitter) * seen.on_sale, len(user), k, rng)


@dataclass(frozen=True, slots=True)
class Popular:
    """The same slate for everybody: what was taken most in the last weeks."""

    weeks: int = 8
    name: str = field(default="popular", init=False)

    def slates(self, seen: Seen, user: Ints, k: int, rng: np.random.Generator) -> Slates:
        """The k most popular items on sale, the first in the table first where they tie."""
        del rng  # nothing is left to chance
        count = np.where(seen.on_sale, recent_popularity(seen, self.weeks), -1)
        best = np.argsort(-count, kind="stable")[:k]
        return certain(np.tile(best, (len(user), 1)))


@dataclass(frozen=True, slots=True)
class Uniform:
    """Any item on sale, each alike."""

    name: str = field(default="random", init=False)

    def slates(self, seen: Seen, user: Ints, k: int, rng: np.random.Generator) -> Slates:
        """Slates drawn without replacement."""
        return plackett_luce(seen.on_sale.astype(np.float64), len(user), k, rng)


@dataclass(frozen=True, slots=True)
class Oracle:
    """The items of the highest expected utility, which it alone knows."""

    name: str = field(default="oracle", init=False)

    def slates_knowing(self, knowledge: Knowledge, seen: Seen, user: Ints, k: int) -> Slates:
        """The k best items on sale for each visit."""
        utility = np.where(seen.on_sale, knowledge.utility(user), -np.inf)
        return certain(np.argsort(-utility, axis=1, kind="stable")[:, :k])


def recent_popularity(seen: Seen, weeks: int) -> Ints:
    """How often each item was bought (three times over), carted, played or opened lately."""
    worth = np.array([1, 2, 3, 0, 1, 0, 0, 0, 0])  # view, cart, purchase, refund, play, the rest
    recent = seen.at >= int(seen.now.timestamp()) - weeks * 604_800
    weight = worth[seen.kind[recent]]
    total = np.bincount(seen.item[recent], weights=weight, minlength=len(seen.on_sale))
    return total.astype(np.int64)


def certain(item: Ints) -> Slates:
    """Slates that the policy was sure to show."""
    return Slates(item.astype(np.int64), np.ones(item.shape))


def plackett_luce(weight: Floats, n: int, k: int, rng: np.random.Generator) -> Slates:
    """``n`` slates of ``k`` items drawn in proportion to ``weight`` without replacement.

    Draws from the whole distribution are repeated until they hit an item that is not above:
    the same as drawing from what is left.

    References:
        Plackett 1975, "The analysis of permutations".
    """
    if np.count_nonzero(weight) < k:
        raise ConfigError(say("worlds.too_few_items", found=np.count_nonzero(weight), wanted=k))
    total = np.cumsum(weight)
    item = np.full((n, k), -1)
    propensity = np.ones((n, k))
    left = np.full(n, total[-1])
    for position in range(k):
        todo = np.arange(n)
        while len(todo):
            drawn = np.searchsorted(total, rng.random(len(todo)) * total[-1], side="right")
            fresh = (item[todo] != drawn[:, None]).all(axis=1) & (drawn < len(weight))
            item[todo[fresh], position] = drawn[fresh]
            todo = todo[~fresh]
        own = weight[item[:, position]]
        propensity[:, position] = own / left
        left = left - own
    return Slates(item, propensity)
