from decimal import Decimal

import pytest

from clvcore.errors import ConfigError
from clvcore.value.acquisition import acquisition

USERS = [
    ("ann", "2024-01-01", "search"),  # a Monday
    ("bob", "2024-01-03", "search"),
    ("cat", "2024-01-07", "search"),  # the Sunday of the same week
    ("dan", "2024-01-08", "search"),
    ("eve", "2024-01-02", "direct"),
    ("fay", "2024-01-02", None),
]
SPEND = [
    ("2024-01-02", "search", "6.00"),
    ("2024-01-05", "search", "4.00"),
    ("2024-01-16", "search", "2.50"),
    ("2024-01-02", "email", "1.00"),
    ("2024-01-02", None, "0.75"),
]


def costs(result):
    return dict(result.users.select("user_id", "cac").iter_rows())


def sources(result):
    return dict(result.users.select("user_id", "cac_source").iter_rows())


def test_users_of_a_channel_and_week_share_its_spend_to_the_cent(world):
    got = costs(acquisition(world(users=USERS, spend=SPEND)))
    assert [got["ann"], got["bob"], got["cat"]] == [
        Decimal("3.34"),
        Decimal("3.33"),
        Decimal("3.33"),
    ]


def test_spend_that_won_nobody_is_a_row_of_its_own(world):
    rows = acquisition(world(users=USERS, spend=SPEND)).unattributed
    assert [(row[0], row[2]) for row in rows.iter_rows()] == [
        ("email", Decimal("1.00")),
        ("search", Decimal("2.50")),
        (None, Decimal("0.75")),
    ]


def test_cost_of_users_and_unattributed_spend_add_up_to_the_spend_table(world):
    data = world(users=USERS, spend=SPEND)
    result = acquisition(data)
    assert data.spend is not None
    assert sum(costs(result).values()) + result.unattributed["amount"].sum() == Decimal("14.25")


def test_why_a_cost_is_nothing_is_told(world):
    assert sources(acquisition(world(users=USERS, spend=SPEND))) == {
        "ann": "paid",
        "bob": "paid",
        "cat": "paid",
        "dan": "idle",
        "eve": "organic",
        "fay": "unnamed",
    }


def test_without_a_spend_table_every_cost_is_unknown(world):
    result = acquisition(world(users=USERS))
    assert set(costs(result).values()) == {None}
    assert not result.is_known


def test_a_longer_period_shares_more_spend_over_more_users(world):
    got = costs(acquisition(world(users=USERS, spend=SPEND), period="month"))
    assert got["dan"] == Decimal("12.50") / 4 - Decimal("0.005")
    assert sum(got.values()) == Decimal("12.50")


def test_one_period_for_all_time(world):
    result = acquisition(world(users=USERS, spend=SPEND), period="all")
    assert result.unattributed["amount"].to_list() == [Decimal("1.00"), Decimal("0.75")]


def test_the_week_is_the_week_of_the_time_zone(world):
    users = [("ann", "2024-01-07 23:30", "search")]  # already Monday in Berlin
    spend = [("2024-01-08", "search", "5.00")]
    assert costs(acquisition(world(users=users, spend=spend, zone="Europe/Berlin")))["ann"] == 5
    assert costs(acquisition(world(users=users, spend=spend)))["ann"] == 0


def test_with_a_lag_users_pay_for_the_spend_of_as_many_days_before(world):
    """dan came on 8 January; a week before lies 1 January, whose week had 6.00 + 4.00, now his alone.

    ann, bob, cat of that week would pay for the week before, in which nothing was spent.
    """
    got = acquisition(world(users=USERS, spend=SPEND), lag_days=7)
    assert costs(got) == dict.fromkeys(["ann", "bob", "cat", "eve", "fay"], Decimal(0)) | {
        "dan": Decimal("10.00")
    }
    assert sources(got)["ann"] == "idle"
    assert got.unattributed["amount"].sum() == Decimal("2.50") + Decimal("1.00") + Decimal("0.75")


@pytest.mark.parametrize("lag", [-1, 731])
def test_a_lag_out_of_range_is_refused_in_words(world, lag):
    with pytest.raises(ConfigError, match="0 to 730 days"):
        acquisition(world(users=USERS, spend=SPEND), lag_days=lag)


CAMPAIGN_USERS = [
    ("ann", "2024-01-01", "search", None, "brand"),
    ("bob", "2024-01-02", "search", None, "brand"),
    ("cat", "2024-01-03", "search", None, None),
    ("dan", "2024-01-03", "search", None, "sale"),
    ("eve", "2024-01-03", "email", None, "brand"),
]
CAMPAIGN_SPEND = [
    ("2024-01-02", "search", "5.00", "brand"),
    ("2024-01-03", "search", "2.00"),
    ("2024-01-04", "search", "3.00", "video"),
]


def test_spend_of_a_campaign_is_shared_by_its_own_users(world):
    """brand: 5.00 for ann and bob; no campaign: 2.00 for cat; video won nobody; dan's had no spend.

    eve came by a campaign of the same name in a channel without spend.
    """
    got = acquisition(world(users=CAMPAIGN_USERS, spend=CAMPAIGN_SPEND), by_campaign=True)
    assert costs(got) == {
        "ann": Decimal("2.50"),
        "bob": Decimal("2.50"),
        "cat": Decimal("2.00"),
        "dan": Decimal(0),
        "eve": Decimal(0),
    }
    assert sources(got) == {
        "ann": "paid",
        "bob": "paid",
        "cat": "paid",
        "dan": "idle",
        "eve": "organic",
    }
    assert got.unattributed.select("channel", "campaign", "amount").rows() == [
        ("search", "video", Decimal("3.00"))
    ]
