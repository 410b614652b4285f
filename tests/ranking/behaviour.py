"""Small histories for tests, written as (user, item, day, weight)."""

import numpy as np
import polars as pl

from clvcore.columns import Kind
from clvcore.features.histories import KINDS, Histories
from clvcore.features.split import Split, split_by_time
from clvcore.features.vocabulary import Vocabulary

DAY = 86_400_000_000
"""Microseconds."""


def ids(letter: str, n: int, what: str) -> Vocabulary:
    """``n`` ids in order: u000, u001, ..."""
    return Vocabulary.of(pl.Series([f"{letter}{i:03d}" for i in range(n)], dtype=pl.String), what)


def behaviour(
    events: list[tuple[int, int, float, float]], *, n_users: int, n_items: int
) -> Histories:
    """Purchases by (user, item, day, weight), in any order."""
    rows = sorted(events, key=lambda event: (event[0], event[2]))
    counts = np.bincount([row[0] for row in rows], minlength=n_users)
    return Histories(
        users=ids("u", n_users, "user"),
        items=ids("i", n_items, "item"),
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        item=np.array([row[1] for row in rows], dtype=np.int32),
        kind=np.full(len(rows), KINDS.index(Kind.PURCHASE), dtype=np.int8),
        at=np.array([int(row[2] * DAY) for row in rows], dtype=np.int64),
        weight=np.array([row[3] for row in rows], dtype=np.float32),
    )


def checkerboard(n: int = 16) -> Histories:
    """User u likes every item of the same parity but item u: the withheld diagonal.

    The test of the package implicit (tests/recommender_base_test.py): whoever reads tastes must
    recommend item u to user u before everything else that the user has not seen.
    """
    events = [
        (user, item, float(item), 1.0)
        for user in range(n)
        for item in range(user % 2, n, 2)
        if item != user
    ]
    return behaviour(events, n_users=n, n_items=n)


def split(
    before: list[tuple[int, int, float]],
    after: list[tuple[int, int, float]],
    *,
    n_users: int,
    n_items: int,
    cut_day: int = 100,
) -> Split:
    """Purchases (user, item, day) before the cut, and those to be foretold."""
    events = [(user, item, day, 1.0) for user, item, day in [*before, *after]]
    seen = behaviour(events, n_users=n_users, n_items=n_items)
    return split_by_time(seen, cut=cut_day * DAY, end=(cut_day + 1000) * DAY)
