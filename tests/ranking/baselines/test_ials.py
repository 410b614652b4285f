"""iALS scores by the factors that solve its own equations."""

import numpy as np

from clvcore.ranking.baselines import Ials
from tests.ranking.behaviour import behaviour, checkerboard


def test_a_user_has_the_factors_that_solve_the_weighted_normal_equations():
    """x_u = (Y'Y + Y'(C_u - I)Y + regularization I)^-1 Y'C_u p_u, likes of weight 2."""
    past = behaviour(
        [(user, item, 1.0, 2.0) for user in range(12) for item in range(user % 2, 8, 2)],
        n_users=12,
        n_items=8,
    )
    model = Ials.of(past, rng=np.random.default_rng(0), factors=3, regularization=0.3)
    items = model.model.item_factors.astype(np.float64)
    confidence = np.ones(8)
    confidence[0::2] = 2
    likes = np.where(np.arange(8) % 2 == 0, 1.0, 0.0)
    gram = items.T @ (items * confidence[:, None]) + 0.3 * np.eye(3)
    own = np.linalg.solve(gram, items.T @ (confidence * likes))
    found = model.scores(past, np.array([4]))[0]
    np.testing.assert_allclose(found, items @ own, rtol=1e-3, atol=1e-4)


def test_a_grown_history_moves_the_scores():
    past = checkerboard()
    model = Ials.of(past, rng=np.random.default_rng(0), factors=4)
    grown = behaviour([(0, item, 1.0, 1.0) for item in range(1, 16, 2)], n_users=16, n_items=16)
    odd = model.scores(grown, np.array([0]))[0].reshape(-1, 2)
    assert (odd[:, 1] > odd[:, 0]).all()
