"""Which items a step touches: those of the batch, and those that its choices are told apart from."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, Float32, Int

from clvcore.towers.batches import Batch, Sequences
from clvcore.towers.config import Loss, TrainConfig


class Rows(NamedTuple):
    """The catalogue rows of a step: those of the batch, and the negatives behind them."""

    items: Int[Array | np.ndarray, " rows"]
    negatives: Int[Array | np.ndarray, " negatives"]
    """Empty for the full softmax."""
    expected: Float[Array | np.ndarray, " negatives"]
    """How often each negative is drawn in the mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """How negatives are drawn: some evenly, some as often as items are taken."""

    n_even: int
    n_by_taken: int
    """Drawn from the items that were taken in the batch itself."""
    share: Float32[np.ndarray, " items"]
    """Share of each item among all that are taken in training."""

    @classmethod
    def of(cls, train: TrainConfig, loss: Loss, share: Float32[np.ndarray, " items"]) -> "Drawing":
        """The drawing that a loss needs; nothing is drawn for the full softmax."""
        if loss == "full_softmax":
            return cls(0, 0, share)
        by_taken = train.n_negatives // 2 if loss == "mixed_softmax" else 0
        return cls(train.n_negatives - by_taken, by_taken, share)

    def expected(self, items: Int[np.ndarray, " drawn"]) -> Float32[np.ndarray, " drawn"]:
        """How often each of ``items`` is drawn in the mean."""
        even = self.n_even / len(self.share)
        return (even + self.n_by_taken * self.share[items]).astype(np.float32)


def taken_share(events: Sequences, n_items: int) -> Float32[np.ndarray, " items"]:
    """Share of each item among all events that count as a target."""
    counts = np.bincount(events.item[events.counts > 0], minlength=n_items)
    return (counts / max(counts.sum(), 1)).astype(np.float32)


def with_rows(batch: Batch, drawing: Drawing, *, rng: np.random.Generator) -> tuple[Batch, Rows]:
    """The batch and the catalogue rows that its step touches.

    All rows for a full softmax; else the distinct items of the batch, padded to a power of two so
    that shapes repeat, and the negatives. The batch then names items by their place among the rows.
    """
    n_items = len(drawing.share)
    if drawing.n_even + drawing.n_by_taken == 0:
        nothing = np.zeros(0, np.int32)
        return batch, Rows(np.arange(n_items, dtype=np.int32), nothing, nothing.astype(np.float32))
    both = np.concatenate([batch.behaviour.item.ravel(), batch.target.ravel()])
    distinct, place = np.unique(both, return_inverse=True)
    size = 1 << int(len(distinct) - 1).bit_length()
    cut = batch.behaviour.item.size
    behaviour = batch.behaviour._replace(
        item=place[:cut].reshape(batch.behaviour.item.shape).astype(np.int32)
    )
    moved = batch._replace(
        behaviour=behaviour, target=place[cut:].reshape(batch.target.shape).astype(np.int32)
    )
    items = np.pad(distinct, (0, size - len(distinct))).astype(np.int32)
    negatives = _negatives(batch, drawing, rng)
    return moved, Rows(items, negatives, drawing.expected(negatives))


def _negatives(batch: Batch, drawing: Drawing, rng: np.random.Generator) -> np.ndarray:
    even = rng.integers(0, len(drawing.share), drawing.n_even, dtype=np.int32)
    taken = batch.target[batch.weight > 0]
    if drawing.n_by_taken == 0:
        return even
    by_taken = (
        rng.choice(taken, drawing.n_by_taken)
        if len(taken)
        else rng.integers(0, len(drawing.share), drawing.n_by_taken, dtype=np.int32)
    )
    return np.concatenate([even, by_taken]).astype(np.int32)
