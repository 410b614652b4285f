"""Worth by user and by group on a world that can be added up in the head."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from clvcore.errors import ConfigError
from clvcore.value.breakdown import UNATTRIBUTED, UNKNOWN, breakdown
from clvcore.value.reconciliation import reconcile
from clvcore.value.users import VALUE_COLUMNS, user_value

EVENTS = [
    ("ann", "2024-01-02", "purchase", "30.00"),
    ("ann", "2024-02-02", "purchase", "20.00"),
    ("ann", "2024-02-05", "refund", "-5.00"),
    ("bob", "2024-01-03", "purchase", "10.00"),
    ("cat", "2024-02-10", "ad", "0.25"),
    ("dan", "2024-02-12", "subscription", "9.00"),
]
USERS = [
    ("ann", "2024-01-02", "search"),
    ("bob", "2024-01-03", "search"),
    ("cat", "2024-02-10", None),
    ("dan", "2024-02-12", "direct"),
]
SPEND = [("2024-01-04", "search", "7.01"), ("2024-03-04", "search", "2.00")]


@pytest.fixture(scope="module")
def worth(world):
    data = world(EVENTS, USERS, SPEND, until="2024-03-31")
    countries = pl.Series("country", ["AT", "DE", "DE", None])
    data = replace(data, users=data.users.with_columns(countries))
    return user_value(data, rng=np.random.default_rng(0))


def rows(result):
    return {row["group"]: row for row in result.frame.iter_rows(named=True)}


def by(worth, grouping):
    return breakdown(worth, grouping, rng=np.random.default_rng(0))


def test_every_user_has_one_row_with_the_agreed_columns(worth):
    assert worth.frame.columns == VALUE_COLUMNS
    assert worth.frame["user_id"].to_list() == ["ann", "bob", "cat", "dan"]


def test_clv_is_ltv_less_cac_for_every_user(worth):
    ann = worth.frame.row(0, named=True)
    assert (ann["ltv"], ann["cac"], ann["clv"]) == (Decimal(45), Decimal("3.51"), Decimal("41.49"))
    assert worth.frame.select((pl.col("clv") == pl.col("ltv") - pl.col("cac")).all()).item()


def test_groups_by_channel_with_unknown_and_unattributed_rows(worth):
    got = rows(by(worth, "channel"))
    assert set(got) == {"search", "direct", UNKNOWN, UNATTRIBUTED}
    assert got["search"]["clv"] == Decimal("55.00") - Decimal("7.01")
    assert (got[UNATTRIBUTED]["users"], got[UNATTRIBUTED]["clv"]) == (0, Decimal("-2.00"))


def test_blended_cac_of_a_channel_counts_its_spend_that_won_nobody(worth):
    search = rows(by(worth, "channel"))["search"]
    assert search["cac_paid"] == pytest.approx(7.01 / 2)
    assert search["cac_blended"] == pytest.approx((7.01 + 2.00) / 2)


def test_spend_that_won_nobody_belongs_to_the_month_it_was_spent_in(worth):
    got = rows(by(worth, "cohort"))
    assert got["2024-01"]["cac_blended"] == pytest.approx(7.01 / 2)
    assert got[UNATTRIBUTED]["cac"] == Decimal("2.00")


@pytest.mark.parametrize("grouping", ["channel", "cohort", "segment", "country"])
def test_groups_add_up_to_the_total_whatever_the_grouping(worth, grouping):
    result = by(worth, grouping)
    total = result.total.row(0, named=True)
    for name in ("users", "ltv", "ltv_purchase", "cac", "cac_unattributed", "clv", "forecast"):
        assert result.frame[name].sum() == total[name]
    assert total["clv"] == Decimal("64.25") - Decimal("9.01")


def test_an_unknown_attribute_is_refused_with_the_known_ones(worth):
    with pytest.raises(ConfigError, match="country"):
        by(worth, "colour")


def test_without_spend_cac_and_clv_are_unknown_and_ltv_is_told(world):
    worth = user_value(world(EVENTS, USERS, until="2024-03-31"), rng=np.random.default_rng(0))
    result = by(worth, "channel")
    total = result.total.row(0, named=True)
    assert total["ltv"] == Decimal("64.25")
    assert [total[name] for name in ("cac", "cac_unattributed", "clv", "ltv_to_cac")] == [None] * 4
    assert UNATTRIBUTED not in result.frame["group"].to_list()
    assert any("CAC is unknown" in note for note in worth.notes)


def test_both_sides_of_every_sum_agree(worth):
    sides = {side.name: side for side in reconcile(worth)}
    assert all(side.holds for side in sides.values())
    assert sides["spend"].table == Decimal("9.01")
    assert sides["purchase"].table == Decimal("55.00")


def test_a_difference_between_users_and_tables_is_seen(worth):
    data = worth.data
    assert data.spend is not None
    broken = replace(worth, data=replace(data, spend=data.spend.head(1)))
    assert not {side.name: side.holds for side in reconcile(broken)}["spend"]


def test_an_attribute_may_stand_for_the_segment(world):
    data = world(EVENTS, USERS, until="2024-03-31")
    data = replace(data, users=data.users.with_columns(pl.Series("plan", ["a", "b", "a", "b"])))
    worth = user_value(data, rng=np.random.default_rng(0), segment_by="plan")
    assert worth.frame["segment"].to_list() == ["a", "b", "a", "b"]


def test_segments_follow_their_stated_rules(world):
    events = [
        ("big", "2024-01-01", "purchase", "500"),
        ("big", "2024-03-20", "purchase", "500"),
        ("often", "2024-01-01", "purchase", "5"),
        *[("often", f"2024-02-{day:02}", "purchase", "5") for day in range(1, 20)],
        ("often", "2024-03-21", "purchase", "5"),
        ("twice", "2024-02-01", "purchase", "5"),
        ("twice", "2024-03-01", "purchase", "5"),
        ("old", "2024-01-01", "purchase", "5"),
        ("old", "2024-01-05", "purchase", "5"),
        ("once", "2024-01-03", "purchase", "5"),
        ("fresh", "2024-03-30", "purchase", "5"),
        ("looker", "2024-03-01", "view", None),
    ]
    worth = user_value(world(events, until="2024-03-31"), rng=np.random.default_rng(0))
    named = dict(worth.frame.select("user_id", "segment").iter_rows())
    assert named["fresh"] == "new"
    assert named["once"] == "one-off"
    assert named["old"] == "lost"
    assert named["looker"] == "nothing yet"
    assert named["big"] == "big spender"
    assert named["twice"] == "regular"


def test_unpriced_lines_are_told_on_margin(world):
    events = [
        ("ann", "2024-01-02", "purchase", "30.00", "cup", "o1", 1),
        ("bob", "2024-01-02", "purchase", "30.00", "pen", "o2", 1),
    ]
    data = world(events, until="2024-03-31", costs={"cup": "10"})
    worth = user_value(data, rng=np.random.default_rng(0), basis="margin")
    assert worth.frame["ltv"].to_list() == [Decimal(20), None]
    assert any("1 purchase and refund line worth 30.00 has" in note for note in worth.notes)
    total = by(worth, "channel").total.row(0, named=True)
    assert (total["ltv"], total["ltv_unknown_users"]) == (Decimal(20), 1)


def test_spend_without_any_user_is_all_unattributed(world):
    worth = user_value(world(spend=SPEND), rng=np.random.default_rng(0))
    result = by(worth, "channel")
    assert result.frame["group"].to_list() == [UNATTRIBUTED]
    total = result.total.row(0, named=True)
    assert (total["users"], total["ltv"], total["clv"]) == (0, 0, Decimal("-9.01"))
