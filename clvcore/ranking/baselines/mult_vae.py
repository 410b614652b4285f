"""Whole histories generated from a few hidden causes: a variational autoencoder."""

from dataclasses import dataclass
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Float32, Int, PRNGKeyArray
from scipy.sparse import csr_array

from clvcore.features.histories import Histories
from clvcore.ranking.baselines.likes import likes
from clvcore.ranking.baselines.popularity import Popularity
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.metrics import hits_of, ndcg
from clvcore.ranking.top_n import top_n_of_scores

LEAST_LIKES = 3
"""Users with fewer are not held out: there is nothing to hide and to tell from."""


@dataclass(frozen=True, slots=True)
class MultVaeConfig:
    """How the autoencoder is built and trained; the defaults are the paper's, but for its size."""

    hidden: int = 256
    """Width of the layer on either side of the code."""
    latent: int = 64
    """Hidden causes."""
    dropout: float = 0.5
    """Share of a user's likes that are kept from the encoder while it trains."""
    most_kl: float = 0.2
    """Weight of the divergence at the end; it grows from 0 over the first half of all steps."""
    learning_rate: float = 1e-3
    batch: int = 256
    epochs: int = 100
    """At most."""
    patience: int = 10
    """Epochs without a better NDCG@10 on held-out users after which training ends."""
    held_out: float = 0.1
    """Share of users who are not learned from: a fifth of their likes is hidden and to be told."""


class Weights(NamedTuple):
    """The layers of the autoencoder: a matrix and a bias each."""

    inner: tuple[Float[Array, "items hidden"], Float[Array, " hidden"]]
    code: tuple[Float[Array, "hidden codes"], Float[Array, " codes"]]
    outer: tuple[Float[Array, "latent hidden"], Float[Array, " hidden"]]
    items: tuple[Float[Array, "hidden items"], Float[Array, " items"]]

    @classmethod
    def drawn(cls, n_items: int, config: MultVaeConfig, key: PRNGKeyArray) -> "Weights":
        """Layers before any training (Glorot's uniform range, biases of zero)."""
        sizes = (
            (n_items, config.hidden),
            (config.hidden, 2 * config.latent),
            (config.latent, config.hidden),
            (config.hidden, n_items),
        )
        draw = jax.nn.initializers.glorot_uniform()
        keys = jax.random.split(key, len(sizes))
        return cls(
            *((draw(k, size), jnp.zeros(size[1])) for k, size in zip(keys, sizes, strict=True))
        )


def encode(
    net: Weights, likes: Float[Array, "batch items"]
) -> tuple[Float[Array, "batch latent"], Float[Array, "batch latent"]]:
    """Mean and log-variance of the code of each row; a row of zeros is allowed."""
    length = jax.lax.rsqrt(jnp.sum(likes**2, axis=1, keepdims=True) + 1e-8)
    hidden = jnp.tanh((likes * length) @ net.inner[0] + net.inner[1])
    mean, log_variance = jnp.split(hidden @ net.code[0] + net.code[1], 2, axis=1)
    return mean, log_variance


def decode(net: Weights, code: Float[Array, "batch latent"]) -> Float[Array, "batch items"]:
    """Logits of the multinomial that the likes were drawn from."""
    hidden = jnp.tanh(code @ net.outer[0] + net.outer[1])
    return hidden @ net.items[0] + net.items[1]


def negative_elbo(
    net: Weights,
    likes: Float[Array, "batch items"],
    kl: float | Float[Array, ""],
    key: PRNGKeyArray,
    dropout: float | Float[Array, ""],
) -> Float[Array, ""]:
    """-sum_i x_ui log pi_i(z_u) + kl KL(q(z_u | x_u) || N(0, I)), mean over users with likes.

    References:
        Liang, Krishnan, Hoffman, Jebara, "Variational autoencoders for collaborative filtering",
        WWW 2018, eq. (2), (5) and section 2.2.2 (the annealed weight of the divergence).
    """
    for_mask, for_code = jax.random.split(key)
    kept = jax.random.bernoulli(for_mask, 1 - dropout, likes.shape)
    mean, log_variance = encode(net, jnp.where(kept, likes / (1 - dropout), 0.0))
    drawn = mean + jnp.exp(log_variance / 2) * jax.random.normal(for_code, mean.shape)
    told = jnp.sum(likes * jax.nn.log_softmax(decode(net, drawn)), axis=1)
    apart = 0.5 * jnp.sum(jnp.exp(log_variance) + mean**2 - 1 - log_variance, axis=1)
    there = likes.sum(axis=1) > 0
    return jnp.sum(jnp.where(there, kl * apart - told, 0.0)) / jnp.maximum(there.sum(), 1)


@dataclass(frozen=True, slots=True, eq=False)
class MultVae:
    """Logits of the decoder at the mean of a user's code.

    Who likes nothing yet is scored by popularity.

    References:
        Liang et al., WWW 2018, as above.
    """

    net: Weights
    popularity: Float32[np.ndarray, " items"]
    epochs: int
    """That the net which is kept has learned for."""

    @classmethod
    def of(
        cls, past: Histories, *, rng: np.random.Generator, config: MultVaeConfig | None = None
    ) -> "MultVae":
        """The net that tells best what held-out users of ``past`` like beside what they showed."""
        config = config or MultVaeConfig()
        known = likes(past).astype(np.float32)
        net = Weights.drawn(known.shape[1], config, jax.random.key(int(rng.integers(2**31))))
        net, epochs = _trained(net, known, config, rng)
        return cls(net, Popularity.of(past).score, epochs)

    def scores(
        self, histories: Histories, users: Int[np.ndarray, " batch"], /
    ) -> Float32[np.ndarray, "batch items"]:
        """Logits of all items."""
        liked = likes(histories, users).toarray().astype(np.float32)
        scores = np.array(_logits(self.net, jnp.asarray(liked)))
        scores[~liked.any(axis=1)] = self.popularity
        return scores


class _HeldOut(NamedTuple):
    """Users who are not learned from: what the net is shown of them, and what it has to tell."""

    shown: csr_array
    hidden: ItemLists


def _trained(
    net: Weights, known: csr_array, config: MultVaeConfig, rng: np.random.Generator
) -> tuple[Weights, int]:
    """The net after the epoch that was best on held-out users, and that epoch."""
    held, rows = _hold_out(known, config, rng)
    state = optax.adam(config.learning_rate).init(net)
    batch = min(config.batch, max(len(rows), 1))
    steps = -(-len(rows) // batch)
    best, best_at, kept = -1.0, 0, net
    key = jax.random.key(int(rng.integers(2**31)))
    for epoch in range(1, config.epochs + 1):
        order = rng.permutation(rows)
        for step in range(steps):
            done = (epoch - 1) * steps + step
            kl = config.most_kl * min(done / max(config.epochs * steps / 2, 1), 1)
            # every batch has the same size, so that one program serves all
            chosen = np.resize(order[step * batch : (step + 1) * batch], batch)
            block = jnp.asarray(known[chosen].toarray())
            net, state = _step(
                net,
                state,
                block,
                kl,
                jax.random.fold_in(key, done),
                config.dropout,
                config.learning_rate,
            )
        reached = float(epoch) if held is None else _told(net, held)
        if reached > best:
            best, best_at, kept = reached, epoch, net
        elif epoch - best_at >= config.patience:
            break
    return kept, best_at


def _hold_out(
    known: csr_array, config: MultVaeConfig, rng: np.random.Generator
) -> tuple[_HeldOut | None, Int[np.ndarray, " rows"]]:
    """Users held out, and the rows of those who are learned from; None where there are too few."""
    counts = np.diff(known.indptr)
    rows, able = np.flatnonzero(counts), np.flatnonzero(counts >= LEAST_LIKES)
    n_held = int(len(able) * config.held_out)
    if not n_held:
        return None, rows
    held = np.sort(rng.choice(able, n_held, replace=False))
    shown = known[held]
    row = np.repeat(np.arange(n_held), np.diff(shown.indptr))
    place = np.lexsort((rng.random(len(row)), row))  # each user's likes in an order of chance
    rank = np.empty(len(row), np.int64)
    rank[place] = np.arange(len(row)) - shown.indptr[row]
    is_hidden = rank < np.maximum(np.diff(shown.indptr) // 5, 1)[row]
    items = ItemLists(shown.indptr.astype(np.int64), shown.indices).where(is_hidden)
    kept = shown.copy()
    kept.data = np.where(is_hidden, 0, kept.data).astype(np.float32)
    kept.eliminate_zeros()
    return _HeldOut(kept, items), np.setdiff1d(rows, held)


def _told(net: Weights, held: _HeldOut) -> float:
    """Mean NDCG@10 of what was hidden of the users who were held out."""
    scores = np.array(_logits(net, jnp.asarray(held.shown.toarray())))
    shown = ItemLists(held.shown.indptr.astype(np.int64), held.shown.indices)
    best = top_n_of_scores(scores, 10, seen=shown)
    return float(ndcg(hits_of(best.items, held.hidden), held.hidden.lengths()).mean())


@jax.jit
def _logits(net: Weights, liked: Float[Array, "batch items"]) -> Float[Array, "batch items"]:
    return decode(net, encode(net, liked)[0])


@jax.jit
def _step(
    net: Weights,
    state: optax.OptState,
    block: Float[Array, "batch items"],
    kl: float | Float[Array, ""],
    key: PRNGKeyArray,
    dropout: float | Float[Array, ""],
    learning_rate: float | Float[Array, ""],
) -> tuple[Weights, optax.OptState]:
    """One step of Adam on a block of users."""
    grads = jax.grad(negative_elbo)(net, block, kl, key, dropout)
    updates, state = optax.adam(learning_rate).update(grads, state)
    return cast(Weights, optax.apply_updates(net, updates)), state
