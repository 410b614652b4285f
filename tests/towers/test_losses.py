"""Losses are what their formulas say, also where numbers are extreme."""

from functools import partial

import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np
import pytest

from clvcore.towers.losses import (
    Choices,
    Drawn,
    bpr,
    full_softmax,
    gbce,
    paired,
    prepared,
    sampled_softmax,
    similarities,
    unit,
    weighted_mean,
)
from clvcore.value.precision import double

USERS = jnp.array([[1.0, 0.0], [0.0, 2.0]])
ITEMS = jnp.array([[2.0, 0.0], [0.0, 1.0], [3.0, 4.0]])
CHOICES = Choices(USERS, jnp.array([2, 1]))
DOT = {"similarity": "dot", "temperature": 2.0}


def drawn(*items, expected=None):
    rows = jnp.array(items)
    even = jnp.ones(len(items)) if expected is None else jnp.array(expected)
    return Drawn(rows, ITEMS[rows], even)


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


def test_full_softmax_is_the_cross_entropy_of_the_item_taken():
    first = -np.log(np.exp(3 / 2) / (np.exp(2 / 2) + np.exp(0 / 2) + np.exp(3 / 2)))
    second = -np.log(np.exp(2 / 2) / (np.exp(0 / 2) + np.exp(2 / 2) + np.exp(8 / 2)))
    assert np.allclose(full_softmax(CHOICES, ITEMS, **DOT), [first, second])


def test_a_mean_is_weighted_and_nothing_that_counts_is_no_loss():
    assert np.isclose(weighted_mean(jnp.array([2.0, 4.0]), jnp.array([1.0, 3.0])), 14 / 4)
    assert weighted_mean(jnp.array([2.0, 4.0]), jnp.zeros(2)) == 0


def test_sampled_softmax_over_every_other_item_is_the_full_softmax():
    full = full_softmax(CHOICES, ITEMS, **DOT)
    for user, taken in enumerate([2, 1]):
        others = drawn(*(item for item in range(3) if item != taken))
        one = Choices(USERS[user : user + 1], jnp.array([taken]))
        assert np.isclose(sampled_softmax(one, ITEMS[taken][None], others, **DOT)[0], full[user])


def test_an_item_that_is_drawn_twice_as_often_counts_half_as_much():
    one = Choices(USERS[:1], jnp.array([2]))
    rare = sampled_softmax(one, ITEMS[2:], drawn(0, expected=[1.0]), **DOT)
    twice = sampled_softmax(one, ITEMS[2:], drawn(0, 0, expected=[2.0, 2.0]), **DOT)
    assert np.isclose(rare, np.log(1 + np.exp(2 / 2 - 3 / 2)))
    assert np.isclose(twice, rare)


def test_generalised_cross_entropy_weighs_the_item_taken_by_beta():
    sigma = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731 # as in the paper
    one = Choices(USERS[:1], jnp.array([2]))
    share = 2 / 4  # 2 of the 4 other items are drawn
    for calibration, beta in [(0.0, 1.0), (1.0, share), (0.75, 0.5 * (0.75 * (1 - 2) + 2))]:
        loss = gbce(one, ITEMS[2:], drawn(0, 1), **DOT, n_items=5, calibration=calibration)
        away = np.log(1 - sigma(2 / 2)) + np.log(1 - sigma(0 / 2))
        assert np.isclose(loss[0], -(beta * np.log(sigma(3 / 2)) + away) / 3)


def test_bayesian_ranking_puts_the_item_taken_before_each_one_drawn():
    one = Choices(USERS[:1], jnp.array([2]))
    loss = bpr(one, ITEMS[2:], drawn(0, 1, 2), **DOT)
    pairs = [np.log(1 + np.exp((2 - 3) / 2)), np.log(1 + np.exp((0 - 3) / 2))]
    assert np.isclose(loss[0], np.mean(pairs))  # the third is the item itself


SAMPLED = [sampled_softmax, bpr, partial(gbce, n_items=3, calibration=0.75)]


@pytest.mark.parametrize("loss", SAMPLED)
def test_a_negative_that_is_the_item_taken_does_not_count(loss):
    one = Choices(USERS[:1], jnp.array([0]))
    alone = loss(one, ITEMS[:1], drawn(1), similarity="dot", temperature=1.0)
    with_itself = loss(one, ITEMS[:1], drawn(1, 0), similarity="dot", temperature=1.0)
    if loss in (sampled_softmax, bpr):
        assert np.allclose(alone, with_itself)
    only_itself = loss(one, ITEMS[:1], drawn(0, 0), similarity="dot", temperature=1.0)
    assert np.isfinite(only_itself).all()
    assert (only_itself <= alone).all()


def full(choices, taken_items, others, **how):
    del taken_items
    return full_softmax(choices, others.vectors, **how)


@pytest.mark.parametrize("loss", [full, *SAMPLED])
@pytest.mark.parametrize("similarity", ["cosine", "dot", "euclidean"])
def test_gradients_are_those_of_finite_differences(loss, similarity):
    def value(users, items, log_temperature):
        choices = Choices(prepared(users, similarity), jnp.array([2, 1]))
        vectors = prepared(items, similarity)
        others = Drawn(jnp.arange(3), vectors, jnp.array([0.5, 1.0, 2.0]))
        how = {"similarity": similarity, "temperature": jnp.exp(log_temperature)}
        return loss(choices, vectors[choices.taken], others, **how).sum()

    start = (USERS, ITEMS, jnp.float32(0.7))
    with double():
        exact = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), start)
        jax.test_util.check_grads(
            jax.jit(value), exact, order=1, modes=["rev"], eps=1e-5, atol=1e-5
        )


@pytest.mark.parametrize("loss", [full, *SAMPLED])
@pytest.mark.parametrize("similarity", ["cosine", "dot", "euclidean"])
def test_gradients_are_finite_at_zero_vectors_and_at_extreme_ones(loss, similarity):
    def value(users, items):
        choices = Choices(prepared(users, similarity), jnp.array([0, 1]))
        vectors = prepared(items, similarity)
        others = Drawn(jnp.arange(3), vectors, jnp.ones(3))
        how = {"similarity": similarity, "temperature": 0.01}
        return loss(choices, vectors[choices.taken], others, **how).sum()

    for scale in (0.0, 1.0, 1e4):
        slopes = jax.grad(value, argnums=(0, 1))(scale * USERS, scale * ITEMS)
        assert all(bool(jnp.isfinite(slope).all()) for slope in slopes)
