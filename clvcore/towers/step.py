"""One step of training: a pure function from state and batch to state and loss."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from clvcore.towers.batches import Batch
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.known import Known
from clvcore.towers.losses import Choices, full_softmax, prepared, sampled_softmax
from clvcore.towers.model import Model, TwoTowers


class TrainState(NamedTuple):
    """What goes on from step to step."""

    params: PyTree
    optimizer: optax.OptState
    key: PRNGKeyArray


class Rows(NamedTuple):
    """The catalogue rows of a step: those of the batch, and the negatives behind them."""

    items: Int[Array | np.ndarray, " rows"]
    negatives: Int[Array | np.ndarray, " negatives"]
    """Empty for the full softmax."""


def first_state(model: Model, train: TrainConfig) -> TrainState:
    """The state before the first step."""
    return TrainState(
        model.params,
        optimizer(train.weight_decay).init(model.params),
        # unsafe_rbg: on a CPU the default generator makes dropout as dear as attention
        jax.random.key(train.seed, impl="unsafe_rbg"),
    )


def optimizer(weight_decay: float) -> optax.GradientTransformation:
    """AdamW before it is scaled by the step size; only matrices are pulled towards zero."""
    return optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.scale_by_adam(),
        optax.add_decayed_weights(
            weight_decay, mask=partial(jax.tree.map, lambda leaf: leaf.ndim > 1)
        ),
    )


def batch_loss(
    towers: TwoTowers,
    batch: Batch,
    rows: Rows,
    items: Known,
    users: Known,
    *,
    config: TowerConfig,
    key: PRNGKeyArray | None,
) -> Float[Array, ""]:
    """Loss of one batch; items and targets of the batch are places in ``rows.items``."""
    item_key, user_key = (None, None) if key is None else jax.random.split(key)
    negatives = jnp.asarray(rows.negatives)
    everything = jnp.concatenate([jnp.asarray(rows.items), negatives])
    raw = towers.items(everything, items.at(everything), key=item_key)
    states = towers.users(batch.behaviour, raw[: rows.items.shape[0]], users, key=user_key)
    vectors = prepared(raw, config.similarity)
    choices = Choices(
        users=prepared(states.reshape(-1, states.shape[-1]), config.similarity),
        taken=jnp.asarray(batch.target).reshape(-1),
        weight=jnp.asarray(batch.weight).reshape(-1),
    )
    if negatives.shape[0] == 0:
        return full_softmax(
            choices, vectors, similarity=config.similarity, temperature=towers.temperature
        )
    # a negative is told from the item taken by its catalogue number, not by its place
    return sampled_softmax(
        choices._replace(taken=everything[choices.taken]),
        vectors[choices.taken],
        negatives,
        vectors[rows.items.shape[0] :],
        similarity=config.similarity,
        temperature=towers.temperature,
        n_items=items.seen.shape[0],
    )


@partial(jax.jit, static_argnames=("graph", "config", "weight_decay"), donate_argnums=0)
def train_step(
    state: TrainState,
    batch: Batch,
    rows: Rows,
    items: Known,
    users: Known,
    step_size: Float[Array | np.ndarray, ""],
    *,
    graph: nnx.GraphDef,
    config: TowerConfig,
    weight_decay: float,
) -> tuple[TrainState, Float[Array, ""]]:
    """One step down the gradient: the state goes on, the loss is for looking.

    The step size is an argument, so that runs of other length or pace need no other program.
    """
    key, now = jax.random.split(state.key)

    def loss_of(params: PyTree) -> Float[Array, ""]:
        towers = nnx.merge(graph, params)
        return batch_loss(towers, batch, rows, items, users, config=config, key=now)

    loss, gradient = jax.value_and_grad(loss_of)(state.params)
    direction, opt_state = optimizer(weight_decay).update(gradient, state.optimizer, state.params)
    updates = jax.tree.map(lambda leaf: -step_size * leaf, direction)
    params = optax.apply_updates(state.params, updates)
    return TrainState(params, opt_state, key), loss


def with_rows(
    batch: Batch, *, n_items: int, n_negatives: int, rng: np.random.Generator
) -> tuple[Batch, Rows]:
    """The batch and the catalogue rows that its step touches.

    All rows for a full softmax (``n_negatives`` = 0); else the distinct items of the batch, padded
    to a power of two so that shapes repeat, and evenly drawn negatives.
    """
    if n_negatives == 0:
        return batch, Rows(np.arange(n_items, dtype=np.int32), np.zeros(0, np.int32))
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
    return moved, Rows(items, rng.integers(0, n_items, n_negatives, dtype=np.int32))
