from decimal import Decimal

import pytest

from clvcore.charts.numbers import UNKNOWN, headline_count, headline_money, percent, short


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (0, "0"),
        (0.999_6, "1.00"),
        (9.996, "10.0"),
        (999.4, "999"),
        (999.5, "1.00k"),
        (999_500, "1.00M"),
        (2.5e9, "2.50bn"),
        (1e13, "10,000bn"),
        (Decimal("1234.5678"), "1.23k"),
        (-0.001_234, "-0.00123"),
    ],
)
def test_three_digits_count_also_where_rounding_reaches_the_next_unit(x, shown):
    assert short(x) == shown


@pytest.mark.parametrize("x", [None, float("nan"), float("inf")])
def test_what_is_unknown_is_a_dash_and_never_a_zero(x):
    assert {short(x), headline_money(x, "EUR"), headline_count(x), percent(x)} == {UNKNOWN}


def test_money_carries_its_currency_and_its_sign_in_front():
    assert headline_money(Decimal(-1500), "GBP") == "-GBP 1.50k"


def test_a_count_that_is_read_at_a_glance_is_exact():
    assert [headline_count(n) for n in (0, 999, 5801, 99_999, 100_000)] == [
        "0",
        "999",
        "5,801",
        "99,999",
        "100k",
    ]


def test_a_percentage_has_its_sign_where_it_is_a_change():
    assert [percent(x, signed=True) for x in (0.034, -0.2)] == ["+3.4%", "-20.0%"]
    assert percent(12.345) == "1,234%"
