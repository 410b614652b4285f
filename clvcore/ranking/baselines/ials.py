"""Users and items as factors of who likes what: weighted matrix factorisation."""

from dataclasses import dataclass

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from jaxtyping import Float32, Int
from threadpoolctl import threadpool_limits

from clvcore.features.histories import Histories
from clvcore.ranking.baselines.likes import for_implicit, likes
from clvcore.ranking.baselines.popularity import Popularity


@dataclass(frozen=True, slots=True, eq=False)
class Ials:
    """x_u . y_i, where x and y minimise a weighted squared error over all pairs (library implicit).

    sum_ui c_ui (p_ui - x_u . y_i)^2 + regularization (sum_u |x_u|^2 + sum_i |y_i|^2), with p_ui = 1
    and c_ui = liking where u likes i, else p_ui = 0 and c_ui = 1. A user's factors are solved anew
    from the history each time, so that a grown one counts; who likes nothing yet is scored by
    popularity.

    References:
        Hu, Koren, Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008,
        eq. (3); conjugate gradients as in Takacs, Pilaszy, Tikk, RecSys 2011.
    """

    model: AlternatingLeastSquares
    popularity: Float32[np.ndarray, " items"]

    @classmethod
    def of(
        cls,
        past: Histories,
        *,
        rng: np.random.Generator,
        factors: int = 64,
        regularization: float = 0.05,
        alpha: float = 1.0,
        iterations: int = 15,
    ) -> "Ials":
        """Factors of the likes of ``past``; ``alpha`` multiplies the weight of a like."""
        with _one_blas_thread():
            model = AlternatingLeastSquares(
                factors=factors,
                regularization=regularization,
                alpha=alpha,
                iterations=iterations,
                random_state=rng,
            )
            model.fit(for_implicit(likes(past)), show_progress=False)
        return cls(model, Popularity.of(past).score)

    def scores(
        self, histories: Histories, users: Int[np.ndarray, " batch"], /
    ) -> Float32[np.ndarray, "batch items"]:
        """Products of the users' factors, solved from their likes, with all items' factors."""
        liked = likes(histories, users)
        with _one_blas_thread():
            own = self.model.recalculate_user(users, for_implicit(liked))
        scores = own @ np.asarray(self.model.item_factors).T
        scores[np.diff(liked.indptr) == 0] = self.popularity
        return scores.astype(np.float32)


def _one_blas_thread() -> threadpool_limits:
    """The library has threads of its own, which those of BLAS would hinder."""
    return threadpool_limits(1, "blas")
