"""Batches show every event once as a target and never what lies behind it."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from clvcore.features.histories import KINDS, Histories
from clvcore.features.vocabulary import Vocabulary
from clvcore.towers.batches import (
    Window,
    buckets,
    latest_windows,
    n_batches,
    padded,
    sequences,
    serving_sizes,
    shuffled_batches,
    training_sizes,
    training_windows,
)


def behaviour(per_user: list[list[tuple[int, str, float]]]) -> Histories:
    """Events as (item, kind, weight), one minute apart."""
    flat = [event for user in per_user for event in user]
    counts = [len(user) for user in per_user]
    return Histories(
        users=Vocabulary(pl.Series([f"u{i:02}" for i in range(len(per_user))]), "user"),
        items=Vocabulary(pl.Series([f"i{i:02}" for i in range(12)])),
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        item=np.array([e[0] for e in flat], np.int32),
        kind=np.array([KINDS.index(e[1]) for e in flat], np.int8),
        at=np.concatenate([1 + np.arange(n) for n in counts]).astype(np.int64) * 60_000_000,
        weight=np.array([e[2] for e in flat], np.float32),
    )


def test_a_run_on_one_item_is_one_event_of_its_strongest_kind():
    events = sequences(
        behaviour(
            [
                [(1, "view", 0.2), (1, "cart", 0.5), (1, "purchase", 1), (2, "view", 0.2)],
                [(2, "view", 0.2), (2, "purchase", 1.0), (2, "refund", -1.0)],
            ]
        )
    )
    assert events.start.tolist() == [0, 2, 3]
    assert events.item.tolist() == [1, 2, 2]
    assert [KINDS[kind] for kind in events.kind] == ["purchase", "view", "refund"]
    assert events.second.tolist() == [60, 240, 60]


def test_a_dislike_is_no_target():
    events = sequences(behaviour([[(1, "view", 0.2), (2, "refund", -1.0), (3, "view", 0.2)]]))
    batch = padded(events, training_windows(events, 4), 4)
    assert np.allclose(batch.weight, [[0.2, 0, 0.2, 0, 0]])


def test_what_was_given_back_later_is_no_target_but_stays_what_was_known_then():
    bought = [(1, "purchase", 1.0), (2, "purchase", 1.0), (3, "view", 0.2)]
    once = behaviour([[*bought, (2, "refund", -1.0)]])
    batch = padded(sequences(once), training_windows(sequences(once), 4), 4)
    assert np.allclose(batch.weight, [[1, 0, 0.2, 0, 0]])
    assert np.allclose(batch.behaviour.weight, [[1, 1, 0.2, -1]])
    twice = behaviour([[*bought, (2, "purchase", 1.0), (1, "view", 0.2), (2, "refund", -1.0)]])
    assert np.allclose(sequences(twice).counts, [1, 1, 0.2, 0, 0, 0])


def test_the_latest_events_of_a_long_history_are_kept_and_an_empty_one_stays_empty():
    events = sequences(behaviour([[(i, "view", 0.2) for i in range(6)], []]))
    windows = latest_windows(events, np.array([1, 0]), 4)
    assert (windows.last - windows.first).tolist() == [0, 4]
    shown = padded(events, windows, 4).behaviour
    assert shown.item.tolist() == [[0, 0, 0, 0], [2, 3, 4, 5]]
    assert shown.at[1].tolist() == [0, 60, 120, 180]


def test_where_only_the_order_is_known_there_are_no_times():
    seen = behaviour([[(1, "view", 0.2), (2, "view", 0.2)]])
    seen.at[:] = [0, 1]
    events = sequences(seen)
    assert padded(events, latest_windows(events, np.array([0]), 4), 4).behaviour.at is None


def test_the_latest_stretch_of_a_long_history_is_a_full_one():
    events = sequences(behaviour([[(i % 12, "view", 0.2) for i in range(11)]]))
    windows = training_windows(events, 4)
    assert list(zip(windows.first, windows.last, strict=True)) == [(0, 3), (3, 7), (7, 11)]


def of_lengths(*lengths_and_counts):
    lengths = np.repeat(*np.array(lengths_and_counts).T)
    last = np.cumsum(lengths)
    return Window(np.arange(len(lengths)), last - lengths, last)


def test_rows_are_as_long_as_their_histories_where_that_saves_more_than_a_program_costs():
    many = 10_000
    assert training_sizes(of_lengths((5, many), (60, many)), 200) == [8, 60, 200]
    assert training_sizes(of_lengths((5, many), (60, 3)), 64) == [8, 60, 64]
    assert training_sizes(of_lengths((5, 100), (60, many)), 64) == [60, 64]


def test_in_serving_any_history_fits_one_of_a_few_lengths():
    assert serving_sizes(200) == [16, 32, 64, 128, 200]
    assert serving_sizes(8) == [8]


people = st.lists(
    st.lists(st.tuples(st.integers(0, 11), st.just("view"), st.just(1.0)), max_size=40),
    min_size=1,
    max_size=6,
)


@given(people, st.sampled_from([8, 16]))
def test_every_first_encounter_is_a_target_once_behind_its_own_past(per_user, max_length):
    events = sequences(behaviour(per_user))
    windows = training_windows(events, max_length)
    seen = []
    for batch in shuffled_batches(
        events, windows, max_length=max_length, batch_events=32, rng=np.random.default_rng(0)
    ):
        shown = batch.behaviour
        rows, places = np.nonzero(batch.weight > 0)
        seen.extend(
            (int(shown.user[row]), int(batch.target[row, place]))
            for row, place in zip(rows, places, strict=True)
        )
        # what follows n events stands at place n of the events themselves
        inner = places < (batch.weight.shape[1] - 1)
        later = shown.item[rows[inner], places[inner]]
        same_row = np.diff(shown.at, axis=1, prepend=0)[rows[inner], places[inner]] > 0
        opening = places[inner] == 0
        known = same_row | opening
        assert (later[known] == batch.target[rows[inner], places[inner]][known]).all()
    owner = np.repeat(np.arange(len(per_user)), np.diff(events.start))
    assert sorted(seen) == sorted(set(zip(owner.tolist(), events.item.tolist(), strict=True)))


@given(people, st.sampled_from([8, 16]))
def test_buckets_hold_every_window_once_and_none_is_too_long(per_user, max_length):
    windows = training_windows(sequences(behaviour(per_user)), max_length)
    placed = buckets(windows, training_sizes(windows, max_length))
    members = np.concatenate([rows for _, rows in placed]) if placed else np.zeros(0)
    assert sorted(members.tolist()) == list(range(len(windows.user)))
    for length, rows in placed:
        assert ((windows.last - windows.first)[rows] <= length).all()


@given(people, st.sampled_from([8, 16, 40]))
def test_the_number_of_batches_is_known_before_they_are_made(per_user, max_length):
    events = sequences(behaviour(per_user))
    windows = training_windows(events, max_length)
    sizes = {"max_length": max_length, "batch_events": 32}
    made = shuffled_batches(events, windows, **sizes, rng=np.random.default_rng(0))
    assert len(list(made)) == n_batches(windows, **sizes)
