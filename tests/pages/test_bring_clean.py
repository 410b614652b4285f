"""What is settled and chosen between a file and its data set."""

from decimal import Decimal

import polars as pl
import pytest

from clvcore import columns as col
from clvcore.runs.workspace import Workspace

EVENTS = b"""user_id,item_id,time,quantity,amount,currency,order_id
ann@shop.org,p7,2025-03-01 14:34:10,1,20.00,EUR,o1
ann@shop.org,p7,2025-03-02 14:34:10,-1,-20.00,EUR,C9
bob@shop.org,p3,2025-03-02 09:12:45,2,30.00,USD,o2
bob@shop.org,p3,2025-03-02 09:12:45,2,30.00,USD,o2
,p3,2025-03-03 09:12:45,2,30.00,USD,o4
"""


def texts(at):
    drawn = [*at.header, *at.subheader, *at.caption, *at.markdown, *at.error]
    return "\n".join(one.value.replace("\\", "") for one in drawn)


@pytest.fixture
def checked(opened):
    at = opened("data")
    at.session_state["data_view"] = "bring"
    at.run()
    at.file_uploader(key="data_file_events").upload("mine.csv", EVENTS, "text/csv").run()
    return at.button(key="data_check").click().run()


def test_rates_are_asked_for_and_every_choice_counts_in_what_is_accepted(checked):
    at = checked
    assert not at.exception
    assert "USD in 3 rows" in at.error[0].value
    at.text_input(key="data_rate_USD").set_value("0.5")
    at.button(key="data_convert").click().run()
    assert not at.exception
    assert not at.error
    # 20 - 20 + 15 + 15 counts; 15 has no user
    assert "In 5 rows, EUR 45.00: 4 count (EUR 30.00), 1 rejected (EUR 15.00)" in texts(at)
    assert "user_id (events)" in texts(at)
    at.segmented_control(key="data_clean_duplicate").set_value("ignore").run()
    at.segmented_control(key="data_clean_returns").set_value("net").run()
    assert "1 counts (EUR 15.00), 1 rejected (EUR 15.00), 3 set aside (EUR 15.00)" in texts(at)
    at.button(key="data_accept").click().run()
    assert not at.exception
    dataset = Workspace.default().resolve("mine")
    assert dataset.events[col.AMOUNT].to_list() == [Decimal("15.0000")]
    assert dataset.recipe.options["rules"] == {"duplicate": "ignore", "returns": "net"}
    assert not any("@" in user for user in dataset.users[col.USER])
    folder = Workspace.default().folder_of(dataset.id)
    aside = pl.read_csv(folder / "ignored_events.csv")
    assert sorted(aside["_reason"]) == ["came back", "came back", "repeats an earlier row"]
    assert sorted(aside["_line"]) == [2, 3, 5]
    assert "@" not in (folder / "rejects_events.csv").read_text()


def test_one_currency_can_be_kept_and_an_id_can_be_kept_as_it_is(checked):
    at = checked
    at.selectbox(key="data_keep_currency").set_value("USD")
    at.button(key="data_convert").click().run()
    assert "In 5 rows, USD 90.00" in texts(at)
    at.segmented_control(key="data_protect_events.user_id").set_value("keep").run()
    assert not at.exception
    at.button(key="data_accept").click().run()
    assert not at.exception
    dataset = Workspace.default().resolve("mine")
    assert dataset.currency == "USD"
    assert dataset.users[col.USER].to_list() == ["bob@shop.org"]


def test_first_rows_hide_what_looks_personal_until_it_is_said_not_to_be(checked):
    def first():
        return next(one.value for one in checked.dataframe if "user_id" in one.value.columns)

    assert list(first()["user_id"])[:1] == ["a…@…"]
    assert "user_id (e-mail addresses)" in texts(checked)
    pills = next(one for one in checked.button_group if one.key.startswith("data_plain_events"))
    pills.set_value(["user_id"]).run()
    assert not checked.exception
    assert list(first()["user_id"])[:1] == ["ann@shop.org"]
    checked.button(key="data_check").click().run()
    checked.selectbox(key="data_keep_currency").set_value("USD")
    checked.button(key="data_convert").click().run()
    checked.button(key="data_accept").click().run()
    assert not checked.exception
    assert Workspace.default().resolve("mine").users[col.USER].to_list() == ["bob@shop.org"]
