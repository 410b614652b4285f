"""The forecast on a simulated shop whose future is known."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from clvcore import columns as col
from clvcore.errors import ConfigError
from clvcore.value.forecast import Forecast, fitted, forecast, group_intervals
from clvcore.value.holdout import holdout, known_at
from clvcore.value.lifetime import lifetimes

DAYS = 400


def shop_events(rng, *, users=400, first_at=0.2):
    """Buyers with rate Gamma(1, 1/30) and chance Beta(1, 5) of leaving at an order, about 20 each."""
    rows = []
    for number in range(users):
        day = float(rng.integers(0, int(DAYS * first_at)))
        rate, p = rng.gamma(1.0, 1 / 30.0), rng.beta(1.0, 5.0)
        mean = 100.0 / rng.gamma(6.0)
        while day < DAYS:
            amount = f"{rng.gamma(4.0, mean / 4.0) + 0.01:.2f}"
            rows.append((f"u{number:03}", date_of(day), "purchase", amount))
            if rng.random() < p:
                break
            day += rng.exponential(1 / rate)
    return rows


def data_from(data, day):
    return replace(
        data, observed=(datetime.fromisoformat(day).replace(tzinfo=UTC), data.observed[1])
    )


def date_of(day):
    return f"{date(2023, 1, 1) + timedelta(days=int(day))}"


@pytest.fixture(scope="module")
def events():
    return shop_events(np.random.default_rng(7))


UNTIL = date_of(DAYS)


@pytest.fixture(scope="module")
def shop(world, events):
    return data_from(world(events, until=UNTIL), "2023-01-01")


def forecast_of(data, **settings) -> Forecast:
    return forecast(fitted(data, rng=np.random.default_rng(0)), **settings)


@pytest.fixture(scope="module")
def made(shop):
    return forecast_of(shop)


def test_forecast_is_near_what_comes(shop):
    cut = shop.observed[1] - timedelta(days=150)
    judged = holdout(shop, cut, rng=np.random.default_rng(0))
    scores = {row["method"]: row for row in judged.scores.iter_rows(named=True)}
    assert abs(scores["model"]["bias"]) < 0.25
    assert abs(scores["model"]["bias"]) < abs(scores["rate"]["bias"])
    assert scores["nothing"]["bias"] == -1
    assert judged.interval_share > 0.7


def test_what_is_known_at_a_cut_does_not_know_the_future(shop):
    cut = shop.observed[0] + timedelta(days=100)
    before = known_at(shop, cut)
    assert before.events[col.AT].max() <= cut
    assert (before.users[col.ACQUIRED] <= cut).all()
    assert before.observed[1] == cut


def test_a_cut_outside_of_observation_is_refused(shop):
    with pytest.raises(ConfigError, match="outside"):
        known_at(shop, shop.observed[1] + timedelta(days=1))


def test_streams_add_up_to_the_forecast_of_every_user(made):
    frame = made.users
    streams = (
        pl.col("forecast_purchase") + pl.col("forecast_advertising") + pl.col("forecast_service")
    )
    assert frame.select((streams == pl.col("forecast")).all()).item()
    assert frame.select((pl.col("forecast_low") <= pl.col("forecast_high")).all()).item()


def test_groups_have_relatively_narrower_intervals_than_users_and_contain_their_mean(made):
    group = np.arange(made.users.height) % 4
    found = group_intervals(made, group, 4, np.random.default_rng(1))
    mean = float(made.users["forecast"].sum())
    assert found.total_low < mean < found.total_high
    assert (found.total_high - found.total_low) / mean < 0.5
    widths = (found.high - found.low).sum()
    assert widths > found.total_high - found.total_low


def test_the_interval_of_all_users_does_not_depend_on_their_groups(made):
    wholes = [
        (found.total_low, found.total_high)
        for n_groups in (1, 4)
        for found in [
            group_intervals(
                made, np.arange(made.users.height) % n_groups, n_groups, np.random.default_rng(1)
            )
        ]
    ]
    assert wholes[0] == wholes[1]


def test_another_horizon_needs_no_other_fit(shop):
    base = fitted(shop, rng=np.random.default_rng(0))
    near, far = (forecast(base, horizon_days=days) for days in (90.0, 180.0))
    assert near.fits is far.fits
    assert far.users.equals(forecast_of(shop, horizon_days=180.0).users)


def test_discounting_lowers_the_forecast_and_a_longer_horizon_raises_it(shop, made):
    def total(**settings):
        again = forecast_of(shop, **settings)
        return float(again.users["forecast"].sum())

    plain = float(made.users["forecast"].sum())
    assert plain * 0.9 < total(discount_rate_annual=0.2) < plain
    assert total(horizon_days=180) < plain < total(horizon_days=730)


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ({"horizon_days": 0}, "horizon"),
        ({"discount_rate_annual": -0.9}, "rate"),
        ({"level": 1.0}, "level"),
    ],
)
def test_settings_out_of_range_are_refused_in_words(world, setting, word):
    with pytest.raises(ConfigError, match=word):
        forecast_of(world(), **setting)


def test_few_buyers_get_a_forecast_that_says_how_little_it_knows(world):
    events = [("ann", f"2024-0{m}-01", "purchase", "10") for m in (1, 3, 5)]
    events += [("bob", "2024-02-01", "purchase", "20")]
    made = forecast_of(world(events))
    assert any("few cases to learn from (1, fewer than 50)" in note for note in made.notes)
    ann, bob = made.users["forecast"].to_list()
    assert ann > 0
    assert bob > 0


def test_contracts_bring_fees_until_their_agreed_end(world):
    fees = [
        (user, f"2024-{m:02}-01", "subscription", "30")
        for user in ("ann", "bob", "cat")
        for m in range(6, 13)
    ]
    users = [
        ("ann", "2024-06-01", "web", None),
        ("bob", "2024-06-01", "web", "2025-01-10"),
        ("cat", "2024-06-01", "web", "2024-12-15"),
    ]
    made = forecast_of(world(fees, users))
    ann, bob, cat = made.users["forecast_service"].to_list()
    assert cat == 0
    assert bob == pytest.approx(Decimal(10), abs=Decimal("0.6"))  # ten days of about a coin a day
    assert ann > 10 * bob
    assert made.users["p_alive"].to_list() == [1, 1, 0]


def test_lifetime_of_an_ended_contract_is_known_and_of_a_running_one_censored(world):
    fees = [
        (user, f"2024-{m:02}-01", "subscription", "30")
        for user in ("ann", "cat")
        for m in range(6, 13)
    ]
    users = [("ann", "2024-06-01", "web", None), ("cat", "2024-05-31", "web", "2024-12-15")]
    data = world(fees, users)
    frame = lifetimes(data, forecast_of(data))
    ann, cat = frame.iter_rows(named=True)
    assert (cat["lifetime_days"], cat["lifetime_censored"]) == (198, False)
    assert ann["lifetime_censored"]
    assert 213 < ann["lifetime_days"] <= 213 + 365


def test_lifetime_of_a_silent_buyer_is_shorter_than_the_age(shop, made):
    table = lifetimes(shop, made).join(made.known.buyers, on=col.USER)
    gone = table.join(made.users, on=col.USER).filter(pl.col("p_alive") < 0.05)
    assert gone.height > 20
    assert (gone["lifetime_days"] < gone["age_days"]).all()
    assert (gone["lifetime_days"] >= gone["recency_days"]).all()


def test_refunds_without_an_order_lower_what_is_to_come(world, events, made):
    refund = [("u000", UNTIL, "refund", "-2000.00")]
    less = forecast_of(world([*events, *refund], until=UNTIL))
    gross = float(less.known.purchases.gross)
    expected = float(made.users["forecast"].sum()) * (1 - 2000 / gross)
    assert float(less.users["forecast"].sum()) == pytest.approx(expected, rel=1e-3)


def test_users_without_an_order_are_expected_to_place_a_first_one(world, events):
    late = [(f"v{n:02}", "2023-06-01", "web") for n in range(60)]
    firsts = [(f"v{n:02}", date_of(200 + 3 * n), "purchase", "20.00") for n in range(30)]
    made = forecast_of(world([*events, *firsts], late, until=UNTIL))
    prospects = made.users.filter(pl.col(col.USER).is_in([f"v{n:02}" for n in range(30, 60)]))
    assert (prospects["orders_ahead"] > 0.05).all()
    assert (prospects["forecast"] > 0).all()


def test_a_data_set_without_money_expects_none(world):
    plays = [("ann", f"2024-01-0{d}", "play", None, "song") for d in (1, 2, 5)]
    made = forecast_of(world(plays))
    assert made.users["forecast"].to_list() == [0]


def test_a_data_set_without_users_has_an_empty_forecast(world):
    assert forecast_of(world()).users.is_empty()
