"""One step of training: a pure function from state and batch to state and loss."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from clvcore.towers.batches import Batch
from clvcore.towers.blocks import block_size, sum_in_blocks
from clvcore.towers.config import Loss, Precision, Similarity, TrainConfig
from clvcore.towers.known import Known
from clvcore.towers.losses import (
    Choices,
    Drawn,
    bpr,
    full_softmax,
    gbce,
    prepared,
    sampled_softmax,
)
from clvcore.towers.model import Model, TwoTowers
from clvcore.towers.negatives import Rows
from clvcore.towers.table import (
    B1,
    B2,
    EPS,
    Learned,
    caught_up,
    narrowed,
    steps_made,
    widened,
)

RANDOM_BITS = "unsafe_rbg"
"""Generator of dropout masks: on a CPU the default one makes them as dear as attention."""


_SAMPLED: dict[Loss, Callable[..., Float[Array, " batch"]]] = {"gbce": gbce, "bpr": bpr}


class TrainState(NamedTuple):
    """What goes on from step to step."""

    params: PyTree
    optimizer: optax.OptState
    key: PRNGKeyArray
    upto: Int[Array, " items"] | None = None
    """Steps that each row of the table of ids has made; None where it always makes all of them."""


class Objective(NamedTuple):
    """What is made small: the loss, and how it compares."""

    loss: Loss
    similarity: Similarity
    n_items: int
    calibration: float
    """Of the generalised binary cross-entropy."""
    precision: Precision = "float32"

    @classmethod
    def of(cls, train: TrainConfig, similarity: Similarity, n_items: int) -> "Objective":
        """The objective of a training on a catalogue of this size."""
        return cls(train.loss_for(n_items), similarity, n_items, train.calibration, train.precision)


def first_state(model: Model, train: TrainConfig, loss: Loss) -> TrainState:
    """The state before the first step; only a full softmax touches the whole table in each."""
    ids = model.params["item_tower"]["ids"]
    return TrainState(
        model.params,
        optimizer(train.weight_decay).init(model.params),
        jax.random.key(train.seed, impl=RANDOM_BITS),
        None if loss == "full_softmax" else jnp.zeros(ids.shape[0], jnp.int32),
    )


def optimizer(weight_decay: float) -> optax.GradientTransformation:
    """AdamW before it is scaled by the step size; only matrices are pulled towards zero."""
    return optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.scale_by_adam(B1, B2, EPS),
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
    objective: Objective,
    key: PRNGKeyArray | None,
) -> Float[Array, ""]:
    """Loss of one batch; items and targets of the batch are places in ``rows.items``.

    The towers' table of ids has the rows ``rows.touched``, or all where these are not told apart. Only choices that count are compared with the items: padding costs nothing there.
    """
    item_key, user_key = (None, None) if key is None else jax.random.split(key)
    negatives = jnp.asarray(rows.negatives)
    everything = jnp.concatenate([jnp.asarray(rows.items), negatives])
    raw = towers.items(jnp.asarray(rows.place), items.at(everything), key=item_key)
    own = rows.items.shape[0]
    states = towers.users(
        batch.behaviour, raw[:own], users, key=user_key, precision=objective.precision
    )
    vectors = prepared(raw, objective.similarity)
    weight = jnp.asarray(batch.weight).reshape(-1)
    count = jnp.sum(weight > 0)
    real = jnp.flatnonzero(weight > 0, size=weight.shape[0], fill_value=0)
    counted = jnp.where(jnp.arange(weight.shape[0]) < count, weight[real], 0.0)
    place = jnp.asarray(batch.target).reshape(-1)[real]
    chosen = prepared(states.reshape(-1, states.shape[-1])[real], objective.similarity)
    is_full = objective.loss == "full_softmax"
    compared = vectors if is_full else vectors[own:]
    total = sum_in_blocks(
        partial(_of_block, objective=objective),
        (chosen, None if is_full else vectors[place]),
        (compared, towers.temperature),
        # a drawn negative is told from the item taken by its catalogue number, not by its place
        (place if is_full else everything[place], counted),
        (negatives, jnp.asarray(rows.expected)),
        size=block_size(weight.shape[0], compared.shape[0]),
        count=count,
    )
    return total / jnp.maximum(jnp.sum(weight), 1e-8)


def _of_block(
    rows: tuple[Array, Array | None],
    shared: tuple[Array, Array],
    given: tuple[Array, Array],
    fixed: tuple[Array, Array],
    *,
    objective: Objective,
) -> Float[Array, ""]:
    """Weighted sum of the losses of a block of choices."""
    (users, taken_items), (vectors, temperature), (taken, weight) = rows, shared, given
    choices, similarity = Choices(users, taken), objective.similarity
    if taken_items is None:
        loss = full_softmax(choices, vectors, similarity=similarity, temperature=temperature)
        return jnp.sum(weight * loss)
    told_apart = _SAMPLED.get(objective.loss, sampled_softmax)
    if told_apart is gbce:
        told_apart = partial(gbce, n_items=objective.n_items, calibration=objective.calibration)
    drawn = Drawn(fixed[0], vectors, fixed[1])
    loss = told_apart(choices, taken_items, drawn, similarity=similarity, temperature=temperature)
    return jnp.sum(weight * loss)


@partial(jax.jit, static_argnames=("graph", "objective", "weight_decay"), donate_argnums=0)
def train_step(
    state: TrainState,
    batch: Batch,
    rows: Rows,
    items: Known,
    users: Known,
    step_size: Float[Array | np.ndarray, ""],
    *,
    graph: nnx.GraphDef,
    objective: Objective,
    weight_decay: float,
) -> tuple[TrainState, Float[Array, ""]]:
    """One step down the gradient: the state goes on, the loss is for looking.

    The step size is an argument, so that runs of other length or pace need no other program.
    """
    key, now = jax.random.split(state.key)
    whole, made = Learned(state.params, state.optimizer), steps_made(state.optimizer)
    held = (
        whole
        if state.upto is None
        else _held(whole, rows.touched, made, state.upto, step_size, weight_decay)
    )

    def loss_of(params: PyTree) -> Float[Array, ""]:
        towers = nnx.merge(graph, params)
        return batch_loss(towers, batch, rows, items, users, objective=objective, key=now)

    loss, gradient = jax.value_and_grad(loss_of)(held.params)
    direction, moments = optimizer(weight_decay).update(gradient, held.moments, held.params)
    updates = jax.tree.map(lambda leaf: -step_size * leaf, direction)
    new, upto = Learned(optax.apply_updates(held.params, updates), moments), None
    if state.upto is not None:
        new = widened(whole, new, rows.touched)
        upto = state.upto.at[rows.touched].set(made + 1, mode="drop", unique_indices=True)
    return TrainState(new.params, new.moments, key, upto), loss


def _held(
    whole: Learned,
    touched: Int[Array | np.ndarray, " touched"],
    made: Int[Array, ""],
    upto: Int[Array, " items"],
    step_size: Float[Array | np.ndarray, ""],
    weight_decay: float,
) -> Learned:
    """Only the rows that a step touches, brought up to it."""
    missed = made - upto.at[touched].get(mode="clip")
    return caught_up(narrowed(whole, touched), missed, step_size, weight_decay)


@partial(jax.jit, static_argnames="weight_decay", donate_argnums=0)
def settled(
    state: TrainState, step_size: Float[Array | np.ndarray, ""], *, weight_decay: float
) -> TrainState:
    """The state with all rows of the table brought up to its last step."""
    if state.upto is None:
        return state
    made = steps_made(state.optimizer)
    learned = Learned(state.params, state.optimizer)
    new = caught_up(learned, made - state.upto, step_size, weight_decay)
    return TrainState(new.params, new.moments, state.key, jnp.full_like(state.upto, made))
