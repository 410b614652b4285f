"""A model learns what follows, stops in time, and is the same again from the same seed."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from clvcore.errors import FitError, RunError
from clvcore.features.vocabulary import Vocabulary
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.encode import embeddings, encode_users, raw_items
from clvcore.towers.lesson import Lesson
from clvcore.towers.losses import similarities
from clvcore.towers.standing import kept
from clvcore.towers.train import LAST_SHARE, fit, step_sizes

SMALL = {"embedding_size": 16, "n_blocks": 1, "max_length": 8, "dropout": 0.0, "id_dropout": 0.0}
SHORT = TrainConfig(epochs=20, patience=20, batch_events=400, learning_rate=1e-2, n_negatives=15)


def rank_of_truth(model, lesson, whole):
    """Share of users whose next item comes first."""
    vectors = embeddings(model, lesson, lesson.seen)
    scores = similarities(
        jnp.asarray(vectors.users), jnp.asarray(vectors.items), vectors.similarity
    )
    truth = whole.item[whole.start[1:] - 1]
    return {"ndcg@10": float((np.asarray(scores).argmax(1) == truth).mean())}


def trained(lesson, whole, config, train):
    for progress in fit(lesson, config, train, judge=lambda m: rank_of_truth(m, lesson, whole)):
        last = progress
    return last


@pytest.mark.parametrize(
    ("encoder", "similarity", "loss"),
    [
        ("transformer", "cosine", "full_softmax"),
        ("cnn", "euclidean", "sampled_softmax"),
        ("gru", "dot", "full_softmax"),
        ("gru", "cosine", "mixed_softmax"),
        ("transformer", "cosine", "gbce"),
        ("cnn", "cosine", "bpr"),
    ],
)
def test_every_encoder_similarity_and_loss_learns_what_follows(
    lesson, whole, encoder, similarity, loss
):
    config = TowerConfig(encoder=encoder, similarity=similarity, **SMALL)
    train = TrainConfig(
        epochs=20, patience=20, batch_events=400, learning_rate=1e-2, n_negatives=15, loss=loss
    )
    progress = trained(lesson, whole, config, train)
    assert rank_of_truth(progress.best, lesson, whole)["ndcg@10"] > 0.95


def test_the_same_seed_gives_the_same_model_bit_for_bit_and_another_seed_another(lesson, whole):
    config = TowerConfig(**{**SMALL, "dropout": 0.2, "id_dropout": 0.1})

    def run(seed):
        train = TrainConfig(epochs=2, batch_events=400, seed=seed)
        return jax.tree.leaves(trained(lesson, whole, config, train).best.params)

    once, twice, other = run(1), run(1), run(2)
    assert all((a == b).all() for a, b in zip(once, twice, strict=True))
    assert any((a != b).any() for a, b in zip(once, other, strict=True))


def test_a_training_that_was_left_goes_on_as_if_it_had_not_been(lesson, whole):
    config = TowerConfig(**{**SMALL, "dropout": 0.2})
    train = TrainConfig(epochs=3, batch_events=400)

    def judge(model):
        return rank_of_truth(model, lesson, whole)

    at_once = trained(lesson, whole, config, train)
    *_, half = fit(lesson, config, train, judge=judge, stop_after=1)
    stored = kept(half.standing)
    *_, rest = fit(lesson, config, train, judge=judge, resume=stored)
    assert rest.info.step == at_once.info.step
    assert rest.best_epoch == at_once.best_epoch
    pairs = zip(
        jax.tree.leaves(rest.standing.state.params),
        jax.tree.leaves(at_once.standing.state.params),
        strict=True,
    )
    assert all((a == b).all() for a, b in pairs)
    other = TowerConfig(**{**SMALL, "embedding_size": 32})
    with pytest.raises(RunError, match="other settings or other data"):
        next(fit(lesson, other, train, judge=judge, resume=stored))


def test_training_stops_when_it_no_longer_pays_and_keeps_the_best(lesson):
    scores = iter([0.1, 0.3, 0.2, 0.2, 0.9])
    train = TrainConfig(epochs=20, patience=2, batch_events=400)
    judged = {}

    def judge(model):
        judged[len(judged) + 1] = model
        return {"ndcg@10": next(scores)}

    *_, last = fit(lesson, TowerConfig(**SMALL), train, judge=judge)
    assert last.info.epoch == 4
    assert last.best_epoch == 2
    kept, second = jax.tree.leaves(last.best.params), jax.tree.leaves(judged[2].params)
    assert all((a == b).all() for a, b in zip(kept, second, strict=True))


def test_without_a_judge_training_goes_on_to_the_epoch_it_was_told(lesson):
    train = TrainConfig(epochs=20, patience=2, batch_events=400)
    *_, last = fit(lesson, TowerConfig(**SMALL), train, judge=None, stop_after=3)
    assert (last.info.epoch, last.best_epoch) == (3, 3)
    assert last.info.step == last.info.total_steps


def test_a_loss_that_is_no_number_ends_in_one_sentence(lesson, whole):
    train = TrainConfig(epochs=3, batch_events=400, learning_rate=1.0, warmup_steps=0)
    broken = Lesson(whole, lesson.items, lesson.users)
    broken.seen.weight[:] = np.inf
    try:
        with pytest.raises(FitError, match="Choose a lower learning rate than 1"):
            list(fit(broken, TowerConfig(**SMALL), train, judge=lambda _: {"ndcg@10": 0.0}))
    finally:
        whole.weight[:] = 1


def test_nobody_with_two_events_is_nothing_to_learn_from(lesson, whole):
    single = whole.before(1)
    with pytest.raises(FitError, match="nothing to learn from"):
        list(
            fit(
                Lesson(single, lesson.items, lesson.users), TowerConfig(), SHORT, judge=lambda _: {}
            )
        )


def test_a_user_is_encoded_alone_as_among_all_and_a_new_event_moves_her(lesson, whole):
    progress = trained(lesson, whole, TowerConfig(**SMALL), TrainConfig(epochs=1, batch_events=400))
    model, raw = progress.best, raw_items(progress.best, lesson)
    all_users = embeddings(model, lesson, lesson.seen).users
    some = np.array([17, 3], np.int32)
    alone = encode_users(model, lesson, raw, lesson.seen, some)
    assert np.allclose(alone, all_users[some], atol=1e-6)
    moved = encode_users(model, lesson, raw, whole, some)
    assert np.abs(moved - alone).max() > 1e-3


def test_where_there_is_nothing_to_learn_one_sentence_says_so(lesson):
    train = TrainConfig(epochs=1, batch_events=400)

    def learn_from(seen):
        few = Lesson(seen, lesson.items, lesson.users)
        next(fit(few, TowerConfig(**SMALL), train, judge=None))

    one_each = lesson.seen.where(np.isin(np.arange(len(lesson.seen.item)), lesson.seen.start[:-1]))
    for too_little in (one_each, lesson.seen.before(0)):
        with pytest.raises(FitError, match="No user has two events with items"):
            learn_from(too_little)
    single = replace(
        lesson.seen,
        items=Vocabulary(lesson.seen.items.ids[:1]),
        item=np.zeros_like(lesson.seen.item),
    )
    with pytest.raises(FitError, match="only one item"):
        learn_from(single)


def test_a_user_without_events_is_placed_by_attributes_and_spoils_nothing(lesson):
    empty = lesson.seen.where(lesson.seen.user != 5)
    train = TrainConfig(epochs=1, batch_events=400)
    lacking = Lesson(empty, lesson.items, lesson.users)
    *_, last = fit(lacking, TowerConfig(**SMALL), train, judge=None)
    vectors = embeddings(last.best, lacking, empty).users
    assert np.isfinite(vectors).all()
    assert np.isclose(np.linalg.norm(vectors[5]), 1, atol=1e-3)


def test_a_step_size_that_falls_late_is_constant_for_nine_tenths_of_the_way_and_then_falls():
    config = TrainConfig(schedule="late_decay", learning_rate=1e-3, warmup_steps=10)
    size = step_sizes(config, 1000)
    assert [float(size(step)) for step in (10, 500, 899)] == pytest.approx([1e-3] * 3)
    assert float(size(950)) == pytest.approx(0.5 * (1 + LAST_SHARE) * 1e-3)
    assert float(size(1000)) == pytest.approx(LAST_SHARE * 1e-3)
