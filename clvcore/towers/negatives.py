"""Which items a step touches: those of the batch, and those that its choices are told apart from.

Only items that occurred count among the latter. One that nobody has met yet was never chosen from:
were it a negative at every step, the towers would learn by its words to put it far from everybody.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int, Int32

from clvcore.towers.batches import Batch, Sequences
from clvcore.towers.config import Loss, TrainConfig


class Rows(NamedTuple):
    """The catalogue rows of a step: those of the batch, and the negatives behind them."""

    items: Int[Array | np.ndarray, " rows"]
    negatives: Int[Array | np.ndarray, " negatives"]
    """Empty for the full softmax."""
    expected: Float[Array | np.ndarray, " negatives"]
    """How often each negative is drawn in the mean."""
    touched: Int[Array | np.ndarray, " touched"]
    """The distinct ones among both, ascending, and behind them numbers past the catalogue's end, each
    once; empty for the full softmax, which touches whatever can be learned."""
    place: Int[Array | np.ndarray, " rows+negatives"]
    """Of each row, and then of each negative, among ``touched``; in the catalogue, where that is empty."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """How negatives are drawn: some evenly, some as often as items are taken."""

    n_even: int
    n_by_taken: int
    """Drawn from the items that were taken in the batch itself."""
    share: Float32[np.ndarray, " items"]
    """Share of each item among all that are taken in training."""
    met: Int32[np.ndarray, " met"]
    """Items that occur in training, in ascending order."""

    @classmethod
    def of(
        cls,
        train: TrainConfig,
        loss: Loss,
        share: Float32[np.ndarray, " items"],
        seen: Bool[np.ndarray, " items"],
    ) -> "Drawing":
        """The drawing that a loss needs; nothing is drawn for the full softmax."""
        met = np.flatnonzero(seen).astype(np.int32)
        if loss == "full_softmax":
            return cls(0, 0, share, met)
        by_taken = train.n_negatives // 2 if loss == "mixed_softmax" else 0
        return cls(train.n_negatives - by_taken, by_taken, share, met)

    def expected(self, items: Int[np.ndarray, " drawn"]) -> Float32[np.ndarray, " drawn"]:
        """How often each of ``items`` is drawn in the mean."""
        even = self.n_even / len(self.met)
        return (even + self.n_by_taken * self.share[items]).astype(np.float32)


def taken_share(events: Sequences, n_items: int) -> Float32[np.ndarray, " items"]:
    """Share of each item among all events that count as a target."""
    counts = np.bincount(events.item[events.counts > 0], minlength=n_items)
    return (counts / max(counts.sum(), 1)).astype(np.float32)


def with_rows(batch: Batch, drawing: Drawing, *, rng: np.random.Generator) -> tuple[Batch, Rows]:
    """The batch and the catalogue rows that its step touches.

    All items that occur for a full softmax; else the distinct items of the batch, padded to a power of
    two so that shapes repeat, and the negatives. The batch then names items by their place among the
    rows.
    """
    if drawing.n_even + drawing.n_by_taken == 0:
        nothing = np.zeros(0, np.int32)
        place = np.searchsorted(drawing.met, batch.behaviour.item).astype(np.int32)
        behaviour = batch.behaviour._replace(item=place)
        target = np.searchsorted(drawing.met, batch.target).astype(np.int32)
        rows = Rows(drawing.met, nothing, nothing.astype(np.float32), nothing, drawing.met)
        return batch._replace(behaviour=behaviour, target=target), rows
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
    touched, places = _touched(np.concatenate([items, negatives]), len(drawing.share))
    return moved, Rows(items, negatives, drawing.expected(negatives), touched, places)


def _touched(
    rows: Int32[np.ndarray, " rows"], n_items: int
) -> tuple[Int32[np.ndarray, " rows"], Int32[np.ndarray, " rows"]]:
    """The distinct rows, filled up with further ones past the end, and the place of each row."""
    distinct, place = np.unique(rows, return_inverse=True)
    beyond = np.arange(n_items, n_items + len(rows) - len(distinct))
    return np.concatenate([distinct, beyond]).astype(np.int32), place.astype(np.int32)


def _negatives(batch: Batch, drawing: Drawing, rng: np.random.Generator) -> np.ndarray:
    even = rng.choice(drawing.met, drawing.n_even)
    taken = batch.target[batch.weight > 0]
    if drawing.n_by_taken == 0:
        return even
    by_taken = (
        rng.choice(taken, drawing.n_by_taken)
        if len(taken)
        else rng.choice(drawing.met, drawing.n_by_taken)
    )
    return np.concatenate([even, by_taken]).astype(np.int32)
