"""A sum in blocks and its gradient are those of the whole at once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from clvcore.towers.blocks import block_size, sum_in_blocks


def weighted_scores(rows, shared, given, fixed):
    (users,), (items, scale), (weight,) = rows, shared, given
    return jnp.sum(weight * jax.nn.logsumexp(scale * users @ items.T + fixed, axis=1))


@pytest.mark.parametrize("size", [1, 4, 10, 64])
@pytest.mark.parametrize("count", [0, 3, 10])
def test_the_sum_and_its_slopes_are_those_of_the_rows_that_count(size, count):
    rng = np.random.default_rng(0)
    users, items = (jnp.asarray(rng.normal(size=shape)) for shape in ((10, 3), (5, 3)))
    weight = jnp.where(jnp.arange(10) < count, jnp.asarray(rng.uniform(size=10)), 0.0)
    fixed = jnp.asarray(rng.normal(size=5))

    def whole(users, items, scale):
        return 2 * weighted_scores((users,), (items, scale), (weight,), fixed)

    def in_blocks(users, items, scale):
        parts = ((users,), (items, scale), (weight,), fixed)
        return 2 * sum_in_blocks(weighted_scores, *parts, size=size, count=jnp.int32(count))

    for way in (lambda f: f, lambda f: jax.jit(jax.grad(f, argnums=(0, 1, 2)))):
        expected, got = (way(f)(users, items, jnp.float32(0.7)) for f in (whole, in_blocks))
        pairs = zip(jax.tree.leaves(expected), jax.tree.leaves(got), strict=True)
        assert all(np.allclose(a, b, atol=1e-5) for a, b in pairs)


def test_blocks_that_count_for_nothing_are_not_computed():
    def term(rows, shared, given, fixed):
        del shared, given, fixed
        return rows.sum() / 0.0  # what is computed is no number

    rows = jnp.ones((8, 1))
    total = sum_in_blocks(term, rows, (), (), (), size=4, count=jnp.int32(0))
    assert total == 0


def test_a_block_fits_the_processor_and_is_never_empty():
    assert block_size(10_000, 1_000) * 1_000 <= 2**26
    assert block_size(10, 1_000) == 10
    assert block_size(100, 10**9) == 32
    assert block_size(1, 1) == 1
