from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from clvcore import columns as col
from clvcore.data.dataset import ColumnMap, Severity
from clvcore.errors import ConfigError, DataError, MappingError

ZERO = Decimal("0.0000")


def rules(dataset, table="events"):
    return {one.rule: one for one in dataset.findings if one.table == table}


def account(dataset, table="events"):
    return next(one for one in dataset.accounts if one.table == table)


def test_broken_rows_are_rejected_with_their_line_their_reason_and_their_money(bring):
    intake = bring(
        events="user,time,amount\n1,2025-01-01,5.00\n,2025-01-02,7.00\n2,soon,11.00\n3,2025-01-04,x\n"
    )
    found = account(intake.dataset)
    assert (found.rows_in, found.accepted, found.rejected, found.ignored) == (4, 1, 3, 0)
    assert (found.money_in, found.money_accepted) == (Decimal("23.0000"), Decimal("5.0000"))
    assert found.money_rejected == Decimal("18.0000")
    assert intake.rejects["events"].rows() == [
        (3, "no user", None, "2025-01-02", "7.00"),
        (4, "time cannot be read", "2", "soon", "11.00"),
        (5, "amount is not a number", "3", "2025-01-04", "x"),
    ]


def test_a_finding_says_where_how_many_and_what_to_do(bring):
    one = rules(bring(events="user,time\n1,2025-01-01\n,2025-01-01\n").dataset)["no_user"]
    assert (one.severity, one.rows, one.column) == (Severity.ERROR, 1, "user")
    assert "first: line 3" in one.text
    assert one.fix


def test_ragged_lines_count_among_the_rejected(bring):
    intake = bring(events="user,time\n1,2025-01-01\n2,2025-01-01,x\n")
    assert account(intake.dataset).rejected == 1
    assert intake.rejects["events"]["_text"].to_list() == ["2,2025-01-01,x"]


def test_events_stand_in_order_of_time_and_equal_times_in_order_of_the_file(bring):
    events = bring(
        events="user,item,time\n1,c,2025-01-02\n1,a,2025-01-01\n1,d,2025-01-02\n1,b,2025-01-01\n"
    ).dataset.events
    assert events[col.ITEM].to_list() == ["a", "b", "c", "d"]


def test_the_frames_have_the_canonical_columns(bring):
    dataset = bring(events="user,time\n1,2025-01-01\n").dataset
    assert dataset.events.schema == col.EVENTS
    assert dataset.items.schema == col.ITEMS
    assert dataset.users.schema == col.USERS
    assert dataset.spend is None
    assert dataset.impressions is None


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("buy", "purchase"),
        ("Order", "purchase"),
        ("sale", "purchase"),
        ("transaction", "purchase"),
        ("return", "refund"),
        ("cancelled", "refund"),
        ("click", "view"),
        ("pageview", "view"),
        ("detail", "view"),
        ("Add to Cart", "cart"),
        ("add-to-cart", "cart"),
        ("addToCart", "cart"),
        ("basket", "cart"),
        ("listen", "play"),
        ("watch", "play"),
        ("stream", "play"),
        ("rate", "rating"),
        ("impression", "ad"),
        ("ad_revenue", "ad"),
        ("fee", "subscription"),
        ("renewal", "subscription"),
        ("subscription_payment", "subscription"),
    ],
)
def test_the_usual_words_for_kinds_are_known(bring, word, kind):
    dataset = bring(events=f"user,time,event\n1,2025-01-01,{word}\n").dataset
    assert dataset.events[col.KIND].to_list() == [kind]


def test_unknown_kinds_are_rejected_and_listed_by_frequency(bring):
    one = rules(
        bring(
            events="user,time,event,amount\n1,2025-01-01,zap,1\n1,2025-01-01,zap,2\n"
            "1,2025-01-01,yell,4\n1,2025-01-01,view,\n"
        ).dataset
    )["unknown_kind"]
    assert (one.rows, one.money) == (3, Decimal("7.0000"))
    assert "'zap', 'yell'" in one.text


def test_a_word_can_be_mapped_to_a_kind(bring):
    dataset = bring(
        {"options": {"kinds": {"Zap!": "purchase"}}},
        events="user,time,event,amount\n1,2025-01-01,zap,5\n",
    ).dataset
    assert dataset.events[col.KIND].to_list() == ["purchase"]


@pytest.mark.parametrize(
    ("header", "domain", "kind"),
    [
        ("user,time,amount", "shop", "purchase"),
        ("user,time,price", "shop", "purchase"),
        ("user,time,rating", "shop", "rating"),
        ("user,time,other", "shop", "view"),
        ("user,time,other", "media", "play"),
    ],
)
def test_without_a_column_of_kinds_the_columns_tell_the_kind(bring, header, domain, kind):
    dataset = bring({"domain": domain}, events=f"{header}\n1,2025-01-01,5\n").dataset
    assert dataset.events[col.KIND].to_list() == [kind]


def test_quantity_times_price_is_exact(bring):
    events = bring(events="user,time,quantity,price\n1,2025-01-01,3,0.1\n1,2025-01-02,0.375,7.77\n")
    assert events.dataset.events[col.AMOUNT].to_list() == [Decimal("0.3"), Decimal("2.9138")]


def test_factors_beyond_all_measure_are_rejected(bring):
    dataset = bring(
        events="user,time,quantity,price\n1,2025-01-01,99999999999999999999,99999999999999999.9\n"
        "1,2025-01-01,2,3.5\n"
    ).dataset
    assert rules(dataset)["large_amount"].rows == 1
    assert account(dataset).money_in == Decimal("7.0000")


def test_a_negative_purchase_is_a_refund(bring):
    dataset = bring(events="user,time,quantity,price\n1,2025-01-01,-2,3.50\n").dataset
    row = dataset.events.row(0, named=True)
    assert (row[col.KIND], row[col.AMOUNT], row[col.QUANTITY]) == ("refund", Decimal("-7.0"), 2.0)
    told = [one for one in dataset.findings if one.money == Decimal("-7.0000")]
    assert [one.rule for one in told] == ["returns_found"]
    assert "in the file 1 stood as a purchase below zero" in told[0].text


def test_a_refund_written_as_a_positive_amount_goes_below_zero(bring):
    dataset = bring(events="user,time,event,amount\n1,2025-01-01,return,5\n").dataset
    assert dataset.events[col.AMOUNT].to_list() == [Decimal(-5)]
    assert account(dataset).money_in == Decimal("-5.0000")


def test_money_taken_back_belongs_to_the_stream_it_came_by(bring):
    events = bring(events="user,time,event,amount\n1,2025-01-01,subscription,-5\n").dataset.events
    assert events.select(col.KIND, col.STREAM).rows() == [("refund", "service")]


def test_each_kind_has_its_stream_and_a_named_stream_goes_first(bring):
    events = bring(
        events="user,time,event,amount,stream\n1,2025-01-01,purchase,1,\n1,2025-01-02,ad,1,\n"
        "1,2025-01-03,fee,1,\n1,2025-01-04,play,1,Ads\n1,2025-01-05,refund,-1,service\n"
    ).dataset.events
    assert events[col.STREAM].to_list() == [
        "purchase",
        "advertising",
        "service",
        "advertising",
        "service",
    ]


def test_the_price_of_a_view_is_no_revenue_and_is_accounted_as_ignored(bring):
    dataset = bring(
        events="user,time,event,price\n1,2025-01-01,view,5\n1,2025-01-02,purchase,5\n"
    ).dataset
    assert dataset.events[col.AMOUNT].to_list() == [None, Decimal(5)]
    assert dataset.events[col.STREAM].to_list() == [None, "purchase"]
    found = account(dataset)
    assert (found.money_in, found.money_accepted, found.money_ignored) == (10, 5, 5)
    assert rules(dataset)["idle_money"].money == 5


def test_rows_after_the_end_of_observation_are_ignored_with_their_money(bring):
    dataset = bring(
        {"observed_until": datetime(2025, 1, 31, tzinfo=UTC)},
        events="user,time,amount\n1,2025-01-01,5\n1,2025-02-01,7\n",
    ).dataset
    found = account(dataset)
    assert (found.accepted, found.ignored, found.money_ignored) == (1, 1, 7)
    assert dataset.observed[1] == datetime(2025, 1, 31, tzinfo=UTC)


def test_an_end_of_observation_without_zone_is_local(bring):
    dataset = bring(
        {"observed_until": datetime(2025, 7, 1, 12), "time_zone": "Europe/Berlin"},  # noqa: DTZ001 - local on purpose
        events="user,time\n1,2025-01-01\n",
    ).dataset
    assert dataset.observed[1] == datetime(2025, 7, 1, 10, tzinfo=UTC)


def test_repeated_rows_are_kept_and_named_unless_the_recipe_drops_them(bring):
    text = "user,time,amount\n1,2025-01-01,5\n1,2025-01-01,5\n"
    kept = bring(events=text).dataset
    assert rules(kept)["repeated_rows"].rows == 1
    assert account(kept).money_accepted == 10
    dropped = bring({"options": {"drop_duplicates": True}}, events=text).dataset
    found = account(dropped)
    assert (found.accepted, found.ignored, found.money_ignored) == (1, 1, 5)


def test_lines_that_are_no_items_keep_their_money_and_lose_their_item(bring):
    dataset = bring(
        {"options": {"not_items": ["POST", "gift_*"]}},
        events="user,item,time,amount\n1,POST,2025-01-01,5\n1,gift_10,2025-01-01,7\n1,a,2025-01-01,1\n",
    ).dataset
    assert dataset.events[col.ITEM].to_list() == [None, None, "a"]
    assert dataset.items[col.ITEM].to_list() == ["a"]
    assert account(dataset).money_accepted == 13
    assert rules(dataset)["not_items"].money == 12


def test_an_items_title_is_its_most_frequent_one(bring):
    items = bring(
        {"options": {"item_title": "label"}},
        events="user,item,time,label\n1,a,2025-01-01,Mug\n1,a,2025-01-02,mug??\n1,a,2025-01-03,Mug\n",
    ).dataset.items
    assert items[col.TITLE].to_list() == ["Mug"]


def test_a_users_attribute_is_the_last_one_known(bring):
    users = bring(
        {"options": {"user_attributes": {"country": "land"}}},
        events="user,time,land\n1,2025-01-02,FR\n1,2025-01-01,DE\n1,2025-01-03,\n",
    ).dataset.users
    assert users["country"].to_list() == ["FR"]


def test_an_attribute_of_users_that_is_not_there_is_named(bring):
    with pytest.raises(MappingError, match="no column 'land'"):
        bring({"options": {"user_attributes": ["land"]}}, events="user,time\n1,2025-01-02\n")


def test_columns_that_play_no_role_are_left_out_and_named(bring):
    one = rules(bring(events="user,time,browser\n1,2025-01-01,x\n").dataset)["unused_columns"]
    assert one.severity is Severity.NOTE
    assert "browser" in one.text


def test_undecided_days_and_months_are_asked_for(bring):
    text = "user,time\n1,03/04/2025\n"
    with pytest.raises(MappingError, match=r"'03/04/2025'.*--date-order"):
        bring(events=text)
    american = bring({"options": {"date_order": "mdy"}}, events=text).dataset
    assert american.events[col.AT][0].month == 3


def test_an_undecided_decimal_mark_is_asked_for(bring):
    text = 'user,time,amount\n1,2025-03-04,"3,456"\n'
    with pytest.raises(MappingError, match=r"3.4560 or 3456.0000"):
        bring(events=text)
    german = bring({"options": {"decimal": ","}}, events=text).dataset
    assert german.events[col.AMOUNT].to_list() == [Decimal("3.456")]


def test_currencies_are_never_added_up(bring):
    with pytest.raises(DataError, match=r"\$ in 1 row .*EUR in 1 row "):
        bring(events="user,time,amount\n1,2025-01-01,$5\n1,2025-01-01,5 EUR\n")
    with pytest.raises(DataError, match=r"EUR in 1 row .*USD in 1 row "):
        bring(events="user,time,amount,currency\n1,2025-01-01,5,EUR\n1,2025-01-01,5,USD\n")


def test_another_currency_than_the_recipes_is_a_warning(bring):
    dataset = bring(events="user,time,amount\n1,2025-01-01,$5\n").dataset
    assert rules(dataset)["other_currency"].severity is Severity.WARNING
    dollars = bring({"currency": "USD"}, events="user,time,amount\n1,2025-01-01,$5\n").dataset
    assert "other_currency" not in rules(dollars)


def test_nothing_left_is_an_error_that_says_why(bring):
    with pytest.raises(DataError, match=r"No row of events\.csv can be used\. No user in 1 row"):
        bring(events="user,time\n,2025-01-01\n")


def test_constants_fill_a_role_for_every_row(bring):
    maps = {"events": ColumnMap({"user_id": "user", "at": "time"}, {"kind": "play"})}
    dataset = bring({"maps": maps}, events="user,time\n1,2025-01-01\n").dataset
    assert dataset.events[col.KIND].to_list() == ["play"]


def test_the_recipe_of_a_data_set_reads_next_months_files_alike(bring):
    first = bring(events="user,time,amount\n1,2025-01-01,5\n").dataset
    later = bring(
        {"maps": first.recipe.maps}, events="user,time,amount,total\n1,2025-02-01,5,9\n"
    ).dataset
    assert later.recipe.maps == first.recipe.maps
    assert later.events[col.AMOUNT].to_list() == [Decimal(5)]


@pytest.mark.parametrize(
    "recipe",
    [{"options": {"colour": 1}}, {"options": {"decimal": ";"}}, {"time_zone": "Mars/Base"}],
)
def test_unknown_choices_are_refused(bring, recipe):
    with pytest.raises(ConfigError):
        bring(recipe, events="user,time\n1,2025-01-01\n")


def test_the_same_rows_have_the_same_id_and_other_rows_another(bring):
    text = "user,time,amount\n1,2025-01-01,5\n"
    assert bring(events=text).dataset.id == bring(events=text).dataset.id
    assert bring(events=text).dataset.id != bring(events=text.replace("5", "6")).dataset.id


def test_an_unknown_amount_is_null_and_not_zero(bring):
    dataset = bring(events="user,time,amount\n1,2025-01-01,\n1,2025-01-02,0\n").dataset
    assert dataset.events[col.AMOUNT].to_list() == [None, Decimal(0)]
    assert dataset.events.filter(pl.col(col.STREAM).is_null()).height == 1
    assert rules(dataset)["unpriced_purchase"].rows == 1
    assert rules(dataset)["free_purchase"].rows == 1
    assert account(dataset).money_in == ZERO


def test_what_is_said_of_one_column_goes_before_what_is_said_of_all(bring):
    columns = {
        "events.amount": {"decimal": ","},
        "time": {"date_order": "mdy", "zone": "America/New_York"},
    }
    found = bring(
        {"options": {"decimal": ".", "date_order": "dmy", "columns": columns}},
        events='user,time,amount,quantity\n1,03/04/2025,"1,234","1.234"\n',
    ).dataset.events
    assert found["amount"].to_list() == [Decimal("1.2340")]
    assert found["quantity"].to_list() == [1.234]
    assert found["at"].to_list() == [datetime(2025, 3, 4, 5, tzinfo=UTC)]


@pytest.mark.parametrize(
    "columns",
    [{"time": {"zone": "Mars/Base"}}, {"time": {"colour": "red"}}, {"time": "dmy"}, ["time"]],
)
def test_a_wrong_choice_for_a_column_is_named(bring, columns):
    with pytest.raises(ConfigError, match="option 'columns'"):
        bring({"options": {"columns": columns}}, events="user,time\n1,2025-01-01\n")
