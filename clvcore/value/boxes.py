"""Points that are alike, gathered in boxes of equal weight: a k-d tree."""

import numpy as np
from jaxtyping import Float, Int

Rows = Float[np.ndarray, " rows"]
Numbers = Int[np.ndarray, " rows"]


DIGITS = 9
"""Decimals to which features, widths and shares are compared."""


def boxes(
    group: Numbers, features: Float[np.ndarray, "features rows"], weight: Rows, n_halvings: int
) -> Numbers:
    """The number of every row's box, from 0 without gaps; no box reaches over two groups.

    Every box is cut at the weighted median of the feature in which it is widest, again and again.
    What differs in the last bits of a float only, counts as equal, so that it moves no row.

    Args:
        group: of every row.
        features: what rows are alike in; each is taken in units of its own weighted deviation.
        weight: of every row, above 0.
        n_halvings: a group ends in two to the power of this many boxes at most.
    """
    centred = features - np.average(features, axis=1, weights=weight)[:, None]
    deviation = np.sqrt(np.average(centred**2, axis=1, weights=weight))
    scaled = np.round(centred / np.where(deviation > 0, deviation, 1.0)[:, None], DIGITS)
    box = _without_gaps(group)
    for _ in range(n_halvings):
        box = _without_gaps(2 * box + _is_upper(box, scaled, weight))
    return box


def middles(box: Numbers, weight: Rows, values: Rows) -> Float[np.ndarray, " boxes"]:
    """The weighted mean of values in every box."""
    return np.bincount(box, weight * values) / np.bincount(box, weight)


def _is_upper(box: Numbers, features: np.ndarray, weight: Rows) -> Numbers:
    """1 for rows above the middle of their box in the feature in which it is widest."""
    widths = [
        middles(box, weight, feature**2) - middles(box, weight, feature) ** 2
        for feature in features
    ]
    value = features[np.argmax(np.round(widths, DIGITS), axis=0)[box], np.arange(len(box))]
    order = np.lexsort((value, box))
    below = np.cumsum(weight[order]) - 0.5 * weight[order]
    total = np.bincount(box, weight)
    share = (below - (np.cumsum(total) - total)[box[order]]) / total[box[order]]
    upper = np.empty(len(box), dtype=np.int64)
    upper[order] = np.round(share, DIGITS) > 0.5
    return upper


def _without_gaps(numbers: Numbers) -> Numbers:
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64)
