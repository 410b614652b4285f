"""The ledger line by line and the two ways to state money, on rows that add up in the head.

ann was won on 1 January 2023 by search, which spent 20.00 in that week; she buys for 100.00 (costs
40.00), gives 30.00 of it back (12.00 of its cost comes back), buys for 50.00 (20.00) a year to the
day later, and pays a fee of 10.00. bob gives back 5.00 of an order that is not here. Search also
spends 7.00 in a week in which nobody comes.

    purchases 150.00, refunds -30.00 (matched) and -5.00 (not), service 10.00: LTV 125.00
    on margin 150 - 60 = 90, -30 + 12 = -18, -5 + 2 = -3, 10: 79.00
"""

from decimal import Decimal

import numpy as np
import pytest

from clvcore.value.breakdown import breakdown
from clvcore.value.forecast import fitted
from clvcore.value.statement import LINES, statement
from clvcore.value.users import user_value

EVENTS = [
    ("ann", "2023-01-01", "purchase", "100.00", "lamp", "o1", 2),
    ("ann", "2023-01-09", "refund", "-30.00", "lamp", "o1", 0.6),
    ("ann", "2024-01-01 06:00", "purchase", "50.00", "lamp", "o2", 1),
    ("ann", "2023-01-01", "subscription", "10.00"),
    ("bob", "2023-02-01", "refund", "-5.00", "lamp", "o9", 0.1),
]
USERS = [("ann", "2023-01-01", "search"), ("bob", "2023-02-01", "direct")]
SPEND = [("2023-01-01", "search", "20.00"), ("2023-03-01", "search", "7.00")]
D = Decimal


@pytest.fixture(scope="module")
def data(world):
    return world(EVENTS, USERS, SPEND, costs={"lamp": "20.00"})


@pytest.fixture(scope="module")
def base(data):
    return fitted(data, rng=np.random.default_rng(0), n_draws=4)


@pytest.fixture(scope="module")
def worth(data, base):
    def of(**settings):
        return user_value(data, rng=np.random.default_rng(0), base=base, **settings)

    return of


def column(made, part):
    return dict(made.frame.select("line", part).iter_rows())


def test_the_ledger_goes_from_purchases_to_clv(worth):
    made = statement(worth())
    assert column(made, "realised") == {
        "purchases": D("150.00"),
        "refunds_matched": D("-30.00"),
        "refunds_unmatched": D("-5.00"),
        "advertising": D(0),
        "service": D("10.00"),
        "discount": D(0),
        "ltv": D("125.00"),
        "cac": D("-20.00"),
        "unattributed": D("-7.00"),
        "clv": D("98.00"),
    }
    ahead = column(made, "forecast")
    assert ahead["ltv"] == worth().frame["forecast"].sum()
    assert column(made, "both")["ltv"] == 125 + ahead["ltv"]
    assert column(made, "both")["clv"] == 98 + ahead["ltv"]


def test_on_margin_every_line_is_margin_and_a_refund_gives_its_cost_back(world):
    data = world(EVENTS, USERS, SPEND, costs={"lamp": "20.00"})
    value = user_value(data, rng=np.random.default_rng(0), basis="margin")
    made = column(statement(value), "realised")
    assert [made[line] for line in LINES[:7]] == [90, -18, -3, 0, 10, 0, 79]


@pytest.mark.parametrize("part", ["realised", "forecast", "both"])
@pytest.mark.parametrize("valued_at", ["now", "acquisition"])
def test_the_lines_add_up_to_the_ltv_of_all_users_whatever_it_holds(worth, part, valued_at):
    value = worth(part=part, valued_at=valued_at, discount_rate_annual=0.1)
    made = column(statement(value), part)
    other = worth(valued_at=valued_at, discount_rate_annual=0.1)
    assert column(statement(other), part) == made
    assert sum(made[line] for line in LINES[:6]) == made["ltv"] == value.frame["ltv"].sum()
    assert made["ltv"] + made["cac"] + made["unattributed"] == made["clv"]
    total = breakdown(value, "channel", rng=np.random.default_rng(0)).total.row(0, named=True)
    assert (total["ltv"], total["clv"]) == (made["ltv"], made["clv"])


def test_refunds_to_come_are_the_share_that_came_back_so_far(worth):
    """35.00 of 150.00 came back, 30 of 35 for an order that is here: of each 115 that are left of
    purchases to come, 35 more are bought and given back.
    """
    frame = worth().frame
    made = column(statement(worth()), "forecast")
    kept = frame["forecast_purchase"].sum()
    back = frame["forecast_refunds"].sum()
    assert kept > 0
    assert float(back) == pytest.approx(-float(kept) * 35 / 115, abs=1e-3)
    assert made["purchases"] == kept - back
    assert float(made["refunds_matched"]) == pytest.approx(float(back) * 30 / 35, abs=1e-3)
    assert made["refunds_matched"] + made["refunds_unmatched"] == back


def test_money_as_of_the_acquisition_is_discounted_by_the_days_between(worth):
    """At 10 % a year of 365.25 days: the orders after 0 and 365.25 days, the refund after 8, bob's
    after 0: 100 + 50 / 1.1 - 30 / 1.1 ** (8 / 365.25) - 5 + 10.
    """
    frame = worth(valued_at="acquisition", discount_rate_annual=0.1).frame
    order, refund = D("45.4545"), D(str(round(30 / 1.1 ** (8 / 365.25), 4)))
    assert frame["ltv"].to_list() == [100 + order - refund + 10, D(-5)]
    assert frame["discount"].sum() == frame["ltv"].sum() - 125
    assert worth(valued_at="acquisition").frame["ltv"].sum() == 125


def test_what_is_to_come_is_discounted_to_now_and_then_to_the_acquisition(worth):
    """ann is 730 days old on 31 December 2024: 1.1 ** (-730 / 365.25)."""
    now, then = (
        worth(part="forecast", valued_at=day, discount_rate_annual=0.1).frame
        for day in ("now", "acquisition")
    )
    assert now["ltv"].to_list() == now["forecast"].to_list()
    assert float(then["ltv"][0]) == pytest.approx(
        float(now["ltv"][0]) * 1.1 ** (-730 / 365.25), abs=2e-4
    )
    assert then["forecast"].to_list() == now["forecast"].to_list()


def test_what_has_come_is_told_where_nothing_is_known_of_what_is_to_come(world):
    """On one day nobody can come back, so that repeat orders have no model."""
    data = world([("ann", "2024-05-01", "purchase", "8.00")], until="2024-05-01")
    value = user_value(data, rng=np.random.default_rng(0), part="both")
    made = statement(value)
    assert value.frame["ltv"].to_list() == [None]
    assert column(made, "realised")["ltv"] == 8
    assert column(made, "forecast")["purchases"] is column(made, "both")["ltv"] is None
    assert column(made, "both")["clv"] is column(made, "realised")["cac"] is None


def test_where_no_event_bears_money_it_is_unknown_and_costs_are_told(world):
    data = world([("ann", "2023-01-01", "view", None)], USERS, SPEND)
    value = user_value(data, rng=np.random.default_rng(0))
    assert value.frame.select("ltv", "clv", "forecast").rows() == [(None, None, None)] * 2
    made = column(statement(value), "realised")
    assert made["ltv"] is made["purchases"] is made["clv"] is None
    assert (made["cac"], made["unattributed"]) == (-20, -7)
    groups = breakdown(value, "channel", rng=np.random.default_rng(0))
    assert groups.total.select("ltv", "clv", "forecast_low").row(0) == (None, None, None)
    assert groups.total["cac"].item() == 27
    assert value.notes[0].startswith("The events bear no money")
