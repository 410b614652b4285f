"""The table of item ids, of which a step with drawn negatives touches few rows.

A step then costs what the rows that it touches cost, however large the catalogue is: gradient and
moments are of these rows alone. AdamW would move the others, too, by what is left of their moments
and by the weight decay. That is known beforehand, so it is made up for when a row is touched next,
and for all rows at the end of an epoch: with m, v the moments after step s and n steps missed since,

    x <- (1 - lr wd)^n x - lr m / (sqrt(v) + eps) sum_j (b1 / sqrt(b2))^j sqrt(1 - b2^(s+j)) / (1 - b1^(s+j))
    m <- b1^n m,  v <- b2^n v,  j = 1 .. n

which is AdamW without gradients (Loshchilov and Hutter 2019, algorithm 2), up to where eps stands and
to how the step size lr changes meanwhile.
"""

from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

from clvcore.towers.known import AnyArray

T = TypeVar("T", bound=PyTree)
NAME = "item_tower.ids"
"""Where a tree of parameters, or one of moments like it, has the table."""
B1, B2, EPS = 0.9, 0.999, 1e-8
"""How long the moments of Adam last, and what keeps their ratio finite."""
REST = 100
"""Steps without a gradient after which a row has come to rest: b1^100 is 3e-5."""


class Learned(NamedTuple):
    """Parameters with the moments of AdamW."""

    params: PyTree
    moments: Any
    """States of an optax chain, Adam's among them."""


def is_table(path: tuple) -> bool:
    """Whether a leaf of a tree of parameters is the table of ids."""
    return NAME in jax.tree_util.keystr(path, simple=True, separator=".")


def narrowed(tree: T, rows: Int[AnyArray, " touched"]) -> T:
    """The tree with only ``rows`` of the table; a row behind its end is the last one."""

    def leaf_at(path: tuple, leaf: Array) -> Array:
        return leaf.at[rows].get(mode="clip") if is_table(path) else leaf

    return jax.tree.map_with_path(leaf_at, tree)


def widened(tree: T, narrow: T, rows: Int[AnyArray, " touched"]) -> T:
    """``narrow`` with the whole table of ``tree``, in which ``rows`` are those of ``narrow``.

    A row behind the end of the table is put nowhere.
    """

    def leaf_of(path: tuple, leaf: Array, new: Array) -> Array:
        return leaf.at[rows].set(new, mode="drop", unique_indices=True) if is_table(path) else new

    return jax.tree.map_with_path(leaf_of, tree, narrow)


def caught_up(
    learned: Learned,
    missed: Int[Array, " rows"],
    step_size: Float[AnyArray, ""],
    weight_decay: float,
) -> Learned:
    """What has been learned, as it would be had the rows of the table not missed so many steps."""
    adam = _adam(learned.moments)
    n = missed.astype(jnp.float32)[:, None]
    stay = (1 - step_size * weight_decay) ** n
    reach = _reach(steps_made(learned.moments) - missed, missed)[:, None]

    def moved(path: tuple, leaf: Array, mean: Array, square: Array) -> Array:
        if not is_table(path):
            return leaf
        return jnp.asarray(stay * leaf - step_size * reach * mean / (jnp.sqrt(square) + EPS))

    def faded(base: float, moments: PyTree) -> PyTree:
        return jax.tree.map_with_path(
            lambda path, leaf: leaf * base**n if is_table(path) else leaf, moments
        )

    later = adam._replace(mu=faded(B1, adam.mu), nu=faded(B2, adam.nu))
    return Learned(
        jax.tree.map_with_path(moved, learned.params, adam.mu, adam.nu),
        tuple(later if one is adam else one for one in learned.moments),
    )


def _reach(since: Int[Array, " rows"], missed: Int[Array, " rows"]) -> Float[Array, " rows"]:
    """How often rows move by lr m / sqrt(v), of after step ``since``, in the steps that they missed."""

    def further(j: Int[Array, ""], so_far: Float[Array, " rows"]) -> Float[Array, " rows"]:
        at = (since + j).astype(jnp.float32)
        ratio = (B1 / B2**0.5) ** j * jnp.sqrt(1 - B2**at) / (1 - B1**at)
        return so_far + jnp.where(j <= missed, ratio, 0.0)

    return jax.lax.fori_loop(1, REST + 1, further, jnp.zeros(missed.shape, jnp.float32))


def steps_made(moments: Any) -> Int[Array, ""]:
    """How many steps the moments have seen."""
    return jnp.asarray(_adam(moments).count)


def _adam(moments: Any) -> optax.ScaleByAdamState:
    return next(one for one in moments if isinstance(one, optax.ScaleByAdamState))
