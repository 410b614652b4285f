"""A workbook, whose numbers are numbers, and texts, whose numbers are words, as one table."""

import io
from decimal import Decimal

import pytest
import xlsxwriter

from clvcore.data.cells.choices import Choices
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import combined, read
from clvcore.data.meaning.blocks import Blocks, combined_blocks
from clvcore.data.meaning.preview import preview
from clvcore.data.meaning.shaping.rows import money
from clvcore.data.meaning.understanding import understand
from clvcore.errors import MappingError
from clvcore.runs.parted import bring_in_parts

HEAD = ("user", "item", "time", "amount", "order")
TYPED = (
    ("0071", "a", "2025-04-25", 1.125, 17850),
    ("u2", "00b", "2025-04-26", 1234.5, 17851),
    ("u3", "c", "2025-04-27", 12, 17852),
)
PAID = {"0071": Decimal("1.125"), "u2": Decimal("1234.5"), "u3": Decimal(12)}
COMMA = (
    "user;item;time;amount;order\n0072;d;28.04.2025;1.234,56;017850\nu5;e;29.04.2025;-7,25;17850\n"
)
POINT = 'user,item,time,amount,order\n0073,f,2025-04-28,"1,234.56",017850\nu7,g,2025-04-29,7.25,9\n'
OPEN = "user;item;time;amount;order\nu8;h;2025-04-28;2.345;1\n"


def book(rows=TYPED) -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for place, row in enumerate([HEAD, *rows]):
            sheet.write_row(place, 0, row)
    return held.getvalue()


def table(*texts, rows=TYPED):
    files = [("april.xlsx", book(rows))] + [
        (f"{n}.csv", text.encode()) for n, text in enumerate(texts, 1)
    ]
    return [read(content, table="events", source=name) for name, content in files]


def paid(raws, **options):
    data = bring_in({"events": combined(raws)}, Recipe("x", "EUR", options=options)).dataset
    assert [one.rejected for one in data.accounts] == [0]
    return dict(data.events.select("user_id", "amount").iter_rows())


@pytest.mark.parametrize("text", [COMMA, POINT])
@pytest.mark.parametrize("turned", [False, True])
def test_numbers_of_a_workbook_are_as_stored_and_those_of_a_text_as_it_tells(text, turned):
    raws = table(text)
    found = paid(raws[::-1] if turned else raws)
    assert found.items() > PAID.items()
    assert Decimal("1234.56") in found.values()
    assert {"0071", "0072"} <= found.keys() or {"0071", "0073"} <= found.keys()


def test_numbers_of_a_workbook_need_no_telling():
    thousandths = [(*row[:3], 1.125, row[4]) for row in TYPED]
    raws = table(COMMA, rows=thousandths)
    assert not understand(combined(raws), currency="EUR").questions
    assert paid(raws)["u2"] == Decimal("1.125")


def test_a_decimal_mark_that_is_said_of_all_is_of_what_is_text():
    found = paid(table(COMMA), decimal=",")
    assert found.items() > PAID.items()
    assert found["0072"] == Decimal("1234.56")


def test_a_text_that_does_not_tell_its_mark_is_named_and_asked_about_alone():
    raws = table(OPEN)
    (question,) = understand(combined(raws), currency="EUR").questions
    assert (question.about, question.files) == ("decimal", ("1.csv",))
    assert "1.csv" in question.text
    assert "april.xlsx" not in question.text
    with pytest.raises(MappingError, match=r"of 1\.csv"):
        paid(raws)


@pytest.mark.parametrize(("mark", "worth"), [(".", "2.345"), (",", "2345")])
def test_an_answer_about_the_text_leaves_the_workbook_as_it_is(mark, worth):
    raws = table(OPEN)
    said = {"1.csv": {"amount": {"decimal": mark}}}
    assert not understand(
        combined(raws), currency="EUR", choices=Choices.of({"files": said})
    ).questions
    found = paid(raws, files=said)
    assert found.items() > PAID.items()
    assert found["u8"] == Decimal(worth)


def test_it_is_told_which_file_is_read_how_and_the_next_file_is_read_alike():
    raw = combined(table(COMMA))
    found = understand(raw, currency="EUR")
    told = {one.role: one.reads for one in found.columns}
    assert told["amount"] == (
        "In april.xlsx: Stored as numbers.",
        "In 1.csv: Decimal comma, as in 1.234,56.",
    )
    assert found.readings["amount"].decimal == ","
    shown = preview(raw, found, options={})["\N{RIGHTWARDS ARROW} amount"].to_list()
    assert shown == [1.125, 1234.56, 1234.5, -7.25, 12.0]


def test_ids_that_a_text_stored_as_floats_are_those_of_the_workbook():
    text = "user,item,time,amount,order\nu1,a,2025-04-28,1.5,17850.0\nu9,a,2025-04-28,1.5,18.0\n"
    data = bring_in({"events": combined(table(text))}, Recipe("x", "EUR")).dataset
    assert set(data.events["order_id"]) == {"17850", "17851", "17852", "18"}


def test_ids_keep_their_zeros_and_words_of_both():
    data = bring_in({"events": combined(table(COMMA))}, Recipe("x", "EUR")).dataset
    assert set(data.events["user_id"]) == {"0071", "u2", "u3", "0072", "u5"}
    assert "00b" in data.events["item_id"]
    assert set(data.events["order_id"]) == {"17850", "17851", "17852", "017850"}


@pytest.mark.parametrize("texts", [(COMMA,), (COMMA, POINT)])
def test_in_parts_it_is_the_same_data_set(tmp_path, texts):
    raws, recipe = table(*texts), Recipe("x", "EUR")
    floats = [(*row[:4], f"{row[4]}.0") for row in TYPED]
    for rows in (raws, table(*texts, rows=floats)):
        held = bring_in({"events": combined(rows)}, recipe).dataset
        blocks = combined_blocks([Blocks.of(one) for one in rows])
        parted = bring_in_parts(blocks, {}, recipe, tmp_path / str(len(list(tmp_path.iterdir()))))
        assert parted.id == held.id


def test_a_hashed_id_is_that_of_one_person_in_both(tmp_path):
    floats = "user,item,time,amount,order\n7.0,a,2025-04-28,1.5,1\n8.0,a,2025-04-28,1.5,2\n"
    raws = table(floats, rows=[(7, *row[1:]) for row in TYPED])
    recipe = Recipe("x", "EUR", options={"protect": {"user": "hash"}})
    held = bring_in({"events": combined(raws)}, recipe, key=b"k").dataset
    assert held.users.height == 2
    blocks = combined_blocks([Blocks.of(one) for one in raws])
    assert bring_in_parts(blocks, {}, recipe, tmp_path, key=b"k", parts=3).id == held.id


def test_money_that_an_export_lays_out_anew_is_read_file_by_file():
    raw = combined(table(COMMA))
    assert money(raw, "amount").to_list() == [
        11_250,
        12_345_000,
        120_000,
        12_345_600,
        -72_500,
    ]
