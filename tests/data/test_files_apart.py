"""Files of one table that were written by different hands are each read by what they say themselves."""

from decimal import Decimal

import pytest

from clvcore.data.cells.choices import Choices
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import combined, read
from clvcore.data.meaning.preview import preview
from clvcore.data.meaning.proposals import Confidence
from clvcore.data.meaning.understanding import understand
from clvcore.errors import MappingError

GERMAN = "user;item;time;amount\nu1;a;25.04.2025;1.234,56\nu2;b;03.04.2025;12,50\n"
ENGLISH = 'user,item,time,amount\nu3,c,04/25/2025,"1,234.56"\nu4,d,04/03/2025,7.25\n'
OPEN = 'user,item,time,amount\nu5,e,2025-05-01,"12,345"\n'


def table(**files):
    raws = [
        read(text.encode(), table="events", source=f"{name}.csv") for name, text in files.items()
    ]
    return combined(raws)


def amounts(raw, **options):
    data = bring_in({"events": raw}, Recipe("x", "EUR", options=options)).dataset
    return dict(data.events.select("user_id", "amount").iter_rows())


def test_a_german_and_an_english_file_are_each_read_as_they_are_written():
    raw = table(german=GERMAN, english=ENGLISH)
    data = bring_in({"events": raw}, Recipe("x", "EUR")).dataset
    read_ = {user: (f"{at:%d.%m.}", money) for user, at, money in
             data.events.select("user_id", "at", "amount").iter_rows()}  # fmt: skip
    assert read_ == {
        "u1": ("25.04.", Decimal("1234.56")),
        "u2": ("03.04.", Decimal("12.50")),
        "u3": ("25.04.", Decimal("1234.56")),
        "u4": ("03.04.", Decimal("7.25")),
    }
    assert data.accounts[0].rejected == 0


def test_how_each_file_is_read_is_told_and_shown():
    raw = table(german=GERMAN, english=ENGLISH)
    found = understand(raw, currency="EUR")
    assert not found.questions
    told = {one.role: " ".join(one.reads) for one in found.columns}
    assert "german.csv: Decimal comma, as in 1.234,56." in told["amount"]
    assert "english.csv: Month first, as 04/25/2025 tells." in told["at"]
    assert {one.confidence for one in found.columns} == {Confidence.SURE}, "each file's values fit"
    shown = preview(raw, found, options={})
    assert shown["\N{RIGHTWARDS ARROW} amount"].to_list() == [1234.56, 1234.56, 12.5, 7.25]
    assert len(set(shown["\N{RIGHTWARDS ARROW} at"].dt.date())) == 2


def test_a_file_that_does_not_tell_its_mark_is_asked_about_though_another_tells_its_own():
    raw = table(german=GERMAN, open=OPEN)
    (question,) = understand(raw, currency="EUR").questions
    assert (question.about, question.files) == ("decimal", ("open.csv",))
    assert "open.csv" in question.text
    with pytest.raises(MappingError, match=r"of open\.csv .*--decimal 'open\.csv=,'"):
        amounts(raw)


@pytest.mark.parametrize(("mark", "worth"), [(",", "12.345"), (".", "12345")])
@pytest.mark.parametrize("column", ["*", "amount", "events.amount"])
def test_what_is_said_of_one_file_leaves_the_others_alone(mark, worth, column):
    raw = table(german=GERMAN, open=OPEN)
    said = {"open.csv": {column: {"decimal": mark}}}
    assert not understand(raw, currency="EUR", choices=Choices.of({"files": said})).questions
    found = amounts(raw, files=said)
    assert (found["u1"], found["u5"]) == (Decimal("1234.56"), Decimal(worth))


def test_files_of_the_same_name_are_told_apart():
    raws = [read(text.encode(), table="events", source="may.csv") for text in (GERMAN, ENGLISH)]
    raw = combined(raws)
    assert raw.origin.unique(maintain_order=True).to_list() == ["may.csv", "may.csv (2)"]
    assert amounts(raw)["u1"] == amounts(raw)["u3"] == Decimal("1234.56")


def test_the_first_days_of_a_month_are_read_as_the_files_that_tell():
    days = {"early": "03/04/2025", "late": "25/04/2025"}
    raw = table(**{name: f"user,item,time\nu,{name},{day}\n" for name, day in days.items()})
    data = bring_in({"events": raw}, Recipe("x", "EUR")).dataset
    assert [f"{at:%d.%m.}" for at in data.events["at"]] == ["03.04.", "25.04."]


def test_dates_that_do_not_tell_are_asked_about_where_the_others_do_not_agree():
    days = {"open": "03/04/2025", "british": "25/04/2025", "american": "04/25/2025"}
    raw = table(**{name: f"user,item,time\nu,{name},{day}\n" for name, day in days.items()})
    (question,) = understand(raw).questions
    assert (question.about, question.files) == ("date_order", ("open.csv",))


def test_counts_from_1970_in_one_file_and_dates_in_another_are_both_times():
    raw = table(
        counts="user,item,time\nu,a,1745539200\nu,b,1745539201\nu,c,1745539202\n",
        dates="user,item,time\nu,d,2025-04-25\n",
    )
    data = bring_in({"events": raw}, Recipe("x", "EUR")).dataset
    assert {f"{at:%Y-%m-%d}" for at in data.events["at"]} == {"2025-04-25"}
    assert data.accounts[0].accepted == 4
