"""Whether a difference between two rankings may be chance."""

import numpy as np
from jaxtyping import Float64

FLIPS = 2000
"""Drawn assignments of signs; the smallest p-value is 1 / (FLIPS + 1)."""
CHUNK = 2**22
"""Signs held at a time."""


def sign_flip_p(
    differences: Float64[np.ndarray, "users measures"],
    rng: np.random.Generator,
    *,
    flips: int = FLIPS,
) -> Float64[np.ndarray, " measures"]:
    """Two-sided p-value of each mean difference, were it by chance which model got which value.

    Signs of all users' differences are drawn; p = (1 + draws at least as far from 0) / (1 + draws).

    References:
        Fisher's randomisation test as in Smucker, Allan, Carterette, "A comparison of statistical
        significance tests for information retrieval evaluation", CIKM 2007.
    """
    users = len(differences)
    # a sum of the same numbers in another order may differ in its last bits
    observed = np.abs(differences.sum(axis=0)) * (1 - 1e-9) - 1e-12
    farther = np.zeros(differences.shape[1], np.int64)
    step = max(CHUNK // max(users, 1), 1)
    for first in range(0, flips, step):
        drawn = rng.integers(0, 2, (min(step, flips - first), users), dtype=np.int8)
        farther += (np.abs((2.0 * drawn - 1) @ differences) >= observed).sum(axis=0)
    return (1 + farther) / (1 + flips)
