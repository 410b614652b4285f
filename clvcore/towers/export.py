"""Both towers as StableHLO with their parameters inside: whoever has JAX can call them, without us."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import export
from jaxtyping import Array, Float

from clvcore.towers.known import Known
from clvcore.towers.lesson import Lesson
from clvcore.towers.losses import prepared
from clvcore.towers.model import Behaviour, Model

PLATFORMS = ("cpu", "cuda")


class Exported(NamedTuple):
    """Both towers, serialised by `jax.export`, and what each takes in."""

    item_tower: bytes
    user_tower: bytes
    item_inputs: dict[str, jax.ShapeDtypeStruct]
    """In the order of the arguments; a dimension that is not a number may be any."""
    user_inputs: dict[str, jax.ShapeDtypeStruct]


def exported(model: Model, lesson: Lesson, *, timed: bool) -> Exported:
    """The towers of a model, in float32.

    The item tower gives two matrices: vectors as the user tower reads them, and vectors as they are
    compared. The user tower reads the former of all items, and gives vectors as they are compared.

    Args:
        model: the towers.
        lesson: what it learned from, for the shapes of what is known of items and users.
        timed: whether it learned from times, and not only from the order of events.
    """
    towers, similarity = model.towers(), model.config.similarity

    def item_tower(
        item: Array, tokens: Array, numbers: Array, vectors: Array, seen: Array
    ) -> tuple[Float[Array, "rows dim"], Float[Array, "rows dim"]]:
        raw = towers.items(item, Known(tokens, numbers, vectors, seen))
        return raw, prepared(raw, similarity)

    def user_tower(**given: Array) -> Float[Array, "batch dim"]:
        n_events = given["n_events"]
        rows = jnp.arange(n_events.shape[0])
        known = Known(given["tokens"], given["numbers"], given["vectors"], rows >= 0)
        behaviour = Behaviour(
            item=given["item"],
            kind=given["kind"],
            weight=given["weight"],
            extent=given.get("extent"),
            at=given.get("at"),
            user=rows,
        )
        states = towers.users(behaviour, given["items"], known)
        latest = jnp.take_along_axis(states, n_events[:, None, None], axis=1)[:, 0]
        return prepared(latest, similarity)

    items, users = _item_inputs(lesson), _user_inputs(model, lesson, timed=timed)
    return Exported(
        bytes(export.export(jax.jit(item_tower), platforms=PLATFORMS)(*items.values()).serialize()),
        bytes(export.export(jax.jit(user_tower), platforms=PLATFORMS)(**users).serialize()),
        items,
        users,
    )


def _item_inputs(lesson: Lesson) -> dict[str, jax.ShapeDtypeStruct]:
    (rows,) = export.symbolic_shape("items")
    about = lesson.items
    return {
        "item": _array((rows,), jnp.int32),
        **_known((rows,), about),
        "seen": _array((rows,), jnp.bool_),
    }


def _user_inputs(model: Model, lesson: Lesson, *, timed: bool) -> dict[str, jax.ShapeDtypeStruct]:
    batch, items = export.symbolic_shape("users, items")
    rows = (batch, model.config.max_length)
    inputs = {
        "item": _array(rows, jnp.int32),
        "kind": _array(rows, jnp.int32),
        "weight": _array(rows, jnp.float32),
        "extent": _array(rows, jnp.float32),
        "at": _array(rows, jnp.int32),
        "n_events": _array((batch,), jnp.int32),
        "items": _array((items, model.config.embedding_size), jnp.float32),
        **_known((batch,), lesson.users),
    }
    left_out = {"extent"} if lesson.seen.extent is None else set()
    left_out |= set() if timed else {"at"}
    return {name: shape for name, shape in inputs.items() if name not in left_out}


def _known(rows: tuple[Any, ...], about: Any) -> dict[str, jax.ShapeDtypeStruct]:
    return {
        "tokens": _array((*rows, about.tokens.shape[1]), jnp.int32),
        "numbers": _array((*rows, about.numbers.shape[1]), jnp.float32),
        "vectors": _array((*rows, about.vectors.shape[1]), jnp.float32),
    }


def _array(shape: tuple[Any, ...], kind: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, kind)
