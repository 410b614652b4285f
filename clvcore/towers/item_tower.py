"""The item tower: an id and everything that is known of an item become one vector."""

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int

from clvcore.features.attributes import Attributes
from clvcore.towers.config import TowerConfig
from clvcore.towers.encoders import FeedForward, Key, dropped
from clvcore.towers.known import Known

SPREAD = 0.02
"""Deviation of embeddings at the start, as in the transformers of the literature."""


class AttributeTower(nnx.Module):
    """A bag of tokens, numbers and a vector become one vector; all unknown gives zero."""

    def __init__(
        self, n_terms: int, n_numbers: int, n_vector: int, dim: int, *, rngs: nnx.Rngs
    ) -> None:
        self.tokens = nnx.Param(SPREAD * jax.random.normal(rngs.params(), (n_terms + 1, dim)))
        self.numbers = nnx.Linear(max(n_numbers, 1), dim, use_bias=False, rngs=rngs)
        self.vectors = nnx.Linear(max(n_vector, 1), dim, use_bias=False, rngs=rngs)

    def __call__(self, known: Known) -> Float[Array, "rows dim"]:
        """Sum of the tokens over the root of their count, plus what numbers and vectors say."""
        tokens = jnp.asarray(known.tokens)
        there = (tokens > 0).astype(jnp.float32)
        # an empty cell reads row 0 and is multiplied away
        bag = jnp.einsum("rt,rtd->rd", there, self.tokens[...][tokens])
        out = bag * jax.lax.rsqrt(jnp.maximum(there.sum(1, keepdims=True), 1.0))
        if known.numbers.shape[1]:
            out = out + SPREAD * self.numbers(jnp.asarray(known.numbers))
        if known.vectors.shape[1]:
            out = out + SPREAD * self.vectors(jnp.asarray(known.vectors))
        return out


class ItemTower(nnx.Module):
    """Id embedding plus attributes, which one gated layer mixes.

    The id stays outside of the layer: what behaviour tells of a single item is kept as it is, and
    rare items are not bent by what the layer learned from others. The layer begins as nothing, so
    that ids and attributes begin with equal weight.
    """

    def __init__(
        self, n_items: int, attributes: Attributes, config: TowerConfig, *, rngs: nnx.Rngs
    ) -> None:
        dim = config.embedding_size
        self.ids = nnx.Param(SPREAD * jax.random.normal(rngs.params(), (n_items, dim)))
        self.attributes = AttributeTower(
            attributes.n_terms,
            attributes.numbers.shape[1],
            attributes.vectors.shape[1],
            dim,
            rngs=rngs,
        )
        self.attribute_mix = FeedForward(dim, 0.0, rngs=rngs)
        self.attribute_mix.down.kernel[...] = jnp.zeros_like(self.attribute_mix.down.kernel[...])
        self.is_told = bool(
            attributes.n_terms or attributes.numbers.shape[1] or attributes.vectors.shape[1]
        )
        self.id_dropout = config.id_dropout
        self.item_dropout = config.item_dropout

    def __call__(
        self, items: Int[Array, " rows"], known: Known, *, key: Key = None
    ) -> Float[Array, "rows dim"]:
        """Vectors of items; one that was never seen is placed by its attributes alone."""
        told = jnp.asarray(known.seen)
        if key is not None and self.id_dropout > 0:
            told = told & jax.random.bernoulli(key, 1 - self.id_dropout, items.shape)
        ids = jnp.where(told[:, None], self.ids[...][items], 0.0)
        if key is not None and self.item_dropout > 0:
            # not split from the key of the whole ids, which would change the runs without it
            ids = dropped(ids, self.item_dropout, jax.random.fold_in(key, 1))
        if not self.is_told:
            return ids
        known_of = self.attributes(known)
        return ids + known_of + self.attribute_mix(known_of, None)
