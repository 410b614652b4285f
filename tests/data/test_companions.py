"""The tables beside the events: items, users, spend, impressions."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from clvcore import columns as col
from clvcore.errors import DataError, UploadError

EVENTS = "user,item,time\n1,x,2025-01-05\n2,y,2025-01-06\n"


def rules(dataset, table):
    return {one.rule: one for one in dataset.findings if one.table == table}


def account(dataset, table):
    return next(one for one in dataset.accounts if one.table == table)


def test_items_and_users_are_derived_from_the_events_where_none_are_given(bring):
    dataset = bring(events=EVENTS).dataset
    assert dataset.items[col.ITEM].to_list() == ["x", "y"]
    assert dataset.users.select(col.USER, col.ACQUIRED).rows() == [
        ("1", datetime(2025, 1, 5, tzinfo=UTC)),
        ("2", datetime(2025, 1, 6, tzinfo=UTC)),
    ]
    assert {one.table for one in dataset.accounts} == {"events"}


def test_items_that_the_table_lacks_are_added_and_counted(bring):
    dataset = bring(events=EVENTS, items="id,name,price\nx,Mug,2.50\n").dataset
    assert dataset.items.select(col.ITEM, col.TITLE, col.PRICE).rows() == [
        ("x", "Mug", Decimal("2.50")),
        ("y", None, None),
    ]
    assert rules(dataset, "items")["unlisted_items"].rows == 1


def test_users_that_the_table_lacks_are_added_at_their_first_event_and_counted(bring):
    dataset = bring(
        events=EVENTS, users="user_id,signup_date,channel\n1,2024-12-01,email\n"
    ).dataset
    assert dataset.users.select(col.USER, col.ACQUIRED, col.CHANNEL).rows() == [
        ("1", datetime(2024, 12, 1, tzinfo=UTC), "email"),
        ("2", datetime(2025, 1, 6, tzinfo=UTC), None),
    ]
    assert rules(dataset, "users")["unlisted_users"].rows == 1


def test_an_unknown_date_of_acquisition_is_the_first_event(bring):
    dataset = bring(events=EVENTS, users="user_id,signup_date\n1,\n2,2025-01-01\n").dataset
    assert dataset.users[col.ACQUIRED][0] == datetime(2025, 1, 5, tzinfo=UTC)


def test_an_acquisition_after_the_first_event_is_a_warning(bring):
    dataset = bring(
        events=EVENTS, users="user_id,signup_date\n1,2025-01-20\n2,2025-01-01\n"
    ).dataset
    assert rules(dataset, "users")["late_acquisition"].rows == 1


def test_of_repeated_ids_the_last_row_counts_and_the_others_are_ignored(bring):
    dataset = bring(events=EVENTS, items="id,name\nx,Old\ny,Y\nx,New\n,Nameless\n").dataset
    assert dataset.items[col.TITLE].to_list() == ["New", "Y"]
    found = account(dataset, "items")
    assert (found.rows_in, found.accepted, found.rejected, found.ignored) == (4, 2, 1, 1)


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("a|b", ["a", "b"]),
        ("a; b ;", ["a", "b"]),
        ('"[""a"", ""b""]"', ["a", "b"]),
        ("a", ["a"]),
        ("", None),
    ],
)
def test_tags_are_lists(bring, cell, tags):
    dataset = bring(events=EVENTS, items=f"id,tags\nx,{cell}\n").dataset
    assert dataset.items[col.TAGS].to_list()[0] == tags


def test_attributes_are_numbers_where_every_cell_is_one(bring):
    users = bring(
        events=EVENTS, users="user_id,age,score_x,zip,segment\n1,30,1.5,01234,a\n2,40,2,99999,7\n"
    ).dataset.users
    assert [users.schema[name] for name in ("age", "score_x", "zip", "segment")] == [
        pl.Int64,
        pl.Float64,
        pl.String,
        pl.String,
    ]


def test_vectors_have_one_length(bring):
    items = bring(events=EVENTS, items='id,vector\nx,0.5 1\ny,"[0.25, 2]"\n').dataset.items
    assert items.schema[col.VECTOR] == pl.Array(pl.Float32, 2)
    assert items[col.VECTOR].to_list() == [[0.5, 1.0], [0.25, 2.0]]


@pytest.mark.parametrize("cell", ["0.5", "0.5 1 2", "0.5 nan", "0.5 x", "0.5 inf"])
def test_a_vector_of_another_length_or_not_finite_is_an_error_with_its_line(bring, cell):
    with pytest.raises(DataError, match=r"1 vectors? .*2 finite numbers.*line 3"):
        bring(events=EVENTS, items=f"id,vector\nx,0.5 1\ny,{cell}\n")


def test_a_price_that_cannot_be_read_is_unknown_and_its_item_stays(bring):
    dataset = bring(events=EVENTS, items="id,price\nx,cheap\ny,2\n").dataset
    assert dataset.items[col.PRICE].to_list() == [None, Decimal(2)]
    assert rules(dataset, "items")["unread_cells"].rows == 1
    assert account(dataset, "items").accepted == 2


def test_spend_keeps_its_days_and_its_money(bring):
    dataset = bring(
        {"time_zone": "America/New_York"},
        events=EVENTS,
        spend="day,channel,cost,clicks\n2025-01-02,ads,7.10,3\n2025-01-01,tv,,\n2025-01-01,ads,5,1\n",
    ).dataset
    assert dataset.spend.select(col.DATE, col.CHANNEL, col.AMOUNT, col.CLICKS).rows() == [
        (date(2025, 1, 1), "ads", Decimal(5), 1),
        (date(2025, 1, 2), "ads", Decimal("7.1"), 3),
    ]
    found = account(dataset, "spend")
    assert (found.rows_in, found.accepted, found.rejected) == (3, 2, 1)
    assert (found.money_in, found.money_accepted) == (Decimal("12.1"), Decimal("12.1"))


def test_spend_without_a_table_is_unknown(bring):
    assert "spend_unknown" in rules(bring(events=EVENTS).dataset, "spend")


def test_impressions_are_read_and_their_items_known(bring):
    dataset = bring(
        events=EVENTS,
        impressions="user,time,item,rank,clicked,propensity\n"
        "1,2025-01-05 10:00,z,2,no,0.5\n1,2025-01-05 10:00,x,1,yes,0.25\n"
        "1,2025-01-05 10:00,y,0,no,0.5\n1,2025-01-05 10:00,y,3,no,1.5\n1,2025-01-05 10:00,y,3,maybe,1\n",
    )
    shown = dataset.dataset.impressions
    assert shown.schema == col.SHOWN
    assert shown.select(col.POSITION, col.ITEM, col.TAKEN, col.PROPENSITY).rows() == [
        (1, "x", True, 0.25),
        (2, "z", False, 0.5),
    ]
    assert shown[col.SLATE].n_unique() == 1
    assert dataset.dataset.items[col.ITEM].to_list() == ["x", "y", "z"]
    assert dataset.rejects["impressions"]["_line"].to_list() == [4, 5, 6]


def test_without_positions_items_stand_in_the_order_of_the_file(bring):
    shown = bring(
        events=EVENTS,
        impressions="user,time,item\n1,2025-01-05,b\n1,2025-01-05,a\n2,2025-01-05,c\n",
    ).dataset.impressions
    assert shown.select(col.ITEM, col.POSITION).rows() == [("b", 1), ("a", 2), ("c", 1)]


def test_an_events_table_is_needed(bring):
    with pytest.raises(UploadError, match="--events"):
        bring(items="id\nx\n")
