"""Pareto/NBD on CDNOW in the literature, to four significant digits unless a number has fewer.

"Published" is the rounded set of Fader, Hardie, Lee (2005) and of the example of the R package BTYD;
"fitted" means fitted here on cdnow/summary.csv, whose times are rounded to two decimals.
"""

import numpy as np
import pytest

from clvcore.value.models import pareto_nbd, repeat
from clvcore.value.models.pareto_nbd import ParetoParams

PUBLISHED = ParetoParams(r=0.553, alpha=10.578, s=0.606, beta=11.669)
FOUR_DIGITS = 1e-4
WEEKLY = 0.0027
"""Continuous rate of discount a week, 15 % a year."""


@pytest.fixture(scope="module")
def fit(rows):
    return pareto_nbd.fit(rows)


def one(*history):
    return [np.array([float(value)]) for value in history]


def test_fitted_finds_the_parameters_of_fader_hardie_lee_2005(fit):
    assert fit.converged
    assert fit.params == pytest.approx((0.55328, 10.57761, 0.60621, 11.66792), rel=1e-5)
    assert fit.params == pytest.approx((0.553, 10.578, 0.606, 11.669), rel=5e-4)
    assert fit.log_likelihood == pytest.approx(-9594.974, abs=1e-3)


def test_fitted_has_the_standard_errors_of_the_paper(fit):
    assert fit.standard_errors == pytest.approx((0.0476, 0.8427, 0.1873, 6.2105), rel=7e-4)


def test_orders_of_a_new_customer_in_a_year(fit):
    """E[X(52)] = 1.473434, BTYD with its own fit; fitted."""
    got = pareto_nbd.expected_new(fit.params, np.array([52.0]))
    assert got == pytest.approx([1.473434], rel=FOUR_DIGITS)


def test_customer_one_is_expected_to_buy_as_recomputed_elsewhere(fit):
    history = one(2, 30.43, 38.86)
    got = pareto_nbd.expected_orders(fit.params, *history, horizon=39.0)
    assert got == pytest.approx([1.45511], rel=FOUR_DIGITS)
    assert pareto_nbd.p_alive(fit.params, *history) == pytest.approx([0.86912], rel=FOUR_DIGITS)


def test_customer_1516_the_heaviest_buyer():
    """(26, 30.857, 31), 52 weeks: BTYD prints 25.45647 and 0.997874, for its own fit; PUBLISHED."""
    history = one(26, 30.857, 31)
    got = pareto_nbd.expected_orders(PUBLISHED, *history, horizon=52.0)
    assert got == pytest.approx([25.45647], rel=FOUR_DIGITS)
    assert pareto_nbd.p_alive(PUBLISHED, *history) == pytest.approx([0.997874], rel=FOUR_DIGITS)


@pytest.mark.parametrize(
    ("repeats", "expected"), [(10, 0.7062289), (15, 0.1442396), (20, 0.02250658), (25, 0.00309267)]
)
def test_the_increasing_frequency_paradox(repeats, expected):
    """Same recency, more orders, fewer to come: BTYD for its own fit, t_x 20, T 39; PUBLISHED."""
    got = pareto_nbd.expected_orders(PUBLISHED, *one(repeats, 20, 39), horizon=52.0)
    assert got == pytest.approx([expected], rel=2e-4)  # the source's parameters have more digits


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ((0, 0, 39), 0.4750),
        ((1, 20, 39), 3.0216),
        ((2, 30.43, 38.86), 6.4838),
        ((7, 35, 39), 20.5596),
        ((26, 30.857, 31), 86.0525),
    ],
)
def test_discounted_orders_without_an_end(history, expected):
    """DERT of Fader, Hardie, Lee (2005), recomputed elsewhere for PUBLISHED at 0.0027 a week."""
    got = repeat.discounted_orders(PUBLISHED, *one(*history), force=WEEKLY)
    assert got == pytest.approx([expected], rel=FOUR_DIGITS)


def test_mean_p_alive_is_that_of_another_implementation(fit, summary):
    """Fitted: 0.4463, beside 0.8134 of BG/NBD, which keeps every one-time buyer."""
    alive = pareto_nbd.p_alive(fit.params, summary["x"], summary["t_x"], summary["T"])
    assert alive.mean() == pytest.approx(0.4463, rel=FOUR_DIGITS)


def test_holdout_means_by_calibration_frequency_are_those_of_the_paper(fit, summary):
    """Weeks 40 to 78, customers with 0, 1, ..., 7 and more repeats; fitted, three decimals."""
    history = (summary["x"], summary["t_x"], summary["T"])
    got = pareto_nbd.expected_orders(fit.params, *history, horizon=39.0)
    group = np.minimum(summary["x"], 7)
    means = [got[group == count].mean() for count in range(8)]
    published = [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403]
    assert means == pytest.approx(published, abs=1.1e-3)


def test_heavy_buyers_have_a_finite_chance_to_be_there():
    """The histories on which another implementation returns NaN."""
    params = ParetoParams(0.5143, 2.8845, 0.2856, 14.1087)
    x = np.array([221.0, 254.0, 161.0, 204.0])
    recency = np.array([103.42857, 97.14286, 94.71429, 98.57143])
    age = np.array([103.57143, 97.28571, 98.0, 99.42857])
    alive = pareto_nbd.p_alive(params, x, recency, age)
    assert np.isfinite(alive).all()
    assert (alive[[0, 1, 3]] > 0.99).all()  # up to six days of silence, after two orders a week
    assert alive[2] < 0.8  # three weeks of silence
