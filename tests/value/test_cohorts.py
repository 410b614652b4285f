"""Retention and payback by age on a world that can be added up in the head, and as laws."""

from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clvcore.data import sample
from clvcore.value.cohorts import EVERYBODY, cohorts, payback
from clvcore.value.users import user_value

EVENTS = [
    ("ann", "2024-01-02", "purchase", "30.00"),
    ("ann", "2024-02-02", "purchase", "20.00"),
    ("ann", "2024-02-05", "refund", "-5.00"),
    ("bob", "2024-01-03", "purchase", "10.00"),
    ("cat", "2024-03-10", "view", None),
    ("dan", "2024-03-12", "subscription", "9.00"),
]
USERS = [
    ("ann", "2024-01-02", "search"),
    ("bob", "2024-01-03", "search"),
    ("cat", "2024-03-10", None),
    ("dan", "2024-03-12", "direct"),
]
SPEND = [("2024-01-04", "search", "50.00")]


@pytest.fixture(scope="module")
def worth(world):
    return user_value(world(EVENTS, USERS, SPEND, until="2024-03-31"), rng=np.random.default_rng(0))


def cells(found, group):
    return found.frame.filter(pl.col("group") == group).to_dicts()


def test_a_month_of_age_is_told_of_those_who_have_lived_it_to_its_end(worth):
    """Ann and Bob are 2.9 months old on 31 March, Cat and Dan not one: they count for no month yet.

    Of the first month: Ann 30, Bob 10, so 20 a user. Of the second, from 1 February on: Ann 15, Bob
    nothing, so 7.50 more. Nobody has lived the third.
    """
    first, second, third = cells(cohorts(worth), EVERYBODY)
    assert [row["observed"] for row in (first, second, third)] == [2, 2, 0]
    assert (first["ltv_per_user"], second["ltv_per_user"]) == (20.0, 27.5)
    assert third["ltv_per_user"] is None
    assert (first["retention_buying"], second["retention_buying"]) == (1.0, 0.5)
    assert first["money"] == Decimal(49), "money is of everybody: 40 of January, 9 of Dan"


def test_the_interval_is_that_of_the_mean_over_users(worth):
    """45 and 10: mean 27.5, deviation 17.5, of two users 17.5 / sqrt(2); 80 % is 1.2816 of these."""
    second = cells(cohorts(worth, level=0.8), "2024-01")[1]
    half = 1.281_551_6 * 17.5 / np.sqrt(2)
    assert second["ltv_low"] == pytest.approx(27.5 - half)
    assert second["ltv_high"] == pytest.approx(27.5 + half)


def test_payback_is_the_first_month_that_reaches_the_cost(worth):
    """Search spent 50 on two users: 25 each, which 20 do not reach in month 1, 27.50 in month 2."""
    found = {row["group"]: row for row in payback(cohorts(worth, "channel")).to_dicts()}
    search = found["search"]
    assert (search["cac_per_user"], search["months"], search["state"]) == (25.0, 2, "paid_back")
    assert (search["months_low"], search["months_high"]) == (1, None), "two users tell little"
    assert found["direct"]["state"] == "free"


def test_without_a_spend_table_payback_is_unknown(world):
    worth = user_value(world(EVENTS, USERS, until="2024-03-31"), rng=np.random.default_rng(0))
    rows = payback(cohorts(worth)).to_dicts()
    assert {row["state"] for row in rows} == {"unknown"}
    assert all(row["months"] is None for row in rows)


def test_a_cost_that_is_not_back_says_so(world):
    dear = [("2024-01-04", "search", "500.00")]
    worth = user_value(world(EVENTS, USERS, dear, until="2024-03-31"), rng=np.random.default_rng(0))
    found = {row["group"]: row for row in payback(cohorts(worth, "channel")).to_dicts()}
    assert (found["search"]["state"], found["search"]["months"]) == ("not_yet", None)


def test_on_margin_the_goods_are_paid_first(world):
    events = [("ann", "2024-01-02", "purchase", "30.00", "cup", "o1", 1)]
    data = world(events, until="2024-03-31", costs={"cup": "10"})
    worth = user_value(data, rng=np.random.default_rng(0), basis="margin")
    assert cells(cohorts(worth), EVERYBODY)[0]["ltv_per_user"] == 20.0


@pytest.mark.parametrize("by", ["cohort", "channel", "segment"])
@pytest.mark.parametrize("basis", ["revenue", "margin"])
def test_the_money_of_all_cells_is_the_realised_value(small_shop_folder, basis, by):
    data = sample.from_folder(small_shop_folder).dataset
    worth = user_value(data, rng=np.random.default_rng(0), basis=basis)
    frame = cohorts(worth, by).frame
    whole = worth.frame["ltv"].sum()
    assert frame.filter(pl.col("group") == EVERYBODY)["money"].sum() == whole
    assert frame.filter(pl.col("group") != EVERYBODY)["money"].sum() == whole


DAYS = st.integers(0, 200)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), DAYS, st.integers(1, 500)), min_size=1, max_size=25))
def test_where_all_are_as_old_the_sum_of_months_is_the_plain_mean(world, bought):
    """Users who come on one day, watched for 400 days: no month is told of a part of them only."""
    start = np.datetime64("2024-01-01")
    users = [(f"u{n}", str(start), None) for n in range(6)]
    events = [(f"u{n}", str(start + day), "purchase", f"{cents / 100}") for n, day, cents in bought]
    worth = user_value(world(events, users, until="2025-02-04"), rng=np.random.default_rng(0))
    last = cohorts(worth).frame.drop_nulls("ltv_per_user").filter(group=EVERYBODY).tail(1)
    mean = float(worth.frame["ltv"].sum()) / 6
    assert last["ltv_per_user"].item() == pytest.approx(mean)
