"""What the models say, beyond the published numbers in tests/golden."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import hyp2f1

from clvcore.errors import FitError
from clvcore.value.models import bg_nbd, gamma_gamma, mbg_nbd, waiting
from clvcore.value.models.beta_geometric import NbdParams, fit_is_weak
from clvcore.value.models.dropout import dropout_nodes, look_ahead
from clvcore.value.models.gamma_gamma import SpendParams
from clvcore.value.models.rows import history_rows, spend_rows
from clvcore.value.models.waiting import WaitParams
from clvcore.value.precision import double

TRUE = NbdParams(r=0.8, alpha=40.0, a=0.6, b=2.0)


def one(*history):
    return [np.array([float(value)]) for value in history]


def simulated(params, n_users, days, rng, *, tosses):
    """Frequency, recency and age of users who buy as the model says, in whole days."""
    rate = rng.gamma(params.r, 1 / params.alpha, n_users)
    p = rng.beta(params.a, params.b, n_users)
    frequency, recency = np.zeros(n_users), np.zeros(n_users)
    for user in range(n_users):
        time, tossed = 0.0, rng.random() < p[user] if tosses else False
        while not tossed:
            time += rng.exponential(1 / rate[user])
            if time > days:
                break
            frequency[user] += 1
            recency[user] = time
            tossed = rng.random() < p[user]
    return frequency, recency, np.full(n_users, float(days))


def test_expected_orders_are_the_hypergeometric_formula_of_fader_hardie_lee_2005():
    """Equation (10), with scipy's 2F1, for histories and horizons where that one is stable."""
    r, alpha, a, b = 0.243, 4.414, 0.793, 2.426
    x, age, horizon = np.array([0.0, 1.0, 5.0, 40.0]), np.array([30.0, 38.0, 20.0, 39.0]), 52.0
    z = horizon / (alpha + age + horizon)
    shrink = ((alpha + age) / (alpha + age + horizon)) ** (r + x)
    alive = (a + b + x - 1) / (a - 1) * (1 - shrink * hyp2f1(r + x, b + x, a + b + x - 1, z))
    params = NbdParams(r, alpha, a, b)
    here = bg_nbd.p_alive(params, x, age, age)
    got = bg_nbd.expected_orders(params, x, age, age, horizon=horizon)
    assert got == pytest.approx(here * alive, rel=1e-6)


def test_moments_agree_with_simulated_futures():
    """Y = min(Poisson process, geometric) for a user with 3 repeats in 100 days, 200 days ahead."""
    rng = np.random.default_rng(1)
    k, beta, a, b, horizon, n = 3.8, 140.0, 0.6, 6.0, 200.0, 400_000
    rate, p = rng.gamma(k, 1 / beta, n), rng.beta(a, b, n)
    until = rng.geometric(p)
    orders = np.minimum(rng.poisson(rate * horizon), until)
    with double():
        nodes = dropout_nodes(jnp.array([a]), jnp.array([b]))
        ahead = look_ahead(nodes, jnp.array([k]), jnp.array([horizon / beta]))
    second = float(ahead.order_pairs[0] + ahead.orders[0])
    assert float(ahead.orders[0]) == pytest.approx(orders.mean(), rel=0.005)
    assert second == pytest.approx((orders**2).mean(), rel=0.01)
    assert float(ahead.stays[0]) == pytest.approx(
        (1 - p) ** 0 @ np.exp(-rate * p * horizon) / n, rel=0.005
    )


@pytest.mark.parametrize("a", [0.999, 1.0, 1.001])
def test_nothing_happens_at_a_equal_to_one_where_the_paper_divides_by_zero(a):
    near = bg_nbd.expected_orders(NbdParams(0.5, 10.0, 1.01, 2.0), *one(3, 20, 30), horizon=52.0)
    got = bg_nbd.expected_orders(NbdParams(0.5, 10.0, a, 2.0), *one(3, 20, 30), horizon=52.0)
    assert got == pytest.approx(near, rel=0.02)


def test_heavy_buyers_have_a_finite_chance_to_be_there():
    """Histories on which another implementation returned NaN: up to 254 orders in 97 days."""
    x = np.array([221.0, 254.0, 161.0, 204.0, 5000.0])
    recency = np.array([103.42857, 97.14286, 94.71429, 98.57143, 364.0])
    age = np.array([103.57143, 97.28571, 98.0, 99.42857, 365.0])
    params = NbdParams(0.5143, 2.8845, 0.2856, 14.1087)
    for model in (bg_nbd, mbg_nbd):
        alive = model.p_alive(params, x, recency, age)
        ahead = model.expected_orders(params, x, recency, age, horizon=365.0)
        assert np.isfinite(alive).all()
        assert np.isfinite(ahead).all()


def test_a_one_time_buyer_surely_stays_in_bg_nbd_and_fades_in_mbg_nbd():
    params = NbdParams(0.5, 10.0, 0.8, 2.0)
    assert bg_nbd.p_alive(params, *one(0, 0, 300)) == 1
    young, old = (mbg_nbd.p_alive(params, *one(0, 0, age))[0] for age in (1, 300))
    assert old < young < 1


def test_mbg_nbd_recovers_the_parameters_of_a_simulated_population():
    rng = np.random.default_rng(3)
    frequency, recency, age = simulated(TRUE, 4000, 365, rng, tosses=True)
    fit = mbg_nbd.fit(history_rows(frequency, recency, age, np.ones(len(age))))
    distance = (np.log(np.array(fit.params)) - np.log(np.array(TRUE))) / np.sqrt(
        np.diag(fit.log_covariance)
    )
    assert fit.converged
    assert np.abs(distance).max() < 3


def test_history_without_repeats_cannot_be_fitted_and_says_so():
    rows = history_rows(np.zeros(5), np.zeros(5), np.full(5, 30.0), np.ones(5))
    with pytest.raises(FitError, match="second day"):
        mbg_nbd.fit(rows)


def test_few_buyers_are_fitted_with_a_prior():
    fit = mbg_nbd.fit(
        history_rows(*map(np.array, ([1.0, 0, 0], [9.0, 0, 0], [30.0, 30, 30])), np.ones(3)),
        few=True,
    )
    assert fit.converged
    assert 0 < fit.params.r < 5


def test_dropout_that_cannot_be_told_is_named():
    """Everybody buys on and on: nothing in the history speaks of leaving."""
    rng = np.random.default_rng(0)
    x = rng.poisson(20, 400).astype(float)
    age = np.full(400, 365.0)
    fit = mbg_nbd.fit(history_rows(x, age - rng.integers(0, 9, 400), age, np.ones(400)))
    assert "a, b" in fit.message or not fit.converged


def test_posterior_draws_stay_where_the_data_allow():
    """No draw is much less likely than the optimum, although the curvature is nearly flat there."""
    rng = np.random.default_rng(0)
    x = rng.poisson(20, 400).astype(float)
    age = np.full(400, 365.0)
    fit = mbg_nbd.fit(history_rows(x, age - rng.integers(0, 9, 400), age, np.ones(400)), few=True)
    logs = np.log(np.column_stack(fit.draws(64, rng)))
    best = fit.log_posterior(np.log(np.array([fit.params])))
    assert (fit.log_posterior(logs) > best - 15).all()


def test_posterior_draws_spread_as_the_standard_errors_say():
    rng = np.random.default_rng(5)
    frequency, recency, age = simulated(TRUE, 2000, 365, rng, tosses=False)
    fit = bg_nbd.fit(history_rows(frequency, recency, age, np.ones(len(age))))
    draws = np.log(np.column_stack(fit.draws(2000, rng)))
    assert draws.std(axis=0) == pytest.approx(np.sqrt(np.diag(fit.log_covariance)), rel=0.3)


def test_gamma_gamma_draws_a_user_to_the_mean_of_all():
    """E(M | x, z) lies between the mean of all and the user's own, and nears the own with orders."""
    params = SpendParams(p=6.25, q=3.74, v=15.44)
    mean = 6.25 * 15.44 / 2.74
    with double():
        few, many = gamma_gamma.expected_value(
            params, jnp.array([1.0, 30.0]), jnp.array([100.0, 100.0])
        )
    assert mean < float(few) < float(many) < 100


def test_order_values_without_a_mean_are_refused():
    rng = np.random.default_rng(0)
    value = rng.gamma(18.0, 1 / 3, 2000) / rng.gamma(0.6, 1.0, 2000)  # p 6, q 0.6, 3 orders each
    with pytest.raises(FitError, match="q = 0"):
        gamma_gamma.fit(spend_rows(np.full(2000, 3.0), value, np.ones(2000)))


def test_waits_recover_their_hazards():
    rng = np.random.default_rng(2)
    wait = rng.exponential(1 / rng.gamma(2.0, 1 / 300.0, 5000))
    seen = np.minimum(np.ceil(wait), 400.0)
    fit = waiting.fit(waiting.wait_rows(seen, wait < 400))
    errors = np.sqrt(np.diag(fit.log_covariance))
    assert np.abs(np.log(np.array(fit.params)) - np.log([2.0, 300.0])) == pytest.approx(
        0, abs=3 * errors.max()
    )


def test_expected_days_under_contract_are_the_integral_of_survival():
    params = WaitParams(1.7, 500.0)
    grid = np.linspace(0, 365, 20001)
    survival = ((500 + 90) / (500 + 90 + grid)) ** 1.7
    with double():
        waited, ahead = jnp.array([90.0]), jnp.array([365.0])
        days = float(waiting.expected_days(params, waited, ahead)[0])
        square = float(waiting.expected_square_days(params, waited, ahead)[0])
    assert days == pytest.approx(np.trapezoid(survival, grid), rel=1e-7)
    assert square == pytest.approx(np.trapezoid(2 * grid * survival, grid), rel=1e-7)


def test_the_rest_of_the_process_keeps_single_precision():
    mbg_nbd.p_alive(TRUE, *one(1, 10, 20))
    assert jnp.arange(3.0).dtype == jnp.float32


def test_a_fit_in_which_next_to_nobody_leaves_is_weak_and_a_plain_one_is_not():
    rng = np.random.default_rng(3)
    frequency, recency, age = simulated(TRUE, 4000, 365, rng, tosses=True)
    plain = mbg_nbd.fit(history_rows(frequency, recency, age, np.ones(len(age))))
    assert not fit_is_weak(plain)
    assert fit_is_weak(replace(plain, params=plain.params._replace(a=1e-4)))
    assert fit_is_weak(replace(plain, log_covariance=np.diag([0.01, 0.01, 9.0, 0.1])))
