"""Similarities and losses: pure functions of vectors.

``users`` are vectors of a user at a moment, ``items`` of the catalogue, ``taken`` the row of the
item that was chosen next, ``weight`` how much each choice counts.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from clvcore.towers.config import Similarity


class Choices(NamedTuple):
    """Users at a moment, what they chose, and how much each choice counts."""

    users: Float[Array, "batch dim"]
    taken: Int[Array, " batch"]
    weight: Float[Array, " batch"]


def unit(z: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
    """Vectors of length one; a zero vector stays zero and keeps a finite gradient."""
    return z * jax.lax.rsqrt(jnp.sum(z * z, axis=-1, keepdims=True) + 1e-8)


def prepared(z: Float[Array, "*batch dim"], similarity: Similarity) -> Float[Array, "*batch dim"]:
    """Vectors as they are stored and compared: of length one for the cosine, else as they are."""
    return unit(z) if similarity == "cosine" else z


def similarities(
    users: Float[Array, "batch dim"], items: Float[Array, "catalogue dim"], similarity: Similarity
) -> Float[Array, "batch catalogue"]:
    """Similarity of every prepared user to every prepared item.

    cosine and dot: u . v;  euclidean: -|u - v|^2 = 2 u . v - |u|^2 - |v|^2.
    """
    product = users @ items.T
    if similarity != "euclidean":
        return product
    return 2 * product - jnp.sum(users**2, 1)[:, None] - jnp.sum(items**2, 1)[None, :]


def paired(
    users: Float[Array, "batch dim"], items: Float[Array, "batch dim"], similarity: Similarity
) -> Float[Array, " batch"]:
    """Similarity of each prepared user to the prepared item of the same row."""
    if similarity == "euclidean":
        return -jnp.sum((users - items) ** 2, axis=-1)
    return jnp.sum(users * items, axis=-1)


def full_softmax(
    choices: Choices,
    items: Float[Array, "catalogue dim"],
    *,
    similarity: Similarity,
    temperature: Float[Array, ""] | float,
) -> Float[Array, ""]:
    """Weighted mean cross-entropy of the item taken against the whole catalogue.

    -log( exp(s_taken / t) / sum_j exp(s_j / t) )
    """
    logits = similarities(choices.users, items, similarity) / temperature
    loss = optax.losses.softmax_cross_entropy_with_integer_labels(logits, choices.taken)
    return _mean(loss, choices.weight)


def sampled_softmax(
    choices: Choices,
    taken_items: Float[Array, "batch dim"],
    negatives: Int[Array, " negatives"],
    negative_items: Float[Array, "negatives dim"],
    *,
    similarity: Similarity,
    temperature: Float[Array, ""] | float,
    n_items: int,
) -> Float[Array, ""]:
    """Weighted mean cross-entropy of the item taken against evenly drawn, shared negatives.

    Each negative stands for n_items / n_negatives items, so its logit is raised by the logarithm of
    that (the correction for the sampling probability of Bengio and Senecal 2008); the loss then
    estimates the one of `full_softmax`. A negative that happens to be the item taken is masked.
    """
    positive = paired(choices.users, taken_items, similarity) / temperature
    logits = similarities(choices.users, negative_items, similarity) / temperature
    logits = logits + jnp.log((n_items - 1) / negatives.shape[0])
    hit = negatives[None, :] == choices.taken[:, None]
    logits = jnp.where(hit, -jnp.inf, logits)
    total = jnp.logaddexp(positive, jax.nn.logsumexp(logits, axis=-1))
    return _mean(total - positive, choices.weight)


def _mean(loss: Float[Array, " batch"], weight: Float[Array, " batch"]) -> Float[Array, ""]:
    return jnp.sum(loss * weight) / jnp.maximum(jnp.sum(weight), 1e-8)
