from decimal import Decimal

import polars as pl
import pytest

from clvcore.data.cells.amounts import as_money, bare, currencies, decimal_mark, exact


def read(*cells):
    numbers = bare(pl.Series(cells))
    return [
        None if value is None else value.normalize()
        for value in exact(numbers, decimal_mark(numbers) or ".")
    ]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1'234.50", "1234.5"),
        ("1 234,50", "1234.5"),
        ("1\u202f234,50", "1234.5"),
        ("€ 12,5", "12.5"),
        ("12,5 €", "12.5"),
        ("EUR 12.50", "12.5"),
        ("12.50 EUR", "12.5"),
        ("(45,10)", "-45.1"),
        ("-$5.20", "-5.2"),
        ("\u22125", "-5"),
        ("5-", "-5"),
        ("1e3", "1000"),
        (".5", "0.5"),
        ("+7", "7"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
    ],
)
def test_amounts_are_read_as_people_write_them(cell, value):
    assert read(cell) == [Decimal(value)]


def test_one_telling_number_decides_for_the_column():
    assert read("3.000", "1,5") == [Decimal(3000), Decimal("1.5")]


def test_three_digits_behind_a_single_mark_tell_nothing():
    assert decimal_mark(pl.Series(["12,345"])) is None
    assert decimal_mark(pl.Series(["12.345", "7"])) is None


def test_numbers_that_contradict_each_other_tell_nothing():
    assert decimal_mark(pl.Series(["1.5", "2,5"])) is None


def test_a_leading_zero_is_never_a_group_of_thousands():
    assert decimal_mark(pl.Series(["0.125"])) == "."


@pytest.mark.parametrize("cell", ["abc", "1,23,4", "12..5", "--1", "1 EUR or so", "nan", "inf", ""])
def test_what_is_no_number_stays_unread(cell):
    assert exact(bare(pl.Series([cell])), ".").to_list() == [None]


def test_money_is_rounded_half_up_away_from_zero():
    cells = pl.DataFrame({"n": exact(pl.Series(["2.00005", "-2.00005", "2.00004"]), ".")})
    assert cells.select(as_money(pl.col("n"))).to_series().to_list() == [
        Decimal("2.0001"),
        Decimal("-2.0001"),
        Decimal("2.0000"),
    ]


def test_symbols_and_codes_of_one_currency_are_one():
    assert currencies(pl.Series(["€ 5", "5 EUR", "EUR 7", "8", "TBD"])) == ["EUR"]
    assert currencies(pl.Series(["$5", "5 EUR"])) == ["$", "EUR"]
