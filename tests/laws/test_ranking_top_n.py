"""Whatever the vectors, masks and lengths: the lists are those of sorting the whole catalogue."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clvcore.ranking.lists import ItemLists
from clvcore.ranking.top_n import NOBODY, top_n, top_n_of_scores

LENGTHS = st.sampled_from([1, 10])
CATALOGUES = st.sampled_from([7, 129, 2000])
SIMILARITIES = st.sampled_from(["cosine", "euclidean", "dot"])


def sorted_catalogue(scores, n, seen, allowed):
    """The definition: mask, then sort by (score descending, item ascending)."""
    masked = np.where(allowed, scores, -np.inf)
    for user, items in enumerate(seen):
        masked[user, items] = -np.inf
    order = np.argsort(-masked, axis=1, kind="stable")[:, :n]
    values = np.take_along_axis(masked, order, axis=1)
    missing = ((0, 0), (0, n - order.shape[1]))
    order = np.pad(np.where(np.isneginf(values), NOBODY, order), missing, constant_values=NOBODY)
    return order, np.pad(values, missing, constant_values=-np.inf)


def masks(rng, n_users, n_items):
    """Seen lists from none to all, and a catalogue that is in part closed."""
    shares = rng.choice([0.0, 0.1, 1.0], n_users)
    seen = [np.flatnonzero(rng.random(n_items) < share) for share in shares]
    return seen, rng.random(n_items) < rng.choice([0.02, 0.5, 1.0])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), CATALOGUES, LENGTHS)
def test_lists_of_scores_equal_sorting_everything_with_ties_and_masks(seed, n_items, n):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-3, 4, (5, n_items)).astype(np.float32) * rng.choice([-1.0, 1.0])
    seen, allowed = masks(rng, 5, n_items)
    found = top_n_of_scores(scores, n, seen=ItemLists.of(seen), allowed=allowed)
    items, values = sorted_catalogue(scores, n, seen, allowed)
    np.testing.assert_array_equal(found.items, items)
    np.testing.assert_array_equal(found.similarity, values)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), CATALOGUES, LENGTHS, SIMILARITIES)
def test_lists_of_vectors_equal_sorting_the_exact_similarities(seed, n_items, n, similarity):
    """Whole numbers, so that float32 is exact; for cosine each vector is one axis times a number."""
    rng = np.random.default_rng(seed)
    users, items = rng.integers(-3, 4, (5, 6)), rng.integers(-3, 4, (n_items, 6))
    if similarity == "cosine":
        users = np.eye(6, dtype=int)[rng.integers(0, 6, 5)] * rng.choice([-2, 1], (5, 1))
        items = np.eye(6, dtype=int)[rng.integers(0, 6, n_items)] * rng.choice([-4, 0, 1])
        exact = np.sign(users @ items.T)
    elif similarity == "euclidean":
        exact = -((users[:, None, :] - items[None, :, :]) ** 2).sum(axis=2)
    else:
        exact = users @ items.T
    seen, allowed = masks(rng, 5, n_items)
    found = top_n(
        users.astype(np.float32),
        items.astype(np.float32),
        n,
        similarity=similarity,
        seen=ItemLists.of(seen),
        allowed=allowed,
    )
    expected, values = sorted_catalogue(exact.astype(float), n, seen, allowed)
    np.testing.assert_array_equal(found.items, expected)
    np.testing.assert_array_equal(found.similarity, values)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), SIMILARITIES)
def test_lists_are_sorted_unique_and_never_hold_a_seen_item(seed, similarity):
    rng = np.random.default_rng(seed)
    users, items = rng.standard_normal((5, 8)), rng.standard_normal((700, 8))
    seen, allowed = masks(rng, 5, 700)
    found = top_n(users, items, 10, similarity=similarity, seen=ItemLists.of(seen), allowed=allowed)
    for user in range(5):
        listed = found.items[user][found.items[user] != NOBODY]
        values = found.similarity[user, : len(listed)]
        assert (np.diff(values) <= 0).all()
        assert len(np.unique(listed)) == len(listed)
        assert not set(listed) & set(seen[user])
        assert allowed[listed].all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_one_user_alone_gets_the_list_that_a_batch_gives(seed):
    rng = np.random.default_rng(seed)
    users, items = rng.standard_normal((5, 8)), rng.standard_normal((700, 8))
    batch = top_n(users, items, 10)
    alone = top_n(users[3:4], items, 10)
    np.testing.assert_allclose(alone.similarity[0], batch.similarity[3], rtol=1e-5)
    np.testing.assert_array_equal(alone.items[0], batch.items[3])
