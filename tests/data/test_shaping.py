"""Orders of shops become lines that add up to what was paid for goods."""

from decimal import Decimal

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clvcore import columns as col
from clvcore.columns import Kind
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read
from clvcore.data.meaning.known import known_exports, recognised
from clvcore.data.meaning.shaping import shaped
from clvcore.data.meaning.shaping.rows import split

SHOPIFY = """Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem discount,Cancelled at,Refunded Amount
#1001,a@example.org,paid,USD,47.00,6.00,3.29,56.29,5.00,2026-02-20 10:00:00 +0000,2,Mug,16.00,0.00,,0.00
#1001,a@example.org,,,,,,,,2026-02-20 10:00:00 +0000,1,Bowl,20.00,0.00,,
#1002,b@example.org,partially_refunded,USD,30.00,5.00,5.00,40.00,0.00,2026-02-21 10:00:00 +0000,3,Cup,10.00,0.00,,20.00
#1003,c@example.org,refunded,USD,9.99,2.00,1.00,12.99,0.01,2026-02-22 10:00:00 +0000,1,Cup,10.00,0.00,,12.99
#1004,d@example.org,voided,USD,10.00,0.00,0.00,10.00,0.00,2026-02-22 10:00:00 +0000,1,Cup,10.00,0.00,2026-02-23 09:00:00 +0000,10.00
"""
WOO = """order_id,order_date,status,shipping_total,tax_total,fee_total,order_total,order_currency,customer_email,line_item_1,line_item_2
7,2026-01-05 10:00:00,completed,4.00,1.00,0.00,29.00,USD,a@example.org,name:Mug: blue|product_id:11|sku:m1|quantity:2|total:20.00|sub_total:24.00,name:Cup|product_id:12|sku:|quantity:1|total:4.00|sub_total:4.00
8,2026-01-06 10:00:00,cancelled,0.00,0.00,0.00,9.00,USD,a@example.org,name:Cup|product_id:12|quantity:1|total:9.00,
9,2026-01-07 10:00:00,refunded,0.00,0.00,0.00,4.00,USD,b@example.org,name:Cup|product_id:12|quantity:1|total:4.00,
10,2026-01-08 10:00:00,processing,3.00,2.00,1.00,16.00,USD,b@example.org,,
"""


def taken(text):
    raws = {"events": read(text.encode(), table="events", source="orders.csv")}
    export = recognised(raws, known_exports())
    return bring_in(raws, export.recipe(raws, Recipe("orders", "USD")), key=b"key")


def paid_by_order(intake, *kinds):
    events = intake.dataset.events.filter(pl.col(col.KIND).cast(pl.String).is_in(kinds))
    by = events.group_by(col.ORDER).agg(pl.col(col.AMOUNT).sum()).sort(col.ORDER)
    return dict(by.iter_rows())


def test_lines_of_a_shopify_order_add_up_to_its_subtotal():
    intake = taken(SHOPIFY)
    subtotals = {"#1001": Decimal(47), "#1002": Decimal(30), "#1003": Decimal("9.99")}
    assert paid_by_order(intake, Kind.PURCHASE) == subtotals
    # 5.00 of 52.00 on lines of 32.00 and 20.00: 3.0769 and 1.9231
    lines = intake.dataset.events.filter(pl.col(col.ORDER) == "#1001")[col.AMOUNT].to_list()
    assert sorted(lines) == [Decimal("18.0769"), Decimal("28.9231")]


def test_a_shopify_refund_takes_back_the_share_that_fell_on_goods():
    intake = taken(SHOPIFY)
    # 20.00 of 40.00 was paid back, of which 30.00 was for goods; and all of the other
    expected = {"#1002": Decimal(-15), "#1003": Decimal("-9.99")}
    assert paid_by_order(intake, Kind.REFUND) == expected


def test_a_cancelled_order_is_counted_as_ignored_with_its_money():
    account = taken(SHOPIFY).dataset.accounts[0]
    assert (account.rows_in, account.accepted, account.rejected, account.ignored) == (7, 6, 0, 1)
    assert account.money_ignored == Decimal(10)


def test_every_order_names_its_currency_though_only_its_first_line_does():
    raw = read(SHOPIFY.encode(), table="events", source="orders.csv")
    assert shaped(raw, "shopify_orders").frame["Currency"].null_count() == 0


def test_line_items_of_woocommerce_become_rows():
    intake = taken(WOO)
    assert paid_by_order(intake, Kind.PURCHASE) == {
        "10": Decimal(10),  # 16 less 3 + 2 + 1, without line items
        "7": Decimal(24),
        "9": Decimal(4),
    }
    assert paid_by_order(intake, Kind.REFUND) == {"9": Decimal(-4)}
    assert intake.dataset.accounts[0].ignored == 1
    assert set(intake.dataset.items[col.ITEM]) == {"11", "12"}
    assert "Mug: blue" in intake.dataset.items[col.TITLE].to_list()


def test_a_table_is_laid_out_once():
    raw = read(SHOPIFY.encode(), table="events", source="orders.csv")
    once = shaped(raw, "shopify_orders")
    assert shaped(once, "shopify_orders") is once


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10**9)), min_size=1, max_size=12),
    wholes=st.lists(st.integers(-(10**9), 10**9), min_size=4, max_size=4),
)
def test_parts_add_up_to_the_whole_whatever_the_weights(rows, wholes):
    frame = pl.DataFrame(
        {
            "g": [g for g, _ in rows],
            "w": [w for _, w in rows],
            "t": [wholes[g] for g, _ in rows],
        }
    )
    parts = split(frame, over="g", weight="w", whole="t")
    sums = frame.with_columns(parts.alias("p")).group_by("g").agg(pl.col("p").sum())
    assert dict(sums.iter_rows()) == {g: wholes[g] for g, _ in rows}
