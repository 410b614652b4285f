"""Orders of shops become lines that add up to what was paid for goods."""

import json
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clvcore import columns as col
from clvcore.columns import Kind
from clvcore.data.again.replay import replay
from clvcore.data.cells.choices import Choices
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe, Severity
from clvcore.data.files.read import read
from clvcore.data.meaning.blocks import Blocks
from clvcore.data.meaning.known import known_exports, recognised
from clvcore.data.meaning.shaping import shaped
from clvcore.data.meaning.shaping.rows import split
from clvcore.data.meaning.together import together, together_blocks
from clvcore.data.meaning.understanding import understand
from clvcore.errors import ConfigError, MappingError, UploadError

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


ORDERS = """order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order
11,1,prior,1,2,08,
12,1,prior,2,3,07,15.0
13,1,train,3,3,12,30.0
21,2,prior,1,1,23,
23,2,test,3,1,09,4.0
"""
PRIOR = """order_id,product_id,add_to_cart_order,reordered
11,196,1,0
11,14084,2,0
12,196,1,1
21,10258,1,0
99,10258,1,0
"""
TRAIN = """order_id,product_id,add_to_cart_order,reordered
13,14084,1,1
"""
PRODUCTS = """product_id,product_name,aisle_id,department_id
196,Soda,77,7
14084,Organic Milk,91,16
10258,Pistachios,117,19
"""
AISLES = "aisle_id,aisle\n77,soft drinks\n91,milk\n"
DEPARTMENTS = "department_id,department\n7,beverages\n16,dairy eggs\n19,snacks\n"


def file(text, source, table="events"):
    return read(text.encode(), table=table, source=source)


def instacart(*, first_day="2017-01-01", blocks=False):
    files = [file(ORDERS, "orders.csv"), file(PRIOR, "prior.csv"), file(TRAIN, "train.csv")]
    if blocks:
        joined = together_blocks([Blocks.of(one) for one in files], known_exports()).held()
    else:
        joined = together(files, known_exports())
    items = [
        file(PRODUCTS, "products.csv", "items"),
        file(AISLES, "aisles.csv", "items"),
        file(DEPARTMENTS, "departments.csv", "items"),
    ]
    raws = {"events": joined, "items": together(items, known_exports())}
    options = {"first_day": first_day} if first_day else {}
    export = recognised(raws, known_exports())
    recipe = export.recipe(raws, Recipe("i", "USD", "Europe/Berlin", options=options))
    return raws, recipe


def test_orders_and_products_of_instacart_are_joined_and_every_row_is_accounted_for():
    raws, recipe = instacart()
    intake = bring_in(raws, recipe)
    account = intake.dataset.accounts[0]
    # 6 lines and the one order that no line names; of these 99 is nobody's, and 23 comes after a gap
    assert (account.rows_in, account.accepted, account.rejected, account.ignored) == (7, 5, 2, 0)
    lost = intake.rejects["events"].select("_file", "_line", "order_id").rows()
    assert sorted(lost) == [("orders.csv", 6, "23"), ("prior.csv", 6, "99")]
    assert account.money_in == 0
    assert intake.dataset.events[col.AMOUNT].null_count() == 5


def test_an_instacart_order_stands_at_the_first_day_and_the_days_since_at_its_hour():
    raws, recipe = instacart()
    events = bring_in(raws, recipe).dataset.events
    there = events.select(col.ORDER, pl.col(col.AT).dt.convert_time_zone("Europe/Berlin"))
    when = {order: f"{at:%Y-%m-%d %H:%M}" for order, at in there.iter_rows()}
    assert when == {
        "11": "2017-01-01 08:00",
        "12": "2017-01-16 07:00",  # 15 days later
        "13": "2017-02-15 12:00",  # 30 days later, or more
        "21": "2017-01-01 23:00",
    }


def test_what_was_joined_capped_and_left_without_time_is_told():
    raws, recipe = instacart()
    told = {one.rule: one.text for one in bring_in(raws, recipe).dataset.findings}
    assert "5 rows found what the other file tells of them, 1 did not" in told["joined.files"]
    assert "1 record of the other file" in told["joined.files"]
    assert told["shaped.instacart_orders"].count("1 order ") == 2


def test_aisles_and_departments_stand_beside_their_products():
    raws, recipe = instacart()
    items = bring_in(raws, recipe).dataset.items.sort(col.ITEM)
    assert items[col.CATEGORY].to_list() == [None, "milk", "soft drinks"]
    assert items["department"].to_list() == ["snacks", "dairy eggs", "beverages"]


def test_files_in_blocks_are_joined_to_the_same_data_set():
    held, blocks = (bring_in(*instacart(blocks=one)).dataset.id for one in (False, True))
    assert held == blocks


@pytest.mark.parametrize(
    ("text", "told"),
    [(PRIOR, "not by whom or when.*user_id"), (ORDERS, "but not what.*product_id")],
    ids=["products alone", "orders alone"],
)
def test_half_of_the_files_of_instacart_asks_for_the_other_half(text, told):
    with pytest.raises(UploadError, match=told):
        together([file(text, "half.csv")], known_exports())


def test_an_order_that_stands_twice_is_refused():
    twice = ORDERS + "11,1,prior,1,2,08,\n"
    with pytest.raises(UploadError, match="has 11 more than once in column 'order_id'"):
        together([file(twice, "orders.csv"), file(PRIOR, "prior.csv")], known_exports())


JOURNEY = """household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,STORE_ID,RETAIL_DISC,TRANS_TIME,WEEK_NO,COUPON_DISC,COUPON_MATCH_DISC
2375,26984851472,1,1004906,1,1.39,364,-0.6,1631,1,0,0
2375,26984851472,1,1033142,1,0.82,364,0,1631,1,0,0
900,26984851999,711,1004906,2,2.78,364,0,5,102,0,0
901,26984852000,3,1004906,1,4.00,364,0,2561,1,0,0
"""


def journey(first_day="2016-01-01"):
    raws = {"events": file(JOURNEY, "transaction_data.csv")}
    export = recognised(raws, known_exports())
    options = {"first_day": first_day} if first_day else {}
    return raws, export, export.recipe(raws, Recipe("j", "USD", options=options))


def test_days_of_the_complete_journey_are_counted_from_the_day_that_was_said():
    raws, export, recipe = journey()
    intake = bring_in(raws, recipe)
    account = intake.dataset.accounts[0]
    assert export.key == "complete_journey_raw"
    assert (account.rows_in, account.accepted, account.rejected) == (4, 3, 1)
    money = (account.money_in, account.money_accepted, account.money_rejected)
    assert money == (Decimal("8.99"), Decimal("4.99"), Decimal("4.00"))
    first, *_, last = intake.dataset.events[col.AT].sort().to_list()
    assert f"{first:%Y-%m-%d %H:%M}" == "2016-01-01 16:31"
    assert f"{last:%Y-%m-%d %H:%M}" == "2017-12-11 00:05", "day 711, five past midnight"
    (lost,) = intake.rejects["events"].select("_line", "TRANS_TIME").rows()
    assert lost == (5, "2561")


def test_a_first_day_that_nobody_said_is_asked_and_never_guessed():
    for raws, recipe in (instacart(first_day=None), journey(None)[::2]):
        with pytest.raises(MappingError, match="--first-day 2017-01-01"):
            bring_in(raws, recipe)
    raws, export, recipe = journey(None)
    shaped_raw = export.named(raws)["events"]
    found = understand(
        shaped_raw, choices=Choices.of(recipe.options), currency="USD", export=export
    )
    assert [one.about for one in found.questions] == ["first_day"]
    said = Choices.of({**recipe.options, "first_day": "2016-01-01"})
    found = understand(shaped_raw, choices=said, currency="USD", export=export)
    assert not found.questions
    (when,) = (one for one in found.columns if one.role == col.AT)
    assert when.reads[0] == "Days counted from 1 January 2016, which is day 1."


@pytest.mark.parametrize("day", ["2017-02-30", "20170101", 5])
def test_a_first_day_that_is_no_date_is_refused(day):
    with pytest.raises(ConfigError, match="first_day"):
        Choices.of({"first_day": day})


VISITS = [
    {
        "idVisit": "1",
        "visitorId": "abc",
        "userId": None,
        "siteCurrency": "EUR",
        "serverTimestamp": 1740823200,
        "pluginsIcons": [{"pluginName": "pdf"}, {"pluginName": "cookie"}],
        "actionDetails": [
            {
                "type": "action",
                "url": "https://shop.example/mug",
                "pageTitle": "Mug",
                "timestamp": 1740823200,
                "customVariables": {
                    "3": {"customVariablePageName3": "_pks", "customVariablePageValue3": "M-1"},
                    "4": {"customVariablePageName4": "_pkn", "customVariablePageValue4": "Mug"},
                },
            },
            {"type": "action", "url": "https://shop.example/", "timestamp": 1740823210},
            {
                "type": "ecommerceOrder",
                "orderId": "A1",
                "revenue": 37.9,
                "revenueShipping": 5,
                "timestamp": 1740823300,
                "itemDetails": [
                    {"itemSKU": "M-1", "itemName": "Mug", "price": 12.45, "quantity": 2},
                    {"itemSKU": "B-2", "itemName": "Bowl", "price": 8, "quantity": 1},
                ],
            },
        ],
    },
    {
        "idVisit": "2",
        "visitorId": "def",
        "userId": "u2",
        "siteCurrency": "EUR",
        "serverTimestamp": 1740909600,
        "pluginsIcons": [],
        "actionDetails": [
            {
                "type": "ecommerceAbandonedCart",
                "revenue": 8,
                "timestamp": 1740909600,
                "itemDetails": [{"itemSKU": "B-2", "itemName": "Bowl", "price": 8, "quantity": 1}],
            },
            {
                "type": "ecommerceOrder",
                "orderId": "A2",
                "revenue": 11.9,
                "revenueTax": 1.9,
                "timestamp": 1740909700,
                "itemDetails": [],
            },
        ],
    },
    {
        "idVisit": "3",
        "visitorId": "ghi",
        "userId": None,
        "siteCurrency": "EUR",
        "serverTimestamp": 1740996000,
        "actionDetails": [],
    },
]


def test_actions_and_items_of_matomo_visits_become_events():
    raws = {"events": file(json.dumps(VISITS), "visits.json")}
    export = recognised(raws, known_exports())
    assert export.key == "matomo_visits"
    intake = bring_in(raws, export.recipe(raws, Recipe("m", "EUR")), key=b"key")
    account = intake.dataset.accounts[0]
    assert (account.rows_in, account.accepted, account.rejected, account.ignored) == (7, 6, 0, 1)
    assert account.money_accepted == Decimal("42.90"), "24.90 + 8 + 11.90 less tax of 1.90"
    events = intake.dataset.events.sort(col.AT)
    kinds = events[col.KIND].cast(pl.String).to_list()
    assert kinds == ["view", "view", "purchase", "purchase", "cart", "purchase"]
    assert events[col.ITEM].to_list()[:5] == ["M-1", "https://shop.example/", "M-1", "B-2", "B-2"]
    assert events[col.USER].n_unique() == 2
    assert events[col.ORDER].to_list() == [None, None, "A1", "A1", None, "A2"]
    titles = dict(intake.dataset.items.select(col.ITEM, col.TITLE).iter_rows())
    assert titles["M-1"] == "Mug"


def test_the_recipe_of_shopifys_first_month_reads_the_second_without_a_question():
    previous = taken(SHOPIFY)
    march = SHOPIFY.replace("2026-02", "2026-03").replace("#100", "#200")
    raws = {"events": file(march, "march.csv")}
    new, changes = replay(raws, previous.dataset.recipe, previous, key=b"key")
    account = new.dataset.accounts[0]
    assert (account.rows_in, account.accepted, account.rejected, account.ignored) == (7, 6, 0, 1)
    march_paid = {"#2001": Decimal(47), "#2002": Decimal(30), "#2003": Decimal("9.99")}
    assert paid_by_order(new, Kind.PURCHASE) == march_paid
    assert not [one for one in changes.news if one.rule.startswith("column")]


def test_a_recipe_with_a_first_day_reads_the_next_files_from_the_same_day():
    raws, _, recipe = journey()
    previous = bring_in(raws, recipe)
    next_ = JOURNEY.replace("26984851", "36984851").replace(",1,1004906", ",40,1004906")
    new, _ = replay({"events": file(next_, "next.csv")}, previous.dataset.recipe, previous)
    assert f"{new.dataset.events[col.AT].min():%Y-%m-%d}" == "2016-01-01"
    assert "2016-02-09" in {f"{at:%Y-%m-%d}" for at in new.dataset.events[col.AT]}


def test_columns_that_lay_out_or_join_the_rows_are_not_told_to_be_without_use():
    raws, recipe = instacart()
    export = recognised(raws, known_exports())
    named = export.named(raws)
    unused = {name: understand(raw, export=export).unused for name, raw in named.items()}
    assert unused["events"] == ("add_to_cart_order", "reordered", "eval_set", "order_dow")
    assert unused["items"] == ("department",)
    told = {one.rule: one.text for one in bring_in(raws, recipe).dataset.findings}
    names = "add_to_cart_order, reordered, eval_set, order_dow"
    assert told["unused_columns"].endswith(f": {names}.")
    shop = {one.rule: one.text for one in taken(SHOPIFY).dataset.findings}
    assert "Subtotal" not in shop.get("unused_columns", "")


def test_purchases_of_an_export_without_money_are_a_note_and_no_warning():
    raws, recipe = instacart()
    found = {one.rule: one for one in bring_in(raws, recipe).dataset.findings}
    assert "unpriced_purchase" not in found
    assert found["no_money"].severity is Severity.NOTE
    assert "count by their number, not by their worth" in found["no_money"].text
