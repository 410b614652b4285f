"""Payback, on rows that add up in the head: users are observed until 31 December 2024.

January: ann and bob cost 10.00 each. They bring 8.00 at an age of 0 days, 9.00 more at 10 (17), 5.00
at 20 (22: paid back), lose 4.00 at 30 (18: no longer), and bring 3.00 at 40 (21: paid back for good).
November: cat costs 5.00 and brings 5.00 at an age of 20 days; dan, who was won 40 days later, nothing
yet, so that ages beyond his 0 days do not count: paid back, nobody knows at what age.
"""

from decimal import Decimal

import numpy as np
import pytest

from clvcore.value.cohorts import cohort_table
from clvcore.value.payback import payback
from clvcore.value.users import user_value

EVENTS = [
    ("ann", "2024-01-01", "purchase", "8.00", "cup", "o1", 1),
    ("bob", "2024-01-12", "purchase", "9.00", "cup", "o2", 1),
    ("ann", "2024-01-21", "purchase", "5.00", "cup", "o3", 1),
    ("bob", "2024-02-01", "refund", "-4.00", "cup", "o2", 1),
    ("ann", "2024-02-10", "purchase", "3.00", "cup", "o4", 1),
    ("cat", "2024-12-12", "purchase", "5.00", "pen", "o5", 1),
    ("eve", "2024-05-02", "purchase", "2.00", "cup", "o6", 1),
]
USERS = [
    ("ann", "2024-01-01", "search"),
    ("bob", "2024-01-02", "search"),
    ("cat", "2024-11-22", "email"),
    ("dan", "2024-11-30", "email"),
    ("eve", "2024-05-01", "direct"),
    ("fay", "2024-03-01", "search"),
]
SPEND = [
    ("2024-01-03", "search", "20.00"),
    ("2024-11-22", "email", "5.00"),
    ("2024-03-01", "search", "1000000.00"),
]


@pytest.fixture(scope="module")
def worth(world):
    data = world(EVENTS, USERS, SPEND, costs={"cup": "1.00", "pen": None})
    return user_value(data, rng=np.random.default_rng(0))


def by_group(frame):
    return {row["group"]: row for row in frame.iter_rows(named=True)}


def test_a_cohort_has_paid_back_from_the_age_on_at_which_it_stays_so(worth):
    january = by_group(payback(worth))["2024-01"]
    assert (january["cac"], january["brought"], january["missing"]) == (20, 21, 0)
    assert (january["payback_days"], january["state"]) == (40, "paid back")
    assert january["seen_days"] == 364  # of bob, won on 2 January


def test_an_age_that_not_all_have_reached_is_not_told(world):
    users = [*USERS[2:3], ("dan", "2024-11-30", "email")]
    data = world(EVENTS[5:6], users, SPEND[1:2], until="2024-12-15")
    november = by_group(payback(user_value(data, rng=np.random.default_rng(0))))["2024-11"]
    assert (november["seen_days"], november["state"]) == (15, "paid back")
    assert november["payback_days"] is None


def test_what_cost_nothing_is_free_and_what_never_comes_back_stays_open(worth):
    rows = by_group(payback(worth))
    assert rows["2024-05"]["state"] == "free"
    assert (rows["2024-03"]["state"], rows["2024-03"]["missing"]) == ("open", 1_000_000)


def test_what_is_to_come_may_cover_the_rest(world):
    """Ten users who bought every ten days for 10.00 each cost a hundredth more than they brought."""
    events = [
        (f"u{user}", f"2024-12-{day:02}", "purchase", "10.00")
        for user in range(10)
        for day in (1, 11, 21)
    ]
    users = [(f"u{user}", "2024-12-01", "search") for user in range(10)]
    data = world(events, users, [("2024-12-01", "search", "300.10")])
    only = payback(user_value(data, rng=np.random.default_rng(0), period="month")).row(
        0, named=True
    )
    assert (only["brought"], only["missing"], only["state"]) == (300, Decimal("0.10"), "expected")


def test_channels_pay_back_too_and_users_keep_to_their_own_age(worth):
    rows = by_group(payback(worth, "channel"))
    assert rows["direct"]["state"] == "free"
    assert rows["email"]["payback_days"] == 20
    assert rows["search"]["state"] == "open"


def test_without_spend_payback_is_unknown_and_money_is_told(world):
    rows = payback(user_value(world(EVENTS, USERS), rng=np.random.default_rng(0)))
    assert rows["state"].unique().to_list() == ["unknown"]
    assert rows["missing"].to_list() == [None] * rows.height
    assert rows["brought"].sum() == 28


def test_on_margin_payback_and_cohorts_count_margin(world):
    """ann and bob: 21 less one cup at 1.00 for each of four orders, one of which came back: 18.

    The cost of cat's pen is unknown, so that her money is; dan brought nothing, which is known.
    """
    data = world(EVENTS, USERS, SPEND, costs={"cup": "1.00", "pen": None})
    worth = user_value(data, rng=np.random.default_rng(0), basis="margin")
    rows = by_group(payback(worth))
    assert (rows["2024-01"]["brought"], rows["2024-01"]["missing"]) == (18, 2)
    assert rows["2024-11"]["brought"] == 0
    january = cohort_table(worth).filter(cohort=worth.frame["cohort"][0])
    assert january["ltv_cumulative"][-1] == 18
