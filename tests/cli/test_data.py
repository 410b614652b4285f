import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from clvcore.cli.data import data
from clvcore.errors import ClvError
from clvcore.runs.workspace import Workspace

EVENTS = "customer,product,date,total\n1,a,2025-01-05,5.00\n,b,2025-01-06,7.50\n"


@pytest.fixture
def clv(monkeypatch, tmp_path):
    """Run ``clv data`` in an empty workspace, in euros; errors come as they are raised."""
    monkeypatch.setenv("CLV_HOME", str(tmp_path / "home"))

    def run(*words, currency=("--currency", "EUR")):
        if words[0] == "import" and "--currency" not in words:
            words = (*words, *currency)
        found = CliRunner().invoke(data, [str(word) for word in words])
        if isinstance(found.exception, ClvError):
            raise found.exception
        return found

    return run


@pytest.fixture
def events(tmp_path):
    file = tmp_path / "events.csv"
    file.write_text(EVENTS)
    return file


def test_import_answers_with_the_account_of_the_file(clv, events):
    answer = json.loads(clv("import", "--events", events, "--name", "mine", "--json").stdout)
    assert answer["name"] == "mine"
    assert answer["currency"] == "EUR"
    assert answer["simulated"] is False
    assert [answer[name] for name in ("rows_in", "accepted", "rejected", "ignored")] == [2, 1, 1, 0]
    assert answer["tables"]["events"]["money_in"] == 12.5
    assert answer["tables"]["events"]["money_accepted"] == 5.0
    assert answer["findings"][0]["rule"] == "no_user"
    assert answer["observed"] == ["2025-01-05T00:00:00+00:00"] * 2
    assert answer["money_by_stream"] == {"purchase": 5.0}
    assert answer["spend"] is None


def test_what_was_imported_can_be_listed_and_shown(clv, events):
    made = json.loads(clv("import", "--events", events, "--name", "mine", "--json").stdout)
    listed = json.loads(clv("list", "--json").stdout)
    assert [entry["id"] for entry in listed["datasets"]] == [made["id"]]
    shown = json.loads(clv("show", "mine", "--json").stdout)
    assert shown == made


def test_the_text_tells_the_same_to_people(clv, events):
    text = clv("import", "--events", events, "--name", "mine").stdout
    assert "mine" in text
    assert "No user in 1 row of events" in text
    assert "7.50" in text
    assert "spend unknown" in text
    assert "rejects_events.csv" in text
    assert "mine" in clv("list").stdout


def test_columns_kinds_and_marks_can_be_said(clv, tmp_path):
    file = tmp_path / "events.csv"
    file.write_text('who,client,when,what,money\n9,1,03/04/2025,zap,"1,234"\n')
    answer = json.loads(
        clv(
            "import", "--events", file, "--map", "user=who", "--map", "events.kind=what",
            "--map", "amount=money", "--map-kind", "zap=purchase", "--decimal", ",",
            "--date-order", "mdy", "--currency", "usd", "--time-zone", "America/New_York", "--json",
        ).stdout
    )  # fmt: skip
    assert answer["currency"] == "USD"
    assert answer["events_by_kind"] == {"purchase": 1}
    assert answer["money_by_stream"] == {"purchase": 1.234}
    assert answer["observed"][0] == "2025-03-04T05:00:00+00:00"


def test_a_recipe_is_used_again_for_next_months_file(clv, events, tmp_path):
    made = json.loads(clv("import", "--events", events, "--name", "mine", "--json").stdout)
    later = tmp_path / "later.csv"
    later.write_text("customer,product,date,total,revenue\n1,a,2025-02-05,5.00,9\n")
    recipe = f"{made['folder']}/dataset.json"
    again = json.loads(clv("import", "--events", later, "--recipe", recipe, "--json").stdout)
    assert again["name"] == "mine"
    assert again["maps"] == made["maps"]
    assert again["tables"]["events"]["money_in"] == 5.0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--map", "user"], "is no mapping"),
        (["--map", "user=nobody"], "no column 'nobody'"),
        (["--map", "users.channel=x"], "was not brought in"),
        (["--map-kind", "a=b"], "does not map a word to a kind"),
        (["--currency", "euro"], "no currency"),
        (["--name", " "], "needs a name"),
        (["--time-zone", "Mars/Base"], "no time zone"),
        (["--items", "/nowhere/items.csv"], "There is no file"),
        (["--recipe", "/nowhere/recipe.json"], "There is no file"),
        (["--name", "online_retail"], "name of a sample"),
    ],
)
def test_wrong_input_is_one_clear_sentence_and_nothing_is_written(clv, events, words, sentence):
    with pytest.raises(ClvError, match=sentence):
        clv("import", "--events", events, *words)
    assert json.loads(clv("list", "--json").stdout)["datasets"] == []


@pytest.mark.parametrize("content", [b"", b"user,time\n", bytes(range(256)) * 9, b"PAR1xxxx"])
def test_a_file_that_is_no_table_is_one_clear_sentence(clv, tmp_path, content):
    file = tmp_path / "events.csv"
    file.write_bytes(content)
    with pytest.raises(ClvError, match=r"events\.csv"):
        clv("import", "--events", file)


def test_an_unknown_data_set_is_answered_with_what_there_is(clv):
    with pytest.raises(ClvError, match="online_retail"):
        clv("show", "nothing")


def test_the_samples_are_listed(clv):
    names = [one["name"] for one in json.loads(clv("list", "--json").stdout)["samples"]]
    assert "online_retail" in names


def test_next_months_file_is_added_once_and_where_it_came_from_is_told(clv, events, tmp_path):
    made = json.loads(clv("import", "--events", events, "--name", "mine", "--json").stdout)
    later = tmp_path / "later.csv"
    later.write_text(EVENTS + "2,b,2025-02-05,3.00\n")
    added = json.loads(clv("append", "mine", "--events", later, "--json").stdout)
    assert (added["is_new"], added["parent"]) == (True, made["id"])
    rows = [added[name] for name in ("rows_in", "accepted", "rejected", "ignored")]
    assert rows == [5, 2, 2, 1]
    assert added["money_by_stream"] == {"purchase": 8.0}
    text = clv("show", added["id"]).stdout
    assert f"to the data set {made['id']}" in text
    assert "later.csv" in text
    again = clv("append", added["id"], "--events", later).stdout
    assert "Nothing new" in again
    assert len(json.loads(clv("list", "--json").stdout)["datasets"]) == 2


def test_how_the_next_file_differs_is_told_and_nothing_is_stored(clv, events, tmp_path):
    clv("import", "--events", events, "--name", "mine")
    later = tmp_path / "later.csv"
    later.write_text("customer,product,date,revenue\n1,a,2025-02-05,5.00\n")
    with pytest.raises(ClvError, match="It may be called revenue now"):
        clv("check", "mine", "--events", later)
    words = ["check", "mine", "--events", later, "--map", "amount=revenue"]
    found = json.loads(clv(*words, "--json").stdout)
    assert "gap" in {one["rule"] for one in found["changes"] if one["is_news"]}
    assert "30 days without data" in clv(*words).stdout
    assert len(json.loads(clv("list", "--json").stdout)["datasets"]) == 1


def test_how_sound_a_data_set_is_is_told_as_json_text_and_html(clv, events, tmp_path):
    made = json.loads(clv("import", "--events", events, "--name", "mine", "--json").stdout)
    page = tmp_path / "quality.html"
    found = json.loads(clv("quality", "mine", "--html", page, "--json").stdout)
    assert found["tables"]["events"]["rows_in"] == made["rows_in"]
    assert [one["rule"] for one in found["findings"]] == [one["rule"] for one in made["findings"]]
    assert all(one["holds"] for one in found["checks"])
    assert page.read_text().startswith("<!doctype html>")
    assert "Rows in and their parts (events)" in clv("quality", "mine").stdout


def test_explain_tells_all_open_questions_and_stores_nothing(clv, tmp_path):
    file = tmp_path / "events.csv"
    file.write_text('client,customer,when,sum\n1,a,03/04/2025,"1,234"\n2,b,05/06/2025,\n')
    text = clv("import", "--events", file, "--explain").stdout
    assert "--map events.user_id='client'" in text
    assert "3 April 2025 (day first): say --date-order dmy" in text
    plain = json.loads(clv("import", "--events", file, "--explain", "--json").stdout)
    asked = [one["about"] for one in plain["tables"]["events"]["questions"]]
    assert asked[0] == "role"
    assert "date_order" in asked
    assert json.loads(clv("list", "--json").stdout)["datasets"] == []
    with pytest.raises(ClvError, match=r"2 questions are open.*\n.*\n.*03/04/2025"):
        clv("import", "--events", file)


def test_a_known_export_needs_no_word_and_can_be_read_plainly(clv, tmp_path):
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n")
    told = clv("import", "--events", ratings).stdout
    assert "looks like a file of MovieLens" in told
    answer = json.loads(clv("show", "ratings", "--json").stdout)
    assert answer["events_by_kind"] == {"rating": 1}
    plain = clv("import", "--events", ratings, "--as", "none", "--name", "plain").stdout
    assert "MovieLens" not in plain
    with pytest.raises(ClvError, match=r"no known export 'nothing'.*movielens"):
        clv("import", "--events", ratings, "--as", "nothing")


def test_a_first_day_that_no_file_tells_is_asked_for_and_taken(clv, tmp_path):
    file = tmp_path / "transaction_data.csv"
    file.write_text(
        "household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,TRANS_TIME\n"
        "2375,26984851472,2,1004906,1,1.39,1631\n"
    )
    with pytest.raises(ClvError, match="--first-day 2017-01-01"):
        clv("import", "--events", file)
    asked = clv("import", "--events", file, "--explain").stdout
    assert "Which date is day 1?" in asked
    assert "say --first-day 2017-01-01" in asked
    made = clv("import", "--events", file, "--first-day", "2016-01-01", "--json").stdout
    assert json.loads(made)["observed"] == ["2016-01-02T16:31:00+00:00"] * 2


def test_a_currency_that_the_file_names_is_taken(clv, tmp_path):
    file = tmp_path / "events.csv"
    file.write_text("user,time,amount\n1,2025-01-05,£5.00\n")
    made = clv("import", "--events", file, "--json", currency=())
    assert json.loads(made.stdout)["currency"] == "GBP"


def test_a_currency_that_no_file_names_is_asked_for_and_only_where_there_is_money(clv, tmp_path):
    file = tmp_path / "events.csv"
    file.write_text(EVENTS)
    with pytest.raises(ClvError, match=r"In which currency .* 'total'.* Say it with --currency"):
        clv("import", "--events", file, currency=())
    with pytest.raises(ClvError, match=r"recipe\.json"):
        Workspace.default().resolve(str(file))
    assert not Workspace.default().datasets.exists()
    file.write_text(
        "user,item,time,amount,currency\n1,a,2025-01-01,2.50,USD\n1,a,2025-01-02,2.50,CHF\n"
    )
    words = ("import", "--events", file, "--decimal", ".")
    with pytest.raises(ClvError, match="several currencies: CHF, USD"):
        clv(*words, currency=())
    made = json.loads(clv(*words, "--rates", "USD=2", "--json", currency=()).stdout)
    assert (made["currency"], made["money_by_stream"]) == ("CHF", {"purchase": 7.5})
    file.write_text("user,item,time\n1,a,2025-01-01\n")
    assert clv("import", "--events", file, "--name", "looks", currency=()).exit_code == 0


def test_rules_rates_and_personal_data_are_chosen_on_the_command_line(clv, tmp_path):
    file, rates = tmp_path / "orders.csv", tmp_path / "rates.csv"
    file.write_text(
        "user,time,amount,currency,order,city,phone\n"
        "1,2025-01-05,5.00,EUR,a,Wien,+43 1 2345678\n1,2025-01-05,5.00,EUR,a,Wien,+43 1 2345678\n"
        "2,2025-01-06,10.00,USD,b,Graz,+43 1 2345679\n3,2025-01-06,8.00,GBP,c,Graz,\n"
    )
    rates.write_text("date,currency,rate\n2025-01-01,USD,0.5\n2025-01-06,USD,0.25\n")
    words = ["--choose", "duplicate=ignore", "--rates", rates, "--rates", "GBP=2", "--drop", "city"]
    made = json.loads(clv("import", "--events", file, *words, "--name", "m", "--json").stdout)
    assert (made["accepted"], made["ignored"]) == (3, 1)
    assert made["tables"]["events"]["money_accepted"] == 5.0 + 2.5 + 16.0
    assert made["options"]["rules"] == {"duplicate": "ignore"}
    assert made["options"]["protect"] == {
        "city": "drop",
        "events.city": "drop",
        "events.phone": "drop",
    }
    with pytest.raises(ClvError, match="Choices are: keep, ignore"):
        clv("import", "--events", file, "--choose", "duplicate=perhaps")
    with pytest.raises(ClvError, match="no rate for USD"):
        clv("import", "--events", file, "--rates", "USD=dear")


HEAD = "user,item,time,event,quantity,amount,title\n"
JANUARY = HEAD + (
    "1,a,2025-01-05,purchase,2,10.00,Mug\n"
    "1,b,2025-01-06,purchase,1,4.00,Cup\n"
    ",b,2025-01-07,purchase,1,7.00,Cup\n"
)
FEBRUARY = HEAD + (
    "1,b,2025-01-06,purchase,1,4.00,Cup\n"
    "1,a,2025-02-03,refund,1,5.00,Big mug\n"
    "2,a,2025-02-04,purchase,1,6.00,Big mug\n"
    ",a,2025-02-05,purchase,1,8.00,Mug\n"
)


def test_a_refund_of_next_months_file_finds_last_months_purchase_and_all_that_was_left_out_stays(
    clv, tmp_path
):
    files = {}
    for name, text in (("january", JANUARY), ("february", FEBRUARY)):
        files[name] = tmp_path / f"{name}.csv"
        files[name].write_text(text)
    options = ("--currency", "EUR", "--decimal", ".", "--choose", "returns=net")
    clv("import", "--events", files["january"], "--name", "mine", *options)
    made = json.loads(clv("append", "mine", "--events", files["february"], "--json").stdout)
    came = made["came"]["events"]
    parts = [came[name] for name in ("rows_in", "accepted", "there", "rejected", "ignored")]
    assert parts == [4, 1, 1, 1, 2]
    assert (came["money_in"], came["money_accepted"]) == (13.0, 6.0)
    assert made["events_by_kind"] == {"purchase": 3}
    assert made["money_by_stream"] == {"purchase": 10.0 - 5.0 + 4.0 + 6.0}
    folder = Path(made["folder"])
    titles = pl.read_parquet(folder / "items.parquet")["title"].to_list()
    assert titles == ["Big mug", "Cup"]
    left = [
        pl.read_csv(folder / f"{kind}_events.csv").select("_file", "_line").rows()
        for kind in ("rejects", "ignored")
    ]
    assert left == [
        [("january.csv", 4), ("february.csv", 5)],
        [("february.csv", 2), ("february.csv", 3)],
    ]
    text = clv("append", "mine", "--events", files["february"], "--name", "b").stdout
    assert "stood in the data set already: 3" in text
    assert "Nothing new" not in text  # it bears another name
    assert "ignored_events.csv" in text


def test_next_months_spend_comes_alone_and_no_day_is_counted_twice(clv, events, tmp_path):
    spend = tmp_path / "spend.csv"
    spend.write_text("date,channel,cost\n2025-01-01,ads,7.00\n2025-01-02,ads,3.00\n")
    clv("import", "--events", events, "--spend", spend, "--name", "mine", "--currency", "EUR")
    spend.write_text("date,channel,cost\n2025-01-02,ads,3.50\n2025-02-01,ads,5.00\n")
    compared = json.loads(clv("check", "mine", "--spend", spend, "--json").stdout)
    assert list(compared["tables"]) == ["spend"]
    made = json.loads(clv("append", "mine", "--spend", spend, "--json").stdout)
    assert made["spend"] == 7.0 + 3.5 + 5.0
    assert made["came"]["spend"]["money_accepted"] == 8.5
    assert made["tables"]["spend"]["money_ignored"] == 3.0
    assert made["tables"]["events"]["rows_in"] == 2
    assert "Nothing new" in clv("append", "mine", "--spend", spend).stdout


def test_marks_and_dates_are_said_of_one_file_by_its_name(clv, tmp_path):
    files = {"german.csv": "user;time;total\n1;25.01.2025;1.234,50\n",
             "open.csv": 'user,time,total\n2,03/04/2025,"12,345"\n'}  # fmt: skip
    words = ["import"]
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        words += ["--events", tmp_path / name]
    asked = clv(*words, "--explain").stdout
    assert "In open.csv: What is 12,345 in column 'total'?" in asked
    assert "say --date-order 'open.csv=dmy'" in " ".join(asked.split())
    with pytest.raises(ClvError, match=r"'other\.csv' is none of the files .*german\.csv"):
        clv(*words, "--decimal", "other.csv=,")
    with pytest.raises(ClvError, match=r"'open\.csv=;' is no value"):
        clv(*words, "--decimal", "open.csv=;")
    said = ("--decimal", "open.csv=.", "--date-order", "open.csv=mdy")
    made = json.loads(clv(*words, *said, "--json").stdout)
    assert made["money_by_stream"] == {"purchase": 1234.5 + 12345.0}
    assert made["observed"] == ["2025-01-25T00:00:00+00:00", "2025-03-04T00:00:00+00:00"]


def test_what_the_next_file_leaves_open_is_answered_as_at_the_first(clv, tmp_path):
    first, later = tmp_path / "first.csv", tmp_path / "later.csv"
    first.write_text("user,time,what,total\n1,25/01/2025,buy,2.50\n2,26/01/2025,buy,3.50\n")
    later.write_text(
        'user,time,what,total\n1,03/02/2025,zap,"1,250 EUR"\n2,04/02/2025,zap,5.00 USD\n'
    )
    clv("import", "--events", first, "--map", "kind=what", "--map-kind", "buy=purchase")
    with pytest.raises(ClvError, match=r"--date-order dmy"):
        clv("check", "first", "--events", later)
    words = ("append", "first", "--events", later, "--date-order", "later.csv=dmy", "--json")
    made = json.loads(clv(*words, "--map-kind", "zap=purchase", "--rates", "USD=2").stdout)
    assert made["money_by_stream"] == {"purchase": 6.0 + 1250.0 + 10.0}
    assert made["observed"][1] == "2025-02-04T00:00:00+00:00"


def test_days_that_are_counted_in_the_next_file_have_a_first_day(clv, tmp_path):
    head = "household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,TRANS_TIME\n"
    first, later = tmp_path / "first.csv", tmp_path / "later.csv"
    first.write_text(f"{head}2375,1,2,1004906,1,1.39,1631\n")
    later.write_text(f"{head}2375,2,2,1004906,1,1.39,1631\n")
    clv("import", "--events", first, "--first-day", "2016-01-01")
    words = ("append", "first", "--events", later, "--first-day", "2017-01-01", "--json")
    made = json.loads(clv(*words).stdout)
    assert made["observed"] == ["2016-01-02T16:31:00+00:00", "2017-01-02T16:31:00+00:00"]


def test_the_currency_of_the_first_money_is_asked_for(clv, tmp_path):
    looks, spend = tmp_path / "looks.csv", tmp_path / "spend.csv"
    looks.write_text("user,item,time\n1,a,2025-01-01\n2,b,2025-02-01\n")
    spend.write_text("date,channel,cost\n2025-01-01,ads,10.00\n")
    first = json.loads(clv("import", "--events", looks, "--json", currency=()).stdout)["id"]
    words = ("append", first, "--spend", spend)
    with pytest.raises(ClvError, match=r"In which currency .*'cost'.*Say it with --currency"):
        clv(*words)
    made = json.loads(clv(*words, "--currency", "usd", "--json").stdout)
    assert made["currency"] == "USD"
    text = clv(*words, "--currency", "usd", "--name", "again").stdout
    assert "USD 10.00" in text
    with pytest.raises(ClvError, match=r"counts its money in USD.*--rates CHF="):
        clv("append", made["id"], "--spend", spend, "--currency", "CHF")
    spend.write_text("date,channel,cost\n2025-01-01,ads,£10.00\n")
    told = clv("append", first, "--spend", spend, "--name", "told", "--json").stdout
    assert json.loads(told)["currency"] == "GBP"
