from decimal import Decimal

import pytest

from clvcore import columns as col
from clvcore.data.cells.rates import rate_table
from clvcore.data.cleaning.currencies import MixedCurrenciesError
from clvcore.errors import ConfigError, DataError

MIXED = (
    "user,time,amount,currency\n"
    "1,2025-01-01,10.00,EUR\n2,2025-02-01,20.00,USD\n3,2025-03-01,30.00,USD\n4,2025-03-02,5.00,GBP\n"
)


def account(dataset, table="events"):
    return next(one for one in dataset.accounts if one.table == table)


def rules(dataset):
    return {one.rule: one for one in dataset.findings}


def test_several_currencies_without_a_rate_are_named_with_their_rows_and_money(bring):
    with pytest.raises(MixedCurrenciesError, match=r"USD in 2 rows \(50\.00\)") as caught:
        bring(events=MIXED)
    assert set(caught.value.found) == {"EUR", "USD", "GBP"}


def test_with_rates_every_row_is_converted_exactly_and_the_finding_tells_both_sums(bring):
    options = {"rates": {"USD": "0.92", "GBP": "1.17"}}
    dataset = bring({"options": options}, events=MIXED).dataset
    assert dataset.events[col.AMOUNT].to_list() == [
        Decimal("10.0000"),
        Decimal("18.4000"),
        Decimal("27.6000"),
        Decimal("5.8500"),
    ]
    assert account(dataset).money_in == Decimal("61.8500")
    told = next(one for one in dataset.findings if "USD" in one.text)
    assert "USD 50.00 are EUR 46.00" in told.text
    assert dataset.recipe.options["rates"] == options["rates"]


def test_a_rate_holds_from_its_day_until_the_next(bring):
    rates = {"USD": {"2025-01-01": "0.90", "2025-03-01": "0.80"}, "GBP": "1"}
    dataset = bring({"options": {"rates": rates}}, events=MIXED).dataset
    assert dataset.events[col.AMOUNT].to_list()[1:3] == [Decimal("18.0000"), Decimal("24.0000")]


def test_a_row_before_the_first_rate_is_an_error_that_names_the_day(bring):
    rates = {"USD": {"2025-02-15": "0.90"}, "GBP": "1"}
    with pytest.raises(DataError, match="USD on 2025-02-01"):
        bring({"options": {"rates": rates}}, events=MIXED)


def test_the_product_is_rounded_once_half_away_from_zero(bring):
    events = "user,time,quantity,price,currency\n1,2025-01-01,3,0.33335,USD\n2,2025-01-01,1,1,EUR\n"
    dataset = bring({"options": {"rates": {"USD": "0.5"}}}, events=events).dataset
    # 3 x 0.33335 x 0.5 = 0.500025
    assert dataset.events[col.AMOUNT].to_list()[0] == Decimal("0.5000")
    events = events.replace("0.33335", "0.33337")
    dataset = bring({"options": {"rates": {"USD": "0.5"}}}, events=events).dataset
    assert dataset.events[col.AMOUNT].to_list()[0] == Decimal("0.5001")  # 0.500055


def test_one_currency_can_be_kept_and_the_others_are_left_out_and_counted(bring):
    intake = bring({"options": {"keep_currency": "USD"}}, events=MIXED)
    dataset = intake.dataset
    assert dataset.currency == "USD"
    found = account(dataset)
    assert (found.rows_in, found.accepted, found.ignored) == (4, 2, 2)
    assert found.money_accepted == Decimal("50.0000")
    assert intake.ignored["events"]["currency"].to_list() == ["EUR", "GBP"]
    assert rules(dataset)["other_money"].rows == 2


def test_signs_beside_the_amounts_count_as_their_currencies(bring):
    events = 'user,time,amount\n1,2025-01-01,"€ 1.50"\n2,2025-01-01,$2.50\n'
    dataset = bring({"options": {"rates": {"USD": "2"}}}, events=events).dataset
    assert dataset.events[col.AMOUNT].to_list() == [Decimal("1.5000"), Decimal("5.0000")]


def test_a_row_without_a_currency_has_that_of_its_order(bring):
    events = (
        "user,time,amount,currency,order\n1,2025-01-01,1,USD,a\n1,2025-01-01,1,,a\n"
        "2,2025-01-01,1,EUR,b\n2,2025-01-01,1,,b\n3,2025-01-01,1,,\n"
    )
    dataset = bring({"options": {"rates": {"USD": "2"}}}, events=events).dataset
    assert sorted(dataset.events[col.AMOUNT].to_list()) == [1, 1, 1, 2, 2]


def test_spend_and_prices_are_converted_too(bring):
    dataset = bring(
        {"options": {"rates": {"USD": {"2024-01-01": "0.5", "2025-02-01": "0.25"}}}},
        events="user,item,time,amount\n1,a,2025-01-01,1\n",
        items="item,price,currency\na,8,USD\n",
        spend="date,channel,amount,currency\n2025-01-05,x,10,USD\n2025-02-05,x,10,USD\n",
    ).dataset
    assert dataset.spend[col.AMOUNT].to_list() == [Decimal("5.0000"), Decimal("2.5000")]
    assert dataset.items[col.PRICE].to_list() == [Decimal("2.0000")]  # of no day: the last rate
    assert "other_currency" not in rules(dataset)


@pytest.mark.parametrize("rates", [{"USD": "0"}, {"USD": "x"}, {"USD": "-1"}])
def test_a_rate_that_is_none_is_refused(bring, rates):
    with pytest.raises(ConfigError):
        bring({"options": {"rates": rates}}, events=MIXED)


def test_a_table_of_rates_is_read_or_refused_by_line():
    import polars as pl

    frame = pl.DataFrame({"Date": ["2025-01-01"], "currency": ["usd"], "rate": ["0.9"]})
    assert rate_table(frame, source="r.csv") == {"USD": {"2025-01-01": "0.9"}}
    with pytest.raises(ConfigError, match="Line 2"):
        rate_table(frame.with_columns(Date=pl.lit("1/1/25")), source="r.csv")
    with pytest.raises(ConfigError, match="columns date, currency and rate"):
        rate_table(frame.drop("rate"), source="r.csv")
