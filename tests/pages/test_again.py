"""The next file of a data set is compared, asked about, and added; where it came from is told."""

import json
from decimal import Decimal

import pytest

from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read
from clvcore.messages import say
from clvcore.runs.workspace import Workspace

HEAD = "client,item,time,kind,amount\n"


def month(name, days, *, head=HEAD, price="5.00"):
    lines = [
        f"u{(day + n) % 7},i{n},2025-{name}-{day:02} 10:00:0{n},purchase,{price}\n"
        for day in days
        for n in range(3)
    ]
    return (head + "".join(lines)).encode()


@pytest.fixture
def mine(home) -> str:
    raws = {"events": read(month("01", range(1, 31)), table="events", source="january.csv")}
    intake = bring_in(raws, Recipe("mine", "EUR", options={"decimal": "."}))
    Workspace(home).add(intake)
    return intake.dataset.id


@pytest.fixture
def bringing(opened, mine):
    at = opened("data", data=mine)
    at.session_state["data_view"] = "bring"
    return at.run()


def upload(at, content, name="next.csv"):
    at.file_uploader(key="data_file_events").upload(name, content, "text/csv").run()
    at.segmented_control(key="data_as").set_value("next").run()
    assert not at.exception
    return at


def texts(at):
    drawn = [*at.header, *at.subheader, *at.caption, *at.markdown, *at.error, *at.success, *at.info]
    return "\n".join(one.value for one in drawn)


def test_a_month_like_the_last_is_added_with_one_click(bringing, mine):
    at = bringing
    at.file_uploader(key="data_file_events").upload(
        "next.csv", month("02", range(1, 29)), "text/csv"
    ).run()
    assert "the same columns as mine" in texts(at)
    at.segmented_control(key="data_as").set_value("next").run()
    assert "nothing is unusual" in texts(at)
    assert at.button(key="data_again_accept").label == say("page_data.again_add_calm")
    at.button(key="data_again_accept").click().run()
    assert not at.exception
    newest = Workspace.default().entries()[0]
    assert at.session_state["data"] == newest.id != mine
    assert newest.rows == 58 * 3
    assert "of 174 event rows, 174 (100%) are used" in at.header[0].value
    assert f"to the data set {mine}" in texts(at)
    files = next(one.value for one in at.dataframe if "digest" in one.value.columns)
    assert list(files["rows"]) == [90, 84]


def test_what_is_unusual_is_told_before_it_is_added(bringing):
    at = upload(bringing, month("02", range(1, 29), price="90.00"))
    assert "Money per day in EUR\\: 15 before, 270 in the new files" in texts(at)
    assert at.button(key="data_again_accept").label == say("page_data.again_add_alarming")


def test_a_file_that_is_there_already_adds_nothing(bringing):
    at = upload(bringing, month("01", range(5, 20)))
    assert "Nothing new" in texts(at)
    assert "stood in the data set already\\: 45" in texts(at)
    assert "data_again_accept" not in [one.key for one in at.button]


def test_a_column_under_another_name_is_asked_for_and_the_answer_is_kept(bringing):
    at = upload(bringing, month("02", range(1, 29), head=HEAD.replace("client", "partner")))
    box = at.selectbox(key="data_again_events_client_next.csv")
    assert box.value == "partner"
    assert "data_again_accept" not in [one.key for one in at.button]
    at.button(key="data_again_check").click().run()
    assert not at.exception
    assert "stands in 'partner' now" in texts(at)
    at.button(key="data_again_accept").click().run()
    made = Workspace.default().resolve("mine")
    assert made.recipe.maps["events"].roles["user_id"] == "partner"


def test_a_recipe_from_a_file_reads_the_files_as_before(bringing, mine):
    at = bringing
    facts = json.loads((Workspace.default().folder_of(mine) / "dataset.json").read_text())
    at.file_uploader(key="data_file_events").upload(
        "next.csv", month("03", range(1, 5)), "text/csv"
    ).run()
    at.segmented_control(key="data_as").set_value("recipe").run()
    recipe = json.dumps(facts["recipe"] | {"name": "spring"}).encode()
    at.file_uploader(key="data_again_recipe").upload("r.json", recipe, "application/json").run()
    assert "12 of 12 event rows are usable" in texts(at)
    at.button(key="data_again_accept").click().run()
    assert Workspace.default().resolve("spring").events.height == 12


def test_a_file_that_is_no_recipe_is_one_sentence(bringing):
    at = bringing
    at.file_uploader(key="data_file_events").upload(
        "next.csv", month("03", range(1, 5)), "text/csv"
    ).run()
    at.segmented_control(key="data_as").set_value("recipe").run()
    at.file_uploader(key="data_again_recipe").upload("r.json", b"[1", "application/json").run()
    assert not at.exception
    assert len(at.error) == 1
    assert "r.json is not sound" in at.error[0].value


def test_next_months_spend_is_added_alone(bringing):
    at = bringing
    content = b"date,channel,cost\n2025-02-01,ads,12.50\n2025-02-02,mail,3.00\n"
    at.file_uploader(key="data_file_spend").upload("spend.csv", content, "text/csv").run()
    assert not at.exception
    assert "they tell of no events" in texts(at)
    assert "2 rows of spend for mine; nothing is unusual" in texts(at)
    assert "data_as" not in [one.key for one in at.segmented_control]
    at.button(key="data_again_accept").click().run()
    assert not at.exception
    made = Workspace.default().resolve("mine")
    assert sum(made.spend["amount"]) == Decimal("15.50")
    assert made.events.height == 90


def test_what_the_next_file_leaves_open_is_asked_and_then_added(bringing):
    text = b'client,item,time,kind,amount\nu1,i1,03/04/2025 10:00,purchase,"5.00"\n'
    at = upload(bringing, text)
    (asked,) = at.radio
    assert "Which part of 03/04/2025" in asked.label
    assert "data_again_accept" not in [one.key for one in at.button]
    asked.set_value("mdy").run()
    assert not at.exception
    at.button(key="data_again_accept").click().run()
    assert not at.exception
    made = Workspace.default().resolve(Workspace.default().entries()[0].id)
    assert f"{made.observed[1]:%Y-%m-%d}" == "2025-03-04"


def test_spend_that_is_the_first_money_is_asked_for_its_currency(opened, home):
    looks = {"events": read(b"user,item,time\n1,a,2025-01-05\n", table="events", source="l.csv")}
    intake = bring_in(looks, Recipe("looks", "EUR"))
    Workspace(home).add(intake)
    at = opened("data", data=intake.dataset.id)
    at.session_state["data_view"] = "bring"
    at.run()
    spend = b"date,channel,cost\n2025-01-05,ads,10.00\n"
    at.file_uploader(key="data_file_spend").upload("spend.csv", spend, "text/csv").run()
    assert not at.exception
    (asked,) = (one for one in at.button_group if "currency" in one.label)
    assert "In which currency are the amounts of column 'cost'" in asked.label
    asked.set_value("USD").run()
    assert not at.exception
    assert "USD 10.00" in texts(at)
    at.button(key="data_again_accept").click().run()
    assert Workspace.default().entries()[0].currency == "USD"
