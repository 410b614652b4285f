"""Models in steps of time, beyond the published numbers in tests/golden."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import hyp2f1

from clvcore.value.models import bg_bb, contracts
from clvcore.value.models.bg_bb import BgBbParams
from clvcore.value.models.contracts import BdwParams, SbgParams
from clvcore.value.models.waiting import wait_rows

QUICK = settings(max_examples=30, deadline=None)
DONORS = BgBbParams(1.204, 0.750, 0.657, 2.783)

some = st.floats(0.1, 20.0)


def one(*history):
    return [np.array([float(value)]) for value in history]


def futures(params, history, horizon, n_draws, rng):
    """Times acted and steps here within the horizon, of users drawn who have this very history."""
    x, recency, age = (int(part[0]) for part in history)
    p, theta = (
        rng.beta(params.alpha, params.beta, n_draws),
        rng.beta(params.gamma, params.delta, n_draws),
    )
    last = rng.geometric(theta) - 1  # opportunities at which a user is here
    likely = p**x * (1 - p) ** (np.minimum(last, age) - x) * (last >= recency)
    picked = rng.choice(n_draws, n_draws, p=likely / likely.sum())
    left = np.clip(last[picked] - age, 0, horizon)
    return rng.binomial(left, p[picked]), left


def test_expectations_of_bg_bb_are_the_means_of_simulated_futures():
    rng = np.random.default_rng(0)
    history = one(3, 4, 6)
    acts, steps = futures(DONORS, history, 5, 400_000, rng)
    expected = bg_bb.expected_orders(DONORS, *history, horizon=5)
    assert expected == pytest.approx([acts.mean()], rel=0.02)
    assert bg_bb.expected_steps(DONORS, *history, horizon=5) == pytest.approx(
        [steps.mean()], rel=0.02
    )
    assert bg_bb.p_alive(DONORS, *history) == pytest.approx([(steps > 0).mean()], rel=0.02)


def test_discounted_orders_of_bg_bb_are_the_hypergeometric_formula_of_the_paper():
    """Equation (14), with scipy's 2F1; after 2,000 steps at 10 % nothing is left."""
    alpha, beta, gamma, delta = DONORS
    x, n = 6.0, 6.0
    here = bg_bb.p_alive(DONORS, *one(6, 6, 6))[0]
    tail = hyp2f1(1, delta + n + 1, gamma + delta + n + 1, 1 / 1.1) / 1.1
    expected = (alpha + x) / (alpha + beta + n) * here * tail
    got = bg_bb.discounted_orders(DONORS, *one(6, 6, 6), rate=0.1, horizon=2000)
    assert got == pytest.approx([expected], rel=1e-9)


@given(st.builds(BgBbParams, some, some, some, some), st.integers(0, 8), st.integers(0, 8))
@QUICK
def test_p_alive_of_bg_bb_is_a_probability_and_never_rises_in_silence(params, x, gap):
    recency = float(x + gap) if x else 0.0
    ages = recency + np.array([0.0, 1.0, 3.0, 10.0, 30.0])
    alive = bg_bb.p_alive(params, np.full(5, float(x)), np.full(5, recency), ages)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.diff(alive) <= 1e-12).all()


def test_bg_bb_recovers_the_population_it_was_drawn_from():
    rng = np.random.default_rng(2)
    users, age = 6000, 12
    here = np.minimum(rng.geometric(rng.beta(0.8, 4.0, users)) - 1, age)
    acts = rng.random((users, age)) < rng.beta(1.2, 1.5, users)[:, None]
    acts &= np.arange(age) < here[:, None]
    recency = np.where(acts.any(axis=1), age - np.argmax(acts[:, ::-1], axis=1), 0)
    columns = (acts.sum(axis=1), recency, np.full(users, age), np.ones(users))
    fit = bg_bb.fit(bg_bb.chance_rows(*(np.asarray(part, float) for part in columns)))
    distance = np.log(np.array(fit.params)) - np.log([1.2, 1.5, 0.8, 4.0])
    assert fit.converged
    assert np.abs(distance / np.sqrt(np.diag(fit.log_covariance))).max() < 3


@pytest.mark.parametrize("params", [SbgParams(0.7, 1.2), BdwParams(0.7, 1.2, 1.4)])
def test_renewals_to_come_are_the_sum_of_survival(params):
    tenure = np.array([0.0, 3.0, 20.0])
    years = np.array([1.0, 2.0, 3.0])
    by_hand = [contracts.survival(params, np.full(3, t), years).sum() for t in tenure]
    assert contracts.expected_periods(params, tenure, horizon=3) == pytest.approx(by_hand)
    paid = contracts.discounted_periods(params, tenure, rate=0.0, horizon=4)
    assert paid == pytest.approx(
        1 + np.array(by_hand)
    )  # the payment that is due now, and three more


def test_retention_of_sbg_rises_to_one_and_follows_the_closed_form():
    """r(t) = (beta + t - 1) / (alpha + beta + t - 1), equation (8) of Fader, Hardie (2007)."""
    years = np.arange(1.0, 200.0)
    got = contracts.retention(SbgParams(0.7, 1.2), years)
    assert got == pytest.approx((1.2 + years - 1) / (0.7 + 1.2 + years - 1))
    assert (np.diff(got) > 0).all()


def test_a_lifetime_without_end_or_discount_is_infinite_where_it_has_no_mean():
    """Sum of (beta)_t / (alpha + beta)_t over t = (alpha + beta - 1) / (alpha - 1)."""
    new = np.zeros(1)
    assert contracts.discounted_periods(SbgParams(2.0, 3.0), new, rate=0.0) == pytest.approx([4.0])
    assert np.isinf(contracts.discounted_periods(SbgParams(0.9, 3.0), new, rate=0.0)).all()


@pytest.mark.slow
@pytest.mark.parametrize("c", [1.0, 1.5])
def test_contracts_recover_the_population_they_were_drawn_from(c):
    rng = np.random.default_rng(5)
    theta = rng.beta(0.9, 3.0, 8000)
    end = np.ceil((np.log(rng.random(8000)) / np.log1p(-theta)) ** (1 / c))
    seen = np.minimum(end, 10.0)
    rows = wait_rows(seen, end <= 10)
    fit, truth = (
        (contracts.fit_sbg(rows), [0.9, 3.0])
        if c == 1
        else (contracts.fit_bdw(rows), [0.9, 3.0, c])
    )
    distance = np.log(np.array(fit.params)) - np.log(truth)
    assert fit.converged
    assert np.abs(distance / np.sqrt(np.diag(fit.log_covariance))).max() < 3
