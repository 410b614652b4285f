"""What a training will take, from sizes alone: parameters, operations, memory and time.

Operations are those of the matrix products: an encoder's position costs a number of times the
square of the embedding size, attention the length of the history on top, and every choice a product
with each item it is told apart from. The backward pass costs twice the forward pass.
"""

from dataclasses import dataclass

import jax
import numpy as np
from flax import nnx

from clvcore.towers.batches import (
    Window,
    buckets,
    n_batches,
    sequences,
    training_sizes,
    training_windows,
)
from clvcore.towers.blocks import BLOCK_SCORES
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.encoders import QUERIES
from clvcore.towers.lesson import Lesson
from clvcore.towers.model import TwoTowers

ENCODER_SHARE = 0.23
"""Share of the speed of a large bare product that encoders reach on a CPU: much of their time goes
into what stands between the products (measured on ML-1M, as is the next)."""
SCORES_SHARE = 0.56
"""Share that the comparison with the items reaches."""
LEARNED_COPIES = 5
"""Parameters, two moments of AdamW, the latest model and the best one."""
PROGRAM_BYTES = 2**30
"""Of the process itself: the interpreter, JAX, and the programs it compiles."""
JUDGED = 4_000
"""Users whose scores for all items are held at once when a model is judged, three times over."""
FLOAT = 4


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an epoch takes, within a factor of about two."""

    parameters: int
    steps: int
    """Steps of an epoch."""
    encoder_flop: float
    scores_flop: float
    memory_bytes: int
    """At the most, of the process that trains."""

    def epoch_s(self, flop_per_s: float) -> float:
        """Seconds of an epoch where a bare matrix product runs at ``flop_per_s``."""
        slow, quick = self.encoder_flop / ENCODER_SHARE, self.scores_flop / SCORES_SHARE
        return (slow + quick) / flop_per_s


def estimate(lesson: Lesson, config: TowerConfig, train: TrainConfig) -> Estimate:
    """What an epoch of this training takes; nothing is computed on a device."""
    events = sequences(lesson.seen)
    windows = training_windows(events, config.max_length)
    n_items = len(lesson.seen.items)
    met = int(lesson.seen_items().sum())
    is_full = train.loss_for(met) == "full_softmax"
    steps = n_batches(windows, max_length=config.max_length, batch_events=train.batch_events)
    compared = met if is_full else train.n_negatives
    touched = met if is_full else min(met, train.batch_events) + train.n_negatives
    dim = config.embedding_size
    item = 12 * dim**2 + 2 * dim * lesson.items.tokens.shape[1]
    parameters = n_parameters_of(lesson, config)
    # where items are drawn, the table of ids has a gradient in the rows that are touched alone
    gradient = parameters if is_full else parameters - dim * (n_items - min(n_items, touched))
    return Estimate(
        parameters=parameters,
        steps=steps,
        encoder_flop=3.0 * (_encoded_flop(windows, config) + steps * touched * item),
        scores_flop=3.0 * 2 * dim * compared * float((events.counts > 0).sum()),
        memory_bytes=int(
            PROGRAM_BYTES
            + FLOAT * (LEARNED_COPIES * parameters + gradient)
            + FLOAT * _step_floats(windows, config, train, touched)
            + FLOAT * 3 * min(JUDGED, len(lesson.seen.users)) * n_items
        ),
    )


def n_parameters_of(lesson: Lesson, config: TowerConfig) -> int:
    """How many numbers such a model learns; none of them is made."""
    shape = nnx.eval_shape(lambda: TwoTowers(lesson.items, lesson.users, config, rngs=nnx.Rngs(0)))
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(nnx.state(shape, nnx.Param)))


def _encoded_flop(windows: Window, config: TowerConfig) -> float:
    """Operations of the forward pass of the encoder over all rows, padding included."""
    dim, total = config.embedding_size, 0.0
    for length, members in buckets(windows, training_sizes(windows, config.max_length)):
        places = float(len(members) * (length + 1))
        total += places * (_per_place(config, length) + 2 * dim**2)
    return total


def _per_place(config: TowerConfig, length: int) -> float:
    dim, blocks = config.embedding_size, config.n_blocks
    if config.encoder == "cnn":
        return 12.0 * dim**2 * max(3, blocks)
    if config.encoder == "gru":
        return 12.0 * dim**2 * blocks
    # keys that a query meets: those before it, in whole blocks of queries
    met = (length + 1 + min(QUERIES, length + 1)) / 2
    return blocks * (20.0 * dim**2 + 4.0 * dim * met)


def _step_floats(windows: Window, config: TowerConfig, train: TrainConfig, touched: int) -> float:
    """Numbers that a step keeps for its backward pass, of the rows that need most."""
    dim, most = config.embedding_size, 0.0
    for length, _ in buckets(windows, training_sizes(windows, config.max_length)):
        rows = max(1, train.batch_events // length)
        places = rows * (length + 1)
        # what the layers of a block keep of a place, and once more while it is differentiated
        kept = {"transformer": 28.0, "gru": 20.0, "cnn": 12.0}[config.encoder] * dim
        if config.encoder == "transformer":
            kept += 3.0 * config.n_heads * (length + 1 + min(QUERIES, length + 1)) / 2
        blocks = max(3, config.n_blocks) if config.encoder == "cnn" else config.n_blocks
        most = max(most, places * (kept * blocks + 12.0 * dim))
    return most + 16.0 * dim * touched + 4.0 * BLOCK_SCORES
