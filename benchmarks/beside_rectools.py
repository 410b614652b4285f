"""The two-tower model beside RecTools' SASRec with categories, split by time, on MovieLens.

    uv run python -m benchmarks.beside_rectools FOLDER   # ratings.csv and movies.csv of MovieLens
    uv run python -m benchmarks.beside_rectools FOLDER --peer /path/to/python

Both learn from the same events before the same moment and are judged by the same code on the same
users: items new to the user, all items ranked. RecTools learns in an environment of its own, which
uv makes from the package index, or in that of ``--peer``; it is given the genres as a category
feature. Both choose how long to train on a validation period and are trained anew up to the test;
RecTools chooses among the numbers of epochs below, and whether to learn from all ratings or from the
liked ones only. An item that occurs in no event before the test cannot be ranked by RecTools; how
often such items stand in the first 50 of who took them is told of both.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Float32, Int

from benchmarks.learning import learned
from benchmarks.settings import changed
from benchmarks.time_split import dataset_of
from clvcore import columns as col
from clvcore.features.histories import Histories
from clvcore.features.split import Split
from clvcore.ranking.each import Each, each_of, gap
from clvcore.ranking.evaluate import Protocol, ranked_lists, taken_items
from clvcore.ranking.interval import percentile_interval, resampled_means
from clvcore.ranking.scorers import EmbeddingScorer, Scorer
from clvcore.runs.material import Material
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.presets import preset

RESULTS = Path(__file__).parent / "results"
PEER = Path(__file__).parent / "peers" / "rectools_sasrec.py"
PACKAGE = "rectools[torch]==0.19.0"
EPOCHS = (5, 10, 20, 30, 40, 60)
LISTED = 50
SETTINGS = {
    "n_factors": 64,
    "n_blocks": 2,
    "n_heads": 1,
    "dropout_rate": 0.2,
    "session_max_len": 100,
    "loss": "softmax",
    "lr": 1e-3,
    "batch_size": 128,
}
"""As the literature sets it for MovieLens; the length is what most users have."""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """A `Scorer` that knows of each user only an ordered list of items."""

    lists: Int[np.ndarray, "users places"]
    """Numbers of items, the best first; -1 where a list is shorter."""
    n_items: int

    def scores(self, users: Int[np.ndarray, " batch"], /) -> Float32[np.ndarray, "batch items"]:
        """The greater the sooner an item is listed, and zero for all others."""
        chosen = self.lists[users]
        scores = np.zeros((len(users), self.n_items), np.float32)
        row, place = np.nonzero(chosen >= 0)
        scores[row, chosen[row, place]] = LISTED - place
        return scores


def peer_lists(
    split: Split, material: Material, *, liked: bool, epochs: Sequence[int], peer: str | None
) -> tuple[dict[int, Listed], float]:
    """What RecTools lists after each number of epochs, and the seconds that all of it took."""
    past = split.past.where(split.past.weight > 0) if liked else split.past
    with TemporaryDirectory() as name:
        folder = Path(name)
        written(folder, past, split, material)
        plan = {"epochs": list(epochs), "n": LISTED, "seed": 0, "settings": SETTINGS}
        (folder / "plan.json").write_text(json.dumps(plan))
        began = time.perf_counter()
        ran = subprocess.run(
            [*python_of(peer), str(PEER), name],
            check=False,
            capture_output=True,
            text=True,
            env={key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"},
        )
        if ran.returncode:
            raise SystemExit(ran.stderr[-2000:])
        took = time.perf_counter() - began
        lists = pl.read_csv(folder / "lists.csv").filter(pl.col("rank") <= LISTED)
    shape = (len(past.users), LISTED)
    found = {}
    for (n,), part in lists.group_by("epochs"):
        table = np.full(shape, -1, np.int32)
        table[part["user"].to_numpy(), part["rank"].to_numpy() - 1] = part["item"].to_numpy()
        found[int(n)] = Listed(table, len(past.items))
    return found, took


def written(folder: Path, past: Histories, split: Split, material: Material) -> None:
    """What the peer reads; users and items go by their numbers."""
    pl.DataFrame({"user": past.user, "item": past.item, "at": past.at}).write_csv(
        folder / "interactions.csv"
    )
    pl.DataFrame({"user": split.targets.user}).write_csv(folder / "users.csv")
    items = material.dataset.items
    number = pl.Series("item", past.items.numbers(items[col.ITEM]))
    column = col.TAGS if col.TAGS in items.columns else col.CATEGORY
    categories = items.select(pl.col(column).alias("category")).insert_column(0, number)
    if column == col.TAGS:
        categories = categories.explode("category")
    categories.drop_nulls().write_csv(folder / "categories.csv")


def python_of(peer: str | None) -> list[str]:
    """How to start the peer's Python."""
    if peer:
        return [peer]
    return ["uv", "run", "-q", "--no-project", "--python", "3.11", "--with", PACKAGE, "python"]


def of_peer(material: Material, peer: str | None) -> tuple[Scorer, dict[str, Any]]:
    """RecTools at its best on the validation period, trained anew up to the test."""
    tried: dict[str, float] = {}
    best, seconds = (-1.0, False, 0), 0.0
    for liked in (False, True):
        found, took = peer_lists(material.valid, material, liked=liked, epochs=EPOCHS, peer=peer)
        seconds += took
        for epochs, scorer in sorted(found.items()):
            reached = ndcg_of(each_of(scorer, material.valid))
            tried[f"{'liked' if liked else 'all'}, {epochs} epochs"] = round(reached, 4)
            best = max(best, (reached, liked, epochs))
        print(f"RecTools, validation NDCG@10: {tried}", flush=True)
    _, liked, epochs = best
    found, took = peer_lists(material.test, material, liked=liked, epochs=[epochs], peer=peer)
    facts = {"settings": SETTINGS, "validation": tried, "liked_only": liked, "epochs": epochs}
    return found[epochs], {**facts, "search_s": round(seconds, 1), "final_s": round(took, 1)}


def of_towers(
    material: Material, tower: TowerConfig, train: TrainConfig
) -> tuple[Scorer, dict[str, Any]]:
    """The two-tower model as ``clv train`` makes it."""
    began = time.perf_counter()
    model = learned(material, tower, train, rng=np.random.default_rng(train.seed))
    took = round(time.perf_counter() - began, 1)
    reached = ndcg_of(each_of(EmbeddingScorer(model.searched), material.valid))
    facts = {"tower": asdict(tower), "train": asdict(train), "epochs": model.epochs}
    return EmbeddingScorer(model.final), {**facts, "validation": round(reached, 4), "took_s": took}


def ndcg_of(each: Each) -> float:
    """Mean NDCG@10 on items new to the user."""
    return float(each.users.filter(protocol=Protocol.NEW.value)["ndcg"].mean())  # ty: ignore[invalid-argument-type] # a column of floats


def unmet_found(scorer: Scorer, split: Split) -> list[float]:
    """Share of what users took of items nobody had met that their first 50 hold, with its interval."""
    lists = ranked_lists({"it": scorer}, split, split.targets.user, LISTED, None)
    taken, rows = taken_items(split, Protocol.NEW)
    met = np.bincount(split.past.item, minlength=len(split.past.items)) > 0
    unmet = ~met[taken.item]
    owner = taken.rows()
    there = (lists[Protocol.NEW]["it"][rows][owner] == taken.item[:, None]).any(axis=1)
    wanted = np.bincount(owner, unmet, minlength=len(taken))
    own = np.stack([np.bincount(owner, unmet & there, minlength=len(taken)), wanted], axis=1)
    own = own[wanted > 0]
    drawn = resampled_means(own, np.random.default_rng(0))
    mean = own[:, 0].sum() / own[:, 1].sum()
    return [round(x, 4) for x in percentile_interval(mean, drawn[:, 0] / drawn[:, 1])]


def row_of(models: Mapping[str, tuple[Scorer, dict[str, Any]]], split: Split) -> dict[str, Any]:
    """What both came to on the test."""
    ours, theirs = (each_of(scorer, split) for scorer, _ in models.values())
    apart = gap(ours, theirs, np.random.default_rng(0))
    if apart is None:
        message = "the two judged other users"
        raise RuntimeError(message)
    taken, _ = taken_items(split, Protocol.NEW)
    met = np.bincount(split.past.item, minlength=len(split.past.items)) > 0
    return {
        "users": ours.users.filter(protocol=Protocol.NEW.value).height,
        "targets": len(taken.item),
        "targets_nobody_had_met": int((~met[taken.item]).sum()),
        "items_nobody_had_met": int((~met).sum()),
        "models": {
            name: {
                "ndcg@10": round(ndcg_of(each), 4),
                "unmet_found_in_50": unmet_found(scorer, split),
                **facts,
            }
            for (name, (scorer, facts)), each in zip(models.items(), (ours, theirs), strict=True)
        },
        "apart": [round(x, 4) for x in apart.interval],
        "p": round(apart.p, 4),
    }


def main() -> None:
    """Train both, and keep what they came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--set", nargs="*", default=[], help="settings of the towers as name=value")
    parser.add_argument("--peer", default=None, help="Python that has RecTools")
    asked = parser.parse_args()
    tower, train = changed(*preset(asked.preset), asked.set)
    material = Material.of(dataset_of(asked.folder))
    models = {
        "two_tower": of_towers(material, tower, replace(train, seed=0)),
        "rectools_sasrec": of_peer(material, asked.peer),
    }
    name = Path(asked.folder).name
    row: dict[str, Any] = {
        "command": f"python -m benchmarks.beside_rectools {name} --preset {asked.preset}"
        + (f" --set {' '.join(asked.set)}" if asked.set else ""),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}",
        "versions": {one: version(one) for one in ("jax", "flax", "optax", "polars", "numpy")},
        "peer": PACKAGE,
        "day": datetime.now(UTC).date().isoformat(),
        **row_of(models, material.test),
    }
    file = RESULTS / f"beside_rectools_{name}.json"
    file.write_text(json.dumps(row, indent=1) + "\n", "utf-8")
    for model, one in row["models"].items():
        found = "{:.3f} ({:.3f} to {:.3f})".format(*one["unmet_found_in_50"])
        print(f"{model:<16} NDCG@10 {one['ndcg@10']:.4f}   unmet items found in 50: {found}")
    print("apart {:+.4f} ({:+.4f} to {:+.4f}), p {}".format(*row["apart"], row["p"]))


if __name__ == "__main__":
    main()
