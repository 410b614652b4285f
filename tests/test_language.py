"""What is said is said in the language of whoever hears it, also when it was kept or stored."""

import copy
import json
from datetime import date
from decimal import Decimal
from threading import Thread

import pytest

from clvcore.charts import numbers
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read
from clvcore.messages import again, languages, listed, recalled, remembered, say
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.workspace import Workspace


@pytest.fixture
def chinese():
    with languages.speaking("zh"):
        yield


def test_the_environment_decides_where_nobody_listens(monkeypatch):
    monkeypatch.setenv(languages.VARIABLE, "zh_CN.UTF-8")
    assert languages.language() == "zh"
    monkeypatch.setenv(languages.VARIABLE, "tlh")
    assert languages.language() == languages.ENGLISH


@pytest.mark.usefixtures("chinese")
def test_a_kept_sentence_is_said_anew_with_the_sentences_inside_it():
    with languages.speaking("en"):
        kept = say("units.not_money", text=listed(["a", "b", "c"], most=2))
    assert kept == "'a, b and 1 more' is not an amount of money. Write it like 1234.50."
    assert again(kept) == "“a、b 及另外1项”不是金额。请写成 1234.50 这样的形式。"
    assert again(copy.deepcopy(kept)) == again(kept)
    assert again("a name of the data") == "a name of the data"


def test_a_stored_sentence_is_said_in_the_language_of_whoever_reads_it():
    stored = json.loads(json.dumps(remembered(say("units.not_money", text="x"))))
    with languages.speaking("zh"):
        assert recalled(stored) == "“x”不是金额。请写成 1234.50 这样的形式。"
    assert recalled("stored before languages were") == "stored before languages were"
    assert recalled({**stored, "say": "units.gone"}) == say("units.not_money", text="x")


def test_a_sentence_with_values_that_no_file_holds_is_stored_as_it_was_said():
    told = say("units.not_money", text=Decimal(1))
    assert remembered(told) == told


def test_another_thread_hears_no_more_than_it_was_told():
    heard = []
    with languages.speaking("zh"):
        thread = Thread(target=lambda: heard.append(languages.language()))
        thread.start()
        thread.join()
    assert heard == ["en"]


@pytest.mark.usefixtures("chinese")
def test_large_numbers_are_cut_where_the_language_cuts_them_and_no_line_ends_in_money():
    counts = [940, 12_345, 123_456, 1_234_567, 123_456_789]
    assert [numbers.headline_count(n) for n in counts] == [
        "940",
        "12,345",
        "12.3万",
        "123万",
        "1.23亿",
    ]
    assert numbers.headline_money(-1_234_567, "CNY") == "-CNY\N{NO-BREAK SPACE}123万"
    assert (
        numbers.exact_money(Decimal("-1234567.891"), "CNY") == "-CNY\N{NO-BREAK SPACE}1,234,567.89"
    )


@pytest.mark.usefixtures("chinese")
def test_days_stand_as_the_language_writes_them():
    assert numbers.day(date(2026, 11, 4)) == "2026年11月4日"
    assert numbers.month(date(2026, 11, 4)) == "2026年11月"


def test_a_finding_that_was_stored_is_told_in_the_language_of_whoever_opens_the_data_set(home):
    csv = b"user,item,time,kind,amount\nu1,p1,2025-03-01,purchase,5.00\n,p2,2025-03-02,purchase,7.50\n"
    recipe = Recipe(name="two_rows", currency="EUR")
    intake = bring_in({"events": read(csv, table="events", source="e.csv")}, recipe)
    workspace = Workspace(home)
    workspace.add(intake)
    told = {one.rule: one for one in workspace.resolve("two_rows").findings}["no_user"]
    assert told.text == "No user in 1 row of events (column user, first: line 3), bearing EUR 7.50."
    with languages.speaking("zh"):
        assert again(told.text).startswith("事件表中有 1行没有用户")
        reopened = {one.rule: one for one in workspace.resolve("two_rows").findings}["no_user"]
    assert reopened.text.startswith("事件表中有 1行没有用户")


def test_a_data_set_that_was_stored_before_languages_were_still_opens(home):
    csv = b"user,item,time,kind,amount\nu1,p1,2025-03-01,purchase,5.00\n"
    recipe = Recipe(name="old", currency="EUR")
    intake = bring_in({"events": read(csv, table="events", source="e.csv")}, recipe)
    folder = Workspace(home).add(intake)
    facts = json.loads((folder / "dataset.json").read_text("utf-8"))
    for one in facts["findings"]:
        one["text"], one["fix"] = one["text"]["text"], one["fix"]["text"]
    (folder / "dataset.json").write_text(json.dumps(facts), "utf-8")
    with languages.speaking("zh"):
        texts = [one.text for one in Workspace(home).resolve("old").findings]
    assert "No spend was brought in, so that the cost of acquiring users is unknown." in texts


def test_a_run_s_state_is_told_in_the_language_of_whoever_looks(tmp_path):
    run = RunFolder(tmp_path)
    run.set_status(State.CANCELLED, say("runs.cancelled", epochs=3))
    with languages.speaking("zh"):
        assert run.status().message.startswith("已按要求在3轮后停止")
