"""Payback in exact money, on rows that add up in the head: users are observed until 31 December 2024.

January: ann and bob cost 10.00 each; they bring 8.00 in their first month, 9.00 in the second, lose
4.00 and bring 8.00 in the third: 8, 17 and 21 for two, so that the third month reaches 10.00 a user.
"""

from decimal import Decimal

import numpy as np
import pytest

from clvcore.value.payback import payback_table
from clvcore.value.users import user_value

EVENTS = [
    ("ann", "2024-01-01", "purchase", "8.00", "cup", "o1", 1),
    ("bob", "2024-02-12", "purchase", "9.00", "cup", "o2", 1),
    ("bob", "2024-03-10", "refund", "-4.00", "cup", "o2", 1),
    ("ann", "2024-03-20", "purchase", "8.00", "cup", "o4", 1),
    ("cat", "2024-12-12", "purchase", "5.00", "pen", "o5", 1),
    ("eve", "2024-05-02", "purchase", "2.00", "cup", "o6", 1),
]
USERS = [
    ("ann", "2024-01-01", "search"),
    ("bob", "2024-01-02", "search"),
    ("cat", "2024-12-11", "email"),
    ("eve", "2024-05-01", "direct"),
    ("fay", "2024-03-01", "search"),
]
SPEND = [
    ("2024-01-03", "search", "20.00"),
    ("2024-12-11", "email", "5.00"),
    ("2024-03-01", "search", "1000000.00"),
]
COSTS = {"cup": "1.00", "pen": None}


@pytest.fixture(scope="module")
def worth(world):
    return user_value(world(EVENTS, USERS, SPEND, costs=COSTS), rng=np.random.default_rng(0))


def by_group(frame):
    return {row["group"]: row for row in frame.iter_rows(named=True)}


def test_a_cohort_has_its_exact_sums_and_the_month_in_which_they_met(worth):
    january = by_group(payback_table(worth))["2024-01"]
    assert (january["users"], january["cac"], january["brought"]) == (2, 20, 21)
    assert (january["missing"], january["months"], january["state"]) == (0, 3, "paid_back")


def test_what_cost_nothing_is_free_and_what_never_comes_back_is_open(worth):
    rows = by_group(payback_table(worth))
    assert (rows["2024-05"]["state"], rows["2024-05"]["months"]) == ("free", None)
    assert (rows["2024-03"]["state"], rows["2024-03"]["missing"]) == ("open", 1_000_000)


def test_money_that_has_come_before_its_month_is_over_has_met_the_cost_but_in_no_month_yet(worth):
    """cat brought her 5.00 within three weeks: nothing is missing, and no month of hers is over."""
    december = by_group(payback_table(worth))["2024-12"]
    assert (december["missing"], december["months"], december["state"]) == (0, None, "expected")


def test_what_is_to_come_may_cover_the_rest(world):
    """Ten users who bought every ten days for 10.00 each cost .10 more than they brought."""
    events = [
        (f"u{user}", f"2024-12-{day:02}", "purchase", "10.00")
        for user in range(10)
        for day in (1, 11, 21)
    ]
    users = [(f"u{user}", "2024-12-01", "search") for user in range(10)]
    data = world(events, users, [("2024-12-01", "search", "300.10")])
    only = payback_table(user_value(data, rng=np.random.default_rng(0), period="month"))
    row = only.row(0, named=True)
    assert (row["brought"], row["missing"], row["state"]) == (300, Decimal("0.10"), "expected")


def test_without_spend_payback_is_unknown_and_money_is_told(world):
    rows = payback_table(user_value(world(EVENTS, USERS), rng=np.random.default_rng(0)))
    assert rows["state"].unique().to_list() == ["unknown"]
    assert rows["missing"].to_list() == [None] * rows.height
    assert rows["brought"].sum() == 28


def test_money_that_no_event_bears_is_unknown_and_not_missing(world):
    data = world([("ann", "2024-01-01", "view", None)], USERS[:1], SPEND[:1])
    row = payback_table(user_value(data, rng=np.random.default_rng(0))).row(0, named=True)
    assert (row["cac"], row["brought"], row["missing"], row["state"]) == (20, None, None, "unknown")


def test_on_margin_payback_counts_margin(world):
    """ann and bob: 21 less one cup at 1.00 for each of three orders, one of which came back: 19.

    The cost of cat's pen is unknown, so that her money is.
    """
    data = world(EVENTS, USERS, SPEND, costs=COSTS)
    rows = by_group(payback_table(user_value(data, rng=np.random.default_rng(0), basis="margin")))
    assert (rows["2024-01"]["brought"], rows["2024-01"]["missing"]) == (19, 1)
    assert (rows["2024-12"]["brought"], rows["2024-12"]["state"]) == (None, "unknown")
