"""How near two vectors are, always the greater the nearer."""

from typing import Literal

import numpy as np
from jaxtyping import Array, Float, Float32

from clvcore.towers.config import Similarity

CEILING: dict[Similarity, float] = {"cosine": 1.0, "euclidean": 0.0, "dot": float("inf")}
"""The greatest similarity that there is; what exceeds it is rounding."""


def prepared(
    vectors: Float[Array | np.ndarray, "rows dim"],
    similarity: Similarity,
    *,
    side: Literal["user", "item"],
) -> Float32[np.ndarray, "rows inner"]:
    """Vectors whose plain inner product is the similarity.

    Cosine: of length one (a zero vector stays zero). Euclidean: two more numbers, because
    -|u - v|^2 = (u, |u|^2, 1) . (2 v, -1, -|v|^2).
    """
    x = np.asarray(vectors, dtype=np.float32)
    squares = np.sum(x * x, axis=1, keepdims=True)
    if similarity == "cosine":
        return x / np.sqrt(np.where(squares > 0, squares, 1))
    if similarity == "dot":
        return x
    one = np.ones_like(squares)
    parts = (x, squares, one) if side == "user" else (2 * x, -one, -squares)
    return np.concatenate(parts, axis=1)


def similarities(
    users: Float[Array | np.ndarray, "users dim"],
    items: Float[Array | np.ndarray, "items dim"],
    similarity: Similarity = "cosine",
) -> Float32[np.ndarray, "users items"]:
    """The similarity of every user and every item."""
    queries = prepared(users, similarity, side="user")
    vectors = prepared(items, similarity, side="item")
    return np.minimum(queries @ vectors.T, np.float32(CEILING[similarity]))
