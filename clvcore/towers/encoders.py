"""Encoders of a history: a causal sequence of vectors in, one vector for each prefix out.

Padding stands behind the events, so that a causal encoder never looks at it.
"""

from collections.abc import Callable
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int, PRNGKeyArray

from clvcore.towers.config import TowerConfig

TIME_BUCKETS = 32
"""Time between two events by its logarithm: bucket b holds 2^(b-1) to 2^b seconds."""
QUERIES = 64
"""Events whose attention is computed at once: they need no key behind the last of them, which
saves up to half of the causal square."""
UNSEEN = -1e30
"""Score of what lies in the future; minus infinity would give no gradient but NaN."""

Sequence = Float[Array, "batch length dim"]
Times = Int[Array, "batch length"] | None
"""Seconds; None where only the order is known."""
Key = PRNGKeyArray | None
"""None means: no dropout, as in serving."""


def time_bucket(seconds: Int[Array, "*shape"]) -> Int[Array, "*shape"]:
    """Number of binary digits of a span of time, at most `TIME_BUCKETS` - 1."""
    span = jnp.maximum(seconds, 0).astype(jnp.float32)
    return jnp.minimum(jnp.log2(span + 1).astype(jnp.int32), TIME_BUCKETS - 1)


def dropped(x: Float[Array, "*shape"], rate: float, key: Key) -> Float[Array, "*shape"]:
    """``x`` with a share of its entries set to zero and the rest scaled up; ``x`` without a key."""
    if key is None or rate == 0:
        return x
    return jnp.where(_bits(key, x.size).reshape(x.shape) >= rate, x / (1 - rate), 0)


def _bits(key: PRNGKeyArray, n: int) -> Float[Array, " n"]:
    """Numbers in [0, 1), as random as a mask needs.

    The place of an entry and the key through the last mixing of MurmurHash3 (Appleby 2011): made
    where it is used, so a mask on a CPU costs an eighth of one of the generators of jax.random.
    """
    words = jax.random.key_data(key)
    h = jax.lax.iota(jnp.uint32, n) * jnp.uint32(0x9E3779B9) + words[0]
    h = (h ^ (h >> 16)) * jnp.uint32(0x85EBCA6B)
    h = (h ^ (h >> 13) ^ words[-1]) * jnp.uint32(0xC2B2AE35)
    return ((h ^ (h >> 16)) >> 8).astype(jnp.float32) * 2.0**-24


def linear(layer: nnx.Linear, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch out"]:
    """A linear layer on all positions as one matrix: its gradient is then one product too."""
    return layer(x.reshape(-1, x.shape[-1])).reshape(*x.shape[:-1], -1)


def _keys(key: Key, n: int) -> list[Key]:
    return [None] * n if key is None else list(jax.random.split(key, n))


class FeedForward(nnx.Module):
    """Two layers with a gate between them (SwiGLU, Shazeer 2020), behind a norm."""

    def __init__(self, dim: int, dropout: float, *, rngs: nnx.Rngs) -> None:
        self.norm = nnx.RMSNorm(dim, rngs=rngs)
        self.up = nnx.Linear(dim, 4 * dim, use_bias=False, rngs=rngs)
        self.down = nnx.Linear(2 * dim, dim, use_bias=False, rngs=rngs)
        self.dropout = dropout

    def __call__(self, x: Float[Array, "*batch dim"], key: Key) -> Float[Array, "*batch dim"]:
        """What is to be added to ``x``."""
        gate, value = jnp.split(linear(self.up, self.norm(x)), 2, axis=-1)
        return dropped(linear(self.down, nnx.silu(gate) * value), self.dropout, key)


def _attended(
    q: Float[Array, "batch queries heads part"],
    k: Float[Array, "batch keys heads part"],
    v: Float[Array, "batch keys heads part"],
    bias: Float[Array, "some heads queries keys"],
) -> Float[Array, "batch queries heads part"]:
    """Mean of the values by the softmax of the scores, softmax( q . k / sqrt(d) + bias ) v."""
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(q.shape[-1]).astype(q.dtype)
    # the softmax of half precision would add up too little
    exact = jnp.promote_types(scores.dtype, jnp.float32)
    share = jax.nn.softmax(scores.astype(exact) + bias, axis=-1).astype(v.dtype)
    return jnp.einsum("bhqk,bkhd->bqhd", share, v)


class Attention(nnx.Module):
    """Causal self-attention with learned biases for the distance in events and in time."""

    def __init__(
        self,
        dim: int,
        n_heads: int,
        max_length: int,
        dropout: float,
        *,
        time_bias: bool,
        rngs: nnx.Rngs,
    ) -> None:
        self.norm = nnx.RMSNorm(dim, rngs=rngs)
        self.project = nnx.Linear(dim, 3 * dim, use_bias=False, rngs=rngs)
        self.out = nnx.Linear(dim, dim, use_bias=False, rngs=rngs)
        self.by_distance = nnx.Param(jnp.zeros((n_heads, max_length)))
        self.by_time = nnx.Param(jnp.zeros((n_heads, TIME_BUCKETS))) if time_bias else None
        self.n_heads = n_heads
        self.dropout = dropout

    def __call__(self, x: Sequence, at: Times, key: Key) -> Sequence:
        """What is to be added to ``x``; ``at`` are seconds."""
        batch, length, dim = x.shape
        heads = (batch, length, self.n_heads, dim // self.n_heads)
        q, k, v = (
            part.reshape(heads)
            for part in jnp.split(linear(self.project, self.norm(x)), 3, axis=-1)
        )
        mixed = [
            _attended(q[:, first:last], k[:, :last], v[:, :last], self._bias(first, last, at))
            for first, last in pairwise([*range(0, length, QUERIES), length])
        ]
        joined = jnp.concatenate(mixed, axis=1).reshape(x.shape)
        return dropped(linear(self.out, joined), self.dropout, key)

    def _bias(self, first: int, last: int, at: Times) -> Float[Array, "some heads queries keys"]:
        """What is added to the scores of queries ``first`` to ``last`` for all keys before."""
        apart = jnp.arange(first, last)[:, None] - jnp.arange(last)[None, :]
        reach = self.by_distance.shape[1] - 1
        bias = self.by_distance[...][:, jnp.clip(apart, 0, reach)][None]
        if at is not None and self.by_time is not None:
            between = time_bucket(at[:, first:last, None] - at[:, None, :last])
            bias = bias + jnp.moveaxis(self.by_time[...].T[between], -1, 1)
        return jnp.where(apart >= 0, bias, UNSEEN)


class Transformer(nnx.Module):
    """Pre-norm causal transformer (Vaswani et al. 2017; SASRec, Kang and McAuley 2018)."""

    def __init__(self, config: TowerConfig, *, rngs: nnx.Rngs) -> None:
        dim = config.embedding_size
        self.attention = nnx.List(
            [
                Attention(
                    dim,
                    config.n_heads,
                    config.max_length + 1,
                    config.dropout,
                    time_bias=config.time_bias,
                    rngs=rngs,
                )
                for _ in range(config.n_blocks)
            ]
        )
        self.feed_forward = nnx.List(
            [FeedForward(dim, config.dropout, rngs=rngs) for _ in range(config.n_blocks)]
        )

    def __call__(self, x: Sequence, at: Times, key: Key) -> Sequence:
        """A vector for every prefix of the history."""
        keys = _keys(key, 2 * len(self.attention))
        for i, (attend, feed) in enumerate(zip(self.attention, self.feed_forward, strict=True)):
            x = x + attend(x, at, keys[2 * i])
            x = x + feed(x, keys[2 * i + 1])
        return x


class Convolutions(nnx.Module):
    """Causal convolutions over three events, each reaching twice as far as the one before.

    Gated and residual as in WaveNet (van den Oord et al. 2016); for recommendation NextItNet
    (Yuan et al. 2019).
    """

    def __init__(self, config: TowerConfig, *, rngs: nnx.Rngs) -> None:
        dim = config.embedding_size
        reach = [2**i for i in range(max(3, config.n_blocks))]
        self.norm = nnx.List([nnx.RMSNorm(dim, rngs=rngs) for _ in reach])
        self.conv = nnx.List(
            [
                nnx.Conv(
                    dim, 2 * dim, kernel_size=3, kernel_dilation=r, padding="CAUSAL", rngs=rngs
                )
                for r in reach
            ]
        )
        self.dropout = config.dropout

    def __call__(self, x: Sequence, at: Times, key: Key) -> Sequence:
        """A vector for every prefix of the history; the order counts, ``at`` does not."""
        del at  # gaps in time are already part of the vectors of the events
        for norm, conv, sub in zip(self.norm, self.conv, _keys(key, len(self.conv)), strict=True):
            gate, value = jnp.split(conv(norm(x)), 2, axis=-1)
            x = x + dropped(nnx.sigmoid(gate) * value, self.dropout, sub)
        return x


class Recurrent(nnx.Module):
    """Gated recurrent units (Cho et al. 2014; GRU4Rec, Hidasi et al. 2016), residual by layer."""

    def __init__(self, config: TowerConfig, *, rngs: nnx.Rngs) -> None:
        dim = config.embedding_size
        self.norm = nnx.List([nnx.RMSNorm(dim, rngs=rngs) for _ in range(config.n_blocks)])
        self.inward = nnx.List(
            [nnx.Linear(dim, 3 * dim, rngs=rngs) for _ in range(config.n_blocks)]
        )
        self.onward = nnx.List(
            [nnx.Linear(dim, 3 * dim, use_bias=False, rngs=rngs) for _ in range(config.n_blocks)]
        )
        self.dropout = config.dropout

    def __call__(self, x: Sequence, at: Times, key: Key) -> Sequence:
        """A vector for every prefix of the history; the order counts, ``at`` does not."""
        del at  # gaps in time are already part of the vectors of the events
        for norm, inward, onward, sub in zip(
            self.norm, self.inward, self.onward, _keys(key, len(self.norm)), strict=True
        ):
            x = x + dropped(_gru(linear(inward, norm(x)), onward), self.dropout, sub)
        return x


def _gru(
    inward: Float[Array, "batch length gates"], onward: Callable[[jax.Array], jax.Array]
) -> Sequence:
    """States of a gated recurrent unit whose input products are already made, all at once."""

    def step(state: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
        reset, update, new = jnp.split(now, 3, axis=-1)
        old_reset, old_update, old_new = jnp.split(onward(state), 3, axis=-1)
        gate = nnx.sigmoid(update + old_update)
        fresh = nnx.tanh(new + nnx.sigmoid(reset + old_reset) * old_new)
        state = gate * state + (1 - gate) * fresh
        return state, state

    start = jnp.zeros((inward.shape[0], inward.shape[2] // 3), inward.dtype)
    states = jax.lax.scan(step, start, jnp.moveaxis(inward, 1, 0))[1]
    return jnp.moveaxis(states, 0, 1)


def encoder(config: TowerConfig, *, rngs: nnx.Rngs) -> Transformer | Convolutions | Recurrent:
    """The encoder that a configuration names."""
    kinds = {"transformer": Transformer, "cnn": Convolutions, "gru": Recurrent}
    return kinds[config.encoder](config, rngs=rngs)
