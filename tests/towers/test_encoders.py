"""What every encoder promises, whatever it is made of."""

from typing import get_args

import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np
import pytest
from flax import nnx

from clvcore.towers.config import Encoder, TowerConfig
from clvcore.towers.encoders import dropped, encoder
from clvcore.value.precision import double

DIM, LENGTH = 8, 9
ENCODERS = get_args(Encoder)


@pytest.fixture(params=ENCODERS)
def encode(request):
    config = TowerConfig(
        encoder=request.param, embedding_size=DIM, n_heads=2, max_length=LENGTH - 1, dropout=0.5
    )
    graph, params = nnx.split(encoder(config, rngs=nnx.Rngs(0)), nnx.Param)
    # biases and the like begin at zero, and would hide what they do
    params = jax.tree.map(
        lambda leaf: leaf + 0.1 * jnp.cos(jnp.arange(leaf.size)).reshape(leaf.shape), params
    )

    def run(x, at=None, key=None, params=params):
        return nnx.merge(graph, params)(x, at, key)

    run.params = params
    return run


def rows(n, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=(n, LENGTH, DIM)), jnp.float32)


def times(n):
    return jnp.asarray(np.cumsum(np.random.default_rng(1).integers(0, 10**5, (n, LENGTH)), axis=1))


@pytest.mark.parametrize("timed", [True, False])
def test_a_prefix_knows_nothing_of_what_follows_and_all_that_came_before(encode, timed):
    x, at = rows(2), times(2) if timed else None
    whole = encode(x, at)
    for cut in (1, 5, LENGTH):
        changed = encode(x.at[:, cut:].set(7.0), at)
        assert np.allclose(whole[:, :cut], changed[:, :cut], atol=1e-5)
    moved = encode(x.at[:, 0].add(1.0), at)
    assert (jnp.abs(moved - whole).max(axis=(0, 2)) > 1e-6).all()


def test_a_history_is_encoded_alone_as_among_others_and_with_padding_as_without(encode):
    x, at = rows(4), times(4)
    whole = encode(x, at)
    alone = encode(x[2:3], at[2:3])
    assert np.allclose(whole[2], alone[0], atol=1e-5)
    shorter = encode(x[:, :6], at[:, :6])
    assert np.allclose(whole[:, :6], shorter, atol=1e-5)


def test_what_is_extreme_stays_finite_with_its_slope(encode):
    for scale in (0.0, 1.0, 1e6):
        x = scale * rows(2)
        late = jnp.full((2, LENGTH), 2**31 - 1).at[:, 0].set(0)
        value, slope = jax.value_and_grad(lambda x, at=late: encode(x, at).sum())(x)
        assert jnp.isfinite(value)
        assert jnp.isfinite(slope).all()


def test_slopes_are_those_of_finite_differences(encode):
    with double():
        exact = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), encode.params)
        x, at = jnp.asarray(rows(1), jnp.float64)[:, :4], times(1)[:, :4]

        def value(x, params):
            return jnp.sum(jnp.sin(encode(x, at, params=params)))

        jax.test_util.check_grads(
            jax.jit(value), (x, exact), order=1, modes=["rev"], eps=1e-5, atol=1e-4, rtol=1e-4
        )


def test_dropout_is_of_training_only_and_comes_from_the_key(encode):
    x, at = rows(2), times(2)
    first, second = (encode(x, at, jax.random.key(seed)) for seed in (0, 1))
    assert (encode(x, at) == encode(x, at)).all()
    assert (first == encode(x, at, jax.random.key(0))).all()
    assert jnp.abs(first - second).max() > 1e-3


@pytest.mark.parametrize("told", [True, False])
def test_a_transformer_minds_the_time_between_events_where_it_has_a_bias_for_it(told):
    config = TowerConfig(embedding_size=DIM, n_blocks=1, max_length=LENGTH - 1, time_bias=told)
    graph, params = nnx.split(encoder(config, rngs=nnx.Rngs(0)), nnx.Param)
    params = jax.tree.map(
        lambda leaf: leaf + 0.1 * jnp.cos(jnp.arange(leaf.size)).reshape(leaf.shape), params
    )
    soon, late = (nnx.merge(graph, params)(rows(2), factor * times(2), None) for factor in (1, 64))
    assert (jnp.abs(soon - late).max() > 1e-4) == told


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_a_mask_drops_its_share_everywhere_alike_and_keeps_the_mean(rate):
    keys = jax.random.split(jax.random.key(0, impl="unsafe_rbg"), 4)
    masks = np.stack([np.asarray(dropped(jnp.ones((200, 50)), rate, key) > 0) for key in keys])
    spread = np.sqrt(rate * (1 - rate))
    assert abs(masks.mean() - (1 - rate)) < 4 * spread / np.sqrt(masks.size)
    for axis in (1, 2):  # no row and no column is favoured
        shares = masks.mean(axis=axis).ravel()
        expected = spread / np.sqrt(masks.shape[axis])
        assert 0.8 < shares.std() / expected < 1.2
    flat = masks.reshape(4, -1).astype(float)
    neighbours = [np.corrcoef(flat[0], flat[1])[0, 1], np.corrcoef(flat[0, 1:], flat[0, :-1])[0, 1]]
    assert np.abs(neighbours).max() < 4 / np.sqrt(flat.shape[1])
    assert np.isclose(dropped(jnp.ones(10**5), rate, keys[0]).mean(), 1, atol=0.05)
