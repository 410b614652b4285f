"""Steps with and without an order, counted on the fingers."""

from features.test_purchases import shop

from clvcore.features.opportunities import opportunity_summary
from clvcore.features.refunds import matched_refunds

EVENTS = [
    ("ann", "2024-01-01", "purchase", "5.00", "cup", "o1"),
    ("ann", "2024-01-05", "purchase", "5.00", "cup", "o2"),  # still in the step of the first
    ("ann", "2024-01-08", "purchase", "5.00", "cup", "o3"),  # the first day of step 1
    ("ann", "2024-01-10", "purchase", "5.00", "cup", "o4"),  # step 1 once more
    ("ann", "2024-01-23", "purchase", "5.00", "cup", "o5"),  # step 3
    ("ann", "2024-01-23", "refund", "-5.00", "cup", "o5"),  # and it came back
    ("bob", "2024-01-02", "purchase", "5.00", "cup", "o6"),
    ("cat", "2024-01-20", "purchase", "5.00", "cup", "o7"),
]


def rows(data, **settings):
    return opportunity_summary(data, **settings).rows()


def test_steps_run_from_the_first_order_and_one_that_is_not_over_is_none():
    """On 29 January ann's step 4 has just begun, bob's step 3 ends, and cat's step 1 is not over."""
    assert rows(shop(EVENTS, until="2024-01-29")) == [
        ("ann", 1.0, 1.0, 3.0),
        ("bob", 0.0, 0.0, 3.0),
    ]


def test_an_order_in_a_step_that_is_not_over_does_not_count_yet():
    events = [*EVENTS[:4], ("ann", "2024-01-16", "purchase", "5.00", "cup", "o8")]
    assert rows(shop(events, until="2024-01-20")) == [("ann", 1.0, 1.0, 1.0)]
    assert rows(shop(events, until="2024-01-21")) == [("ann", 2.0, 2.0, 2.0)]


def test_longer_steps_are_fewer():
    """Of 14 days: the one order of ann's step 1 came back."""
    assert rows(shop(EVENTS, until="2024-01-29"), step_days=14) == [
        ("ann", 0.0, 0.0, 1.0),
        ("bob", 0.0, 0.0, 1.0),
    ]


def test_refunds_name_the_purchase_that_they_belong_to():
    """By order where it is here, else by the latest earlier purchase of the item, else none."""
    found = matched_refunds(
        shop(
            [
                *EVENTS[:5],
                ("ann", "2024-01-06", "refund", "-1.00", "cup", "o1"),
                ("ann", "2024-01-09", "refund", "-2.00", "cup", None),
                ("ann", "2024-01-09", "refund", "-3.00", "pen", "o99"),
            ]
        ).events
    )
    assert [
        (row["amount"], row["matched_by"], row["bought_at"] and row["bought_at"].day)
        for row in found.iter_rows(named=True)
    ] == [(-1, "order", 1), (-2, "item", 8), (-3, None, None)]
