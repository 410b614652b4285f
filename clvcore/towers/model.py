"""The two-tower model: one tower for items, one for users, one space for both."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int, PyTree

from clvcore.features.attributes import Attributes
from clvcore.features.histories import KINDS
from clvcore.towers.config import Precision, TowerConfig
from clvcore.towers.encoders import (
    TIME_BUCKETS,
    Key,
    Sequence,
    Times,
    dropped,
    encoder,
    linear,
    time_bucket,
)
from clvcore.towers.item_tower import SPREAD, AttributeTower, ItemTower
from clvcore.towers.known import AnyArray, Known
from clvcore.towers.lesson import Lesson

FIRST_TEMPERATURE = 0.07
"""Temperature of the softmax at the start (CLIP, Radford et al. 2021); it is learned."""


class Behaviour(NamedTuple):
    """Histories in rows of one length, the latest event last, padding behind it."""

    item: Int[AnyArray, "batch length"]
    """Place of the event's item among the item vectors at hand; 0 in the padding."""
    kind: Int[AnyArray, "batch length"]
    weight: Float[AnyArray, "batch length"]
    extent: Float[AnyArray, "batch length"] | None
    """How much of it; None where that is never known."""
    at: Int[AnyArray, "batch length"] | None
    """Seconds since the row's first event; None where only the order is known."""
    user: Int[AnyArray, " batch"]
    """Number of the user, for the attributes."""


class TwoTowers(nnx.Module):
    """Item tower and user tower with the temperature that scales their similarity."""

    def __init__(
        self, items: Attributes, users: Attributes, config: TowerConfig, *, rngs: nnx.Rngs
    ) -> None:
        dim = config.embedding_size
        self.item_tower = ItemTower(items.tokens.shape[0], items, config, rngs=rngs)
        self.about_user = AttributeTower(
            users.n_terms, users.numbers.shape[1], users.vectors.shape[1], dim, rngs=rngs
        )
        self.opening = nnx.Param(SPREAD * jax.random.normal(rngs.params(), (dim,)))
        self.kind = nnx.Param(SPREAD * jax.random.normal(rngs.params(), (len(KINDS), dim)))
        self.gap = nnx.Param(SPREAD * jax.random.normal(rngs.params(), (TIME_BUCKETS, dim)))
        self.liking = nnx.Param(jnp.zeros((dim,)))
        self.extent = nnx.Param(jnp.zeros((dim,)))
        self.enter = nnx.RMSNorm(dim, rngs=rngs)
        self.input_dropout = config.input_dropout
        self.encoder = encoder(config, rngs=rngs)
        self.leave = nnx.RMSNorm(dim, rngs=rngs)
        self.project = nnx.Linear(dim, dim, use_bias=False, rngs=rngs)
        self.log_temperature = nnx.Param(jnp.log(jnp.float32(FIRST_TEMPERATURE)))

    @property
    def temperature(self) -> Float[Array, ""]:
        """Learned temperature, kept between 0.01 and 10."""
        return jnp.exp(jnp.clip(self.log_temperature[...], jnp.log(0.01), jnp.log(10.0)))

    def items(
        self, rows: Int[Array, " rows"], known: Known, *, key: Key = None
    ) -> Float[Array, "rows dim"]:
        """Vectors of the items ``rows``; ``known`` is about these rows, in their order."""
        return self.item_tower(rows, known, key=key)

    def users(
        self,
        behaviour: Behaviour,
        item_vectors: Float[Array, "items dim"],
        known: Known,
        *,
        key: Key = None,
        precision: Precision = "float32",
    ) -> Float[Array, "batch prefixes dim"]:
        """Vectors of users after 0, 1, ... all of their events.

        The first is what the attributes alone say: the vector of a user without a history.
        ``precision`` is that of the encoder; what goes in and comes out is float32.
        """
        first = self.opening[...] + self.about_user(known.at(behaviour.user))
        events = (
            item_vectors[behaviour.item]
            + self.kind[...][behaviour.kind]
            + self.liking[...] * behaviour.weight[..., None]
        )
        if behaviour.extent is not None:
            events = events + self.extent[...] * behaviour.extent[..., None]
        at = None
        if behaviour.at is not None:
            at = jnp.concatenate([behaviour.at[:, :1], behaviour.at], axis=1)
            events = events + self.gap[...][time_bucket(jnp.diff(at, axis=1))]
        x = self.enter(jnp.concatenate([first[:, None], events], axis=1))
        if self.input_dropout and key is not None:
            key, entering = jax.random.split(key)
            x = dropped(x, self.input_dropout, entering)
        return linear(self.project, self.leave(self._encoded(x, at, key, precision)))

    def _encoded(self, x: Sequence, at: Times, key: Key, precision: Precision) -> Sequence:
        if precision == "float32":
            return self.encoder(x, at, key)
        graph, params = nnx.split(self.encoder)
        half = jax.tree.map(lambda leaf: leaf.astype(precision), params)
        return nnx.merge(graph, half)(x.astype(precision), at, key).astype(x.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A two-tower model: its configuration, its structure and its parameters."""

    config: TowerConfig
    graph: nnx.GraphDef
    params: PyTree

    def towers(self) -> TwoTowers:
        """The model as a module."""
        return nnx.merge(self.graph, self.params)


def initialised(lesson: Lesson, config: TowerConfig, *, seed: int) -> Model:
    """A model with fresh parameters."""
    towers = TwoTowers(lesson.items, lesson.users, config, rngs=nnx.Rngs(seed))
    graph, params = nnx.split(towers, nnx.Param)
    return Model(config, graph, params)
