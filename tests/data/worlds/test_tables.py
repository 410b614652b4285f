from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from clvcore import columns as col
from clvcore.data.worlds.record import NO_MONEY
from clvcore.data.worlds.tables import amounts, times

START = datetime(2023, 1, 2, tzinfo=UTC)
END = START + timedelta(weeks=30)


@pytest.fixture(params=["shop", "service"])
def tables(request):
    return request.getfixturevalue(f"{request.param}_tables")


def test_amounts_are_exact_and_unknown_where_there_is_no_money():
    made = amounts(np.array([123_456, -5, 0, NO_MONEY]))
    assert made.to_list() == [Decimal("12.3456"), Decimal("-0.0005"), Decimal("0.0000"), None]
    assert made.dtype == col.MONEY


def test_times_count_from_the_first_monday():
    assert times(np.array([0, 90, -1])).to_list() == [START, START + timedelta(seconds=90), None]
    assert START.weekday() == 0


def test_columns_have_canonical_names_and_types(tables):
    written_as_text = {col.KIND, col.STREAM}
    for name, frame in tables.items():
        for column, kind in frame.schema.items():
            if column in col.TABLES[name]:
                wanted = pl.String() if column in written_as_text else col.TABLES[name][column]
                assert kind == wanted, (name, column)


def test_nobody_does_anything_before_being_won_or_after_the_end(tables):
    events = tables["events"].join(tables["users"], on=col.USER, how="left")
    assert events.filter(
        pl.col(col.ACQUIRED).is_null() | (pl.col(col.AT) < pl.col(col.ACQUIRED))
    ).is_empty()
    assert events.filter(pl.col(col.AT) >= END).is_empty()


def test_nothing_is_met_before_it_is_on_sale(tables):
    for name in ("events", "impressions"):
        met = tables[name].filter(pl.col(col.ITEM).is_not_null())
        known = met.join(tables["items"], on=col.ITEM, how="left")
        assert known.filter(
            pl.col(col.AVAILABLE).is_null() | (pl.col(col.AVAILABLE) > pl.col(col.AT))
        ).is_empty()


def test_events_are_in_order_and_never_doubled(tables):
    assert tables["events"][col.AT].is_sorted()
    assert tables["events"].is_duplicated().sum() == 0


def test_kinds_and_streams_are_canonical_words(tables):
    events = tables["events"]
    assert set(events[col.KIND]) <= {kind.value for kind in col.Kind}
    wanted = events[col.KIND].replace_strict(
        {kind.value: stream.value for kind, stream in col.STREAM_OF_KIND.items()}, default=None
    )
    assert events[col.STREAM].equals(wanted, null_equal=True)
    assert events[col.AMOUNT].is_null().equals(events[col.STREAM].is_null())


def test_attributes_tell_something_about_taste_but_not_all(shop):
    crowd = shop.state.crowd
    favourite = (crowd.moods[:, 0] @ shop.world.catalogue.interests.T).argmax(axis=1)
    counts = np.zeros((5, 10))
    np.add.at(counts, (crowd.age, favourite), 1)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    chi_square = ((counts - expected) ** 2 / np.maximum(expected, 1e-9)).sum()
    assert chi_square > 68  # chi-square(36) at 0.999
    best_guess = counts.max(axis=1).sum() / counts.sum()
    assert best_guess < 0.6


def test_some_users_do_not_tell_their_age_or_country(shop_tables):
    users = shop_tables["users"]
    assert 0.05 < users["age_band"].is_null().mean() < 0.2
    assert 0 < users["country"].is_null().mean() < 0.1


def test_spend_is_dated_on_mondays_and_organic_users_cost_nothing(tables):
    assert set(tables["spend"][col.DATE].dt.weekday()) == {1}
    assert "organic" not in set(tables["spend"][col.CHANNEL])
    organic = tables["users"].filter(pl.col(col.CHANNEL) == "organic")
    assert organic.height > 0
    assert organic[col.CAMPAIGN].is_null().all()


def test_users_come_from_campaigns_that_spent_that_week(tables):
    paid = (
        tables["users"]
        .filter(pl.col(col.CAMPAIGN).is_not_null())
        .with_columns(pl.col(col.ACQUIRED).dt.date().dt.truncate("1w").alias(col.DATE))
    )
    spent = tables["spend"].select(col.DATE, col.CHANNEL, col.CAMPAIGN)
    assert paid.join(spent, on=[col.DATE, col.CHANNEL, col.CAMPAIGN], how="anti").is_empty()


def test_impressions_agree_with_what_was_opened(shop_tables):
    taken = shop_tables["impressions"].filter(pl.col(col.TAKEN))
    views = shop_tables["events"].filter(pl.col(col.KIND) == "view")
    for row in taken.head(200).iter_rows(named=True):
        same = views.filter(
            (pl.col(col.USER) == row[col.USER])
            & (pl.col(col.ITEM) == row[col.ITEM])
            & pl.col(col.AT).is_between(row[col.AT], row[col.AT] + timedelta(minutes=25))
        )
        assert same.height == 1
