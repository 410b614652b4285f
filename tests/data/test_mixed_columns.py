"""A column in which some cells are stored as numbers or dates, and others are texts of them."""

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import xlsxwriter

from clvcore.data.cells.choices import Choices
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import combined, read
from clvcore.data.meaning.blocks import Blocks, combined_blocks
from clvcore.data.meaning.preview import preview
from clvcore.data.meaning.understanding import understand
from clvcore.errors import MappingError
from clvcore.runs.parted import bring_in_parts

HEAD = ("user", "item", "time", "amount", "order")
TYPED = (
    ("u1", "a", date(2025, 4, 3), 1.125, 17850.0),
    ("u2", "b", datetime.fromisoformat("2025-04-25 14:30"), -19.5, 17851.0),
    ("u3", "c", date(2025, 5, 6), 2000, 18),
)
COMMAS = (
    ("u4", "d", "07.06.2025", "1.234,56", "A17850"),
    ("u5", "e", "30.06.2025 08:15", "2,50", "017850"),
)
PAID = {"u1": Decimal("1.125"), "u2": Decimal("-19.5"), "u3": Decimal(2000)}
PAID_IN_TEXTS = {"u4": Decimal("1234.56"), "u5": Decimal("2.50")}


def book(*rows, head=HEAD):
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"default_date_format": "dd.mm.yyyy hh:mm"}) as workbook:
        sheet = workbook.add_worksheet()
        for place, row in enumerate((head, *rows)):
            for column, cell in enumerate(row):
                sheet.write(place, column, cell)
    return held.getvalue()


def sheet(*rows, name="april.xlsx", **options):
    return read(book(*rows, **options), table="events", source=name)


def text_row(amount, user="u4", when="2025-06-07"):
    return (user, "d", when, amount, "A1")


def made(*raws, **options):
    return bring_in({"events": combined(raws)}, Recipe("x", "EUR", options=options))


def paid(*raws, **options):
    data = made(*raws, **options).dataset
    return dict(data.events.select("user_id", "amount").iter_rows())


@pytest.mark.parametrize(
    "rows", [TYPED + COMMAS, COMMAS + TYPED, (*TYPED[:1], *COMMAS, *TYPED[1:])]
)
def test_a_stored_number_is_that_number_and_a_text_is_read_by_the_mark_of_texts(rows):
    data = made(sheet(*rows)).dataset
    found = dict(data.events.select("user_id", "amount").iter_rows())
    assert found == PAID | PAID_IN_TEXTS
    (account,) = data.accounts
    assert (account.rows_in, account.accepted) == (5, 5)
    assert account.money_in == sum(found.values()) == Decimal("3218.685")


@pytest.mark.parametrize("commas", [1, 5])
@pytest.mark.parametrize("typed", [1, 5])
def test_neither_kind_outvotes_the_other(typed, commas):
    rows = [(f"t{n}", *TYPED[0][1:3], 1.125 + n, n) for n in range(typed)]
    rows += [text_row("1,25", user=f"c{n}") for n in range(commas)]
    found = paid(sheet(*rows))
    assert found == {f"t{n}": Decimal("1.125") + n for n in range(typed)} | {
        f"c{n}": Decimal("1.25") for n in range(commas)
    }


def test_texts_with_a_decimal_point_are_read_by_it():
    found = paid(sheet(*TYPED, text_row("1,234.56")))
    assert found == PAID | {"u4": Decimal("1234.56")}


@pytest.mark.parametrize("number", [0.1 + 0.2, 1e-7, 1.5e-7, 123456.789, -0.005, 99999999.125])
def test_a_stored_number_among_texts_is_to_the_digit_the_one_without_them(number):
    alone = paid(sheet((*TYPED[0][:3], number, 1), TYPED[2]))["u1"]
    assert paid(sheet((*TYPED[0][:3], number, 1), *COMMAS))["u1"] == alone


def test_only_texts_are_asked_about():
    raw = sheet(*TYPED, text_row("12,345"))
    (question,) = understand(raw, currency="EUR").questions
    assert (question.about, [one.value for one in question.answers]) == ("decimal", [",", "."])
    assert "12,345" in question.text
    with pytest.raises(MappingError, match="12,345"):
        paid(raw)


@pytest.mark.parametrize("empty", ["n/a", "-", "12"])
def test_nothing_is_asked_where_no_text_leaves_a_number_open(empty):
    raw = sheet(TYPED[0], TYPED[2], text_row(empty))
    found = understand(raw, currency="EUR")
    assert not found.questions
    assert {one.role: one.reads for one in found.columns}["amount"] == ("Stored as numbers.",)
    assert found.readings["amount"].decimal is None, "the texts of the next file tell their own"
    assert paid(raw)["u1"] == Decimal("1.125")


@pytest.mark.parametrize(("mark", "worth"), [(",", "12.345"), (".", "12345")])
def test_an_answer_leaves_stored_numbers_as_they_are(mark, worth):
    raw = sheet(*TYPED, text_row("12,345"))
    said = {"columns": {"events.amount": {"decimal": mark}}}
    assert not understand(raw, currency="EUR", choices=Choices.of(said)).questions
    assert paid(raw, **said) == PAID | {"u4": Decimal(worth)}
    assert paid(raw, decimal=mark) == PAID | {"u4": Decimal(worth)}


def test_it_is_told_how_both_are_read_and_shown_as_the_file_has_it():
    raw = sheet(*TYPED, *COMMAS)
    found = understand(raw, currency="EUR")
    assert not found.questions
    assert {one.role: one.reads for one in found.columns}["amount"] == (
        "Decimal comma, as in 1.234,56.",
        "What is stored as a number stays that number.",
    )
    shown = preview(raw, found, options={})
    assert shown["amount"].to_list() == ["1.125", "-19.5", "2000", "1.234,56", "2,50"]
    assert shown["\N{RIGHTWARDS ARROW} amount"].to_list() == [1.125, -19.5, 2000, 1234.56, 2.5]


def test_a_column_of_both_is_found_by_its_values():
    rows = [(*row[:3], 19.9 + n, 1) for n, row in enumerate(TYPED)] + [*COMMAS, text_row("3,75")]
    raw = sheet(*rows, head=(*HEAD[:3], "worth", "order"))
    found = understand(raw, currency="EUR")
    assert {one.role: one.column for one in found.columns}["amount"] == "worth"


def test_rows_that_are_left_out_stand_there_as_in_the_file():
    cleaned = made(sheet(*TYPED, *COMMAS, ("u6", "f", "no day", 1.375, "B1"), text_row("soon")))
    assert cleaned.rejects["events"]["amount"].to_list() == ["1.375", "soon"]


def test_a_total_of_both_is_set_aside():
    rows = (*TYPED, *COMMAS, ("Total", "", "", 3218.685, ""))
    raw = sheet(*rows)
    assert raw.aside["text"].to_list() == ["Total\t\t\t3218.685\t"]
    assert paid(raw) == PAID | PAID_IN_TEXTS


def test_stored_dates_among_texts_are_those_days():
    at = dict(made(sheet(*TYPED, *COMMAS)).dataset.events.select("user_id", "at").iter_rows())
    assert at == {
        "u1": datetime(2025, 4, 3, tzinfo=UTC),
        "u2": datetime(2025, 4, 25, 14, 30, tzinfo=UTC),
        "u3": datetime(2025, 5, 6, tzinfo=UTC),
        "u4": datetime(2025, 6, 7, tzinfo=UTC),
        "u5": datetime(2025, 6, 30, 8, 15, tzinfo=UTC),
    }


@pytest.mark.parametrize(("order", "day"), [("dmy", (4, 3)), ("mdy", (3, 4))])
def test_of_dates_too_only_texts_are_asked_about(order, day):
    raw = sheet(*TYPED, text_row(2.5, when="03/04/2025"))
    (question,) = understand(raw, currency="EUR").questions
    assert question.about == "date_order"
    data = made(raw, date_order=order).dataset
    at = {user: (at.month, at.day) for user, at in data.events.select("user_id", "at").iter_rows()}
    assert at == {"u1": (4, 3), "u2": (4, 25), "u3": (5, 6), "u4": day}


def test_stored_ids_among_words_have_no_point_and_words_keep_their_zeros():
    data = made(sheet(*TYPED, *COMMAS)).dataset
    assert set(data.events["order_id"]) == {"17850", "17851", "18", "A17850", "017850"}


def test_words_of_a_column_with_numbers_are_as_stored():
    rows = [("u1", 42.5, date(2025, 4, 3), 1, "o1"), ("u2", "M", date(2025, 4, 4), 1, "o2")]
    rows += [("u3", "42.5", date(2025, 4, 5), 1, "o3")]
    assert made(sheet(*rows)).dataset.events["item_id"].to_list() == ["42.5", "M", "42.5"]


def test_with_a_text_beside_it_each_is_read_by_its_own_mark(tmp_path):
    point = b'user,item,time,amount,order\nu6,f,2025-07-01,"1,234.5",9\nu7,g,2025-07-02,7.25,10\n'
    raws = sheet(*TYPED, *COMMAS), read(point, table="events", source="july.csv")
    expected = PAID | PAID_IN_TEXTS | {"u6": Decimal("1234.5"), "u7": Decimal("7.25")}
    assert paid(*raws) == paid(*raws[::-1]) == expected
    blocks = combined_blocks([Blocks.of(one) for one in raws])
    parted = bring_in_parts(blocks, {}, Recipe("x", "EUR"), tmp_path, parts=3)
    assert parted.id == made(*raws).dataset.id


@pytest.mark.parametrize("shape", ["grid", "objects", "lines"])
def test_numbers_of_json_among_texts_are_numbers_too(shape):
    rows = [
        [cell if isinstance(cell, str | int | float) else cell.isoformat() for cell in row]
        for row in (*TYPED, *COMMAS)
    ]
    objects = [dict(zip(HEAD, row, strict=True)) for row in rows]
    text = {
        "grid": lambda: json.dumps([HEAD, *rows]),
        "objects": lambda: json.dumps(objects),
        "lines": lambda: "\n".join(json.dumps(one) for one in objects),
    }[shape]()
    raw = read(text.encode(), table="events", source="april.json")
    assert paid(raw) == PAID | PAID_IN_TEXTS


@pytest.mark.parametrize("rows", [TYPED[:1], COMMAS])
def test_numbers_of_json_keep_their_digits_and_are_numbers(rows):
    body = ",".join(json.dumps([*row[:2], str(row[2]), row[3], "x"]) for row in rows)
    text = f'[{json.dumps(HEAD)},{body},["u8","a","2025-04-03",1.500,"x"],["u9","a","2025-04-03",3.50,"x"]]'
    found = paid(read(text.encode(), table="events", source="april.json"))
    assert (found["u8"], found["u9"]) == (Decimal("1.5"), Decimal("3.5"))
