"""Taking an item again: another process than discovering it, learned apart from similarity.

    score(u, i) = scale * similarity(u, i) / temperature + [u had i] * weights . features(u, i)

The features tell how often and how recently the user acted on the item, how near it is, and how
often anybody takes that item again. Scale and weights maximise the likelihood, under a softmax over
the catalogue, of what users took in the validation period. Among items that a user never had, the
order is that of similarity.

References:
    Anderson, Kumar, Tomkins, Vassilvitskii, "The dynamics of repeat consumption", WWW 2014: recency
    and the item's own quality decide whether something is consumed again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize
from jaxtyping import Array, Float, Float32, Float64, Int, Int32, Int64

from clvcore.columns import Kind
from clvcore.features.histories import KINDS, Histories
from clvcore.features.split import Split
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.scorers import EmbeddingScorer
from clvcore.towers.encode import Embeddings

FEATURES = (
    "had",
    "taken before",
    "log times taken",
    "log times acted on",
    "log liking, fading",
    "log days since acted on",
    "log days since taken",
    "how often anybody takes it again",
    "taken before x how often anybody takes it again",
    "similarity / temperature",
)
SCALES = (1.0, 0.7, 0.5, 0.35, 0.25)
"""Scales that are tried: a model that knows the next item well can be too sure of a whole period."""
RIDGE = 1e-4
"""Keeps weights finite that the period says nothing about."""
MOST_USERS = 4_000
HALF_LIFE_DAYS = 60.0
"""After so many days an event says half as much, as in the baseline of one's own history."""
LEAST_LIKING = 0.01
"""Keeps the logarithm of a liking that has faded away, or is a dislike, within bounds."""
DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """What users did with each item they had, user after user: offsets as in `Histories`."""

    start: Int64[np.ndarray, " offsets"]
    item: Int32[np.ndarray, " pairs"]
    features: Float32[np.ndarray, "pairs features"]


def pairs_of(past: Histories, users: Int[np.ndarray, " users"], *, now: int, goal: Kind) -> Pairs:
    """Features of every item that each of ``users`` had before ``now`` (microseconds UTC)."""
    taken = past.kind == KINDS.index(goal)
    key = past.user.astype(np.int64) * len(past.items) + past.item
    pair, place = np.unique(key, return_inverse=True)
    acted = np.bincount(place, minlength=len(pair))
    took = np.bincount(place, weights=taken, minlength=len(pair))
    faded = past.weight * np.exp2(-(now - past.at) / (HALF_LIFE_DAYS * DAY))
    liking = np.maximum(np.bincount(place, weights=faded, minlength=len(pair)), 0)
    last = np.zeros(len(pair), np.int64)
    np.maximum.at(last, place, past.at)
    last_taken = np.full(len(pair), -1, np.int64)
    np.maximum.at(last_taken, place[taken], past.at[taken])
    item = (pair % len(past.items)).astype(np.int32)
    again = _again_rate(item, took, len(past.items))[item]
    had = (took > 0).astype(np.float64)
    since = np.log1p(np.maximum(now - last, 0) / DAY)
    since_taken = had * np.log1p(np.maximum(now - last_taken, 0) / DAY)
    table = np.stack(
        [
            np.ones(len(pair)),
            had,
            np.log1p(took),
            np.log1p(acted),
            np.log(liking + LEAST_LIKING),
            since,
            since_taken,
            again,
            had * again,
        ],
        axis=1,
    )
    owner = pair // len(past.items)
    start = np.searchsorted(owner, np.arange(len(past.users) + 1))
    chosen = ItemLists(start.astype(np.int64), np.arange(len(pair), dtype=np.int32)).take(users)
    return Pairs(chosen.start, item[chosen.item], table[chosen.item].astype(np.float32))


def _again_rate(
    item: Int32[np.ndarray, " pairs"], took: Float64[np.ndarray, " pairs"], n_items: int
) -> Float64[np.ndarray, " items"]:
    """Log-odds that a user who took the item takes it again, shrunk to that of all items."""
    once = np.bincount(item, weights=took >= 1, minlength=n_items)
    twice = np.bincount(item, weights=took >= 2, minlength=n_items)
    overall = (twice.sum() + 1) / (once.sum() + 2)
    weight = 10.0  # users that the mean of all items counts for
    rate = (twice + weight * overall) / (once + weight)
    return np.log(rate / (1 - rate))


@dataclass(frozen=True, slots=True, eq=False)
class Again:
    """What having had an item adds to its similarity."""

    weights: Float64[np.ndarray, " features"]
    """In the order of `FEATURES`."""
    scale: float
    """Of similarity over temperature."""

    @classmethod
    def never_mind(cls) -> "Again":
        """No difference between items that a user had and others."""
        return cls(np.zeros(len(FEATURES)), 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class WithRepeats:
    """Similarity over temperature, plus what having had the item adds: a `Scorer`."""

    embeddings: Embeddings
    again: Again
    past: Histories
    now: int
    goal: Kind

    def scores(self, users: Int[np.ndarray, " batch"], /) -> Float32[np.ndarray, "batch items"]:
        """Logits of the users' next item."""
        logits = EmbeddingScorer(self.embeddings).scores(users) / self.embeddings.temperature
        pairs = pairs_of(self.past, users, now=self.now, goal=self.goal)
        row = np.repeat(np.arange(len(users)), np.diff(pairs.start))
        near = logits[row, pairs.item]
        added = pairs.features @ self.again.weights[:-1] + near * self.again.weights[-1]
        logits *= self.again.scale
        logits[row, pairs.item] += added.astype(np.float32)
        return logits


class _Evidence(NamedTuple):
    """What the weights are fitted to; a row is a user, a pair is an item that a user had."""

    features: Float[Array, "pairs features"]
    logit: Float[Array, " pairs"]
    row: Int[Array, " pairs"]
    others: Float[Array, " rows"]
    """Logarithm of the sum of exponentials over the items that the user never had."""
    taken_pair: Int[Array, " repeats"]
    """Pair of each target that the user had before."""
    n_targets: Float[Array, " rows"]
    new: Float[Array, ""]
    """Summed logits of the targets that are new to their user."""


def fit_again(embeddings: Embeddings, split: Split, *, rng: np.random.Generator) -> Again:
    """The weights that make what users took in the period most likely.

    Args:
        embeddings: vectors of users after ``split.past``.
        split: a period that the vectors were not trained on.
        rng: chooses users where there are more than `MOST_USERS`.
    """
    if not split.targets.repeat.any():
        return Again.never_mind()
    with jax.enable_x64(new_val=True):
        fitted = [_fitted(evidence) for evidence in _evidence(embeddings, split, rng)]
    best = min(range(len(SCALES)), key=lambda i: fitted[i][1])
    return Again(fitted[best][0], SCALES[best])


def _fitted(evidence: _Evidence) -> tuple[Float64[np.ndarray, " features"], float]:
    """The best weights for one scale, and their loss."""
    found = scipy.optimize.minimize(
        lambda w: tuple(np.asarray(part, np.float64) for part in _loss(w, evidence)),
        np.zeros(len(FEATURES)),
        jac=True,
        method="L-BFGS-B",
    )
    return found.x, float(found.fun)


@jax.jit
@jax.value_and_grad
def _loss(weights: Float[Array, " features"], evidence: _Evidence) -> Float[Array, ""]:
    """Mean negative log-likelihood of a target, with a ridge."""
    logit = evidence.logit + evidence.features @ weights
    n_rows = evidence.others.shape[0]
    top = jnp.maximum(
        evidence.others, jax.ops.segment_max(logit, evidence.row, num_segments=n_rows)
    )
    summed = jax.ops.segment_sum(
        jnp.exp(logit - top[evidence.row]), evidence.row, num_segments=n_rows
    )
    total = top + jnp.log(summed + jnp.exp(evidence.others - top))
    told = jnp.sum(logit[evidence.taken_pair]) + evidence.new - jnp.sum(evidence.n_targets * total)
    return -told / jnp.sum(evidence.n_targets) + RIDGE * jnp.sum(weights**2)


def _evidence(
    embeddings: Embeddings, split: Split, rng: np.random.Generator
) -> Iterator[_Evidence]:
    """The evidence under each of `SCALES`."""
    targets = split.targets
    rows = np.arange(len(targets.user), dtype=np.int32)
    if len(rows) > MOST_USERS:
        rows = np.sort(rng.choice(rows, MOST_USERS, replace=False))
    users = targets.user[rows]
    pairs = pairs_of(split.past, users, now=split.cut, goal=split.goal)
    row = np.repeat(np.arange(len(users)), np.diff(pairs.start))
    taken = ItemLists(targets.start, targets.item).take(rows)
    n_items = len(split.past.items)
    taken_pair = np.flatnonzero(
        np.isin(row * n_items + pairs.item, taken.rows() * n_items + taken.item)
    )
    logits = EmbeddingScorer(embeddings).scores(users) / embeddings.temperature
    near = logits[row, pairs.item].astype(np.float64)
    logits[row, pairs.item] = -np.inf
    features = np.column_stack([pairs.features.astype(np.float64), near])
    for scale in SCALES:
        others = np.asarray(jax.nn.logsumexp(scale * logits, axis=1), np.float64)
        parts = (
            features,
            scale * near,
            row,
            np.maximum(others, -1e9),  # a user who had everything
            taken_pair,
            taken.lengths().astype(np.float64),
            _new_logits(logits, taken) * scale,
        )
        yield _Evidence(*(jnp.asarray(part) for part in parts))


def _new_logits(logits: Float32[np.ndarray, "rows items"], taken: ItemLists) -> float:
    """Summed logits of the targets that are new to their user."""
    found = logits[taken.rows(), taken.item].astype(np.float64)
    return float(found[np.isfinite(found)].sum())
