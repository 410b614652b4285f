"""A response curve finds what made the weeks, and says why where there is none."""

from dataclasses import replace
from decimal import Decimal

import jax.numpy as jnp
import numpy as np
import pytest

from clvcore.scenario.response import NoCurve, Response, adstock, response, windows
from clvcore.scenario.weekly import Weekly
from clvcore.value.precision import double

WEEKS = 104


def truth(spend):
    return 3.0 + 40.0 * spend / (spend + 200.0)


def weeks(*, seed=0, n=WEEKS, carry=0.2):
    """Spend varies sixfold, and users are Poisson around the `truth` of what is carried over."""
    rng = np.random.default_rng(seed)
    spend = np.round(200 * np.exp(rng.uniform(np.log(0.4), np.log(2.4), n)), 2)
    stock = [200.0]
    for amount in spend:
        stock.append((1 - carry) * amount + carry * stock[-1])
    return Weekly("ads", spend, rng.poisson(truth(np.array(stock[1:]))), Decimal(200))


@pytest.fixture(scope="module")
def curve():
    found = response(weeks(), rng=np.random.default_rng(1))
    assert isinstance(found, Response)
    return found


def test_nine_of_ten_intervals_hold_the_curve_that_made_the_weeks():
    spend, held = np.linspace(100, 450, 8), []
    for seed in range(20):
        found = response(weeks(seed=seed), rng=np.random.default_rng(1))
        low, high = np.quantile(found.users(spend), [0.05, 0.95], axis=1)
        held.append(np.mean((low < truth(spend)) & (truth(spend) < high)))
    assert 0.8 < np.mean(held) < 0.99


def test_the_curve_is_close_where_there_is_much_to_see(curve):
    spend = np.array([150.0, 250.0, 350.0])
    np.testing.assert_allclose(curve.users(spend).mean(axis=1), truth(spend), rtol=0.12)


def test_more_spend_never_wins_fewer_users(curve):
    assert (np.diff(curve.users(np.linspace(0, 2000, 50)), axis=0) >= 0).all()


def test_the_slope_is_that_of_the_curve(curve):
    spend, step = np.array([50.0, 200.0, 900.0]), 1e-3
    rise = (curve.users(spend + step) - curve.users(spend - step)) / (2 * step)
    np.testing.assert_allclose(curve.slope(spend), rise, rtol=1e-5)


def test_uncertainty_grows_beyond_what_was_spent(curve):
    width = np.ptp(np.quantile(curve.users([200.0, 2000.0]), [0.05, 0.95], axis=1), axis=0)
    assert width[1] > 2 * width[0]


def test_the_currency_does_not_matter(curve):
    same = weeks()
    yen = response(replace(same, spend=same.spend * 150), rng=np.random.default_rng(1))
    assert isinstance(yen, Response)
    np.testing.assert_allclose(yen.users([30_000.0]), curve.users([200.0]), rtol=1e-6)


def test_adstock_is_the_recursion_of_its_definition():
    spend = np.array([2.0, 0.0, 1.0, 3.0])
    with double():
        found = adstock(jnp.asarray(windows(spend)), jnp.asarray(0.3))
    first = 0.7 * 2.0 + 0.3 * 1.0  # before the first week spend ran as usual, at 1
    second = 0.3 * first
    third = 0.7 * 1.0 + 0.3 * second
    np.testing.assert_allclose(found, [first, second, third, 0.7 * 3.0 + 0.3 * third], rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"spend": np.zeros(WEEKS)}, "Nothing was spent"),
        ({"spend": np.full(WEEKS, 200.0)}, "hardly ever changed"),
        ({"users": np.zeros(WEEKS, dtype=np.int64)}, "only 0 users"),
    ],
)
def test_spend_that_tells_nothing_gets_a_sentence(change, why):
    found = response(replace(weeks(), **change), rng=np.random.default_rng(0))
    assert isinstance(found, NoCurve)
    assert why in found.reason


def test_a_few_weeks_are_too_few():
    found = response(weeks(n=20), rng=np.random.default_rng(0))
    assert isinstance(found, NoCurve)
    assert "20 weeks" in found.reason
