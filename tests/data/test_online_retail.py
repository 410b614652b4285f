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
