"""What is stored comes back, and what is damaged is refused."""

import jax
import numpy as np
import pytest
from safetensors.numpy import load, save

from clvcore.errors import RunError
from clvcore.towers.config import TowerConfig
from clvcore.towers.encode import embeddings, encode_users, raw_items
from clvcore.towers.model import initialised
from clvcore.towers.store import (
    LATER,
    embeddings_bytes,
    embeddings_from,
    model_bytes,
    model_from,
    n_parameters,
)

CONFIG = TowerConfig(embedding_size=16, n_blocks=1, max_length=8)


def test_a_model_comes_back_bit_for_bit(lesson):
    model = initialised(lesson, CONFIG, seed=3)
    again = model_from(model_bytes(model), lesson, CONFIG)
    pairs = zip(jax.tree.leaves(model.params), jax.tree.leaves(again.params), strict=True)
    assert all((a == b).all() for a, b in pairs)
    assert n_parameters(again) == sum(leaf.size for leaf in jax.tree.leaves(model.params))


def test_embeddings_come_back_with_how_they_are_compared(lesson):
    vectors = embeddings(initialised(lesson, CONFIG, seed=3), lesson, lesson.seen)
    again = embeddings_from(embeddings_bytes(vectors), vectors.user_ids, vectors.item_ids)
    assert (again.users == vectors.users).all()
    assert (again.items == vectors.items).all()
    assert (again.similarity, again.temperature) == ("cosine", vectors.temperature)
    assert np.allclose(np.linalg.norm(again.items, axis=1), 1, atol=1e-3)


def test_bytes_that_are_no_model_are_refused(lesson):
    with pytest.raises(RunError, match="cannot be read"):
        model_from(b"not a model", lesson, CONFIG)


def test_a_model_of_another_configuration_is_refused(lesson):
    stored = model_bytes(initialised(lesson, CONFIG, seed=3))
    other = TowerConfig(embedding_size=32, n_blocks=1, max_length=8)
    with pytest.raises(RunError, match="does not fit"):
        model_from(stored, lesson, other)


def test_a_model_of_before_a_parameter_was_added_says_what_it_said(lesson):
    model = initialised(lesson, CONFIG, seed=3)
    older = {name: leaf for name, leaf in load(model_bytes(model)).items() if name not in LATER}
    again = model_from(save(older), lesson, CONFIG)
    some = np.array([3, 1], np.int32)
    vectors = [
        encode_users(one, lesson, raw_items(one, lesson), lesson.seen, some)
        for one in (model, again)
    ]
    assert (vectors[0] == vectors[1]).all()
