"""Histories keep every event of every user in order, and cuts leak nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clvcore import columns as col
from clvcore.columns import Kind
from clvcore.data.dataset import Dataset, Recipe
from clvcore.errors import DataError, NotFoundError
from clvcore.features.histories import KINDS, OTHERS, fresh_history, goal, histories
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


def test_a_rating_tells_how_far_it_is_from_what_was_to_be_expected_of_the_user():
    seen = histories(
        dataset(
            [
                ("b", "x", 0, "rating", 5.0),
                ("a", "x", 1, "rating", 4.0),
                ("a", "y", 2, "rating", 3.0),
                ("a", "z", 3, "view", None),
                ("a", "w", 4, "rating", 4.5),
            ]
        )
    )
    expected = [5.0, (OTHERS * 4.5 + 4) / (OTHERS + 1), None, (OTHERS * 4 + 7) / (OTHERS + 2)]
    height = [4 - expected[0], 3 - expected[1], 0, 4.5 - expected[3]]
    assert np.allclose(seen.extent[:4], height)
    assert seen.extent[4] == 0  # of b: nobody had given anything before
    assert seen.weight[:4].tolist() == [-1, -1, np.float32(0.2), 1]


rated = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from("wxyz"),
        st.integers(0, 30),
        st.just("rating"),
        st.sampled_from([1.0, 2.0, 3.5, 5.0]),
    ),
    min_size=2,
    max_size=30,
    unique_by=lambda row: row[2],
)


@given(rated, st.integers(0, 30))
def test_what_a_rating_says_does_not_depend_on_what_comes_later(rows, minute):
    early = [row for row in rows if row[2] < minute]
    assume(early)
    cut = int((START + timedelta(minutes=minute)).timestamp() * 1e6)
    whole, then = histories(dataset(rows)).before(cut), histories(dataset(early))
    known = np.isin(whole.users.terms(whole.user).to_list(), then.users.ids.to_list())
    assert known.all()
    assert whole.weight.tolist() == then.weight.tolist()
    if then.extent is not None:
        assert np.allclose(whole.extent, then.extent)


@given(rated)
def test_a_fresh_history_says_the_same_as_one_that_stands_in_the_data_set(rows):
    new = ("new", "w", 31, "rating", 3.0)
    standing = histories(dataset([*rows, new]))
    data = dataset(rows)
    like = histories(data)
    assume(data.events.filter(item_id="w").height)
    fresh = fresh_history(dataset([new]).events, data, like)
    assert fresh.weight.tolist() == standing.weight[standing.start[-2] :].tolist()
    if fresh.extent is not None and standing.extent is not None:
        assert np.allclose(fresh.extent, standing.extent[standing.start[-2] :])


def test_an_amount_tells_how_many_times_the_usual_one_of_its_item_it_is():
    rows = [("a", "x", 1, "purchase", None), ("b", "x", 2, "purchase", None)]
    plain = dataset([*rows, ("c", "x", 3, "purchase", None)])
    assert histories(plain).extent is None
    paid = pl.Series(col.AMOUNT, ["10", "10", "30"]).cast(col.MONEY)
    seen = histories(replace(plain, events=plain.events.with_columns(paid)))
    assert np.allclose(seen.extent, [0, 0, np.log(3)])
