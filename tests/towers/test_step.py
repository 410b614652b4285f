"""One step: what it does not depend on, and what happens where there is hardly anything."""

from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from clvcore.towers.batches import Window, padded, sequences, training_windows
from clvcore.towers.config import Encoder, Loss, TowerConfig, TrainConfig
from clvcore.towers.known import Known
from clvcore.towers.model import initialised
from clvcore.towers.negatives import Drawing, taken_share, with_rows
from clvcore.towers.step import Objective, batch_loss, first_state, settled, train_step
from clvcore.towers.table import narrowed

CONFIG = TowerConfig(embedding_size=16, n_blocks=1, max_length=8, id_dropout=0.0)


def slope(lesson, config, train, batch, drawing=None, key=None):
    """Loss of a batch and its gradient; without a key without dropout."""
    model = initialised(lesson, config, seed=0)
    seen = lesson.seen_items()
    objective = Objective.of(train, config.similarity, int(seen.sum()))
    share = taken_share(sequences(lesson.seen), len(seen))
    moved, rows = with_rows(
        batch,
        drawing or Drawing.of(train, objective.loss, share, seen),
        rng=np.random.default_rng(0),
    )
    items = Known.of(lesson.items, lesson.seen_items())
    users = Known.of(lesson.users, np.ones(len(lesson.seen.users), bool))

    def loss(params):
        towers = replace(model, params=params).towers()
        return batch_loss(towers, moved, rows, items, users, objective=objective, key=key)

    params = narrowed(model.params, rows.touched) if len(rows.touched) else model.params
    return jax.jit(jax.value_and_grad(loss))(params)


def whole_batch(lesson, length=8):
    events = sequences(lesson.seen)
    return padded(events, training_windows(events, 8), length)


@pytest.mark.parametrize("loss", get_args(Loss))
def test_padding_changes_neither_a_loss_nor_its_slope(lesson, loss):
    train = TrainConfig(loss=loss, n_negatives=8)
    short, wide = (slope(lesson, CONFIG, train, whole_batch(lesson, n)) for n in (8, 16))
    for a, b in zip(jax.tree.leaves(short), jax.tree.leaves(wide), strict=True):
        assert np.allclose(a, b, atol=1e-5)


@pytest.fixture(scope="module")
def trained(lesson):
    """The same thirty steps, each on a few items: over rows that it touches, and over all rows."""
    train = TrainConfig(loss="sampled_softmax", n_negatives=2)
    model, seen = initialised(lesson, CONFIG, seed=0), lesson.seen_items()
    objective = Objective.of(train, CONFIG.similarity, int(seen.sum()))
    drawing = Drawing.of(train, objective.loss, np.ones(len(seen), np.float32), seen)
    events, rng = sequences(lesson.seen), np.random.default_rng(0)
    windows = training_windows(events, 4)
    step = partial(
        train_step,
        items=Known.of(lesson.items, seen),
        users=Known.of(lesson.users, np.ones(len(lesson.seen.users), bool)),
        step_size=np.float32(0.01),
        graph=model.graph,
        objective=objective,
        weight_decay=train.weight_decay,
    )
    first = first_state(model, train, "full_softmax")
    sparse, dense = (
        jax.tree.map(jnp.copy, one) for one in (first_state(model, train, "sampled_softmax"), first)
    )
    tables, touched = [ids_of(first)], []
    for at in rng.integers(0, len(windows.user), 30):
        few = padded(events, Window(*(part[at : at + 1] for part in windows)), 4)
        moved, rows = with_rows(few, drawing, rng=rng)
        touched.append(rows.touched)
        sparse, loss = step(sparse, moved, rows)
        tables.append(ids_of(sparse))
        place = np.concatenate([rows.items, rows.negatives])
        dense, same = step(dense, moved, rows._replace(place=place))
        assert np.isclose(loss, same, rtol=5e-3)
    return sparse, dense, tables, touched


def ids_of(state):
    return np.array(state.params["item_tower"]["ids"][...])


def test_a_step_with_drawn_items_moves_no_row_that_it_does_not_touch(trained):
    _, _, tables, touched = trained
    for (before, after), rows in zip(pairwise(tables), touched, strict=True):
        moved = np.flatnonzero(np.any(before != after, axis=1))
        assert 0 < len(moved) < len(before)
        assert set(moved) <= set(rows)


def test_what_rows_have_missed_is_made_up_for_as_if_every_step_had_moved_all_of_them(trained):
    sparse, dense, tables, _ = trained
    assert np.any(np.asarray(sparse.upto) < 30)
    level = settled(
        jax.tree.map(jnp.copy, sparse), np.float32(0.01), weight_decay=TrainConfig().weight_decay
    )
    assert np.all(np.asarray(level.upto) == 30)
    own, whole = ids_of(level), ids_of(dense)
    assert np.abs(own - whole).max() < 0.02 * np.abs(whole - tables[0]).max()
    for a, b in zip(*(jax.tree.leaves(one.optimizer) for one in (level, dense)), strict=True):
        assert np.allclose(a, b, rtol=0.02, atol=1e-4)


@pytest.mark.parametrize("encoder", get_args(Encoder))
def test_half_precision_tells_nearly_the_same_and_keeps_the_weights_whole(lesson, encoder):
    config, batch = replace(CONFIG, encoder=encoder), whole_batch(lesson)
    (exact, slopes), (half, rough) = (
        slope(lesson, config, TrainConfig(precision=precision), batch)
        for precision in ("float32", "bfloat16")
    )
    assert exact != half
    assert np.isclose(exact, half, rtol=0.01)
    for a, b in zip(jax.tree.leaves(slopes), jax.tree.leaves(rough), strict=True):
        assert b.dtype == np.float32
        assert np.linalg.norm(a - b) <= 0.1 * np.linalg.norm(a) + 1e-4


def test_evenly_drawn_items_and_those_of_the_batch_are_expected_as_often_as_they_come():
    share = np.array([0.5, 0.3, 0.2, 0.0], np.float32)
    seen = np.ones(4, bool)
    drawing = Drawing.of(TrainConfig(n_negatives=8), "mixed_softmax", share, seen)
    assert np.allclose(drawing.expected(np.arange(4)), 4 / 4 + 4 * share)
    even = Drawing.of(TrainConfig(n_negatives=8), "gbce", share, seen)
    assert np.allclose(even.expected(np.arange(4)), 8 / 4)


def test_an_item_that_nobody_has_met_is_told_apart_from_nothing(lesson):
    """Were it a negative at every step, its words would put it far from everybody."""
    unmet = len(lesson.seen.items) // 2
    seen = np.arange(len(lesson.seen.items)) != unmet
    batch = whole_batch(lesson)
    kept = batch._replace(
        behaviour=batch.behaviour._replace(
            item=np.where(batch.behaviour.item == unmet, 0, batch.behaviour.item)
        ),
        target=np.where(batch.target == unmet, 0, batch.target),
    )
    share = np.full(len(seen), 1 / len(seen), np.float32)
    rng = np.random.default_rng(0)
    moved, rows = with_rows(kept, Drawing.of(TrainConfig(), "full_softmax", share, seen), rng=rng)
    assert unmet not in rows.items
    assert np.array_equal(rows.items[moved.target], kept.target)
    assert np.array_equal(rows.items[moved.behaviour.item], kept.behaviour.item)
    even = Drawing.of(TrainConfig(n_negatives=4096), "gbce", share, seen)
    assert set(with_rows(kept, even, rng=rng)[1].negatives) == set(np.flatnonzero(seen))


@pytest.mark.parametrize("which", ["input_dropout", "item_dropout"])
def test_a_further_dropout_is_of_training_only_and_only_where_it_is_asked_for(lesson, which):
    still = replace(CONFIG, dropout=0.0)
    config, batch = replace(still, **{which: 0.5}), whole_batch(lesson)
    (plain, _), (served, _) = (slope(lesson, one, TrainConfig(), batch) for one in (still, config))
    first, again, other = (
        slope(lesson, config, TrainConfig(), batch, key=jax.random.key(seed))[0]
        for seed in (0, 0, 1)
    )
    undropped, _ = slope(lesson, still, TrainConfig(), batch, key=jax.random.key(0))
    assert served == plain
    assert first == again
    assert abs(first - other) > 1e-4
    assert np.allclose(undropped, plain, atol=1e-5)
