"""Somebody new is placed at once, and where the batch would place them."""

import numpy as np
import polars as pl
import pytest

from clvcore import columns as col
from clvcore.runs.finished import finished
from clvcore.towers.encode import encode_users, new_item_vectors, raw_items


@pytest.fixture(scope="module")
def served(done, workspace):
    return finished(workspace, done.run_id)


@pytest.fixture(scope="module")
def service(served):
    return served.service()


def events_of(served, user):
    return served.material.dataset.events.filter(pl.col(col.USER) == user).drop_nulls(col.ITEM)


def test_a_user_of_the_data_is_placed_by_hand_where_the_batch_placed_them(served, service):
    lengths = np.diff(served.material.seen.start)
    for number in (int(lengths.argmax()), int(lengths.argmin()), 0, 1):
        user = served.embeddings.user_ids.term(number)
        vector = service.user_vector(events_of(served, user), user=user)
        np.testing.assert_allclose(vector, served.embeddings.users[number], atol=1e-5)


def test_somebody_new_is_placed_as_somebody_alike_and_offered_what_is_new(served, service):
    lengths = np.diff(served.material.seen.start)
    user = served.embeddings.user_ids.term(int(lengths.argmax()))
    events = events_of(served, user)
    about = served.material.dataset.users.filter(pl.col(col.USER) == user)
    known = service.user_vector(events, user=user)
    np.testing.assert_allclose(service.user_vector(events, about=about), known, atol=1e-5)
    wanted = service.recommend(events, n=5, about=about)
    assert wanted["rank"].to_list() == [1, 2, 3, 4, 5]
    assert not set(wanted[col.ITEM]) & set(events[col.ITEM])
    assert wanted["similarity"].is_sorted(descending=True)
    fewer = service.user_vector(events.head(1), about=about)
    assert np.abs(fewer - known).max() > 1e-3


def test_nobody_without_a_history_or_a_word_is_still_somewhere(service):
    empty = service.dataset.events.clear()
    assert np.isclose(np.linalg.norm(service.user_vector(empty)), 1, atol=1e-3)
    assert service.recommend(empty, n=3).height == 3


def test_a_new_item_is_placed_where_its_attributes_place_it(served, service):
    rows = served.material.dataset.items
    lesson = served.lesson
    whole = new_item_vectors(service.model, lesson.items)
    for number in (0, 7):
        item = served.embeddings.item_ids.term(number)
        vector = service.item_vector(rows.filter(pl.col(col.ITEM) == item))
        np.testing.assert_allclose(vector, whole[number], atol=1e-5)
    unknown = service.item_vector(pl.DataFrame({col.TITLE: ["no such words"]}))
    assert np.isfinite(unknown).all()


def test_one_at_a_time_is_the_same_as_many(served):
    model, lesson, seen = served.model(), served.lesson, served.material.seen
    users = np.arange(3, dtype=np.int32)
    raw = raw_items(model, lesson)
    single = encode_users(model, lesson, raw, seen, users, at_once=1)
    np.testing.assert_allclose(single, served.embeddings.users[users], atol=1e-5)
