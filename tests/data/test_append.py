"""Next month's file is added: what is there already counts once, what came later counts."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from clvcore.data.again.append import append
from clvcore.data.clean import Intake
from clvcore.data.files.read import read

HEAD = "user,item,time,amount,quantity\n"
JANUARY = HEAD + "1,x,2025-01-05,5.00,1\n1,x,2025-01-05,5.00,1\n2,y,2025-01-06,-1.50,1\n"
FEBRUARY = HEAD + "3,y,2025-02-01,7.00,1\n,y,2025-02-01,9.00,1\n"
SPEND = "date,channel,cost\n2025-01-01,ads,7\n2025-01-02,ads,3\n"


@pytest.fixture
def january(bring):
    return bring(events=JANUARY, spend=SPEND)


def added(dataset, **tables):
    raws = {
        name: read(text.encode(), table=name, source=f"{name}.csv") for name, text in tables.items()
    }
    return append(dataset, raws).intake


def rules(dataset):
    return {(one.table, one.rule): one for one in dataset.findings}


def test_rows_and_money_of_both_files_are_accounted_for(january):
    account = added(january, events=FEBRUARY).dataset.accounts[0]
    assert (account.rows_in, account.accepted, account.rejected, account.ignored) == (5, 4, 1, 0)
    assert account.money_in == Decimal("24.50")
    assert account.money_accepted == Decimal("15.50")
    assert account.money_rejected == Decimal(9)


def test_a_file_that_overlaps_brings_only_what_is_new(january):
    made = added(january, events=JANUARY + FEBRUARY.removeprefix(HEAD)).dataset
    assert made == added(january, events=FEBRUARY).dataset
    account = made.accounts[0]
    assert (account.rows_in, account.accepted, account.rejected, account.ignored) == (8, 4, 1, 3)
    assert account.money_ignored == Decimal("8.50")
    assert rules(made)["events", "again_there"].rows == 3


def test_of_equal_rows_as_many_are_kept_as_the_side_has_that_has_more(january):
    once = HEAD + "1,x,2025-01-05,5.00,1\n"
    thrice = HEAD + "1,x,2025-01-05,5.00,1\n" * 3
    assert added(january, events=once).dataset.events.height == 3
    assert added(january, events=thrice).dataset.events.height == 4


def test_a_row_that_differs_in_its_amount_is_kept_and_said(january):
    made = added(january, events=HEAD + "2,y,2025-01-06,-1.75,1\n").dataset
    assert made.events.height == 4
    assert rules(made)["events", "again_corrected"].money == Decimal("-1.75")


def test_spend_of_the_same_day_and_channel_is_replaced_with_the_change_said(january):
    later = "date,channel,cost\n2025-01-02,ads,4\n2025-02-02,ads,5\n"
    made = added(january, events=FEBRUARY, spend=later).dataset
    assert made.spend["amount"].to_list() == [Decimal(7), Decimal(4), Decimal(5)]
    account = next(one for one in made.accounts if one.table == "spend")
    assert (account.rows_in, account.accepted, account.ignored) == (4, 3, 1)
    assert account.money_in == account.money_accepted + account.money_ignored == Decimal(19)
    changed = rules(made)["spend", "again_spend"]
    assert changed.money == Decimal(1)
    assert "3.00 became 4.00" in changed.text


def test_the_later_file_counts_for_items_and_an_empty_cell_leaves_what_was_known(bring):
    first = bring(events=JANUARY, items="id,name,price\nx,Mug,2\ny,Cup,3\n")
    made = added(first, events=FEBRUARY, items="id,name,price\ny,Big cup,\nz,Bowl,4\n").dataset
    assert made.items["title"].to_list() == ["Mug", "Big cup", "Bowl"]
    assert made.items["price"].to_list() == [Decimal(2), Decimal(3), Decimal(4)]
    account = next(one for one in made.accounts if one.table == "items")
    assert (account.rows_in, account.accepted, account.ignored) == (4, 3, 1)


def test_numbers_that_turn_into_words_are_words_for_all(bring):
    first = bring(events=JANUARY, users="user,acquired_at,age\n1,2025-01-01,33\n")
    made = added(first, events=FEBRUARY, users="user,acquired_at,age\n3,2025-01-09,old\n").dataset
    assert made.users["age"].to_list() == ["33", None, "old"]
    assert made.users["acquired_at"].dt.day().to_list() == [1, 6, 9]


def test_an_earlier_file_moves_the_first_sight_of_its_users(bring):
    late = bring(events=FEBRUARY)
    made = added(late, events=HEAD + "3,x,2025-01-20,1.00,1\n").dataset
    assert made.users["acquired_at"].dt.to_string("%m-%d").to_list() == ["01-20"]


def test_the_result_names_its_parent_and_every_file(january):
    made = added(january, events=FEBRUARY).dataset
    assert [step.parent for step in made.lineage] == [None, january.dataset.id]
    assert [one.table for step in made.lineage for one in step.origins] == [
        "events", "spend", "events",
    ]  # fmt: skip
    assert made.lineage[1].origins[0].columns == ("user", "item", "time", "amount", "quantity")
    assert made.lineage[1].origins[0].account.rows_in == 2


def test_rows_after_the_former_end_of_observation_are_taken_and_move_it(bring):
    until = datetime(2025, 1, 31, tzinfo=UTC)
    first = bring({"observed_until": until}, events=JANUARY)
    made = added(first, events=FEBRUARY).dataset
    assert made.recipe.observed_until is None
    assert made.observed[1] == datetime(2025, 2, 1, tzinfo=UTC)
    assert added(first, events=JANUARY).dataset.observed[1] == until


def test_findings_of_both_files_are_one_where_they_tell_the_same(january):
    broken = HEAD + ",y,2025-02-01,9.00,1\n4,y,2025-02-02,1.00,1\n"
    made = added(added(january, events=broken), events=broken.replace("9.00", "2.00"))
    (one,) = [one for one in made.dataset.findings if one.rule == "no_user"]
    assert (one.rows, one.money) == (2, Decimal(11))
    assert "2 rows" in one.text


def test_items_of_a_data_set_that_remembers_nothing_stay_though_no_event_names_them(bring):
    first = bring(events=JANUARY, items="id,name\nx,Mug\nidle,Vase\n")
    made = Intake(first.dataset, {})
    for month in ("03", "04"):
        text = HEAD + f"1,x,2025-{month}-01,5.00,1\n"
        made = added(made, events=text, items=f"id,name\nnew {month},Bowl\n")
    titles = dict(made.dataset.items.select("item_id", "title").rows())
    assert titles == {"x": "Mug", "y": None, "idle": "Vase", "new 03": "Bowl", "new 04": "Bowl"}
