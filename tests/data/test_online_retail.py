"""Online Retail (UCI, Daqing Chen 2015, doi 10.24432/C5BW33) against a computation of its own.

The published table has 541,909 rows, 135,080 of them without a customer and 9,288 of them in
cancelled invoices (a leading C). Sums are taken here in whole thousandths of a pound by Python's
integers, apart from the code under test.
"""

from datetime import timedelta
from decimal import Decimal

import polars as pl
import pytest

from clvcore import columns as col
from clvcore.data import sample
from clvcore.data.cells.rules import chosen
from clvcore.data.consequences import consider


@pytest.fixture(scope="module")
def dataset():
    return sample.load("online_retail").dataset


@pytest.fixture(scope="module")
def published():
    return pl.read_parquet(sample.folder("online_retail") / "events.parquet").with_columns(
        thousandths=pl.col("Quantity").cast(pl.Int64) * (pl.col("UnitPrice") * 1000).cast(pl.Int64)
    )


def pounds(thousandths):
    return Decimal(int(thousandths)) / 1000


def test_every_row_and_every_penny_is_accounted_for(dataset, published):
    known = pl.col("CustomerID").is_not_null()
    account = dataset.accounts[0]
    assert (account.rows_in, account.accepted, account.rejected) == (541_909, 406_829, 135_080)
    assert account.ignored == 0
    assert account.money_in == pounds(published["thousandths"].sum())
    assert account.money_accepted == pounds(published.filter(known)["thousandths"].sum())
    assert account.money_rejected == pounds(published.filter(~known)["thousandths"].sum())


def test_cancelled_invoices_are_refunds(dataset, published):
    cancelled = published.filter(
        pl.col("CustomerID").is_not_null() & pl.col("InvoiceNo").str.starts_with("C")
    )
    refunds = dataset.events.filter(pl.col(col.KIND) == "refund")
    assert refunds.height == cancelled.height == 8_905
    assert refunds[col.AMOUNT].sum() == pounds(cancelled["thousandths"].sum())
    assert set(refunds[col.ORDER]) == set(cancelled["InvoiceNo"])


def test_users_and_items_are_those_of_the_known_customers(dataset, published):
    known = published.filter(pl.col("CustomerID").is_not_null())
    codes = ["POST", "M", "C2", "D", "DOT", "CRUK", "BANK CHARGES", "PADS", "23444"]
    goods = known.filter(~pl.col("StockCode").is_in(codes))
    assert dataset.users[col.USER].to_list() == sorted(set(known["CustomerID"]))
    assert dataset.items[col.ITEM].to_list() == sorted(set(goods["StockCode"]))
    assert dataset.users.height == 4_372
    assert dataset.users["country"].null_count() == 0


def test_postage_counts_as_money_and_is_no_item(dataset, published):
    post = published.filter(pl.col("CustomerID").is_not_null() & (pl.col("StockCode") == "POST"))
    assert "POST" not in set(dataset.items[col.ITEM])
    without_item = dataset.events.filter(pl.col(col.ITEM).is_null())
    assert without_item.height > post.height > 1_000


def test_items_have_the_title_they_mostly_go_by(dataset):
    titles = dict(dataset.items.select(col.ITEM, col.TITLE).iter_rows())
    assert titles["85123A"] == "WHITE HANGING HEART T-LIGHT HOLDER"


def test_times_are_read_in_london(dataset, published):
    first, last = dataset.observed
    assert first.isoformat() == "2010-12-01T08:26:00+00:00"  # winter: London is at UTC
    assert last.isoformat() == "2011-12-09T12:50:00+00:00"
    there = published.filter(
        pl.col("CustomerID").is_not_null() & (pl.col("InvoiceDate").dt.month() == 7)
    ).row(0, named=True)
    here = dataset.events.filter(pl.col(col.ORDER) == there["InvoiceNo"])[col.AT][0]
    assert there["InvoiceDate"] - here.replace(tzinfo=None) == timedelta(hours=1)


def test_spend_is_unknown(dataset):
    assert dataset.spend is None
    assert not dataset.recipe.simulated


@pytest.fixture(scope="module")
def seen():
    folder = sample.folder("online_retail")
    return consider(sample.raw_tables(folder), sample.recipe_of(folder))


@pytest.fixture(scope="module")
def actions(seen):
    return {one.rule: one for one in seen.consequences(chosen({}))}


def known_rows(published):
    return published.filter(pl.col("CustomerID").is_not_null())


def test_rows_that_repeat_others_are_counted_with_their_money(actions, published):
    same = ["CustomerID", "StockCode", "InvoiceDate", "Quantity", "thousandths", "InvoiceNo"]
    known = known_rows(published)
    again = known.filter(~pl.struct(same).is_first_distinct())
    found = actions["duplicate"]
    assert (found.rows, found.money) == (again.height, pounds(again["thousandths"].sum()))
    assert (found.rows, found.money) == (5_227, Decimal("22098.2400"))
    left = found.choices["ignore"]
    assert (left.accepted, left.ignored) == (406_829 - 5_227, 5_227)


def test_postage_fees_and_discounts_are_found_by_code_and_title(actions, published):
    words = "^(POSTAGE|CARRIAGE|Manual|Discount|Next Day Carriage|DOTCOM POSTAGE|Bank Charges|CRUK.*|PADS.*)$"
    lines = known_rows(published).filter(pl.col("Description").str.contains(words))
    found = actions["no_product"]
    assert (found.rows, found.money) == (lines.height, pounds(lines["thousandths"].sum()))
    assert (found.rows, found.money) == (2_000, Decimal("14587.4940"))
    assert found.choices["money"].money_accepted == pounds(
        known_rows(published)["thousandths"].sum()
    )


def test_what_cost_nothing_is_counted(actions, published):
    free = known_rows(published).filter((pl.col("UnitPrice") == 0) & (pl.col("Quantity") > 0))
    assert actions["free"].rows == free.height == 40
    assert actions["no_user"].rows == 135_080


def test_cancellations_find_the_purchase_that_they_take_back(actions, seen, published):
    """The same matching row by row in plain Python, on whole thousandths of a pound."""
    rows = known_rows(published).select(
        "CustomerID", "StockCode", "InvoiceNo", "InvoiceDate", "Quantity", "thousandths"
    )
    ordered = rows.with_row_index().sort("InvoiceDate", pl.col("Quantity") < 0, "index")
    left, matched, money, whole = {}, 0, 0, 0
    for row in ordered.iter_rows(named=True):
        bought = left.setdefault((row["CustomerID"], row["StockCode"]), [])
        pieces, paid = abs(row["Quantity"]), abs(row["thousandths"])
        if row["Quantity"] > 0:
            bought.append([pieces, paid])
            continue
        for one in reversed(bought):
            together = (pieces == one[0]) == (paid == one[1])
            if 0 < paid <= one[1] and pieces <= one[0] and together:
                one[0], one[1] = one[0] - pieces, one[1] - paid
                matched, money, whole = matched + 1, money + paid, whole + (one[1] == 0)
                break
    found = actions["returns"]
    assert (found.rows, found.money) == (8_905, Decimal("-611342.0900"))
    assert (found.matched, found.matched_money) == (matched, pounds(money))
    assert (matched, pounds(money)) == (7_411, Decimal("462506.2100"))
    net = found.choices["net"]
    assert net.ignored == matched + whole == 10_007
    assert net.money_accepted == found.choices["gross"].money_accepted
    refunds = seen.intake(chosen({"returns": "net"})).dataset.events.filter(
        pl.col(col.KIND) == "refund"
    )
    assert refunds.height == 8_905 - 7_411
