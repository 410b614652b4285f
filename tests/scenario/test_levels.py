"""Totals drawn from their two moments."""

import numpy as np
import pytest
from scipy import stats

from clvcore.scenario.levels import luck_for, simulated


@pytest.mark.parametrize("shape", [0.3, 5.0, 99.0, 101.0, 400.0, 1e5])
def test_totals_are_gamma_variables_with_the_moments_that_are_known(shape):
    mean, luck = 2000.0, luck_for(64, 1, np.random.default_rng(1))
    variance = mean**2 / shape
    drawn = simulated(np.full((64, 1), mean), np.full((64, 1), variance), luck)[:, 0]
    expected = stats.gamma(shape, scale=variance / mean).ppf(luck.ravel())
    assert np.abs(drawn - expected).max() < 0.01 * np.sqrt(variance)
    assert drawn.mean() == pytest.approx(mean, abs=0.1 * np.sqrt(variance))


def test_a_total_without_chance_is_its_mean_and_losses_are_drawn_below_zero():
    mean = np.array([[100.0, 0.0, -500.0]])
    luck = luck_for(1, 3, np.random.default_rng(2))
    sure, none, loss = simulated(mean, np.array([[0.0, 0.0, 400.0]]), luck).T
    assert (sure == 100.0).all()
    assert (none == 0.0).all()
    assert (loss < 0).all()
    assert loss.std() == pytest.approx(20.0, rel=0.2)
