from math import sqrt

import numpy as np
import pytest

from clvcore.ranking import interval
from clvcore.ranking.interval import percentile_interval, resampled_means


def test_resampled_means_spread_like_the_standard_error():
    """Standard deviation of a mean of n values: s / sqrt(n); here within 10 % at 4,000 draws."""
    values = np.random.default_rng(0).standard_normal((400, 1))
    means = resampled_means(values, np.random.default_rng(1), draws=4000)
    assert means.std() == pytest.approx(values.std() / sqrt(400), rel=0.1)
    assert means.mean() == pytest.approx(values.mean(), abs=0.005)


def test_columns_share_their_draws_so_that_a_constant_difference_has_no_spread():
    values = np.random.default_rng(0).random((50, 1))
    means = resampled_means(np.hstack([values, values + 0.25]), np.random.default_rng(1))
    np.testing.assert_allclose(means[:, 1] - means[:, 0], 0.25)


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(0).random((50, 2))
    first, second = (resampled_means(values, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_draws_made_in_chunks_are_all_there(monkeypatch):
    monkeypatch.setattr(interval, "CHUNK", 120)
    means = resampled_means(np.ones((50, 1)), np.random.default_rng(0), draws=7)
    np.testing.assert_allclose(means, np.ones((7, 1)))


def test_the_interval_holds_the_middle_95_of_100_draws():
    found = percentile_interval(50.0, np.arange(101.0))
    assert found == pytest.approx((50, 2.5, 97.5))
