"""The Data page shows what the intake found, and brings files in."""

from datetime import date

import pytest
from corpus.cases import book

from clvcore.charts.numbers import headline_count
from clvcore.data.meaning.preview import READ
from clvcore.messages import catalogue, say
from clvcore.runs.workspace import Workspace

EVENTS = b"""user_id,item_id,time,kind,quantity,amount
u1,p7,2025-03-01 14:30:00,view,,
u1,p7,2025-03-01 14:34:10,purchase,1,19.90
u2,p3,2025-03-02 09:12:45,purchase,2,30.00
,p3,2025-03-03 09:12:45,purchase,2,30.00
"""


def table(at, *columns):
    """The first table with these columns."""
    return next(one.value for one in at.dataframe if set(columns) <= set(one.value.columns))


def texts(at):
    drawn = [*at.header, *at.subheader, *at.caption, *at.markdown, *at.error, *at.success]
    return "\n".join(one.value for one in drawn)


@pytest.fixture
def stored(opened, shop):
    """The page about the small shop, and the shop."""
    return opened("data"), shop


def test_the_answer_accounts_for_every_row(stored):
    at, dataset = stored
    events = dataset.accounts[0]
    assert not at.exception
    assert f"of {headline_count(events.rows_in)} event rows" in at.header[0].value
    assert f"{headline_count(events.accepted)} (" in at.header[0].value


def test_the_accounting_is_that_of_the_data_set(stored):
    at, dataset = stored
    shown = table(at, "table", "in")
    assert list(shown["table"]) == [one.table for one in dataset.accounts]
    assert list(shown["in"]) == [one.rows_in for one in dataset.accounts]
    assert list(shown["money_accepted"]) == [one.money_accepted for one in dataset.accounts]


def test_the_chart_adds_up_to_all_accepted_events(stored):
    at, dataset = stored
    assert table(at, "begin")["events"].sum() == dataset.events.height
    assert table(at, "share")["events"].sum() == dataset.events.height


def test_every_finding_is_told_with_what_mends_it(stored):
    from clvcore.report.wording import on_page
    from pages.parts.wording import plain

    at, dataset = stored
    told = texts(at)
    for finding in dataset.findings:
        assert plain(finding.text) in told
        assert plain(on_page(finding.fix)) in told


@pytest.fixture
def bringing(stored):
    at, _ = stored
    at.session_state["data_view"] = "bring"
    return at.run()


def test_without_a_file_the_page_teaches_what_to_bring(bringing):
    assert not bringing.exception
    assert any(say("page_data.bring.start") in one.value for one in bringing.markdown)
    assert "user_id,item_id" in bringing.code[0].value


def check(at, currency="EUR", title="mine.csv"):
    """Say the currency, which no file here tells, and check the rows."""
    at.text_input(key=f"data_currency_{title}").set_value(currency)
    return at.button(key="data_check").click().run()


def test_a_file_is_checked_accepted_and_chosen(bringing):
    at = bringing
    at.file_uploader(key="data_file_events").upload("mine.csv", EVENTS, "text/csv").run()
    assert not at.exception
    assert at.selectbox(key="data_map_events_at_mine.csv").value == "time"
    assert "1 question is open" in texts(at)
    shown = list(table(at, f"{READ}amount").columns)
    assert shown[:2] == ["time", f"{READ}at"]
    assert shown[-4:] == ["kind", f"{READ}kind", "user_id", "item_id"], "cut off first"
    at.button(key="data_check").click().run()
    assert "has no currency" in at.error[0].value
    check(at)
    assert "3 of 4 event rows are usable, 1 is broken" in texts(at)
    assert Workspace.default().entries()[0].name != "mine", (
        "nothing is stored before it is accepted"
    )
    at.button(key="data_accept").click().run()
    assert not at.exception
    assert Workspace.default().entries()[0].name == "mine"
    assert at.session_state["data"] == Workspace.default().entries()[0].id
    assert "of 4 event rows, 3 (75.0%) are used" in at.header[0].value


def test_a_column_that_only_looks_right_is_proposed_as_unsure_and_can_be_changed(bringing):
    at = bringing
    odd = EVENTS.replace(b"user_id", b"who_knows")
    at.file_uploader(key="data_file_events").upload("odd.csv", odd, "text/csv").run()
    assert not at.exception
    box = at.selectbox(key="data_map_events_user_id_odd.csv")
    assert box.value == "who_knows"
    assert say("data.known.why_id") in texts(at)
    assert say("data.known.confidence.unsure") in texts(at)
    box.set_value("item_id")
    check(at, title="odd.csv")
    assert at.session_state["data_intake"].dataset.users["user_id"].to_list() == ["p3", "p7"]
    at.selectbox(key="data_map_events_user_id_odd.csv").set_value("who_knows")
    at.button(key="data_check").click().run()
    assert not at.error
    assert "3 of 4 event rows are usable" in texts(at)


OPEN = b"""client,customer,item,when,paid
1,a,x,03/04/2025,"12,345"
2,b,x,05/06/2025,
"""


def test_open_questions_come_at_once_and_an_answer_changes_the_rows_shown(bringing):
    at = bringing
    text = OPEN.replace(b"paid", b"amount").replace(b"when", b"time")
    at.file_uploader(key="data_file_events").upload("open.csv", text, "text/csv").run()
    assert not at.exception
    assert "4 questions are open" in texts(at)
    user, dates, mark = at.radio
    assert [option.split(" (")[0] for option in user.options] == ["customer", "client"]
    assert dates.options == ["3 April 2025 (day first)", "4 March 2025 (month first)"]
    assert mark.options == ["12.345", "12345"]
    dates.set_value("mdy").run()
    assert table(at, "time", "→ at")["→ at"][0].month == 3
    at.radio[0].set_value("client").run()
    at.radio[0].set_value(".").run()
    assert at.selectbox(key="data_map_events_user_id_open.csv").value == "client"
    assert table(at, "amount", "→ amount")["→ amount"][0] == 12345
    check(at, title="open.csv")
    assert not at.error
    options = at.session_state["data_intake"].dataset.recipe.options
    assert options["columns"] == {
        "events.time": {"date_order": "mdy"},
        "events.amount": {"decimal": "."},
    }


def test_a_column_can_have_a_zone_of_its_own_and_the_day_that_moves_is_told(bringing):
    at = bringing
    at.file_uploader(key="data_file_events").upload("mine.csv", EVENTS, "text/csv").run()
    box = "data_how_events_time_zone_mine.csv"
    assert at.selectbox(key=box).options[:1] == ["UTC"]
    at.selectbox(key=box).set_value("America/New_York").run()
    assert not at.error
    assert table(at, "time", "→ at")["→ at"][0].hour == 19
    at.selectbox(key=box).set_value("Pacific/Auckland").run()
    # 09:12 there is the evening before in the zone of the data set
    said = texts(at).replace("\\", "")
    assert "Days are those of UTC: 2025-03-02 09:12:45 is 2025-03-01 20:12 there, and 50%" in said


def test_what_is_changed_after_the_check_is_checked_before_it_can_be_accepted(bringing):
    at = bringing
    at.file_uploader(key="data_file_events").upload("mine.csv", EVENTS, "text/csv").run()
    check(at)
    assert at.button(key="data_accept")
    at.text_input(key="data_name_mine.csv").set_value("another").run()
    assert say("page_data.known.stale") in [one.value for one in at.info]
    assert "data_accept" not in [one.key for one in at.button]
    at.button(key="data_check").click().run()
    at.button(key="data_accept").click().run()
    assert Workspace.default().entries()[0].name == "another"


def test_a_known_export_is_read_as_such_until_somebody_says_no(bringing):
    at = bringing
    ratings = b"userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n2,31,3,1260759144\n"
    at.file_uploader(key="data_file_events").upload("r.csv", ratings, "text/csv").run()
    assert "file of MovieLens" in at.toggle(key="data_known_movielens").label
    assert at.selectbox(key="data_domain_r.csv_movielens").value == "media"
    at.button(key="data_check").click().run()
    assert at.session_state["data_intake"].dataset.events["kind"].to_list() == ["rating"] * 2
    at.toggle(key="data_known_movielens").set_value(False).run()
    assert not at.exception
    assert at.selectbox(key="data_domain_r.csv").value == "shop"


def test_files_that_belong_together_are_joined_and_their_first_day_is_asked_in_one_sentence(
    bringing,
):
    at = bringing
    orders = (
        b"order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,"
        b"days_since_prior_order\n11,1,prior,1,2,08,\n12,1,prior,2,3,07,15.0\n"
    )
    lines = b"order_id,product_id,add_to_cart_order,reordered\n11,196,1,0\n12,196,1,1\n"
    box = at.file_uploader(key="data_file_events")
    box.upload("order_products__prior.csv", lines, "text/csv").run()
    assert "not by whom or when" in at.error[0].value
    files = [("order_products__prior.csv", lines, "text/csv"), ("orders.csv", orders, "text/csv")]
    at.file_uploader(key="data_file_events").set_value(files).run()
    assert not at.exception
    assert not at.error
    assert "Instacart" in at.toggle(key="data_known_instacart").label
    assert "1 question is open" in texts(at)
    (day,) = (one for one in at.date_input if one.key.startswith("data_ask_first_day_at_events"))
    assert day.label.startswith("Which date is day 1?")
    at.button(key="data_check").click().run()
    assert "Answer the open question about it" in at.error[0].value
    day = next(one for one in at.date_input if one.key == day.key)
    day.set_value(date(2017, 1, 1)).run()
    assert "question is open" not in texts(at)
    assert table(at, "time of line", "→ at")["→ at"].dt.day.to_list() == [1, 16]
    at.button(key="data_check").click().run()
    assert not at.error
    assert "2 of 2 event rows are usable" in texts(at)
    options = at.session_state["data_intake"].dataset.recipe.options
    assert options["columns"]["events.time of line"] == {"first_day": "2017-01-01"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is a picture"),
        (b"%PDF-1.4\n", "is a PDF document"),
        (bytes(range(256)) * 4, "is not a text table"),
        (b"user_id,item_id,time\n", "has no rows"),
        (b"user_id,time,user_id\nu,2025-01-01,v\n", "more than once"),
    ],
    ids=["empty", "png", "pdf", "binary", "no rows", "double"],
)
def test_a_bad_file_gives_one_sentence(bringing, content, told):
    at = bringing
    at.file_uploader(key="data_file_events").upload("bad.csv", content, "text/csv").run()
    assert not at.exception
    assert [told in one.value for one in at.error] == [True]


def test_a_bad_file_beside_the_events_leaves_everything_else_as_it_was(bringing):
    at = bringing
    at.file_uploader(key="data_file_events").upload("mine.csv", EVENTS, "text/csv").run()
    at.text_input(key="data_name_mine.csv").set_value("kept")
    check(at)
    at.file_uploader(key="data_file_items").upload("bad.csv", b"%PDF-1.4", "text/csv").run()
    assert not at.exception
    assert len(at.error) == 1
    assert at.text_input(key="data_name_mine.csv").value == "kept"
    at.button(key="data_check").click().run()
    assert "3 of 4 event rows are usable" in texts(at)


def test_columns_that_nobody_can_tell_are_asked_for_by_the_names_of_their_boxes(bringing):
    at = bringing
    foreign = b"colour,size\nred,3\nblue,4\n"
    at.file_uploader(key="data_file_events").upload("odd.csv", foreign, "text/csv").run()
    assert not at.exception
    at.button(key="data_check").click().run()
    (error,) = at.error
    assert "is 'User' in the events table" in error.value
    assert "--" not in error.value


def test_every_way_of_reading_the_rows_can_be_chosen_and_what_was_shown_comes_along(bringing):
    at = bringing
    events = (
        EVENTS + b"u3,POST,2025-03-02 10:00:00,purchase,1,4.00\nu3,p3,2025-04-01 10:00:00,view,,\n"
    )
    shown = b"user_id,time,item_id,position,propensity,taken\nu1,2025-03-01 14:29:00,p7,1,0.5,yes\n"
    at.file_uploader(key="data_file_events").upload("mine.csv", events, "text/csv").run()
    at.file_uploader(key="data_file_impressions").upload("shown.csv", shown, "text/csv").run()
    at.text_input(key="data_not_items").set_value("POST, gift_*")
    at.date_input(key="data_until").set_value(date(2025, 3, 31))
    at.multiselect(key="data_attributes_mine.csv").set_value(["quantity"])
    check(at)
    assert not at.exception
    dataset = at.session_state["data_intake"].dataset
    assert dataset.impressions.height == 1
    assert dataset.recipe.options["not_items"] == ["POST", "gift_*"]
    assert dataset.observed[1].date() == date(2025, 3, 31)
    assert "quantity" in dataset.users.columns
    assert {one.rule for one in dataset.findings} >= {"not_items", "after_end"}


def test_what_mends_a_finding_on_a_page_is_no_option_to_type():
    for key in catalogue():
        if key.endswith("_page"):
            assert "--" not in catalogue()[key]
            assert catalogue()[key] != catalogue()[key.removesuffix("_page")]
    typed = [
        key
        for key, text in catalogue().items()
        if key.startswith("data.") and "_fix" in key and "--" in text
    ]
    assert [key for key in typed if f"{key}_page" not in catalogue()] == []


@pytest.mark.parametrize(
    ("box", "wrong"),
    [
        ("data_currency_mine.csv", "12"),
        ("data_kinds_words", "seen=stared"),
    ],
)
def test_a_wrong_setting_gives_one_sentence_and_the_form_stays(bringing, box, wrong):
    at = bringing
    at.file_uploader(key="data_file_events").upload("mine.csv", EVENTS, "text/csv").run()
    at.text_input(key="data_currency_mine.csv").set_value("EUR")
    at.text_input(key=box).set_value(wrong)
    at.button(key="data_check").click().run()
    assert not at.exception
    assert len(at.error) == 1
    assert at.text_input(key=box).value == wrong
    assert at.button(key="data_check")


def test_the_name_of_a_sample_is_not_taken(bringing):
    at = bringing
    at.file_uploader(key="data_file_events").upload("mine.csv", EVENTS, "text/csv").run()
    at.text_input(key="data_name_mine.csv").set_value("storefront")
    check(at)
    at.button(key="data_accept").click().run()
    assert not at.exception
    assert len(at.error) == 1


GERMAN = "Umsätze\n\nuser;item;time;amount\nJürgen;p7;2025-03-01;19,90\nu2;p3;2025-03-02;30,00\n"


def test_how_files_were_read_is_told_and_can_be_changed(bringing):
    at = bringing
    more = GERMAN.replace("03-0", "04-0").encode("utf-8-sig")
    box = at.file_uploader(key="data_file_events")
    box.upload("march.csv", GERMAN.encode("cp1252"), "text/csv").upload("april.csv", more).run()
    assert not at.exception
    said = texts(at).replace("\\", "")
    assert "march.csv: read as text in Western (Windows-1252) with semicolons" in said
    assert "april.csv: read as text in UTF-8 with semicolons, column names on line 3" in said
    assert said.count("1 line above the table set aside") == 2
    assert "4 rows were read" in texts(at)
    assert at.text_input(key="data_name_march.csv, april.csv").value == "march"
    at.number_input(key="data_read_events_header").set_value(4).run()
    assert not at.exception
    assert len(at.error) == 1
    at.number_input(key="data_read_events_header").set_value(3).run()
    assert not at.error
    assert "4 rows were read" in texts(at)


def test_a_workbook_is_read_and_another_of_its_sheets_can_be_chosen(bringing):
    one = [
        ["user", "item", "time", "amount"],
        ["u1", "p1", "2025-03-01", 5],
        ["u2", "p2", "2025-03-02", 6],
    ]
    at = bringing
    content = book(("March", one), ("April", [*one, ["u3", "p1", "2025-04-01", 7]]))
    at.file_uploader(key="data_file_events").upload("sales.xlsx", content).run()
    assert not at.exception
    assert "the sheet 'March' of a workbook" in texts(at)
    at.selectbox(key="data_read_events_sheet").set_value("April").run()
    assert not at.exception
    assert "3 rows were read from sales.xlsx" in texts(at).replace("\\", "")


def test_of_several_files_each_is_read_in_its_own_way(bringing):
    at = bringing
    english = b"user,item,time,amount\nu3,p1,2025-05-01,5\n"
    strange = "\n\nuser;item;time;amount\nu4;p1;2025-06-01;7\n".encode("utf-16")
    box = at.file_uploader(key="data_file_events")
    box.upload("march.csv", GERMAN.encode("cp1252")).upload("may.csv", english)
    box.upload("june.csv", strange).run()
    assert not at.exception
    assert not at.error
    assert "4 rows were read" in texts(at)
    said = texts(at).replace("\\", "")
    assert "march.csv: read as text in Western (Windows-1252) with semicolons" in said
    assert "may.csv: read as text in UTF-8 with commas" in said
    at.selectbox(key="data_read_events_which_3").set_value(1).run()
    at.selectbox(key="data_read_events_separator_1").set_value("|").run()
    assert not at.exception
    assert any("may.csv" in one.value for one in at.error), "only that file is read otherwise"
    at.selectbox(key="data_read_events_which_3").set_value(0).run()
    at.selectbox(key="data_read_events_encoding").set_value("cp1252").run()
    assert at.session_state["data_read_events_separator_1"] == "|", "kept while another is shown"
    at.selectbox(key="data_read_events_which_3").set_value(1).run()
    at.selectbox(key="data_read_events_separator_1").set_value(None).run()
    assert not at.error
    assert "4 rows were read" in texts(at)
