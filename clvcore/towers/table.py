"""The table of item ids, of which a step with drawn negatives touches few rows.

A step then costs what the rows that it touches cost, however large the catalogue is: gradient and
moments are of these rows alone, and all others stay as they are ("lazy" Adam: no decay of their
moments, no weight decay), as in TensorFlow's ``LazyAdam`` and PyTorch's ``SparseAdam``.
"""

from typing import TypeVar

import jax
from jaxtyping import Array, Int, PyTree

from clvcore.towers.known import AnyArray

T = TypeVar("T", bound=PyTree)
NAME = "item_tower.ids"
"""Where a tree of parameters, or one of moments like it, has the table."""


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
