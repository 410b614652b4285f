"""What is judged was never seen, whether the cut is a moment or each user's last event."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcore.columns import Kind
from clvcore.features.histories import KINDS, Histories
from clvcore.features.split import Cutting, split_by_time, split_last_out
from tests.ranking.behaviour import DAY, behaviour, ids


def history(rows: list[tuple[int, int, int, str]], *, n_users=4, n_items=5) -> Histories:
    """Events as (user, item, day, kind), ties in the order given."""
    ordered = sorted(rows, key=lambda row: (row[0], row[2]))
    counts = np.bincount([row[0] for row in ordered], minlength=n_users)
    return Histories(
        users=ids("u", n_users, "user"),
        items=ids("i", n_items, "item"),
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        item=np.array([row[1] for row in ordered], np.int32),
        kind=np.array([KINDS.index(row[3]) for row in ordered], np.int8),
        at=np.array([row[2] * DAY for row in ordered], np.int64),
        weight=np.array([-1.0 if row[3] == "refund" else 1.0 for row in ordered], np.float32),
    )


def told(targets):
    owner = np.repeat(targets.user, np.diff(targets.start))
    return list(zip(owner.tolist(), targets.item.tolist(), strict=True))


SEEN = history(
    [
        (0, 0, 1, "purchase"),
        (0, 1, 2, "purchase"),
        (0, 3, 2, "view"),
        (0, 2, 2, "purchase"),
        (0, 4, 3, "view"),
        (1, 1, 5, "purchase"),
        (2, 0, 1, "view"),
        (2, 0, 2, "purchase"),
        (2, 0, 3, "refund"),
        (3, 2, 9, "view"),
    ]
)


def test_the_last_taken_is_the_test_and_events_of_its_moment_are_parted_by_their_order():
    split = split_last_out(SEEN)
    assert told(split.targets) == [(0, 2), (2, 0)]
    assert told(split.strangers) == [(1, 1)]
    assert split.past.item.tolist() == [0, 1, 3, 0, 2]  # user 3 took nothing and keeps all
    assert split.targets.repeat.tolist() == [False, True]
    assert split.how is Cutting.LAST


def test_the_validation_is_the_last_but_one_and_knows_nothing_of_the_test():
    split = split_last_out(SEEN, judged="validation")
    assert told(split.targets) == [(0, 1)]
    assert split.past.item.tolist() == [0, 0, 2]
    assert split.survival.with_targets == 1


def test_every_user_who_took_something_is_counted_once():
    survival = split_last_out(SEEN).survival
    assert (survival.with_targets, survival.judged, survival.no_history) == (3, 2, 1)


def test_strangers_of_a_time_split_keep_what_they_took():
    split = split_by_time(SEEN, cut=3 * DAY, end=10 * DAY)
    assert told(split.strangers) == [(1, 1)]
    assert split.survival.no_history == 1


def test_the_period_reaches_from_the_first_judged_event_to_behind_the_last():
    split = split_last_out(SEEN)
    assert (split.cut, split.end) == (2 * DAY, 5 * DAY + 1)


def test_behaviour_without_a_like_has_nothing_to_judge():
    split = split_last_out(behaviour([(0, 0, 1.0, -1.0)], n_users=1, n_items=1))
    assert (len(split.targets.user), len(split.strangers.user)) == (0, 0)
    assert len(split.past.item) == 1


rows = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 4),
        st.integers(0, 6),
        st.sampled_from(["view", "purchase", "refund"]),
    ),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize("judged", ["validation", "test"])
@given(rows=rows)
def test_nothing_known_of_a_user_stands_at_or_behind_what_is_judged(judged, rows):
    """The law, in the plainest way: walk each user's events in order."""
    seen = history(rows)
    split = split_last_out(seen, judged=judged)
    assert split.goal is (Kind.PURCHASE if "purchase" in {r[3] for r in rows} else split.goal)
    back = {"test": 1, "validation": 2}[judged]
    expected = {}
    for user in range(4):
        own = slice(seen.start[user], seen.start[user + 1])
        items, kinds = seen.item[own].tolist(), seen.kind[own].tolist()
        likes = (seen.weight[own] > 0).tolist()
        taken = [
            place
            for place, (kind, like) in enumerate(zip(kinds, likes, strict=True))
            if kind == KINDS.index(split.goal) and like
        ]
        limit = taken[-min(back, len(taken))] if taken else len(items)
        known = split.past.item[split.past.start[user] : split.past.start[user + 1]]
        assert known.tolist() == items[:limit]
        if len(taken) >= back:
            expected[user] = items[taken[-back]]
    assert dict(told(split.targets) + told(split.strangers)) == expected
    known = np.diff(split.past.start) > 0
    assert known[split.targets.user].all()
    assert not known[split.strangers.user].any()
