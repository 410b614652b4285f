"""Known exports are recognised, read without a word of help, and never forced."""

from decimal import Decimal

import pytest

from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read
from clvcore.data.meaning.known import from_plain, known_exports, recognised
from clvcore.data.meaning.together import together
from clvcore.errors import ConfigError, MappingError

RATINGS = b"1::1193::5::978300760\n1::661::3::978302109\n2::1193::4::978298413\n"
MOVIES = b"1193::One Flew Over (1975)::Drama\n661::James and the Peach (1996)::Children's|Musical\n"
ORDERS_OF_INSTACART = (
    b"order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order\n"
    b"11,1,prior,1,2,08,\n"
)
FILES = {
    "online_retail": {
        "events": b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        b"536365,85123A,HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom\n"
        b"C536379,85123A,HOLDER,-1,12/31/2010 8:26,2.55,17850,United Kingdom\n"
    },
    "online_retail_ii": {
        "events": b"Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
        b"489434,85048,LIGHTS,12,2009-12-01 07:45:00,6.95,13085,United Kingdom\n"
    },
    "movielens": {
        "events": b"userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n",
        "items": b"movieId,title,genres\n31,Dangerous Minds (1995),Drama\n",
    },
    "cdnow": {"events": b" 00001 19970101  1   11.77\n 00002 19970112  5   77.00\n"},
    "amazon_reviews": {
        "events": b'{"rating": 5.0, "title": "x", "text": "y", "asin": "B1", "parent_asin": "B0",'
        b' "user_id": "A", "timestamp": 1588687728923, "verified_purchase": true}\n'
    },
    "amazon_reviews_2018": {
        "events": b'{"overall": 5.0, "vote": "2", "verified": true, "reviewTime": "09 13, 2009",'
        b' "reviewerID": "A2", "asin": "B1", "unixReviewTime": 1252800000}\n'
    },
    "shopify_orders": {
        "events": b"Name,Email,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price\n"
        b"#1001,a@example.com,EUR,2025-10-07 09:50:26 +0200,2,Mask,34.90\n"
        b"#1001,a@example.com,,2025-10-07 09:50:26 +0200,1,Soap,5.00\n"
    },
    "woocommerce_orders": {
        "events": b"order_id,order_date,status,order_total,order_currency,customer_email\n"
        b"7,2025-01-05 10:00:00,completed,20.00,USD,a@example.com\n"
        b"8,2025-01-06 10:00:00,cancelled,9.00,USD,a@example.com\n"
    },
    "ga4_events": {
        "events": b"event_date,event_timestamp,event_name,user_pseudo_id,items.item_id\n"
        b"20250105,1736071200123456,view_item,1.2,SKU\n"
    },
    "complete_journey": {
        "events": b"household_id,store_id,basket_id,product_id,quantity,sales_value,transaction_timestamp\n"
        b"900,330,31198570044,1095275,1,0.50,2017-01-01 11:53:26\n"
    },
    "complete_journey_raw": {
        "events": b"household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,TRANS_TIME\n"
        b"2375,26984851472,1,1004906,1,1.39,1631\n",
        "items": b"PRODUCT_ID,MANUFACTURER,DEPARTMENT,BRAND,COMMODITY_DESC,SUB_COMMODITY_DESC\n"
        b"1004906,69,PRODUCE,Private,POTATOES,RUSSET\n",
        "users": b"AGE_DESC,INCOME_DESC,HH_COMP_DESC,household_key\n65+,35-49K,2 Adults,2375\n",
    },
    "instacart": {
        "events": [
            ORDERS_OF_INSTACART,
            b"order_id,product_id,add_to_cart_order,reordered\n11,196,1,0\n",
        ],
        "items": b"product_id,product_name,aisle_id,department_id\n196,Soda,77,7\n",
    },
    "matomo_visits": {
        "events": b'[{"idVisit": "1", "visitorId": "abc", "siteCurrency": "USD", "actionDetails":'
        b' [{"type": "action", "url": "https://shop.example/", "timestamp": 1740823200}]}]\n'
    },
    "posthog_events": {
        "events": b"uuid,event,properties,distinct_id,timestamp\n"
        b"0,$pageview,{},u1,2025-01-05T10:00:00.123000Z\n"
    },
}


NO_HEADER = {"cdnow", "amazon_reviews", "amazon_reviews_2018", "matomo_visits"}
FIRST_DAY = {"first_day": "2017-01-01"}


def raws_of(files):
    """The tables of files, of which one table may have several."""
    every = {name: text if isinstance(text, list) else [text] for name, text in files.items()}
    return {
        name: together([read(text, table=name, source=name) for text in texts], known_exports())
        for name, texts in every.items()
    }


def rows_of(key):
    """Rows of the events; of several files the last has a line for each."""
    events = FILES[key]["events"]
    text = events[-1] if isinstance(events, list) else events
    return text.count(b"\n") - (key not in NO_HEADER)


def taken(files):
    """The intake of files that are recognised, with nothing said about them."""
    raws = raws_of(files)
    export = recognised(raws, known_exports())
    return bring_in(
        raws, export.recipe(raws, Recipe("known", "USD", options=FIRST_DAY)), key=b"key"
    )


def test_every_known_export_is_tried_here():
    assert {one.key for one in known_exports()} == set(FILES)


@pytest.mark.parametrize("key", FILES)
def test_an_export_is_recognised_and_no_row_of_it_is_rejected(key):
    raws = raws_of(FILES[key])
    assert recognised(raws, known_exports()).key == key
    account = taken(FILES[key]).dataset.accounts[0]
    assert account.rejected == 0
    assert account.rows_in == account.accepted + account.ignored == rows_of(key)


@pytest.mark.parametrize("key", FILES)
def test_an_export_names_the_page_of_its_columns(key):
    (one,) = (known for known in known_exports() if known.key == key)
    assert one.source.startswith("http")


def test_the_money_of_lines_is_quantity_times_price():
    events = taken(FILES["shopify_orders"]).dataset.events
    assert events["amount"].to_list() == [Decimal("69.8000"), Decimal("5.0000")]
    assert events["user_id"].n_unique() == 1


def test_orders_that_were_cancelled_move_no_money_and_are_accounted_for():
    dataset = taken(FILES["woocommerce_orders"]).dataset
    account = dataset.accounts[0]
    assert (account.money_accepted, account.money_ignored) == (Decimal(20), Decimal(9))


def test_files_without_a_header_get_their_names_and_lose_no_line():
    dataset = taken({"events": RATINGS, "items": MOVIES}).dataset
    assert dataset.accounts[0].accepted == 3
    assert dataset.accounts[1].accepted == 2
    assert dataset.items["title"].to_list() == [
        "One Flew Over (1975)",
        "James and the Peach (1996)",
    ]
    assert dataset.events["rating"].sum() == 12
    again = bring_in(raws_of({"events": RATINGS, "items": MOVIES}), dataset.recipe).dataset
    assert again.id == dataset.id, "the recipe names the columns of the next file too"


def test_a_recipe_for_another_width_says_so():
    recipe = Recipe("x", "EUR", options={"names": {"events": ["user_id", "at"]}})
    with pytest.raises(MappingError, match="has 4 columns where 2 are expected"):
        bring_in(raws_of({"events": RATINGS}), recipe)


def test_a_file_of_nobody_is_recognised_as_nothing():
    assert recognised(raws_of({"events": b"who,when\n1,2025-01-01\n"}), known_exports()) is None
    named = b"uid,mid,stars,ts\n1,31,2,1260759144\n"
    assert recognised(raws_of({"events": named}), known_exports()) is None, "it has a header"


OWN = """title = "Our till"
source = "the till's manual, page 3"
currency = "CHF"
[[tables]]
name = "events"
columns = ["karte", "bon", "wann"]
roles = { user_id = "karte", order_id = "bon", at = "wann" }
"""


def test_a_person_can_describe_an_export_of_their_own(tmp_path):
    (tmp_path / "till.toml").write_text(OWN)
    raws = raws_of({"events": b"karte,bon,wann\n1,2,2025-01-01\n"})
    found = recognised(raws, known_exports(tmp_path))
    assert (found.key, found.currency) == ("till", "CHF")
    assert found.recipe(raws, Recipe("x", "CHF")).maps["events"].roles["order_id"] == "bon"


GOOD = {
    "title": "x",
    "source": "y",
    "tables": [{"name": "events", "columns": ["a"], "roles": {"user_id": "a"}}],
}


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"title": 3}, "title"),
        ({"colour": "red"}, "colour"),
        ({"tables": []}, "tables"),
        ({"domain": "farm"}, "domain"),
        ({"joins": [{"name": "events", "rows": ["a"], "beside": ["b"], "on": "a"}]}, "joins"),
        ({"tables": [{"name": "events", "columns": ["a"], "roles": {"hue": "a"}}]}, r"tables\[1\]"),
        ({"tables": [{"name": "events", "names": ["a"], "shapes": ["("]}]}, r"tables\[1\]"),
        ({"tables": [{"name": "events"}]}, r"tables\[1\]"),
    ],
)
def test_a_description_that_is_not_sound_is_named(change, part):
    assert from_plain(GOOD, key="good", source="good.toml").title == "x"
    with pytest.raises(ConfigError, match=f"bad.toml.*{part}"):
        from_plain({**GOOD, **change}, key="bad", source="bad.toml")
