"""Taking again is learned apart from similarity, and leaves the order of new items alone."""

import numpy as np
import polars as pl
import pytest

from clvcore.columns import Kind
from clvcore.features.histories import KINDS, Histories
from clvcore.features.split import split_by_time
from clvcore.features.vocabulary import Vocabulary
from clvcore.ranking.again import DAY, FEATURES, Again, WithRepeats, fit_again, pairs_of
from clvcore.ranking.scorers import EmbeddingScorer
from clvcore.towers.encode import Embeddings

USERS, ITEMS = 60, 20


def world(*, loyal: bool) -> Histories:
    """Each user buys two items; later either the first of them again, or an item never had."""
    user = np.repeat(np.arange(USERS), 3)
    first = np.arange(USERS) % 10
    later = first if loyal else first + 10
    item = np.stack([first, (first + 1) % 10, later], axis=1).ravel()
    return Histories(
        users=Vocabulary(pl.Series([f"u{i:03}" for i in range(USERS)]), "user"),
        items=Vocabulary(pl.Series([f"i{i:03}" for i in range(ITEMS)])),
        start=np.arange(USERS + 1, dtype=np.int64) * 3,
        item=item.astype(np.int32),
        kind=np.full(len(user), KINDS.index("purchase"), np.int8),
        at=np.tile(np.array([0, 1, 30]) * DAY, USERS),
        weight=np.ones(len(user), np.float32),
    )


def vectors(seen: Histories) -> Embeddings:
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(USERS, 8)), rng.normal(size=(ITEMS, 8))
    return Embeddings(
        users=(users / np.linalg.norm(users, axis=1, keepdims=True)).astype(np.float32),
        items=(items / np.linalg.norm(items, axis=1, keepdims=True)).astype(np.float32),
        user_ids=seen.users,
        item_ids=seen.items,
        similarity="cosine",
        temperature=0.2,
    )


def scored(*, loyal: bool) -> tuple[np.ndarray, np.ndarray, Histories]:
    seen = world(loyal=loyal)
    split = split_by_time(seen, cut=10 * DAY, end=31 * DAY)
    made = vectors(seen)
    again = fit_again(made, split, rng=np.random.default_rng(0))
    scorer = WithRepeats(made, again, split.past, split.cut, split.goal)
    users = np.arange(USERS)
    return scorer.scores(users), EmbeddingScorer(made).scores(users), split.past


def test_where_everybody_comes_back_what_a_user_had_comes_first():
    scores, _, past = scored(loyal=True)
    had = [past.item[past.start[u] : past.start[u + 1]] for u in range(USERS)]
    top = scores.argmax(axis=1)
    assert np.mean([top[u] in had[u] for u in range(USERS)]) > 0.95


def test_where_nobody_comes_back_similarity_alone_decides():
    scores, similarity, _ = scored(loyal=False)
    assert np.allclose(scores, similarity / 0.2, rtol=1e-5)


def test_the_order_of_items_a_user_never_had_is_that_of_similarity():
    scores, similarity, past = scored(loyal=True)
    for user in range(USERS):
        new = np.setdiff1d(np.arange(ITEMS), past.item[past.start[user] : past.start[user + 1]])
        assert (np.argsort(scores[user, new]) == np.argsort(similarity[user, new])).all()


def test_features_tell_how_often_and_how_recently():
    seen = world(loyal=True)
    pairs = pairs_of(seen, np.array([3, 0]), now=31 * DAY, goal=Kind.PURCHASE)
    assert pairs.start.tolist() == [0, 2, 4]
    assert pairs.item.tolist() == [3, 4, 0, 1]
    told = dict(zip(FEATURES, pairs.features[0], strict=False))
    assert told["log times taken"] == pytest.approx(np.log(1 + 2))
    assert told["log days since taken"] == pytest.approx(np.log(1 + 1))
    assert told["log liking, fading"] == pytest.approx(
        np.log(2 ** (-31 / 60) + 2 ** (-1 / 60) + 0.01), rel=1e-5
    )


def test_never_mind_changes_nothing():
    seen = world(loyal=True)
    made = vectors(seen)
    plain = WithRepeats(made, Again.never_mind(), seen, 31 * DAY, Kind.PURCHASE)
    users = np.arange(5)
    assert np.allclose(plain.scores(users), EmbeddingScorer(made).scores(users) / 0.2)
