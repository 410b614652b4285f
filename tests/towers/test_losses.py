"""Losses are what their formulas say, also where numbers are extreme."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from clvcore.towers.losses import (
    Choices,
    full_softmax,
    paired,
    prepared,
    sampled_softmax,
    similarities,
    unit,
)

USERS = jnp.array([[1.0, 0.0], [0.0, 2.0]])
ITEMS = jnp.array([[2.0, 0.0], [0.0, 1.0], [3.0, 4.0]])
CHOICES = Choices(USERS, jnp.array([2, 1]), jnp.array([1.0, 3.0]))


def test_similarities_are_cosine_dot_and_minus_the_squared_distance():
    cosine = similarities(unit(USERS), unit(ITEMS), "cosine")
    assert np.allclose(cosine, [[1, 0, 0.6], [0, 1, 0.8]], atol=1e-6)
    assert np.allclose(similarities(USERS, ITEMS, "dot"), [[2, 0, 3], [0, 2, 8]])
    assert np.allclose(
        similarities(USERS, ITEMS, "euclidean"),
        [[-1, -2, -(4 + 16)], [-(4 + 4), -1, -(9 + 4)]],
    )


@pytest.mark.parametrize("similarity", ["cosine", "dot", "euclidean"])
def test_a_pair_is_as_similar_alone_as_among_all(similarity):
    users, items = prepared(USERS, similarity), prepared(ITEMS[:2], similarity)
    among = similarities(users, items, similarity)
    assert np.allclose(paired(users, items, similarity), jnp.diag(among), atol=1e-5)


def test_full_softmax_is_the_weighted_cross_entropy_of_the_item_taken():
    first = -np.log(np.exp(3 / 2) / (np.exp(2 / 2) + np.exp(0 / 2) + np.exp(3 / 2)))
    second = -np.log(np.exp(2 / 2) / (np.exp(0 / 2) + np.exp(2 / 2) + np.exp(8 / 2)))
    loss = full_softmax(CHOICES, ITEMS, similarity="dot", temperature=2.0)
    assert np.isclose(loss, (1 * first + 3 * second) / 4)


def test_sampled_softmax_over_every_other_item_is_the_full_softmax():
    full = full_softmax(CHOICES, ITEMS, similarity="dot", temperature=2.0)
    parts = []
    for user, taken in enumerate([2, 1]):
        others = jnp.array([item for item in range(3) if item != taken])
        one = Choices(USERS[user : user + 1], jnp.array([taken]), jnp.ones(1))
        parts.append(
            sampled_softmax(
                one,
                ITEMS[taken][None],
                others,
                ITEMS[others],
                similarity="dot",
                temperature=2.0,
                n_items=3,
            )
        )
    assert np.isclose((1 * parts[0] + 3 * parts[1]) / 4, full)


def test_a_negative_that_is_the_item_taken_does_not_count():
    one = Choices(USERS[:1], jnp.array([0]), jnp.ones(1))
    loss = sampled_softmax(
        one,
        ITEMS[:1],
        jnp.array([0, 0]),
        ITEMS[jnp.array([0, 0])],
        similarity="dot",
        temperature=1.0,
        n_items=3,
    )
    assert loss == 0


@pytest.mark.parametrize("similarity", ["cosine", "dot", "euclidean"])
def test_gradients_are_finite_at_zero_vectors_and_at_extreme_ones(similarity):
    def loss(users, items):
        choices = Choices(prepared(users, similarity), jnp.array([0, 1]), jnp.ones(2))
        return full_softmax(
            choices, prepared(items, similarity), similarity=similarity, temperature=0.01
        )

    for scale in (0.0, 1.0, 1e4):
        slopes = jax.grad(loss, argnums=(0, 1))(scale * USERS, scale * ITEMS)
        assert all(bool(jnp.isfinite(slope).all()) for slope in slopes)


def test_no_weight_at_all_is_no_loss():
    none = CHOICES._replace(weight=jnp.zeros(2))
    assert full_softmax(none, ITEMS, similarity="dot", temperature=1.0) == 0
