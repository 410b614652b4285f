"""Repeat orders under BG/NBD, MBG/NBD and Pareto/NBD: what holds for each of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import hyperu

from clvcore.errors import FitError
from clvcore.value.models import covariates, pareto_nbd, repeat
from clvcore.value.models.beta_geometric import BgNbdParams, NbdParams
from clvcore.value.models.departure import Rates, Silence, bent_log_gone_odds, log_gone_odds
from clvcore.value.models.draws import History, drawn_histories, drawn_orders
from clvcore.value.models.fit import maximise
from clvcore.value.models.pareto_nbd import ParetoParams
from clvcore.value.models.rows import HistoryRows, history_rows
from clvcore.value.precision import double

QUICK = settings(max_examples=40, deadline=None)
TRUE = {
    "mbg-nbd": NbdParams(0.8, 40.0, 0.6, 2.0),
    "bg-nbd": BgNbdParams(0.8, 40.0, 0.6, 2.0),
    "pareto-nbd": ParetoParams(0.8, 40.0, 0.7, 120.0),
}
MODELS = pytest.mark.parametrize("model", repeat.ORDER_MODELS)

some = st.floats(0.05, 20.0)
scale = st.floats(1.0, 300.0)
populations = st.one_of(
    st.builds(NbdParams, r=some, alpha=scale, a=some, b=some),
    st.builds(BgNbdParams, r=some, alpha=scale, a=some, b=some),
    st.builds(ParetoParams, r=some, alpha=scale, s=some, beta=scale),
)


def one(*history):
    return [np.array([float(value)]) for value in history]


def rows_of(history):
    return history_rows(*history, np.ones(len(history.age)))


@given(populations, st.integers(0, 300), st.floats(0.0, 1.0), st.floats(1.0, 700.0))
@QUICK
def test_p_alive_is_a_probability_and_never_rises_in_silence(params, orders, share, age):
    recency = age * share if orders else 0.0
    silences = np.array([0.0, 1.0, 10.0, 100.0, 1000.0])
    ages = recency + silences
    alive = repeat.chance_here(params, np.full(5, float(orders)), np.full(5, recency), ages)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.diff(alive) <= 1e-9).all()


@given(populations, st.integers(0, 30), st.floats(1.0, 400.0), st.floats(1.0, 400.0))
@QUICK
def test_expectations_add_up_over_intervals(params, orders, first, then):
    """E[orders in (0, a + b)] = E[in (0, a)] + the flow from a to b, integrated."""
    history = one(orders, 50.0 if orders else 0.0, 60.0)
    near, far = (
        repeat.expected_orders(params, *history, horizon=time)[0] for time in (first, first + then)
    )
    undiscounted = [
        repeat.discounted_orders(params, *history, force=0.0, horizon=time)[0]
        for time in (first, first + then)
    ]
    assert far - near >= -1e-9
    assert undiscounted == pytest.approx([near, far], rel=2e-4, abs=1e-9)


@MODELS
def test_a_simulated_population_is_recovered_within_three_standard_errors(model):
    rng = np.random.default_rng(3)
    seen = drawn_histories(TRUE[model], rng.uniform(200, 700, 2000), rng)
    fit = repeat.fit(model, rows_of(seen))
    distance = np.log(np.array(fit.params)) - np.log(np.array(TRUE[model]))
    assert fit.converged
    assert type(fit.params) is type(TRUE[model])
    assert np.abs(distance / np.sqrt(np.diag(fit.log_covariance))).max() < 3


@MODELS
def test_expectations_are_the_means_of_futures_drawn_from_the_model(model):
    rng = np.random.default_rng(4)
    history = [np.repeat(part, 40_000) for part in one(3, 60, 100)]
    drawn = drawn_orders(TRUE[model], History(*history), 200.0, 1, rng)[0]
    single = [part[:1] for part in history]
    expected = repeat.expected_orders(TRUE[model], *single, horizon=200.0)[0]
    with double():
        ahead = repeat.future(TRUE[model], *map(jnp.asarray, (single[0], single[2])))(200.0)
    here = repeat.chance_here(TRUE[model], *single)[0]
    assert drawn.mean() == pytest.approx(expected, abs=4 * drawn.std() / 200)
    assert (drawn == 0).mean() == pytest.approx(1 - here * (1 - float(ahead.silent[0])), abs=0.01)
    pairs = (drawn * (drawn - 1.0)).mean()
    assert here * float(ahead.order_pairs[0]) == pytest.approx(pairs, rel=0.06)


@MODELS
def test_expected_days_are_the_integral_of_being_here(model):
    """By the trapezoid rule over the chance to be here at each moment of the horizon."""
    times = np.linspace(1e-6, 300.0, 401)
    with double():
        ahead = repeat.future(TRUE[model], jnp.array(2.0), jnp.array(90.0))
        stays = np.array([float(ahead(time).stays) for time in times[::40]])
    smooth = np.interp(times, times[::40], stays)
    here = repeat.chance_here(TRUE[model], *one(2, 70, 90))[0]
    got = repeat.expected_days(TRUE[model], *one(2, 70, 90), horizon=300.0)[0]
    assert got == pytest.approx(here * np.trapezoid(smooth, times), rel=0.01)


def test_discounted_orders_without_an_end_are_the_confluent_function_of_the_paper():
    """Equation (7) of Fader, Hardie, Lee (2005), with scipy's Psi."""
    r, alpha, s, beta, force = 0.553, 10.578, 0.606, 11.669, 0.0027
    clock = beta + 38.86
    flow = (r + 2) / (alpha + 38.86)
    expected = flow * force ** (s - 1) * clock**s * hyperu(s, s, force * clock)
    params = ParetoParams(r, alpha, s, beta)
    here = repeat.chance_here(params, *one(2, 30.43, 38.86))
    got = repeat.discounted_orders(params, *one(2, 30.43, 38.86), force=force)
    assert got == pytest.approx(here * expected, rel=1e-6)


def test_orders_without_end_or_discount_are_infinite_where_lifetimes_have_no_mean():
    history = one(2, 30, 40)
    finite, endless = (ParetoParams(0.5, 10.0, s, 12.0) for s in (1.5, 0.9))
    got = [repeat.discounted_orders(p, *history, force=0.0)[0] for p in (finite, endless)]
    assert got[0] == pytest.approx(
        repeat.chance_here(finite, *history)[0] * 2.5 / 50 * 52 / 0.5, rel=1e-12
    )
    assert np.isinf(got[1])
    assert np.isfinite(repeat.discounted_orders(endless, *history, force=1e-4))


@pytest.mark.parametrize(
    "history", [(0.0, 0.0, 58.0), (2.0, 30.43, 38.86), (20.0, 50.0, 52.0), (250.0, 97.0, 98.0)]
)
@pytest.mark.parametrize("rates", [(10.578, 0.606, 11.669), (4.0, 0.3, 90.0), (90.0, 1.2, 4.0)])
def test_odds_of_being_gone_are_the_integral_over_the_moment_of_leaving(history, rates):
    """Both cases of the papers, alpha above and below beta, by adaptive quadrature in log space."""
    (alpha, s, beta), (x, recency, age) = rates, history
    k = 0.5 + x

    def height(u):
        return -k * np.log(alpha + u) - (s + 1) * np.log(beta + u)

    peak = height(recency)
    area, _ = quad(lambda u: np.exp(height(u) - peak), recency, age, epsabs=0, epsrel=1e-12)
    expected = np.log(s * area) + peak + k * np.log(alpha + age) + s * np.log(beta + age)
    with double():
        silence = Silence(*map(jnp.asarray, (k, recency, age)))
        got = [odds(silence, Rates(*rates)) for odds in (log_gone_odds, bent_log_gone_odds)]
    assert np.array(got) == pytest.approx(expected, abs=1e-8)


def test_slopes_and_curvatures_of_pareto_nbd_are_finite_differences(rows_small):
    point, step = np.log([0.7, 11.0, 0.5, 14.0]), 1e-4 * np.eye(4)
    with double():
        second_order = jax.jit(
            lambda at: (
                jax.grad(pareto_nbd.log_likelihood)(at, rows_small),
                jax.hessian(pareto_nbd.log_likelihood)(at, rows_small),
            )
        )
        value = jax.jit(lambda at: pareto_nbd.plain_log_likelihood(at, rows_small))
        slope, curve = map(np.asarray, second_order(point))
        for i in range(4):
            rise = float(value(point + step[i]) - value(point - step[i])) / 2e-4
            assert slope[i] == pytest.approx(rise, rel=1e-6, abs=1e-5)
            turn = np.asarray(second_order(point + step[i])[0] - second_order(point - step[i])[0])
            assert curve[i] == pytest.approx(turn / 2e-4, rel=1e-5, abs=1e-4)


@pytest.fixture(scope="module")
def rows_small() -> HistoryRows:
    rng = np.random.default_rng(8)
    seen = drawn_histories(ParetoParams(0.6, 10.0, 0.6, 12.0), rng.uniform(20, 40, 200), rng)
    return rows_of(seen)


def test_compressed_rows_are_as_likely_as_plain_ones():
    """Users of whom 60 share each history: once with weight 60, and sixty times."""
    rng = np.random.default_rng(9)
    seen = drawn_histories(TRUE["pareto-nbd"], rng.uniform(200, 700, 30), rng)
    many = [np.repeat(part, 60) for part in seen]
    packed = history_rows(*many, np.ones(1800))
    assert np.count_nonzero(np.asarray(packed.weight)) <= 30
    with double():
        point = jnp.log(jnp.asarray(TRUE["pareto-nbd"]))
        single = float(pareto_nbd.plain_log_likelihood(point, rows_of(seen)))
        together = float(pareto_nbd.plain_log_likelihood(point, packed))
    assert together == pytest.approx(60 * single, rel=1e-12)


def test_pareto_nbd_without_repeats_cannot_be_fitted_and_says_so():
    rows = history_rows(np.zeros(5), np.zeros(5), np.full(5, 30.0), np.ones(5))
    with pytest.raises(FitError, match="second day"):
        pareto_nbd.fit(rows)


def test_leaving_that_cannot_be_told_is_named_by_pareto_nbd():
    """Everybody buys on and on: nothing in the history speaks of leaving."""
    rng = np.random.default_rng(0)
    x = rng.poisson(20, 1800).astype(float)
    recency = 365.0 - 9.0 * rng.random(1800)
    fit = pareto_nbd.fit(history_rows(x, recency, np.full(1800, 365.0), np.ones(1800)))
    assert repeat.fit_is_weak(fit) or not fit.converged
    assert "s, beta" in fit.message or not fit.converged


@pytest.mark.parametrize(
    "model",
    [
        "mbg-nbd",
        pytest.param("bg-nbd", marks=pytest.mark.slow),
        pytest.param("pareto-nbd", marks=pytest.mark.slow),
    ],
)
def test_what_is_known_of_users_is_recovered_and_its_likelihood_ratio_is_large(model):
    """Users from ads order half as often and leave three times as fast."""
    rng = np.random.default_rng(11)
    base = TRUE[model]
    if isinstance(base, ParetoParams):
        other = base._replace(alpha=base.alpha * 2, beta=base.beta / 3)
    else:
        other = base._replace(alpha=base.alpha * 2, a=base.a * 3)
    ages = rng.uniform(300, 700, 4000)
    both = [drawn_histories(params, ages, rng) for params in (base, other)]
    history = tuple(np.concatenate(parts) for parts in zip(*both, strict=True))
    z = np.repeat([[0.0], [1.0]], 4000, axis=0)
    found = covariates.fit_moderated(model, history, z, ["ads"])
    assert found.fit.converged
    assert found.p_value < 1e-6
    truth = {"rate": 0.5, "leaving": 3.0, "staying": 1.0}
    for (part, name), factor in found.factors.items():
        assert name == "ads"
        assert abs(np.log(factor.factor / truth[part])) < 3 * factor.log_error
    ads = found.params_of(np.ones(1))
    assert type(ads) is type(base)
    assert np.log(ads.alpha / found.fit.params.alpha) == pytest.approx(
        -np.log(found.factors["rate", "ads"].factor), abs=1e-9
    )


def test_what_tells_nothing_does_not_win_the_likelihood_ratio():
    rng = np.random.default_rng(12)
    seen = drawn_histories(TRUE["mbg-nbd"], rng.uniform(300, 700, 8000), rng)
    z, names = covariates.one_hot(["ads" if n % 3 else "email" for n in range(8000)])
    found = covariates.fit_moderated("mbg-nbd", tuple(seen), z, names)
    assert names == ("email",)
    assert found.degrees == 3
    assert found.p_value > 0.01


def test_a_flat_likelihood_is_not_called_converged():
    """Nothing to learn from: no row has any weight."""

    def nothing(log_params, rows):
        return 0.0 * jnp.sum(log_params) + 0.0 * jnp.sum(rows)

    fit = maximise(nothing, jnp.zeros(3), ParetoParams(1.0, 1.0, 1.0, 1.0))
    assert "r, alpha, s and beta" in fit.message or "r, alpha, s, beta" in fit.message
