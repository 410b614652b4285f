from itertools import product

import numpy as np
import pytest

from clvcore.ranking import significance
from clvcore.ranking.significance import sign_flip_p


def test_the_p_value_is_near_that_of_all_assignments_of_signs():
    """Of the 2^8 assignments, the share whose sum is as far from 0 as the one observed."""
    values = np.array([0.3, -0.1, 0.4, 0.25, -0.05, 0.5, 0.1, 0.2])
    sums = np.array([np.dot(signs, values) for signs in product([-1, 1], repeat=8)])
    exact = np.mean(np.abs(sums) >= abs(values.sum()) - 1e-12)
    found = sign_flip_p(values[:, None], np.random.default_rng(0), flips=20_000)
    assert found[0] == pytest.approx(exact, abs=0.005)


def test_no_difference_is_certainly_chance_and_a_clear_one_is_not():
    values = np.column_stack([np.zeros(400), np.full(400, 0.1)])
    found = sign_flip_p(values, np.random.default_rng(0), flips=999)
    assert found.tolist() == [1, 1 / 1000]


def test_under_chance_the_p_value_is_as_often_small_as_it_says():
    values = np.random.default_rng(1).standard_normal((50, 400))
    found = sign_flip_p(values, np.random.default_rng(0))
    assert np.mean(found < 0.05) == pytest.approx(0.05, abs=0.03)


def test_chunks_make_all_draws(monkeypatch):
    monkeypatch.setattr(significance, "CHUNK", 30)
    assert sign_flip_p(np.ones((10, 1)), np.random.default_rng(0), flips=99)[0] < 0.1
