"""What each rule finds, and what it leaves alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from clvcore import columns as col
from clvcore.data.clean import bring_in
from clvcore.data.cleaning.non_items import is_code, is_title
from clvcore.data.consequences import consequences
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read
from clvcore.errors import ConfigError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "user,item,time,quantity,amount,order\n"


def looked_at(events, **options):
    raws = {"events": read(events.encode(), table="events", source="e.csv")}
    found = consequences(raws, Recipe("x", "EUR", options=options), now=NOW, key=b"k")
    return {one.rule: one for one in found}


def test_the_same_in_another_order_or_at_another_second_is_bought_again():
    rows = [
        "1,a,2025-01-01 10:00:00,1,5,o1",
        "1,a,2025-01-01 10:00:00,1,5,o1",
        "1,a,2025-01-01 10:00:00,1,5,o2",
        "1,a,2025-01-01 10:00:01,1,5,o1",
        "1,a,2025-01-01 10:00:00,2,5,o1",
    ]
    found = looked_at(HEADER + "\n".join(rows))["duplicate"]
    assert (found.rows, found.money) == (1, Decimal("5.0000"))
    assert [(one.line, one.text) for one in found.examples] == [
        (3, "1, a, 2025-01-01 10:00:00, 1, 5, o1")
    ]


def test_times_before_1990_and_after_now_are_rejected_unless_kept():
    rows = ["1,a,1970-01-01,1,5,", "1,a,2026-06-01,1,7,", "1,a,2025-01-01,1,1,"]
    found = looked_at(HEADER + "\n".join(rows))
    assert (found["early_time"].rows, found["future_time"].money) == (1, Decimal("7.0000"))
    assert found["early_time"].choices["reject"].rejected == 2
    assert found["early_time"].choices["keep"].rejected == 1


@pytest.mark.parametrize("word", ["test", "Test-User", "a@example.com", "dummy"])
def test_tests_are_flagged_and_words_that_hold_the_word_are_not(word):
    rows = [f"u9,{word},2025-01-01,1,5,", "u1,Latest Contest,2025-01-01,1,5,"]
    found = looked_at(HEADER + "\n".join(rows), protect={"item": "keep"})
    assert found["test_order"].rows == 1
    assert found["test_order"].chosen == "keep"


def test_an_amount_far_above_all_others_is_flagged_and_a_wide_range_is_not():
    usual = [f"u{n},a,2025-01-01,1,{10 + n % 7},o{n}" for n in range(60)]
    far = looked_at(HEADER + "\n".join([*usual, "u,a,2025-01-02,1,99999,o"]))
    assert (far["outlier"].rows, far["outlier"].money) == (1, Decimal("99999.0000"))
    wide = [f"u{n},a,2025-01-01,1,{2 ** (n % 12)},o{n}" for n in range(60)]
    assert "outlier" not in looked_at(HEADER + "\n".join(wide))


def clicks(user, times, item="a"):
    return [f"{user},{item},{at:%Y-%m-%d %H:%M:%S},," for at in times]


def test_programs_are_told_from_people_by_their_pace_and_their_pauses():
    start = datetime(2025, 3, 1, tzinfo=UTC)
    fast = [start + timedelta(seconds=10 * n) for n in range(300)]
    restless = [start + timedelta(minutes=10 * n) for n in range(144)]
    person = [start + timedelta(hours=5 * n) for n in range(150)]
    basket = [start] * 300  # many lines at one moment are one order
    rows = [
        *clicks("fast", fast),
        *(row for n, at in enumerate(restless) for row in clicks("restless", [at], f"i{n}")),
        *clicks("person", person),
        *(row for n, at in enumerate(basket) for row in clicks("basket", [at], f"i{n}")),
    ]
    found = looked_at("user,item,time,quantity,order\n" + "\n".join(rows))["bot"]
    assert found.rows == 300 + 144


def test_a_return_takes_back_the_latest_purchase_that_it_can():
    rows = [
        "1,a,2025-01-01,2,10,o1",
        "1,a,2025-01-02,1,5,o2",
        "1,a,2025-01-03,-1,-5,C1",
        "1,a,2025-01-04,-1,-5,C2",
        "1,a,2025-01-05,-9,-45,C3",
        "2,a,2025-01-06,-1,-5,C4",
        "2,a,2025-01-07,1,5,o3",
    ]
    raws = {"events": read((HEADER + "\n".join(rows)).encode(), table="events", source="e.csv")}
    net = Recipe("x", "EUR", options={"rules": {"returns": "net"}})
    intake = bring_in(raws, net)
    kept = intake.dataset.events.select(col.ORDER, col.QUANTITY, col.AMOUNT).rows()
    assert kept == [
        ("o1", 1.0, Decimal("5.0000")),  # one of two came back
        ("C3", 9.0, Decimal("-45.0000")),  # more than was bought
        ("C4", 1.0, Decimal("-5.0000")),  # nothing was bought before it
        ("o3", 1.0, Decimal("5.0000")),
    ]
    account = intake.dataset.accounts[0]
    assert (account.accepted, account.ignored) == (4, 3)
    assert (
        account.money_in == account.money_accepted == Decimal("-40.0000")
    )  # 15 + 5 bought, 60 back


def test_a_return_that_names_its_order_takes_back_that_one():
    rows = ["1,a,2025-01-01,1,5,77", "1,a,2025-01-02,1,5,78", "1,a,2025-01-03,-1,-5,C77"]
    raws = {"events": read((HEADER + "\n".join(rows)).encode(), table="events", source="e.csv")}
    net = Recipe("x", "EUR", options={"rules": {"returns": "net"}})
    assert bring_in(raws, net).dataset.events[col.ORDER].to_list() == ["78"]


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("POSTAGE", True),
        ("Next Day Carriage", True),
        ("Shipping & Handling", True),
        ("Gift wrap", True),
        ("Bank Charges", True),
        ("Versandkosten", True),
        ("Geschenkgutschein", True),
        ("Frais de port", True),
        ("Bon d'achat", True),
        ("Remise", True),
        ("Postage stamp album", False),
        ("Discount Vodka Glasses", False),
        ("Gift bag", False),
        ("Delivery van toy", False),
        ("Portobello mushrooms", False),
        ("Manual coffee grinder", False),
    ],
)
def test_titles_of_lines_that_are_no_goods(title, found):
    frame = pl.DataFrame({"t": [title]})
    assert frame.select(is_title(pl.col("t"))).item() is found


def test_codes_count_as_wholes():
    codes = pl.DataFrame({"c": ["POST", "postcard", "SHIPPING", "M12"]})
    assert codes.select(is_code(pl.col("c")))["c"].to_list() == [True, False, True, False]


def test_lines_that_a_reader_set_aside_are_ignored_rows_with_their_reason():
    raw = read((HEADER + "1,a,2025-01-01,1,5,\n").encode(), table="events", source="e.csv")
    aside = pl.DataFrame({"line": [9], "text": ["=Total,5"], "why": ["total"]})
    intake = bring_in({"events": replace(raw, aside=aside)}, Recipe("x", "EUR"))
    account = intake.dataset.accounts[0]
    assert (account.rows_in, account.accepted, account.ignored) == (2, 1, 1)
    told = intake.ignored["events"].row(0, named=True)
    assert (told["_line"], told["_reason"], told["_text"]) == (9, "a line of totals", "=Total,5")


@pytest.mark.parametrize("rules", [{"nonsense": "keep"}, {"duplicate": "nonsense"}])
def test_a_rule_or_choice_that_does_not_exist_is_told_with_those_that_do(rules):
    with pytest.raises(ConfigError, match="are: "):
        looked_at(HEADER + "1,a,2025-01-01,1,5,", rules=rules)
