from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from clvcore import columns as col
from clvcore.columns import STREAM_OF_KIND, Kind
from clvcore.data.dataset import Dataset, Recipe
from clvcore.features.purchases import activity_summary, purchase_summary


def moment(day):
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def shop(rows, *, until="2024-03-31", zone="UTC"):
    """A data set of (user, day, kind, amount, item, order) rows."""
    events = pl.DataFrame(
        [
            {
                col.USER: user,
                col.AT: moment(day),
                col.KIND: kind,
                col.AMOUNT: None if amount is None else Decimal(amount),
                col.ITEM: item,
                col.ORDER: order,
                col.STREAM: None if amount is None else STREAM_OF_KIND[Kind(kind)].value,
            }
            for user, day, kind, amount, item, order in rows
        ],
        schema=col.EVENTS,
    ).sort(col.AT, maintain_order=True)
    users = events.group_by(col.USER).agg(pl.col(col.AT).min().alias(col.ACQUIRED))
    return Dataset.of(
        events=events,
        items=pl.DataFrame(schema=col.ITEMS),
        users=pl.concat([pl.DataFrame(schema=col.USERS), users], how="diagonal").sort(col.USER),
        observed=(moment("2024-01-01"), moment(until)),
        recipe=Recipe(name="shop", currency="EUR", time_zone=zone),
    )


ANN = [
    ("ann", "2024-01-01 10:00", "purchase", "50", "cup", "o1"),
    ("ann", "2024-01-11 09:00", "purchase", "20", "cup", "o2"),
    ("ann", "2024-01-11 18:00", "purchase", "10", "pen", "o3"),
    ("ann", "2024-02-10 09:00", "purchase", "40", "cup", "o4"),
    ("ann", "2024-02-12 09:00", "view", None, "cup", None),
]


def only(data, **cut):
    return purchase_summary(data, **cut).frame.row(0, named=True)


def test_orders_of_one_day_are_one_and_the_first_is_not_a_repeat():
    got = only(shop(ANN))
    assert (got["frequency"], got["recency_days"], got["age_days"]) == (2, 40, 90)
    assert got["mean_order_value"] == pytest.approx(((20 + 10) + 40) / 2)


def test_a_refund_comes_off_its_own_order():
    back = ("ann", "2024-02-20 09:00", "refund", "-15", None, "o4")
    summary = purchase_summary(shop([*ANN, back]))
    assert summary.frame["mean_order_value"].item() == pytest.approx((30 + (40 - 15)) / 2)
    assert (summary.refunds_matched, summary.refunds_unmatched) == (15, 0)


def test_a_refund_without_an_order_comes_off_the_latest_purchase_of_the_item():
    back = ("ann", "2024-02-01 09:00", "refund", "-5", "cup", "credit note")
    got = only(shop([*ANN, back]))
    assert got["mean_order_value"] == pytest.approx(((20 + 10 - 5) + 40) / 2)


def test_a_refund_that_belongs_to_nothing_stays_unmatched():
    summary = purchase_summary(shop([*ANN, ("ann", "2024-02-01", "refund", "-5", "hat", "x")]))
    assert (summary.refunds_matched, summary.refunds_unmatched) == (0, 5)


def test_an_order_that_came_back_entirely_is_no_order():
    back = ("ann", "2024-02-20 09:00", "refund", "-40", "cup", "o4")
    got = only(shop([*ANN, back]))
    assert (got["frequency"], got["recency_days"], got["mean_order_value"]) == (1, 10, 30)


def test_a_cut_hides_what_comes_later():
    got = only(shop(ANN), until=moment("2024-01-31 00:00"))
    assert (got["frequency"], got["recency_days"], got["age_days"]) == (1, 10, 30)


def test_days_are_days_of_the_time_zone():
    rows = [
        ("ann", "2024-01-01 23:30", "purchase", "5", None, None),
        ("ann", "2024-01-02 10:00", "purchase", "5", None, None),
    ]
    assert only(shop(rows))["frequency"] == 1
    assert only(shop(rows, zone="Europe/Berlin"))["frequency"] == 0


def test_a_user_without_orders_is_not_a_buyer():
    assert purchase_summary(
        shop([("bob", "2024-01-01", "view", None, "cup", None)])
    ).frame.is_empty()


def test_activity_counts_days_with_any_deed_but_no_fees_or_refunds():
    rows = [
        ("bob", "2024-01-01", "play", None, "song", None),
        ("bob", "2024-01-05", "ad", "0.30", None, None),
        ("bob", "2024-01-05", "play", None, "song", None),
        ("bob", "2024-01-09", "subscription", "9.99", None, None),
    ]
    got = activity_summary(shop(rows)).row(0, named=True)
    assert (got["frequency"], got["recency_days"]) == (1, 4)
    assert got["revenue_per_day"] == pytest.approx((0 + 0.30) / 2)
