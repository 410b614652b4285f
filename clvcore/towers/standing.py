"""Where a training stands after an epoch, so that it can go on another day."""

import json
from dataclasses import dataclass

import jax
import numpy as np
from safetensors.numpy import load, save

from clvcore.errors import RunError
from clvcore.messages import say
from clvcore.towers.model import Model
from clvcore.towers.step import RANDOM_BITS, TrainState


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """All that the next epoch needs; the same training goes on from it bit for bit."""

    epoch: int
    """Whole epochs behind us."""
    state: TrainState
    best: Model
    best_epoch: int
    best_score: float
    elapsed_s: float


def standing_bytes(standing: Standing) -> bytes:
    """The standing in the safetensors format, leaf by leaf."""
    facts = {
        "epoch": standing.epoch,
        "best_epoch": standing.best_epoch,
        "best_score": standing.best_score,
        "elapsed_s": standing.elapsed_s,
    }
    leaves = {f"state.{i}": leaf for i, leaf in enumerate(_leaves(standing.state))}
    leaves |= {f"best.{i}": leaf for i, leaf in enumerate(jax.tree.leaves(standing.best.params))}
    return save(
        {name: np.asarray(leaf, order="C") for name, leaf in leaves.items()},
        metadata={"facts": json.dumps(facts)},
    )


def standing_from(data: bytes, model: Model, first: TrainState) -> Standing:
    """The standing of a training that began with this model and this state.

    Raises:
        RunError: it is of a training with other settings or data.
    """
    stored = load(data)
    length = int.from_bytes(data[:8], "little")  # a safetensors file begins with its header
    facts = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["facts"])
    blank = _leaves(first)
    leaves = [stored.get(f"state.{i}", np.zeros(0)) for i in range(len(blank))]
    if [leaf.shape for leaf in leaves] != [np.shape(leaf) for leaf in blank]:
        raise RunError(say("towers.other_training"))
    key = jax.random.wrap_key_data(jax.numpy.asarray(leaves[-1]), impl=RANDOM_BITS)
    params, optimizer = jax.tree.unflatten(
        jax.tree.structure((first.params, first.optimizer)),
        [jax.numpy.asarray(x) for x in leaves[:-1]],
    )
    best, tree = jax.tree.flatten(model.params)
    kept = [jax.numpy.asarray(stored[f"best.{i}"]) for i in range(len(best))]
    return Standing(
        state=TrainState(params, optimizer, key),
        best=Model(model.config, model.graph, jax.tree.unflatten(tree, kept)),
        **facts,
    )


def _leaves(state: TrainState) -> list[np.ndarray]:
    leaves = jax.tree.leaves((state.params, state.optimizer))
    return [np.asarray(leaf) for leaf in [*leaves, jax.random.key_data(state.key)]]
