"""Equal histories once, with their number: what a likelihood over a million users needs.

The models know a user only by (frequency, recency, age), so users with the same three numbers are
one row with a weight. Gamma functions depend on the frequency alone, an integer, and are not
evaluated by row.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from clvcore.value.precision import double

Vector = Float[np.ndarray, " rows"]


class HistoryRows(NamedTuple):
    """Distinct histories, padded with rows of weight 0."""

    frequency: Float[Array, " rows"]
    recency: Float[Array, " rows"]
    age: Float[Array, " rows"]
    weight: Float[Array, " rows"]
    exceed: Float[Array, "*groups counts"]
    """Users with more than i repeat orders, i = 0, 1, ...; padded with 0. By group where users are
    told apart by more than their history."""


class SpendRows(NamedTuple):
    """Distinct repeat buyers by number of repeat orders and mean order value, padded likewise."""

    orders: Float[Array, " rows"]
    value: Float[Array, " rows"]
    weight: Float[Array, " rows"]
    count: Float[Array, " counts"]
    """The distinct numbers of repeat orders, each with its users."""
    count_weight: Float[Array, " counts"]


def history_rows(frequency: Vector, recency: Vector, age: Vector, weight: Vector) -> HistoryRows:
    """The distinct histories in ascending order, with the weight of their users."""
    keys, index = distinct(frequency, recency, age)
    total = np.bincount(index, weight, len(keys))
    size = padded_size(len(keys))
    most = int(keys[:, 0].max(initial=0))
    exceed = total.sum() - np.cumsum(np.bincount(keys[:, 0].astype(np.int64), total, most + 1))
    with double():
        return HistoryRows(
            frequency=padded(keys[:, 0], size, 0.0),
            recency=padded(keys[:, 1], size, 0.0),
            age=padded(keys[:, 2], size, 1.0),
            weight=padded(total, size, 0.0),
            exceed=padded(exceed[:-1], padded_size(most), 0.0),
        )


def thinned(rows: HistoryRows, most: int = 2048) -> HistoryRows:
    """Every so-many-th of the distinct histories, for a first look that costs next to nothing."""
    n_rows = int(np.count_nonzero(np.asarray(rows.weight)))
    every = -(-n_rows // most)
    if every <= 1:
        return rows
    parts = (rows.frequency, rows.recency, rows.age, rows.weight)
    return history_rows(*(np.asarray(part)[:n_rows:every] for part in parts))


def spend_rows(orders: Vector, value: Vector, weight: Vector) -> SpendRows:
    """The distinct pairs of repeat orders and mean order value, with the weight of their users."""
    keys, index = distinct(orders, value)
    total = np.bincount(index, weight, len(keys))
    counts, count_index = distinct(keys[:, 0])
    count_total = np.bincount(count_index, total, len(counts))
    size, n_counts = padded_size(len(keys)), padded_size(len(counts))
    with double():
        return SpendRows(
            orders=padded(keys[:, 0], size, 1.0),
            value=padded(keys[:, 1], size, 1.0),
            weight=padded(total, size, 0.0),
            count=padded(counts[:, 0], n_counts, 1.0),
            count_weight=padded(count_total, n_counts, 0.0),
        )


def distinct(*columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows, ascending by the first column, then the next, and the row of every user."""
    keys = np.column_stack(columns).astype(np.float64)
    order = np.lexsort(keys.T[::-1])
    ordered = keys[order]
    is_new = np.ones(len(keys), dtype=bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    index = np.empty(len(keys), dtype=np.int64)
    index[order] = np.cumsum(is_new) - 1
    return ordered[is_new], index


def padded_size(size: int, smallest: int = 256) -> int:
    """The size to pad to, so that few shapes are compiled: from 4096 on two between doublings."""
    small = next((step for step in (smallest, 256, 512, 2048, 4096) if size <= step), None)
    doubled = 1 << max(size - 1, 0).bit_length()
    return small or (doubled * 3 // 4 if size <= doubled * 3 // 4 else doubled)


def padded(values: np.ndarray, size: int, filler: float) -> Array:
    """The values on the device, filled up to ``size``."""
    return jnp.asarray(np.concatenate([values, np.full(size - len(values), filler)]))
