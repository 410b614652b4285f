"""A sum over many rows, block by block, with its gradient taken at once.

Scores of a large batch against a whole catalogue do not fit a processor's cache, and their gradient
would read them from memory again. So each block of rows is scored, differentiated and forgotten;
only what is asked for is kept (as in the fused cross-entropy of Liger Kernel, Hsu et al. 2024).
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

BLOCK_SCORES = 2**20
"""Scores of one block on a CPU, 4 MiB: about what two cores keep near them."""
ACCELERATOR_SCORES = 2**26
"""On an accelerator a block should be large enough to fill it."""

Term: TypeAlias = Callable[[PyTree, PyTree, PyTree, PyTree], Float[Array, ""]]
"""(rows of a block, what all rows share, what is given of the rows and of all) -> the block's sum."""


def block_size(n_rows: int, n_columns: int) -> int:
    """Rows of a block that is scored against ``n_columns`` at once: a power of two."""
    room = BLOCK_SCORES if jax.default_backend() == "cpu" else ACCELERATOR_SCORES
    fitting = max(room // max(n_columns, 1), 32)
    return min(1 << (fitting.bit_length() - 1), max(n_rows, 1))


def sum_in_blocks(
    term: Term,
    rows: PyTree,
    shared: PyTree,
    given: PyTree,
    fixed: PyTree,
    *,
    size: int,
    count: Int[Array, ""],
) -> Float[Array, ""]:
    """Sum of ``term`` over the first ``count`` rows, differentiable in ``rows`` and ``shared``.

    Equal to ``term(rows, shared, given, fixed)`` for a term that is a sum over rows. Rows of the last
    block behind ``count`` are computed too: let the term give them no weight. Only reverse mode,
    once.

    Args:
        term: a sum over rows; static, so build it from module-level functions.
        rows: arrays of floats with one entry a row each.
        shared: arrays of floats that every row needs, such as the vectors of the catalogue.
        given: arrays with one entry a row each, such as weights and targets; no gradient.
        fixed: arrays that every row needs and that have no gradient.
        size: rows of a block.
        count: rows that matter; whole blocks behind them are not computed.
    """
    length = jax.tree.leaves(rows)[0].shape[0]
    widened = partial(_widened, missing=-length % size)
    blocks = (count + size - 1) // size
    rows, given = jax.tree.map(widened, rows), jax.tree.map(widened, given)
    return _summed(term, size, rows, shared, given, fixed, blocks)


def _widened(x: Array, missing: int) -> Array:
    return jnp.pad(x, ((0, missing), *[(0, 0)] * (x.ndim - 1))) if missing else x


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _summed(
    term: Term,
    size: int,
    rows: PyTree,
    shared: PyTree,
    given: PyTree,
    fixed: PyTree,
    blocks: Int[Array, ""],
) -> Float[Array, ""]:
    def add(i: Int[Array, ""], total: Float[Array, ""]) -> Float[Array, ""]:
        return total + term(_block(rows, i, size), shared, _block(given, i, size), fixed)

    return jax.lax.fori_loop(0, blocks, add, jnp.float32(0))


def _forward(
    term: Term,
    size: int,
    rows: PyTree,
    shared: PyTree,
    given: PyTree,
    fixed: PyTree,
    blocks: Int[Array, ""],
) -> tuple[Float[Array, ""], tuple[PyTree, PyTree]]:
    """The sum, and the gradients that the backward pass only has to scale."""
    slope = jax.value_and_grad(term, argnums=(0, 1))

    def add(i: Int[Array, ""], so_far: tuple) -> tuple:
        total, by_rows, by_shared = so_far
        value, (of_rows, of_shared) = slope(
            _block(rows, i, size), shared, _block(given, i, size), fixed
        )
        put = partial(_put, i=i, size=size)
        return (
            total + value,
            jax.tree.map(put, by_rows, of_rows),
            jax.tree.map(jnp.add, by_shared, of_shared),
        )

    zeros = jax.tree.map(jnp.zeros_like, (rows, shared))
    total, *slopes = jax.lax.fori_loop(0, blocks, add, (jnp.float32(0), *zeros))
    return total, tuple(slopes)


def _backward(
    term: Term, size: int, slopes: tuple[PyTree, PyTree], outer: Float[Array, ""]
) -> tuple[PyTree, PyTree, None, None, None]:
    del term, size
    by_rows, by_shared = jax.tree.map(lambda slope: slope * outer, slopes)
    return by_rows, by_shared, None, None, None


_summed.defvjp(_forward, _backward)


def _block(values: PyTree, i: Int[Array, ""], size: int) -> PyTree:
    return jax.tree.map(lambda x: jax.lax.dynamic_slice_in_dim(x, i * size, size), values)


def _put(whole: Array, part: Array, *, i: Int[Array, ""], size: int) -> Array:
    return jax.lax.dynamic_update_slice_in_dim(whole, part, i * size, axis=0)
