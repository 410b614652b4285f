"""Vectors of items and of users, also of new ones: nothing is trained again."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Float32, Int, PyTree

from clvcore.features.attributes import Attributes
from clvcore.features.histories import Histories
from clvcore.features.vocabulary import Vocabulary
from clvcore.towers.batches import (
    buckets,
    latest_windows,
    padded,
    sequences,
    serving_sizes,
    some,
)
from clvcore.towers.config import Similarity, TowerConfig
from clvcore.towers.known import Known
from clvcore.towers.lesson import Lesson
from clvcore.towers.losses import prepared
from clvcore.towers.model import Behaviour, Model

BLOCK = 256
"""Users that are encoded in one call: static, so that there is one program a length."""


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """Vectors of all users and all items in one space, ready to be compared."""

    users: Float32[np.ndarray, "users dim"]
    items: Float32[np.ndarray, "items dim"]
    user_ids: Vocabulary
    item_ids: Vocabulary
    similarity: Similarity
    """How two vectors are compared; for the cosine all have length one."""
    temperature: float
    """Similarity over temperature is a logit of the model's softmax."""


def embeddings(model: Model, lesson: Lesson, seen: Histories) -> Embeddings:
    """Vectors of all users after their histories ``seen``, and of all items.

    ``lesson`` is what the model learned from: only items of it are placed by their id too.
    """
    raw = raw_items(model, lesson)
    users = encode_users(model, lesson, raw, seen, np.arange(len(seen.users), dtype=np.int32))
    return Embeddings(
        users=users,
        items=np.asarray(prepared(raw, model.config.similarity)),
        user_ids=seen.users,
        item_ids=seen.items,
        similarity=model.config.similarity,
        temperature=float(model.towers().temperature),
    )


def raw_items(model: Model, lesson: Lesson) -> Float[Array, "items dim"]:
    """Vectors of all items as the user tower reads them, before they are prepared to compare."""
    known = Known.of(lesson.items, lesson.seen_items())
    return _items(model.params, known, graph=model.graph)


def new_item_vectors(model: Model, about: Attributes) -> Float32[np.ndarray, "rows dim"]:
    """Prepared vectors of items that the model never saw, by what is known of them alone."""
    known = Known.of(about, np.zeros(len(about.tokens), bool))
    raw = _items(model.params, known, graph=model.graph)
    return np.asarray(prepared(raw, model.config.similarity))


def encode_users(
    model: Model,
    lesson: Lesson,
    raw: Float[Array, "items dim"],
    seen: Histories,
    users: Int[np.ndarray, " some"],
    *,
    at_once: int = BLOCK,
) -> Float32[np.ndarray, "some dim"]:
    """Prepared vectors of ``users`` after their histories; by attributes alone where empty.

    ``at_once`` users go into one call.
    """
    events = sequences(seen)
    windows = latest_windows(events, users, model.config.max_length)
    known = Known.of(lesson.users, np.ones(lesson.users.tokens.shape[0], bool))
    out = np.zeros((len(users), model.config.embedding_size), np.float32)
    for length, members in buckets(windows, serving_sizes(model.config.max_length)):
        for i in range(0, len(members), at_once):
            rows = members[i : i + at_once]
            block = some(windows, rows, at_once)
            vectors = _users(
                model.params,
                padded(events, block, length).behaviour,
                (block.last - block.first).astype(np.int32),
                raw,
                known,
                graph=model.graph,
                config=model.config,
            )
            out[rows] = np.asarray(vectors)[: len(rows)]
    return out


@partial(jax.jit, static_argnames="graph")
def _items(params: PyTree, known: Known, *, graph: nnx.GraphDef) -> Float[Array, "items dim"]:
    return nnx.merge(graph, params).items(jnp.arange(known.seen.shape[0]), known)


@partial(jax.jit, static_argnames=("graph", "config"))
def _users(
    params: PyTree,
    behaviour: Behaviour,
    n_events: Int[Array | np.ndarray, " batch"],
    raw: Float[Array, "items dim"],
    known: Known,
    *,
    graph: nnx.GraphDef,
    config: TowerConfig,
) -> Float[Array, "batch dim"]:
    states = nnx.merge(graph, params).users(behaviour, raw, known)
    latest = jnp.take_along_axis(states, jnp.asarray(n_events)[:, None, None], axis=1)[:, 0]
    return prepared(latest, config.similarity)
