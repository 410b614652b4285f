from decimal import Decimal

import pytest

from clvcore.errors import ConfigError
from clvcore.value.ledger import ledger, lifetime_revenue

EVENTS = [
    ("ann", "2024-01-05", "purchase", "30.00", "cup", "o1", 3),
    ("ann", "2024-01-09", "refund", "-10.00", "cup", "o1", 1),
    ("ann", "2024-01-20", "purchase", "8.00", "pen", "o2", 1),
    ("bob", "2024-02-01", "ad", "0.0015"),
    ("bob", "2024-02-01", "subscription", "9.99"),
    ("cat", "2024-02-02", "view", None, "cup"),
]


def row(frame, user):
    return frame.filter(frame["user_id"] == user).row(0, named=True)


def test_revenue_is_net_of_refunds_and_kept_apart_by_stream(world):
    ltv = lifetime_revenue(ledger(world(EVENTS)), "revenue")
    assert row(ltv, "ann")["ltv_purchase"] == Decimal(30) - Decimal(10) + Decimal(8)
    assert row(ltv, "bob")["ltv_advertising"] == Decimal("0.0015")
    assert row(ltv, "bob")["ltv_service"] == Decimal("9.99")
    assert row(ltv, "bob")["ltv"] == Decimal("9.9915")


def test_a_user_without_money_is_there_with_nothing(world):
    assert row(lifetime_revenue(ledger(world(EVENTS)), "revenue"), "cat")["ltv"] == 0


def test_a_refund_gives_the_cost_back(world):
    book = ledger(world(EVENTS, costs={"cup": "4.00", "pen": "5.00"}))
    assert row(book.users, "ann")["margin"] == Decimal(28) - (3 - 1) * 4 - 5


def test_a_line_with_unknown_cost_is_left_out_of_margin_and_counted(world):
    book = ledger(world(EVENTS, costs={"cup": "4.00", "pen": None}))
    assert row(book.users, "ann")["margin"] == Decimal(20) - (3 - 1) * 4
    assert (book.unpriced_rows, book.unpriced_money) == (1, Decimal(8))


def test_margin_is_unknown_where_every_purchase_has_an_unknown_cost(world):
    events = [*EVENTS, ("dan", "2024-03-01", "purchase", "5.00", "pen", "o3", 1)]
    ltv = lifetime_revenue(ledger(world(events, costs={"cup": "4.00"})), "margin")
    assert row(ltv, "dan")["ltv"] is None
    assert row(ltv, "bob")["ltv"] == Decimal("9.9915")


def test_margin_without_any_cost_is_refused_in_words(world):
    events = [("dan", "2024-03-01", "purchase", "5.00", "pen", "o3", 1)]
    with pytest.raises(ConfigError, match="unit cost"):
        lifetime_revenue(ledger(world(events)), "margin")


def test_an_unknown_quantity_makes_the_cost_unknown(world):
    events = [*EVENTS, ("ann", "2024-03-01", "purchase", "5.00", "cup", "o9", None)]
    book = ledger(world(events, costs={"cup": "4.00", "pen": "1.00"}))
    assert book.unpriced_money == Decimal(5)
