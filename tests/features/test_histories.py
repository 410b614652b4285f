"""Histories keep every event of every user in order, and cuts leak nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcore import columns as col
from clvcore.columns import Kind
from clvcore.data.dataset import Dataset, Recipe
from clvcore.errors import DataError, NotFoundError
from clvcore.features.histories import KINDS, goal, histories
from clvcore.features.split import split_by_time
from clvcore.features.vocabulary import Vocabulary

START = datetime(2024, 1, 1, tzinfo=UTC)


def dataset(rows: list[tuple[str, str | None, int, str, float | None]]) -> Dataset:
    """Events as (user, item, minute, kind, rating)."""
    events = pl.DataFrame(
        {
            col.USER: [r[0] for r in rows],
            col.ITEM: [r[1] for r in rows],
            col.AT: [START + timedelta(minutes=r[2]) for r in rows],
            col.KIND: [r[3] for r in rows],
            col.RATING: [r[4] for r in rows],
        },
        schema={
            name: col.EVENTS[name] for name in (col.USER, col.ITEM, col.AT, col.KIND, col.RATING)
        },
    )
    users, items = events[col.USER].unique().sort(), events[col.ITEM].drop_nulls().unique().sort()
    return Dataset.of(
        events=events,
        items=pl.DataFrame({col.ITEM: items}),
        users=pl.DataFrame({col.USER: users}),
        observed=(START, START + timedelta(days=1)),
        recipe=Recipe(name="small", currency="EUR"),
    )


def test_events_are_grouped_by_user_and_ordered_by_time_and_ties_keep_input_order():
    seen = histories(
        dataset(
            [
                ("b", "y", 5, "view", None),
                ("a", "x", 9, "view", None),
                ("b", "x", 1, "view", None),
                ("b", "z", 5, "view", None),
            ]
        )
    )
    assert seen.start.tolist() == [0, 1, 4]
    assert seen.items.terms(seen.item).to_list() == ["x", "x", "y", "z"]


def test_refunds_and_low_ratings_are_not_likes():
    seen = histories(
        dataset(
            [
                ("a", "x", 1, "rating", 5.0),
                ("a", "y", 2, "rating", 1.0),
                ("a", "z", 3, "refund", None),
                ("a", "x", 4, "purchase", None),
            ]
        )
    )
    assert seen.weight.tolist() == [1.0, -1.0, -1.0, 1.0]
    assert goal(seen) is Kind.PURCHASE


def test_events_without_an_item_are_no_behaviour():
    with pytest.raises(DataError, match="nothing to learn from"):
        histories(dataset([("a", None, 1, "ad", None)]))


def test_an_unknown_id_is_refused_with_near_names():
    users = Vocabulary.of(pl.Series(["user-001", "user-002"]), "user")
    assert users.number("user-003", missing="negative") == -1
    with pytest.raises(NotFoundError, match=r"no user 'user-003'.*user-00"):
        users.number("user-003")
    with pytest.raises(NotFoundError, match="no user 'q'"):
        users.numbers(pl.Series(["user-001", "q"]))


@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=30))
def test_ids_round_trip_through_a_vocabulary(ids):
    words = Vocabulary.of(pl.Series(ids))
    assert words.terms(words.numbers(pl.Series(ids))).to_list() == ids
    assert [words.number(i) for i in ids] == words.numbers(pl.Series(ids)).tolist()


events = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from("wxyz"),
        st.integers(0, 50),
        st.sampled_from(["view", "purchase", "refund"]),
        st.none(),
    ),
    min_size=1,
    max_size=60,
)


@given(events, st.integers(0, 50))
def test_a_cut_loses_no_event_and_leaks_no_future(rows, minute):
    seen = histories(dataset(rows))
    assert len(seen.item) == len(rows)
    cut = int((START + timedelta(minutes=minute)).timestamp() * 1e6)
    split = split_by_time(seen, cut=cut, end=int(seen.at.max()) + 1)
    assert (split.past.at < cut).all()
    assert len(split.past.at) == (seen.at < cut).sum()
    # each target is a liked goal event behind the cut, once, of a user with a past
    kind = KINDS.index(split.goal)
    owner = np.repeat(split.targets.user, np.diff(split.targets.start))
    found = set(zip(owner.tolist(), split.targets.item.tolist(), strict=True))
    late = (seen.at >= cut) & (seen.kind == kind) & (seen.weight > 0)
    behind = set(zip(seen.user[late].tolist(), seen.item[late].tolist(), strict=True))
    has_past = set(seen.user[seen.at < cut].tolist())
    assert found == {(user, item) for user, item in behind if user in has_past}
    assert len(found) == len(split.targets.item)
    before = set(zip(split.past.user.tolist(), split.past.item.tolist(), strict=True))
    again = [
        pair in before for pair in zip(owner.tolist(), split.targets.item.tolist(), strict=True)
    ]
    assert split.targets.repeat.tolist() == again


def test_a_rating_tells_how_far_it_is_from_what_the_user_gave_until_then():
    seen = histories(
        dataset(
            [
                ("a", "x", 1, "rating", 4.0),
                ("a", "y", 2, "rating", 2.0),
                ("a", "z", 3, "view", None),
                ("a", "w", 4, "rating", 3.0),
            ]
        )
    )
    assert seen.extent.tolist() == [0, 2 - (4 + 2) / 2, 0, 3 - (4 + 2 + 3) / 3]
    later = seen.before(int(seen.at[3]))
    assert later.extent.tolist() == seen.extent[:3].tolist()


def test_an_amount_tells_how_many_times_the_usual_one_of_its_item_it_is():
    rows = [("a", "x", 1, "purchase", None), ("b", "x", 2, "purchase", None)]
    plain = dataset([*rows, ("c", "x", 3, "purchase", None)])
    assert histories(plain).extent is None
    paid = pl.Series(col.AMOUNT, ["10", "10", "30"]).cast(col.MONEY)
    seen = histories(replace(plain, events=plain.events.with_columns(paid)))
    assert np.allclose(seen.extent, [0, 0, np.log(3)])
