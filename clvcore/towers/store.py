"""Models and embeddings as bytes, without anything in them that can run."""

import json

import jax
import numpy as np
from jaxtyping import PyTree
from safetensors import SafetensorError
from safetensors.numpy import load, save

from clvcore.errors import RunError
from clvcore.features.vocabulary import Vocabulary
from clvcore.messages import say
from clvcore.towers.config import TowerConfig
from clvcore.towers.encode import Embeddings
from clvcore.towers.lesson import Lesson
from clvcore.towers.model import Model, initialised

LATER = frozenset({"extent"})
"""Parameters that models of earlier versions do not have; they begin at zero, which changes nothing."""


def model_bytes(model: Model) -> bytes:
    """The parameters in the safetensors format, each under its path in the module."""
    return save({name: np.asarray(leaf) for name, leaf in _named(model.params).items()})


def model_from(data: bytes, lesson: Lesson, config: TowerConfig) -> Model:
    """The model whose parameters these are.

    Raises:
        RunError: the bytes are damaged, or are not of a model of this configuration and data.
    """
    blank = initialised(lesson, config, seed=0)
    stored = _loaded(data)
    wanted = _named(blank.params)
    for name in LATER & wanted.keys() - stored.keys():
        stored[name] = np.asarray(wanted[name])
    wrong = [
        name
        for name in sorted(wanted.keys() | stored.keys())
        if name not in stored or name not in wanted or stored[name].shape != wanted[name].shape
    ]
    if wrong:
        raise RunError(say("towers.other_model", name=wrong[0]))
    leaves, tree = jax.tree.flatten_with_path(blank.params)
    return Model(
        config,
        blank.graph,
        jax.tree.unflatten(tree, [jax.numpy.asarray(stored[_name(path)]) for path, _ in leaves]),
    )


def embeddings_bytes(vectors: Embeddings) -> bytes:
    """Vectors in the safetensors format; the ids are those of the data set, in its order."""
    facts = {"similarity": vectors.similarity, "temperature": vectors.temperature}
    return save(
        {"users": vectors.users, "items": vectors.items},
        metadata={"facts": json.dumps(facts)},
    )


def embeddings_from(data: bytes, users: Vocabulary, items: Vocabulary) -> Embeddings:
    """The embeddings of these users and items.

    Raises:
        RunError: the bytes are damaged, or are not of these users and items.
    """
    stored = _loaded(data)
    if len(stored["users"]) != len(users) or len(stored["items"]) != len(items):
        raise RunError(say("towers.other_model", name="users, items"))
    length = int.from_bytes(data[:8], "little")  # a safetensors file begins with its header
    facts = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["facts"])
    return Embeddings(
        users=stored["users"],
        items=stored["items"],
        user_ids=users,
        item_ids=items,
        similarity=facts["similarity"],
        temperature=facts["temperature"],
    )


def n_parameters(model: Model) -> int:
    """How many numbers the model has learned."""
    return sum(leaf.size for leaf in jax.tree.leaves(model.params))


def _loaded(data: bytes) -> dict[str, np.ndarray]:
    try:
        return load(data)
    except SafetensorError as error:
        raise RunError(say("towers.damaged", reason=str(error))) from error


def _named(params: PyTree) -> dict[str, jax.Array]:
    return {_name(path): leaf for path, leaf in jax.tree.leaves_with_path(params)}


def _name(path: tuple) -> str:
    # some versions of flax end the path of a variable with its field
    return jax.tree_util.keystr(path, simple=True, separator=".").removesuffix(".value")
