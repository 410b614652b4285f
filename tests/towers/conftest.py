"""A small world in which the next item follows from the last one."""

import numpy as np
import polars as pl
import pytest

from clvcore.features.attributes import Attributes
from clvcore.features.histories import KINDS, Histories
from clvcore.features.vocabulary import Vocabulary
from clvcore.towers.lesson import Lesson

USERS, ITEMS, EVENTS = 200, 30, 9
HOUR = 3_600_000_000


def chain() -> Histories:
    """Every user walks round the items three at a time, from a place of her own."""
    first = np.random.default_rng(7).integers(0, ITEMS, USERS)
    item = (first[:, None] + 3 * np.arange(EVENTS)) % ITEMS
    return Histories(
        users=Vocabulary(pl.Series([f"u{i:03}" for i in range(USERS)]), "user"),
        items=Vocabulary(pl.Series([f"i{i:03}" for i in range(ITEMS)])),
        start=np.arange(USERS + 1, dtype=np.int64) * EVENTS,
        item=item.astype(np.int32).ravel(),
        kind=np.full(USERS * EVENTS, KINDS.index("purchase"), np.int8),
        at=np.tile(np.arange(EVENTS, dtype=np.int64) * HOUR, USERS),
        weight=np.ones(USERS * EVENTS, np.float32),
    )


def nothing_known(rows: int) -> Attributes:
    return Attributes(
        tokens=np.zeros((rows, 1), np.int32),
        terms=(),
        numbers=np.zeros((rows, 0), np.float32),
        number_names=(),
        centre=(),
        spread=(),
        vectors=np.zeros((rows, 0), np.float32),
    )


@pytest.fixture(scope="session")
def whole() -> Histories:
    return chain()


@pytest.fixture(scope="session")
def lesson(whole) -> Lesson:
    """All but each user's last event."""
    past = whole.before((EVENTS - 1) * HOUR)
    return Lesson(past, nothing_known(ITEMS), nothing_known(USERS))
