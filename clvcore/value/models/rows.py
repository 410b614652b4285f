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
    """Distinct histories, padded to a power of two with weight 0."""

    frequency: Float[Array, " rows"]
    recency: Float[Array, " rows"]
    age: Float[Array, " rows"]
    weight: Float[Array, " rows"]
    exceed: Float[Array, " counts"]
    """Users with more than i repeat orders, i = 0, 1, ...; padded with 0."""


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
    keys = np.column_stack([frequency, recency, age]).astype(np.float64)
    distinct, total = _grouped(keys, weight)
    n_rows = _power_of_two(len(distinct))
    most = int(distinct[:, 0].max(initial=0))
    exceed = total.sum() - np.cumsum(np.bincount(distinct[:, 0].astype(np.int64), total, most + 1))
    with double():
        return HistoryRows(
            frequency=_padded(distinct[:, 0], n_rows, 0.0),
            recency=_padded(distinct[:, 1], n_rows, 0.0),
            age=_padded(distinct[:, 2], n_rows, 1.0),
            weight=_padded(total, n_rows, 0.0),
            exceed=_padded(exceed[:-1], _power_of_two(most), 0.0),
        )


def spend_rows(orders: Vector, value: Vector, weight: Vector) -> SpendRows:
    """The distinct pairs of repeat orders and mean order value, with the weight of their users."""
    distinct, total = _grouped(np.column_stack([orders, value]).astype(np.float64), weight)
    counts, count_total = _grouped(distinct[:, :1], total)
    n_rows, n_counts = _power_of_two(len(distinct)), _power_of_two(len(counts))
    with double():
        return SpendRows(
            orders=_padded(distinct[:, 0], n_rows, 1.0),
            value=_padded(distinct[:, 1], n_rows, 1.0),
            weight=_padded(total, n_rows, 0.0),
            count=_padded(counts[:, 0], n_counts, 1.0),
            count_weight=_padded(count_total, n_counts, 0.0),
        )


def _grouped(keys: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows of ``keys``, ascending, and the sum of ``weight`` over each."""
    order = np.lexsort(keys.T[::-1])
    ordered = keys[order]
    is_new = np.ones(len(keys), dtype=bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    starts = np.flatnonzero(is_new)
    sorted_weight = weight[order].astype(np.float64)
    total = np.add.reduceat(sorted_weight, starts) if len(keys) else sorted_weight
    return ordered[starts], total


def _power_of_two(size: int) -> int:
    return 1 << max(3, (size - 1).bit_length())


def _padded(values: np.ndarray, size: int, filler: float) -> Array:
    return jnp.asarray(np.concatenate([values, np.full(size - len(values), filler)]))
