"""What is understood of a table: proposals with their evidence, and every open question at once."""

import pytest

from clvcore.data.cells.choices import Choices
from clvcore.data.dataset import ColumnMap
from clvcore.data.files.read import read
from clvcore.data.meaning.proposals import Confidence
from clvcore.data.meaning.understanding import understand


def raw(text, table="events"):
    return read(text.encode(), table=table, source="file.csv")


def understood(text, given=None, **told):
    return understand(raw(text), given and ColumnMap(given), **told)


def asked(found):
    return [(one.about, one.role, [answer.value for answer in one.answers]) for one in found]


def trust(found):
    return {one.role: (one.column, one.confidence) for one in found.columns}


UNNAMED = (
    "alpha,beta,gamma,delta,epsilon\nu1,p7,2025-03-01,view,\nu1,p7,2025-03-02,purchase,19.90\n"
    "u2,p3,2025-03-01,purchase,30.00\n"
)


def test_names_that_the_values_bear_out_are_sure_and_leave_only_the_currency_open():
    found = understood("user,item,time,amount\nu,i,2025-03-01 10:00,19.90\n")
    assert set(trust(found).values()) == {
        (name, Confidence.SURE) for name in ("user", "item", "time", "amount")
    }
    assert asked(found.questions) == [("currency", "amount", [])]


def test_columns_without_names_are_proposed_by_their_look_and_no_surer_than_that():
    found = understood(UNNAMED)
    unsure = Confidence.UNSURE
    assert trust(found) == {
        "at": ("gamma", unsure),
        "kind": ("delta", unsure),
        "amount": ("epsilon", unsure),
    }
    assert asked(found.questions)[:2] == [
        ("role", "user_id", ["alpha", "beta"]),
        ("role", "item_id", ["alpha", "beta"]),
    ]
    assert "u1, u2" in found.questions[0].answers[0].text


def test_columns_that_are_only_counted_have_a_header_all_the_same():
    found = understood("c1,c2,c3\nu1,2025-03-01,view\nu2,2025-03-02,purchase\n")
    assert trust(found) == {
        "user_id": ("c1", Confidence.UNSURE),
        "at": ("c2", Confidence.UNSURE),
        "kind": ("c3", Confidence.UNSURE),
    }


def test_an_answer_leaves_one_column_for_the_other_role():
    found = understood(UNNAMED, {"user": "alpha"}, currency="EUR")
    assert trust(found)["user_id"] == ("alpha", Confidence.SURE)
    assert trust(found)["item_id"] == ("beta", Confidence.UNSURE)
    assert not found.questions


def test_all_questions_come_at_once_with_both_readings():
    found = understood('client,customer,time,amount\n1,2,03/04/2025,"12,345"\n', currency="EUR")
    assert asked(found.questions) == [
        ("role", "user_id", ["customer", "client"]),
        ("date_order", "at", ["dmy", "mdy"]),
        ("decimal", "amount", [",", "."]),
    ]
    texts = [answer.text for one in found.questions[1:] for answer in one.answers]
    assert texts[:2] == ["3 April 2025 (day first)", "4 March 2025 (month first)"]
    assert [text.rstrip("0").rstrip(".") for text in texts[2:]] == ["12.345", "12345"]


def test_one_date_that_tells_decides_for_its_column():
    found = understood("user,time\n1,03/04/2025\n2,25/04/2025\n")
    assert not found.questions
    assert found.readings["time"].date_order == "dmy"
    assert "25/04/2025" in " ".join(found.columns[1].reads)


def test_numbers_that_contradict_each_other_are_a_question_about_the_two():
    found = understood('user,time,amount\n1,2025-01-01,"1,5"\n2,2025-01-02,1.5\n', currency="EUR")
    (question,) = found.questions
    assert "1,5" in question.text
    assert "1.5" in question.text
    assert [answer.value for answer in question.answers] == [",", "."]


def test_what_a_person_said_of_a_column_closes_its_question():
    choices = Choices.of(
        {"columns": {"time": {"date_order": "mdy"}, "events.amount": {"decimal": ","}}}
    )
    found = understood('user,time,amount\n1,03/04/2025,"12,345"\n', choices=choices, currency="EUR")
    assert not found.questions
    assert found.readings["time"].date_order == "mdy"
    assert found.readings["amount"].decimal == ","


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("1735689600", "s"),
        ("1735689600123", "ms"),
        ("1735689600123456", "us"),
        ("1735689600123456789", "ns"),
    ],
)
def test_counts_from_1970_are_told_by_their_digits(cell, unit):
    found = understood(f"user,time\n1,{cell}\n")
    assert found.readings["time"].epoch == unit


@pytest.mark.parametrize(
    "ids",
    [
        [str(1_000_000_000 + n) for n in range(40)],
        [str(900_000_000 + n * 100_000_007) for n in range(30)],
    ],
    ids=["one after another", "all over ten digits"],
)
def test_ids_of_ten_digits_are_no_times(ids):
    rows = "".join(f"{one},2025-01-{n % 28 + 1:02}\n" for n, one in enumerate(ids))
    found = understood(f"c1,c2\n{rows}")
    assert found.map.roles == {"user_id": "c1", "at": "c2"}


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("2025-01-01 10:00", "read in Europe/Berlin"),
        ("2025-01-01T10:00:00+02:00", "distance from UTC"),
    ],
)
def test_it_is_told_whose_clock_the_times_are_of(cell, told):
    found = understood(f"user,time\n1,{cell}\n", time_zone="Europe/Berlin")
    assert told in " ".join(found.columns[1].reads)


@pytest.mark.parametrize(
    ("cells", "named"),
    [
        (("€5.00", "6.50"), ["EUR"]),
        (("$5.00", "6.50"), ["$"]),
        (("5 EUR", "6 USD"), ["EUR", "USD"]),
    ],
)
def test_currencies_beside_amounts_are_found_and_a_dollar_is_asked_for(cells, named):
    rows = "".join(f"1,2025-01-01,{cell}\n" for cell in cells)
    found = understood(f"user,time,amount\n{rows}")
    assert list(found.currencies) == named
    assert [one.about for one in found.questions] == (["currency"] if named == ["$"] else [])


def test_a_column_of_currencies_tells_the_currency():
    found = understood("user,time,amount,currency\n1,2025-01-01,5.00,gbp\n")
    assert found.currencies == ("GBP",)
    assert not found.questions


def test_a_name_that_the_values_belie_is_only_likely():
    found = understood("user,time,order_date,kind\n1,soon,later,view\n")
    assert trust(found)["user_id"][1] == Confidence.SURE
    found = understood("user,timestamp,kind\n1,soon,view\n")
    assert trust(found)["at"] == ("timestamp", Confidence.LIKELY)


def test_headers_in_other_languages_are_known():
    found = understood("用户,商品,下单时间,金额\na,b,2025-01-01,5.00\n", currency="CNY")
    assert set(found.map.roles) == {"user_id", "item_id", "at", "amount"}
    found = understood("Utilisateur,Produit,Date,Quantité,Montant\na,b,2025-01-01,2,5.00\n")
    assert set(found.map.roles) == {"user_id", "item_id", "at", "quantity", "amount"}


def test_a_settled_map_is_taken_as_it_stands_and_what_it_lacks_is_asked():
    found = understood("user,time,amount\n1,2025-01-01,5\n", {"user_id": "user"}, settled=True)
    assert found.map.roles == {"user_id": "user"}
    assert [(one.about, one.role) for one in found.questions] == [("role", "at")]
    assert found.unused == ("time", "amount")


def test_tables_beside_the_events_are_understood_alike():
    found = understand(raw('day,medium,cost\n03/04/2025,mail,"1,5"\n', "spend"))
    assert set(found.map.roles) == {"date", "channel", "amount"}
    assert [one.about for one in found.questions] == ["date_order", "currency"]


def reads(found, role="at"):
    return next(" ".join(one.reads) for one in found.columns if one.role == role)


def test_the_name_of_a_column_says_its_zone_before_that_of_the_data_set():
    told = understood(
        "user,time_utc\n1,2025-01-02 23:30\n", {"at": "time_utc"}, time_zone="Asia/Tokyo"
    )
    assert "read in UTC, as the name of the column says" in reads(told)
    own = Choices.of({"columns": {"events.time_utc": {"zone": "Asia/Tokyo"}}})
    said = understood("user,time_utc\n1,2025-01-02 03:30\n", {"at": "time_utc"}, choices=own)
    assert "read in Asia/Tokyo" in reads(said), "a person goes before a name"


def test_the_day_on_which_a_time_near_midnight_falls_is_told():
    text = "user,time\n1,2025-01-02 23:30{off}\n2,2025-01-02 12:00{off}\n"
    far = understood(text.format(off=" -0500"), time_zone="UTC")
    assert "Days are those of UTC" in reads(far)
    assert "2025-01-02 23:30 -0500 is 2025-01-03 04:30 there, and 50% of the times" in reads(far)
    near = understood(text.format(off=" -0500"), time_zone="America/New_York")
    local = understood(text.format(off=""), time_zone="America/New_York")
    assert "Days are" not in reads(near) + reads(local), "the day is the one that is written"


def test_hours_in_which_nothing_happens_are_told_as_weak_evidence():
    busy = [f"{n},2025-03-{1 + n % 28:02} {8 + n % 15:02}:10\n" for n in range(400)]
    assert "The fewest fall between 00:00 and 04:00" in reads(
        understood("user,time\n" + "".join(busy))
    )
    flat = [f"{n},2025-03-{1 + n % 28:02} {n % 24:02}:10\n" for n in range(400)]
    assert "The fewest" not in reads(understood("user,time\n" + "".join(flat)))
