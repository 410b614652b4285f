"""All models side by side, on a shop whose users differ by channel and of whom some pay fees."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from value.test_forecast import shop_events

from clvcore.value.comparison import compared_models
from clvcore.value.forecast import fitted, forecast

N_CONTRACTS = 70


def fees(number):
    """Fees every thirty days from 1 January on, two to thirteen, the thirteenth on 26 December."""
    return [
        (f"s{number:03}", str(np.datetime64("2024-01-01") + 30 * n), "subscription", "9.00")
        for n in range(min(number % 16 + 2, 13))
    ]


@pytest.fixture(scope="module")
def data(world):
    events = [row for row in shop_events(np.random.default_rng(5), users=200) if row[2] != "refund"]
    names = sorted({row[0] for row in events})
    users = [(name, "2024-01-01", "ads" if n % 3 else "email") for n, name in enumerate(names)]
    paid = [row for number in range(N_CONTRACTS) for row in fees(number)]
    return world([*events, *paid], users)


@pytest.fixture(scope="module")
def made(data):
    base = fitted(data, rng=np.random.default_rng(0), n_draws=4)
    return forecast(base, horizon_days=180.0, discount_rate_annual=0.1)


@pytest.fixture(scope="module")
def rows(data, made):
    found = compared_models(data, made, known="channel")
    return {(row.model, row.known): row for row in found}


def test_every_model_is_there_and_the_forecast_says_which_it_rests_on(rows):
    assert {name for name, row in rows.items() if row.is_used} == {
        ("mbg-nbd", None),
        ("pareto-ii", None),
    }
    assert [model for model, known in rows if known is None] == [
        *("mbg-nbd", "bg-nbd", "pareto-nbd", "bg-bb"),
        *("pareto-ii", "sbg", "bdw"),
    ]


def test_the_model_of_the_forecast_is_fitted_and_expects_as_there(rows, made):
    row = rows["mbg-nbd", None]
    assert row.fit.log_likelihood == pytest.approx(made.fits.orders.log_likelihood, rel=1e-9)
    buyers = made.known.users["buyer"].is_not_null()
    ahead = made.users.filter(buyers)["orders_ahead"].sum()
    assert row.expected.occasions == pytest.approx(ahead, rel=1e-5)
    assert row.aic == pytest.approx(8 - 2 * row.fit.log_likelihood)


def test_contracts_in_days_expect_as_the_forecast_does(rows, made):
    contracts = made.known.users["contract"].is_not_null()
    days = made.users.filter(contracts)["days_ahead"].sum()
    got = rows["pareto-ii", None].expected
    assert got.days * N_CONTRACTS == pytest.approx(days, rel=1e-5)
    running = 1 - made.known.contracts["has_ended"].mean()
    assert got.p_alive == pytest.approx(running)


def test_what_comes_later_is_worth_less_but_not_by_more_than_the_whole_discount(rows):
    for row in rows.values():
        share = row.expected.discounted / row.expected.occasions
        assert 1.1 ** (-180 / 365.25) - 1e-6 < share < 1.0
        assert 0 < row.expected.days < 180
        assert 0 < row.expected.p_alive <= 1


def test_a_covariate_can_only_gain_and_says_by_how_much_chance_would(rows):
    plain, moved = rows["mbg-nbd", None], rows["mbg-nbd", "channel"]
    assert moved.fit.log_likelihood >= plain.fit.log_likelihood - 1e-6
    assert 0 <= moved.p_value <= 1
    assert len(moved.fit.params) == 4 + 3
    assert moved.expected.occasions == pytest.approx(plain.expected.occasions, rel=0.1)


def test_a_covariate_of_one_value_is_refused_in_one_sentence(data, made):
    alone = data.users.with_columns(plan=pl.lit("basic"))
    found = compared_models(replace(data, users=alone), made, known="plan")
    row = next(row for row in found if row.known == "plan")
    assert row.fit is row.expected is row.aic is None
    assert "2 to 20" in row.message


def test_without_buyers_and_contracts_there_is_nothing_to_compare(world):
    data = world([("ann", "2024-01-02", "view", None)])
    made = forecast(fitted(data, rng=np.random.default_rng(0), n_draws=4))
    assert compared_models(data, made) == []
