"""Similarities and losses: pure functions of vectors, one loss for every choice.

``users`` are vectors of a user at a moment, ``items`` of the catalogue, ``taken`` the item that was
chosen next. What a choice counts is up to the caller: see `weighted_mean`.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from clvcore.towers.config import Similarity


class Choices(NamedTuple):
    """Users at a moment and what they chose."""

    users: Float[Array, "batch dim"]
    taken: Int[Array, " batch"]
    """Number of the item in the catalogue."""


class Drawn(NamedTuple):
    """Items that every choice of a batch is told apart from."""

    items: Int[Array, " negatives"]
    """Numbers in the catalogue, an item as often as it was drawn."""
    vectors: Float[Array, "negatives dim"]
    expected: Float[Array, " negatives"]
    """How often each of them is drawn in the mean: number of draws times probability."""


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
) -> Float[Array, " batch"]:
    """Cross-entropy of the item taken against the whole catalogue.

    -log( exp(s_taken / t) / sum_j exp(s_j / t) )
    """
    logits = similarities(choices.users, items, similarity) / temperature
    return optax.losses.softmax_cross_entropy_with_integer_labels(logits, choices.taken)


def sampled_softmax(
    choices: Choices,
    taken_items: Float[Array, "batch dim"],
    drawn: Drawn,
    *,
    similarity: Similarity,
    temperature: Float[Array, ""] | float,
) -> Float[Array, " batch"]:
    """Cross-entropy of the item taken against items drawn for the whole batch.

    log( 1 + sum_j exp(s_j / t - s_taken / t - log E_j) ),  E_j the expected number of draws of j

    An item that is drawn often would be pushed away too often; taking log E_j off its logit (log Q)
    makes the sum an estimate of the one over the whole catalogue, whatever the items were drawn by.
    A drawn item that happens to be the one taken is masked.

    References:
        Bengio and Senecal 2008, "Adaptive importance sampling to accelerate training of a neural
            probabilistic language model" (evenly drawn items).
        Yi et al. 2019, "Sampling-bias-corrected neural modeling for large corpus item
            recommendations", section 3 (items of the batch).
        Yang et al. 2020, "Mixed negative sampling for learning two-tower neural networks in
            recommendations" (both).
    """
    positive, logits = _told_apart(choices, taken_items, drawn, similarity, temperature)
    total = jax.nn.logsumexp(logits - jnp.log(drawn.expected), axis=-1)
    return jnp.logaddexp(positive, total) - positive


def gbce(
    choices: Choices,
    taken_items: Float[Array, "batch dim"],
    drawn: Drawn,
    *,
    similarity: Similarity,
    temperature: Float[Array, ""] | float,
    n_items: int,
    calibration: float,
) -> Float[Array, " batch"]:
    """Generalised binary cross-entropy: the item taken is likely, each one drawn is not.

    -( beta log sigma(s_taken / t) + sum_j log(1 - sigma(s_j / t)) ) / (k + 1)
    a = k / (n_items - 1),  beta = a (calibration (1 - 1 / a) + 1 / a)

    With few of many items drawn, plain binary cross-entropy (calibration 0, beta 1) is overconfident;
    calibration 1 (beta a) undoes the effect of the drawing. A drawn item that is the one taken does
    not count. ``drawn`` are k evenly drawn items.

    References:
        Petrov and Macdonald 2023, "gSASRec: reducing overconfidence in sequential recommendation
            trained with negative sampling", equations 10 to 14.
    """
    positive, logits = _told_apart(choices, taken_items, drawn, similarity, temperature)
    k = drawn.items.shape[0]
    share = min(k / max(n_items - 1, 1), 1.0)
    beta = share * (calibration * (1 - 1 / share) + 1 / share)
    away = jnp.sum(jax.nn.softplus(logits), axis=-1)
    return (beta * jax.nn.softplus(-positive) + away) / (k + 1)


def bpr(
    choices: Choices,
    taken_items: Float[Array, "batch dim"],
    drawn: Drawn,
    *,
    similarity: Similarity,
    temperature: Float[Array, ""] | float,
) -> Float[Array, " batch"]:
    """Bayesian personalised ranking: the item taken before each one drawn.

    mean_j -log sigma(s_taken / t - s_j / t)

    A drawn item that is the one taken does not count. ``drawn`` are evenly drawn items.

    References:
        Rendle et al. 2009, "BPR: Bayesian personalized ranking from implicit feedback", section 4.
    """
    positive, logits = _told_apart(choices, taken_items, drawn, similarity, temperature)
    behind = jax.nn.softplus(logits - positive[:, None])
    there = jnp.isfinite(logits).sum(axis=-1)
    return jnp.sum(behind, axis=-1) / jnp.maximum(there, 1)


def weighted_mean(loss: Float[Array, " batch"], weight: Float[Array, " batch"]) -> Float[Array, ""]:
    """Mean of the losses by what each choice counts; 0 where none counts."""
    return jnp.sum(loss * weight) / jnp.maximum(jnp.sum(weight), 1e-8)


def _told_apart(
    choices: Choices,
    taken_items: Float[Array, "batch dim"],
    drawn: Drawn,
    similarity: Similarity,
    temperature: Float[Array, ""] | float,
) -> tuple[Float[Array, " batch"], Float[Array, "batch negatives"]]:
    """Logits of the items taken and of those drawn, minus infinity where they are the same."""
    positive = paired(choices.users, taken_items, similarity) / temperature
    logits = similarities(choices.users, drawn.vectors, similarity) / temperature
    hit = drawn.items[None, :] == choices.taken[:, None]
    return positive, jnp.where(hit, -jnp.inf, logits)
