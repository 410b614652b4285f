from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from clvcore import columns as col
from clvcore.data.dataset import Dataset, Recipe
from clvcore.features.contracts import contract_summary


def moment(day):
    return None if day is None else datetime.fromisoformat(day).replace(tzinfo=UTC)


def club(fees, ends, *, until="2024-07-01"):
    """A data set of (user, day, amount) fees and recorded ends by user."""
    events = pl.DataFrame(
        [
            {
                col.USER: user,
                col.AT: moment(day),
                col.KIND: "subscription",
                col.AMOUNT: Decimal(amount),
                col.STREAM: "service",
            }
            for user, day, amount in fees
        ],
        schema=col.EVENTS,
    ).sort(col.AT)
    names = sorted({user for user, _, _ in fees} | set(ends))
    users = pl.DataFrame(
        [
            {col.USER: user, col.ACQUIRED: moment("2024-01-01"), col.ENDED: moment(ends.get(user))}
            for user in names
        ],
        schema=col.USERS,
    )
    return Dataset.of(
        events=events,
        items=pl.DataFrame(schema=col.ITEMS),
        users=users,
        observed=(moment("2024-01-01"), moment(until)),
        recipe=Recipe(name="club", currency="EUR"),
    )


def monthly(user, months, amount="10"):
    return [(user, f"2024-{month:02}-01", amount) for month in months]


def row(summary, user):
    return summary.frame.filter(pl.col(col.USER) == user).row(0, named=True)


def test_a_recorded_end_ends_the_contract():
    summary = contract_summary(club(monthly("ann", [1, 2, 3]), {"ann": "2024-03-31"}))
    assert summary.ends == "recorded"
    assert row(summary, "ann")["has_ended"]
    assert row(summary, "ann")["waited_days"] == 31 + 29 + 30


def test_an_agreed_end_in_the_future_is_respected():
    summary = contract_summary(club(monthly("ann", [1, 2]), {"ann": "2024-07-11"}))
    assert not row(summary, "ann")["has_ended"]
    assert row(summary, "ann")["remaining_days"] == 10


def test_without_recorded_ends_silence_ends_the_contract():
    fees = [*monthly("ann", [1, 2, 3]), *monthly("bob", [4, 5, 6])]
    summary = contract_summary(club(fees, {}))
    assert summary.ends == "inferred"
    assert row(summary, "ann")["has_ended"]
    assert not row(summary, "bob")["has_ended"]
    assert row(summary, "bob")["remaining_days"] == float("inf")


def test_the_fee_is_the_latest_price_over_the_usual_time_between_fees():
    fees = [*monthly("ann", [1, 2, 3], "10"), *monthly("ann", [4, 5, 6], "12")]
    got = row(contract_summary(club(fees, {})), "ann")
    assert got["fee_per_day"] == pytest.approx(12 / 31)  # gaps 31, 29, 31, 30, 31


def test_fees_given_back_lower_every_fee():
    fees = [*monthly("ann", [4, 5, 6]), ("bob", "2024-06-01", "10"), ("bob", "2024-06-02", "-10")]
    got = row(contract_summary(club(fees, {})), "ann")
    assert got["fee_per_day"] == pytest.approx(10 * (30 / 40) / 30.5)


def test_a_data_set_without_contracts_has_none():
    assert contract_summary(club([], {})).frame.is_empty()
