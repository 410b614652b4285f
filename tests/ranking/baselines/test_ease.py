"""EASE equals its definition, whichever of its two matrices is inverted."""

import numpy as np
import pytest

from clvcore.errors import ConfigError
from clvcore.ranking.baselines import Ease
from clvcore.ranking.baselines import ease as module
from tests.ranking.behaviour import behaviour

LAMBDA = 3.0


def drawn(n_users, n_items, seed=0):
    rng = np.random.default_rng(seed)
    events = [
        (user, item, 1.0, 1.0)
        for user in range(n_users)
        for item in range(n_items)
        if rng.random() < 0.4 or item == user % n_items
    ]
    return behaviour(events, n_users=n_users, n_items=n_items)


def likes_of(past):
    table = np.zeros((len(past.users), len(past.items)))
    table[past.user, past.item] = 1
    return table


@pytest.mark.parametrize("shape", [(30, 6), (6, 30)], ids=["few items", "few users"])
def test_each_item_is_the_ridge_regression_on_all_others(shape):
    """Column j of B solves least squares without item j: (Z'Z + lambda I)^-1 Z'x_j."""
    past = drawn(*shape)
    known = likes_of(past)
    weights = np.zeros((shape[1], shape[1]))
    for item in range(shape[1]):
        others = np.delete(np.arange(shape[1]), item)
        z = known[:, others]
        weights[others, item] = np.linalg.solve(
            z.T @ z + LAMBDA * np.eye(len(others)), z.T @ known[:, item]
        )
    found = Ease.of(past, regularization=LAMBDA).scores(past, np.arange(shape[0]))
    np.testing.assert_allclose(found, known @ weights, atol=1e-5)


def test_a_user_who_was_not_learned_from_is_scored_by_the_same_weights():
    past, later = drawn(6, 30), drawn(6, 30, seed=1)
    model = Ease.of(past, regularization=LAMBDA)
    gram = likes_of(past).T @ likes_of(past) + LAMBDA * np.eye(30)
    inverse = np.linalg.inv(gram)
    weights = np.eye(30) - inverse / np.diag(inverse)
    found = model.scores(later, np.arange(6))
    np.testing.assert_allclose(found, likes_of(later) @ weights, atol=1e-5)


def test_more_than_fits_into_memory_is_refused_with_what_it_would_take(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    with pytest.raises(ConfigError, match=r"for 6 items and 30 users"):
        Ease.of(drawn(30, 6))


def test_memory_grows_with_the_smaller_side():
    assert module.ease_bytes(10**6, 100) == 20 * 100**2
    assert module.ease_bytes(100, 10**6) == 20 * 100 * (100 + 10**6)
