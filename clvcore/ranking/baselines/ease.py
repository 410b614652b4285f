"""Every item foretold from all others by one ridge regression, in closed form."""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Float32, Float64, Int
from scipy.sparse import csr_array

from clvcore.errors import ConfigError
from clvcore.features.histories import Histories
from clvcore.messages import say
from clvcore.ranking.baselines.likes import likes
from clvcore.ranking.baselines.popularity import Popularity

MOST_BYTES = 2**31
"""Memory that fitting may take."""
BYTES_PER_CELL = 20
"""Two matrices of 8 bytes while one is inverted, and what is kept of it in 4."""


def ease_bytes(n_users: int, n_items: int) -> int:
    """Memory that fitting takes: by items or, where there are fewer of them, by users."""
    small = min(n_users, n_items)
    return BYTES_PER_CELL * small * (small if n_items <= n_users else small + n_items)


@dataclass(frozen=True, slots=True, eq=False)
class Ease:
    """x B, where B minimises |X - X B|^2 + regularization |B|^2 with a diagonal of zeros.

    With P = (X'X + regularization I)^-1 it is B = I - P / diag(P), column by column. Where there
    are fewer users than items the same comes from the users' matrix (Woodbury): with
    W = (X X' + regularization I)^-1 X, P = (I - X'W) / regularization, and nothing of the size of
    the catalogue squared is made. Who likes nothing yet is scored by popularity.

    References:
        Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019, eq. (8).
    """

    weights: Float32[np.ndarray, "rows items"]
    """B, or W where there are fewer users than items."""
    known: csr_array | None
    """X where ``weights`` is W."""
    share: Float32[np.ndarray, " items"]
    """diag(X'W), where ``weights`` is W."""
    popularity: Float32[np.ndarray, " items"]

    @classmethod
    def of(cls, past: Histories, *, regularization: float = 200.0) -> "Ease":
        """The weights from the likes of ``past``.

        Raises:
            ConfigError: users and items are too many for the memory that this takes.
        """
        known = likes(past).astype(np.float64)
        known = known[np.diff(known.indptr) > 0]
        n_users, n_items = known.shape
        needed = ease_bytes(n_users, n_items)
        if needed > MOST_BYTES:
            raise ConfigError(
                say(
                    "ranking.ease_too_large",
                    items=n_items,
                    users=n_users,
                    gib=needed / 2**30,
                    most=MOST_BYTES / 2**30,
                )
            )
        popularity = Popularity.of(past).score
        if n_users < n_items:
            inverse = _inverse((known @ known.T).toarray(), regularization)
            weights = (known.T @ inverse).T  # the inverse is symmetric
            share = np.asarray(known.multiply(weights).sum(axis=0)).ravel()
            return cls(
                weights.astype(np.float32),
                known.astype(np.float32),
                share.astype(np.float32),
                popularity,
            )
        inverse = _inverse((known.T @ known).toarray(), regularization)
        inverse /= -np.diag(inverse)
        np.fill_diagonal(inverse, 0)
        return cls(inverse.astype(np.float32), None, np.zeros(n_items, np.float32), popularity)

    def scores(
        self, histories: Histories, users: Int[np.ndarray, " batch"], /
    ) -> Float32[np.ndarray, "batch items"]:
        """The users' likes times the weights."""
        liked = likes(histories, users).astype(np.float32)
        if self.known is None:
            scores = liked @ self.weights
        else:
            own = liked.toarray()
            seen = (liked @ self.known.T).toarray() @ self.weights
            scores = own - (own - seen) / (1 - self.share)
        scores[np.diff(liked.indptr) == 0] = self.popularity
        return scores.astype(np.float32)


def _inverse(gram: Float64[np.ndarray, "n n"], regularization: float) -> Float64[np.ndarray, "n n"]:
    """(gram + regularization I)^-1, by Cholesky's factors."""
    gram[np.diag_indices_from(gram)] += regularization
    return scipy.linalg.inv(gram, overwrite_a=True, assume_a="pos")
