"""Where a training stands, so that it can go on another day."""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float32

from clvcore.errors import RunError
from clvcore.messages import say
from clvcore.towers.model import Model
from clvcore.towers.step import RANDOM_BITS, TrainState


@dataclass(frozen=True, slots=True)
class StepInfo:
    """For looking, not for going on: where training stands."""

    step: int
    total_steps: int
    """Steps of all epochs to come, if training does not stop early."""
    epoch: int
    """Whole epochs behind us."""
    loss: float
    """Mean over the epoch so far."""
    examples_per_s: float
    """Events that were learned from, per second of the epoch."""
    elapsed_s: float
    metrics: dict[str, float] = field(default_factory=dict)
    """What the judge said after the epoch; empty within one."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """All that the next step needs; the same training goes on from it bit for bit."""

    info: StepInfo
    state: TrainState
    best: Model
    """Of no meaning before the first epoch is complete."""
    best_epoch: int
    best_score: float
    losses: Float32[np.ndarray, " steps"]
    """Of the steps of an epoch that is not complete; as many of its batches are behind us."""


class Kept(NamedTuple):
    """A standing as plain values, to be written down."""

    arrays: dict[str, np.ndarray]
    facts: dict[str, Any]
    """Fit for JSON."""


def kept(standing: Standing) -> Kept:
    """A copy of the standing on the host, leaf by leaf."""
    leaves = {f"state.{i}": leaf for i, leaf in enumerate(_leaves(standing.state))}
    if standing.best_epoch:  # before it, the first step has given the buffers of the model away
        best = jax.tree.leaves(standing.best.params)
        leaves |= {f"best.{i}": leaf for i, leaf in enumerate(best)}
    return Kept(
        {name: np.array(leaf, order="C") for name, leaf in leaves.items()},
        {
            "info": asdict(standing.info),
            "best_epoch": standing.best_epoch,
            "best_score": standing.best_score if standing.best_epoch else None,
            "losses": standing.losses.tolist(),
        },
    )


def standing_from(data: Kept, model: Model, first: TrainState) -> Standing:
    """The standing of a training that began with this model and this state.

    Raises:
        RunError: it is of a training with other settings or data.
    """
    stored, facts = data
    blank = _leaves(first)
    leaves = [stored.get(f"state.{i}", np.zeros(0)) for i in range(len(blank))]
    if [leaf.shape for leaf in leaves] != [np.shape(leaf) for leaf in blank]:
        raise RunError(say("towers.other_training"))
    key = jax.random.wrap_key_data(jax.numpy.array(leaves[-1]), impl=RANDOM_BITS)
    # copies: the next step gives its buffers away, and these are to stay as they are
    params, optimizer, upto = jax.tree.unflatten(
        jax.tree.structure((first.params, first.optimizer, first.upto)),
        [jax.numpy.array(x) for x in leaves[:-1]],
    )
    best = model
    if facts["best_epoch"]:
        blank_best, tree = jax.tree.flatten(model.params)
        found = [jax.numpy.array(stored[f"best.{i}"]) for i in range(len(blank_best))]
        best = Model(model.config, model.graph, jax.tree.unflatten(tree, found))
    return Standing(
        info=StepInfo(**facts["info"]),
        state=TrainState(params, optimizer, key, upto),
        best=best,
        best_epoch=facts["best_epoch"],
        best_score=facts["best_score"] if facts["best_epoch"] else -np.inf,
        losses=np.array(facts["losses"], np.float32),
    )


def _leaves(state: TrainState) -> list[np.ndarray]:
    leaves = jax.tree.leaves((state.params, state.optimizer, state.upto))
    return [np.asarray(leaf) for leaf in [*leaves, jax.random.key_data(state.key)]]
