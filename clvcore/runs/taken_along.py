"""A finished run to be taken along: towers that others can call, and vectors as a table."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import jax
import numpy as np
import polars as pl
from safetensors.numpy import save_file

from clvcore import __version__
from clvcore import columns as col
from clvcore.errors import ConfigError
from clvcore.features.attributes import Attributes
from clvcore.features.histories import KINDS, LIKING
from clvcore.messages import say
from clvcore.runs.durable import make_whole
from clvcore.runs.finished import FinishedRun
from clvcore.runs.manifest import files_in, seal
from clvcore.towers.batches import sequences
from clvcore.towers.encode import raw_items
from clvcore.towers.export import PLATFORMS, Exported, exported

ITEM_TOWER, USER_TOWER = "item_tower.jax", "user_tower.jax"
Side = Literal["users", "items"]


def export_towers(done: FinishedRun, folder: Path) -> None:
    """Write both towers, what they take in, and a README that shows how they are called.

    Raises:
        ConfigError: the folder is there already, or cannot be written to.
    """
    if folder.exists():
        raise ConfigError(say("runs.export.there", folder=folder))
    try:
        make_whole(folder.absolute(), lambda draft: _write(done, draft))
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigError(say("runs.export.cannot", folder=folder, why=why)) from error


def vectors_frame(done: FinishedRun, side: Side) -> pl.DataFrame:
    """One row a user or item in the order of ids: its id, then ``vector_1``, ``vector_2`` ..."""
    own = done.embeddings
    ids, vectors = (own.user_ids, own.users) if side == "users" else (own.item_ids, own.items)
    name = col.USER if side == "users" else col.ITEM
    columns = {f"vector_{i + 1}": vectors[:, i] for i in range(vectors.shape[1])}
    return pl.DataFrame({name: ids.ids, **columns})


def _write(done: FinishedRun, folder: Path) -> None:
    model, lesson = done.model(), done.lesson
    towers = exported(model, lesson, timed=sequences(lesson.seen).timed)
    (folder / ITEM_TOWER).write_bytes(towers.item_tower)
    (folder / USER_TOWER).write_bytes(towers.user_tower)
    items = _arrays(lesson.items) | {
        "seen": lesson.seen_items(),
        "raw": np.asarray(raw_items(model, lesson)),
    }
    save_file(items, folder / "items.safetensors")
    save_file(_arrays(lesson.users), folder / "users.safetensors")
    vocabularies = {
        "items": done.embeddings.item_ids.ids.to_list(),
        "users": done.embeddings.user_ids.ids.to_list(),
        "kinds": list(KINDS),
        "item_tokens": ["", *lesson.items.terms],
        "user_tokens": ["", *lesson.users.terms],
    }
    _json(folder / "vocabularies.json", vocabularies)
    _json(folder / "towers.json", _description(done, towers))
    readme = say(
        "runs.export.readme",
        run=done.run.run_id,
        data=done.config["dataset"]["name"],
        version=__version__,
        similarity=done.embeddings.similarity,
        length=model.config.max_length,
    )
    (folder / "README.md").write_text(f"{readme}\n", "utf-8")
    seal(folder, files_in(folder))


def _description(done: FinishedRun, towers: Exported) -> dict[str, Any]:
    lesson = done.lesson
    return {
        "run_id": done.run.run_id,
        "dataset": done.config["dataset"]["id"],
        "tower": asdict(done.model().config),
        "similarity": done.embeddings.similarity,
        "temperature": done.embeddings.temperature,
        "jax": jax.__version__,
        "platforms": list(PLATFORMS),
        "item_tower": {"file": ITEM_TOWER, "inputs": _told(towers.item_inputs)},
        "user_tower": {"file": USER_TOWER, "inputs": _told(towers.user_inputs)},
        "liking": {kind.value: liking for kind, liking in LIKING.items()},
        "numbers": {"items": _numbers(lesson.items), "users": _numbers(lesson.users)},
    }


def _told(inputs: dict[str, jax.ShapeDtypeStruct]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "shape": [one if isinstance(one, int) else str(one) for one in given.shape],
            "dtype": str(given.dtype),
        }
        for name, given in inputs.items()
    ]


def _numbers(about: Attributes) -> list[dict[str, Any]]:
    """How a number becomes an input: (sign(x) log(1 + |x|) - centre) / spread, 0 where unknown."""
    rows = zip(about.number_names, about.centre, about.spread, strict=True)
    return [{"name": name, "centre": centre, "spread": spread} for name, centre, spread in rows]


def _arrays(about: Attributes) -> dict[str, np.ndarray]:
    return {
        "tokens": np.ascontiguousarray(about.tokens),
        # a matrix without columns comes in any type
        "numbers": np.ascontiguousarray(about.numbers, np.float32),
        "vectors": np.ascontiguousarray(about.vectors, np.float32),
    }


def _json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=1), "utf-8")
