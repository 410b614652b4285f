"""CAC by channel, campaign and period, on rows that add up in the head.

USERS and SPEND of test_acquisition: in the week of 1 January search spends 10.00 and wins ann, bob
and cat; email spends 1.00 and wins nobody; .75 names no channel; eve came by herself, fay by an
unknown channel. In the week of 8 January search wins dan and spends nothing, in that of 15 January
it spends 2.50 and wins nobody. In all 6 users and 14.25.
"""

from decimal import Decimal

import pytest
from value.test_acquisition import CAMPAIGN_SPEND, CAMPAIGN_USERS, SPEND, USERS

from clvcore.errors import ConfigError
from clvcore.value.acquisition import acquisition
from clvcore.value.costs import cost_table

KINDS = ["users", "users_paid", "spend", "spend_unattributed", "cac_paid", "cac_blended"]


@pytest.fixture(scope="module")
def costs(world):
    return acquisition(world(users=USERS, spend=SPEND))


def test_who_was_paid_for_who_was_not_and_spend_that_won_nobody_are_rows_of_their_own(costs):
    assert cost_table(costs, ["channel"]).rows.rows() == [
        ("direct", "organic", 1, Decimal(0), 0.0),
        ("email", "unattributed", 0, Decimal("1.00"), None),
        ("search", "paid", 3, Decimal("10.00"), 10.0 / 3),
        ("search", "idle", 1, Decimal(0), 0.0),
        ("search", "unattributed", 0, Decimal("2.50"), None),
        (None, "unnamed", 1, Decimal(0), 0.0),
        (None, "unattributed", 0, Decimal("0.75"), None),
    ]


def test_blended_cac_of_a_channel_counts_all_of_its_spend_and_users(costs):
    search = cost_table(costs, ["channel"]).cells.row(2, named=True)
    assert [search[name] for name in KINDS] == [
        *(4, 3, Decimal("12.50"), Decimal("2.50")),
        *(10.0 / 3, 12.5 / 4),
    ]


def test_by_period_the_weeks_stand_apart(costs):
    table = cost_table(costs, ["period"])
    assert [(str(row[0]), *row[1:5]) for row in table.cells.iter_rows()] == [
        ("2024-01-01", 5, 3, Decimal("11.75"), Decimal("1.75")),
        ("2024-01-08", 1, 0, Decimal(0), Decimal(0)),
        ("2024-01-15", 0, 0, Decimal("2.50"), Decimal("2.50")),
    ]
    assert table.cells["cac_blended"].to_list() == [11.75 / 5, 0.0, None]


def test_the_total_is_paid_over_who_was_paid_for_and_blended_over_all(costs):
    total = cost_table(costs, ["channel", "period"]).total.row(0, named=True)
    assert [total[name] for name in KINDS] == [
        *(6, 3, Decimal("14.25"), Decimal("4.25")),
        *(14.25 / 3, 14.25 / 6),
    ]


def test_campaigns_have_cells_where_spend_was_shared_by_them(world, costs):
    by_campaign = acquisition(world(users=CAMPAIGN_USERS, spend=CAMPAIGN_SPEND), by_campaign=True)
    rows = cost_table(by_campaign, ["channel", "campaign"]).rows
    assert rows.select("channel", "campaign", "source", "users", "spend").rows() == [
        ("email", "brand", "organic", 1, Decimal(0)),
        ("search", "brand", "paid", 2, Decimal("5.00")),
        ("search", "sale", "idle", 1, Decimal(0)),
        ("search", "video", "unattributed", 0, Decimal("3.00")),
        ("search", None, "paid", 1, Decimal("2.00")),
    ]
    with pytest.raises(ConfigError, match="by campaign"):
        cost_table(costs, ["campaign"])


def test_without_a_spend_table_users_are_told_and_money_is_unknown(world):
    table = cost_table(acquisition(world(users=USERS)), ["channel"])
    assert table.rows["users"].sum() == 6
    assert table.rows["spend"].to_list() == [None] * table.rows.height
    assert table.total.row(0) == (6, 0, None, None, None, None)


@pytest.mark.parametrize("keys", [[], ["colour"]])
def test_other_cells_are_refused_with_those_that_there_are(costs, keys):
    with pytest.raises(ConfigError, match="channel, campaign, period"):
        cost_table(costs, keys)
