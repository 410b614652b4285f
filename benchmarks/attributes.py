"""What each kind of attribute of items pays, and whether items that nobody has seen yet are found.

    python -m benchmarks.attributes [--data storefront stream] [--worlds 2] [--preset quick]

A tenth of the items, drawn by the seed, is made cold: whatever was done with them before the test
period is taken away, so that no model has seen them, and only what is known of an item can place it.
The model learns with all kinds of attributes, with none, with each kind alone, and with all but one;
each as ``clv train`` does it (how long is found on the validation period, then it learns anew). Told
are NDCG@10 on items new to the user, paired by user, and the share of what users took of the cold
items that stands in their first 50; beside it the best rule without attributes: the baselines, or
chance. ``world-N`` is the storefront with other tastes, drawn by that number, ``stream-N`` the stream.

What was learned stands in the folder of work and is not learned again: a run may be broken off.
"""

import argparse
import json
import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Bool, Float32, Int

from benchmarks.learning import learned
from clvcore import columns as col
from clvcore.data import sample
from clvcore.data.dataset import Dataset
from clvcore.data.worlds import STOREFRONT, STREAM, Prior, simulate, write
from clvcore.features.attributes import item_attributes, user_attributes
from clvcore.features.histories import histories
from clvcore.features.split import Split, split_by_time, time_cuts
from clvcore.ranking.baselines import fit_baselines
from clvcore.ranking.each import Each, each_of, gap
from clvcore.ranking.evaluate import Protocol, ranked_lists, taken_items
from clvcore.ranking.interval import percentile_interval, resampled_means
from clvcore.ranking.scorers import EmbeddingScorer, Scorer
from clvcore.runs.material import Material
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.presets import preset

RESULTS = Path(__file__).parent / "results"
KINDS: dict[str, tuple[str, ...]] = {
    "category": (col.CATEGORY,),
    "tags": (col.TAGS,),
    "text": (col.TITLE, col.TEXT),
    "price": (col.PRICE,),
    "vectors": (col.VECTOR,),
}
"""Columns of each kind; further columns of a data set stay with ``all`` and ``without``."""
COLD = 0.1
NEAR = 50
ALL, NONE = "all", "none"
UNKNOWN = -1
"""Beginning of an item of which nobody knows since when it is there: before any."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A data set whose cold items nobody has touched before the test."""

    data: Dataset
    valid: Split
    test: Split
    cuts: Any
    cold: Bool[np.ndarray, " items"]


def dataset_of(name: str) -> Dataset:
    """A sample by its name, or a drawn world: ``world-3`` of the storefront, ``stream-3``."""
    if name in sample.names():
        return sample.load(name).dataset
    like, _, number = name.partition("-")
    seed = int(number)
    params = Prior(STREAM if like == "stream" else STOREFRONT).draw(np.random.default_rng(seed))
    with TemporaryDirectory() as folder:
        write(simulate(params, seed=seed), Path(folder) / name, seed=seed)
        return sample.from_folder(Path(folder) / name).dataset


def world_of(data: Dataset, *, seed: int) -> World:
    """The world with a tenth of its items made cold."""
    whole = histories(data)
    cuts = time_cuts(data, whole)
    cold = np.random.default_rng(seed).random(len(whole.items)) < COLD
    gone = whole.items.terms(np.flatnonzero(cold))
    test_begins = pl.lit(cuts.test).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    touched = pl.col(col.ITEM).is_in(gone.to_list()).fill_null(value=False)
    kept = data.events.filter(~touched | (pl.col(col.AT) >= test_begins))
    data = replace(data, events=kept)
    seen = histories(data)
    valid = split_by_time(seen, cut=cuts.valid, end=cuts.test)
    return World(data, valid, split_by_time(seen, cut=cuts.test, end=cuts.end), cuts, cold)


def variants(data: Dataset) -> Iterator[tuple[str, Dataset]]:
    """The data set with all, no, single and all but single kinds of attributes."""
    there = {
        kind: [name for name in columns if name in data.items.columns and data.items[name].count()]
        for kind, columns in KINDS.items()
    }
    there = {kind: columns for kind, columns in there.items() if columns}
    further = col.attributes(data.items, col.ITEMS)
    every = [*(name for columns in there.values() for name in columns), *further]
    yield ALL, data
    yield NONE, without(data, every)
    for kind, columns in there.items():
        yield f"only {kind}", without(data, [name for name in every if name not in columns])
    for kind, columns in there.items():
        yield f"without {kind}", without(data, columns)


def without(data: Dataset, columns: list[str]) -> Dataset:
    """The data set with nothing known in these columns of its items."""
    empty = data.items.with_columns(
        pl.lit(None, dtype=data.items.schema[name]).alias(name) for name in columns if name != col.VECTOR
    )  # fmt: skip
    return replace(data, items=empty.drop(name for name in columns if name == col.VECTOR))


def scorer_of(world: World, data: Dataset, tower: TowerConfig, train: TrainConfig) -> Scorer:
    """The model after both of its stages, as it scores at the beginning of the test."""
    seen = world.test.past
    material = Material(
        dataset=data,
        seen=seen,
        cuts=world.cuts,
        valid=world.valid,
        test=world.test,
        items=item_attributes(data, seen.items),
        users=user_attributes(data, seen.users),
    )
    rng = np.random.default_rng(train.seed)
    return EmbeddingScorer(learned(material, tower, train, rng=rng).final)


def cold_found(scorer: Scorer, world: World) -> pl.DataFrame:
    """How many cold items each user took, and how many of these the first 50 hold."""
    users, name = world.test.targets.user, "scorer"
    lists = ranked_lists({name: scorer}, world.test, users, NEAR, None)[Protocol.NEW][name]
    taken, rows = taken_items(world.test, Protocol.NEW)
    is_cold = world.cold[taken.item]
    owner = taken.rows()
    there = (lists[rows][owner] == taken.item[:, None]).any(axis=1)
    wanted = np.bincount(owner, is_cold, minlength=len(taken)).astype(np.int64)
    found = np.bincount(owner, is_cold & there, minlength=len(taken)).astype(np.int64)
    return pl.DataFrame({"user": users[rows], "wanted": wanted, "found": found})


def by_chance(world: World) -> float:
    """Share of cold items that a list of 50 in any order holds of what a user has not had."""
    taken, rows = taken_items(world.test, Protocol.NEW)
    past = world.test.past
    users = world.test.targets.user[rows]
    had = np.array([len(np.unique(past.item[past.start[u] : past.start[u + 1]])) for u in users])
    chance = np.minimum(NEAR / (len(past.items) - had), 1.0)
    wanted = np.bincount(taken.rows(), world.cold[taken.item], minlength=len(taken))
    return float((chance * wanted).sum() / max(wanted.sum(), 1))


def share_of(marks: pl.DataFrame) -> list[float]:
    """Share of cold items found, with its interval over users."""
    own = marks.filter(pl.col("wanted") > 0).select("found", "wanted").to_numpy().astype(np.float64)
    drawn = resampled_means(own, np.random.default_rng(0))
    return [round(x, 4) for x in percentile_interval(own[:, 0].sum() / own[:, 1].sum(), drawn[:, 0] / drawn[:, 1])]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class NewestFirst:
    """The rule of every shop window: what came last comes first, the same for everybody."""

    latest: Float32[np.ndarray, " items"]
    """The greater the later; items of an unknown date come last."""

    @classmethod
    def of(cls, world: World) -> "NewestFirst":
        """The rule at the beginning of the test: what comes later is not there yet."""
        dates = world.data.items.select(col.ITEM, pl.col(col.AVAILABLE).dt.epoch("us"))
        ids = pl.DataFrame({col.ITEM: world.test.past.items.ids})
        known = ids.join(dates, on=col.ITEM, how="left", maintain_order="left")[col.AVAILABLE]
        there = known.filter(known < world.cuts.test)
        begun = pl.when(known < world.cuts.test).then(known - there.min()).otherwise(UNKNOWN)
        latest = pl.select(begun.fill_null(UNKNOWN)).to_series().to_numpy()
        return cls(latest.astype(np.float32))

    def scores(self, users: Int[np.ndarray, " batch"]) -> Float32[np.ndarray, "batch items"]:
        """The same for all."""
        return np.broadcast_to(self.latest, (len(users), len(self.latest)))


class Kept:
    """Marks of one world in the folder of work."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def has(self, name: str) -> bool:
        """Whether both files of a model are there; they are written in this order."""
        return (self.folder / f"{name}.cold.parquet").exists()

    def write(self, name: str, each: Each, cold: pl.DataFrame) -> None:
        """Keep the marks of a model."""
        each.users.write_parquet(self.folder / f"{name}.parquet")
        cold.write_parquet(self.folder / f"{name}.cold.parquet")

    def each(self, name: str) -> Each:
        """What a model came to user by user."""
        return Each(pl.read_parquet(self.folder / f"{name}.parquet"), pl.DataFrame())

    def cold(self, name: str) -> pl.DataFrame:
        """What it found of the cold items."""
        return pl.read_parquet(self.folder / f"{name}.cold.parquet")


def row_of(kept: Kept, models: list[str], baselines: list[str], chance: float) -> dict[str, Any]:
    """All that one world tells so far."""
    table: dict[str, Any] = {}
    for name in models:
        each, row = kept.each(name), {}
        row["ndcg"] = round(float(each.users.filter(protocol=Protocol.NEW.value)["ndcg"].mean()), 4)  # ty: ignore[invalid-argument-type] # a column of floats
        row["cold_found"] = share_of(kept.cold(name))
        kind = name.partition(" ")[2]
        against = ALL if name.startswith("without") else NONE
        if name != against and kept.has(against):
            apart = gap(each, kept.each(against), np.random.default_rng(0))
            if apart is not None:
                sign = (
                    -1 if against == ALL else 1
                )  # what the kind adds, whichever way it was left out
                low, high = sorted(sign * x for x in apart.interval[1:])
                row["pays"] = [round(x, 4) for x in (sign * apart.interval[0], low, high)]
                row["p"] = round(apart.p, 4)
        row["kind"] = kind or name
        table[name] = row
    rules = {name: share_of(kept.cold(name))[0] for name in baselines} | {
        "chance": round(chance, 4)
    }
    best = max(rules, key=rules.__getitem__)
    return {
        "models": table,
        "without_attributes": rules,
        "best_rule": best,
        "times_best_rule": round(table[ALL]["cold_found"][0] / max(rules[best], 1e-9), 2),
        "users": kept.each(ALL).users.filter(protocol=Protocol.NEW.value).height,
        "cold_taken": int(kept.cold(ALL)["wanted"].sum()),
    }


def judged(
    name: str, kept: Kept, tower: TowerConfig, train: TrainConfig
) -> Iterator[dict[str, Any]]:
    """The world's row, after every model that is learned."""
    world = world_of(dataset_of(name), seed=train.seed)
    chance = by_chance(world)
    rules = fit_baselines(world.test.past, rng=np.random.default_rng(train.seed))
    rules = {**rules, "newest": NewestFirst.of(world)}
    for rule, scorer in rules.items():
        if not kept.has(rule):
            kept.write(rule, each_of(scorer, world.test), cold_found(scorer, world))
    done: list[str] = []
    for variant, data in variants(world.data):
        if not kept.has(variant):
            began = time.perf_counter()
            scorer = scorer_of(world, data, tower, train)
            kept.write(variant, each_of(scorer, world.test), cold_found(scorer, world))
            print(f"{name:<12} {variant:<18} {time.perf_counter() - began:5.0f} s", flush=True)
        done.append(variant)
        yield row_of(kept, done, list(rules), chance)


def told(name: str, row: Mapping[str, Any]) -> str:
    """What a world tells, a line a model."""
    best = row["best_rule"]
    found = f"{row['times_best_rule']}x as often as by {best} ({row['without_attributes'][best]})"
    taken = f"{row['cold_taken']} taken by {row['users']} users"
    lines = [f"{name}: cold items found {found}, {taken}"]
    for model, one in row["models"].items():
        pays = "pays {:+.4f} ({:+.4f} to {:+.4f})".format(*one["pays"]) if "pays" in one else ""
        cold = "{:.3f} ({:.3f} to {:.3f})".format(*one["cold_found"])
        lines.append(f"  {model:<18} NDCG@10 {one['ndcg']:.4f}  cold in 50: {cold}  {pays}")
    return "\n".join(lines)


def main() -> None:
    """Learn what is not learned yet, keep the figures after every model, and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="*", default=["storefront", "stream"])
    parser.add_argument("--worlds", type=int, default=2, help="drawn worlds of each")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path(gettempdir()) / "clv-attributes")
    asked = parser.parse_args()
    tower, train = preset(asked.preset)
    train = replace(train, seed=asked.seed)
    drawn = [f"{like}-{n}" for n in range(1, asked.worlds + 1) for like in ("world", "stream")]
    file = RESULTS / f"attributes_{asked.preset}.json"
    done: dict[str, Any] = {
        "command": f"python -m benchmarks.attributes --preset {asked.preset} --seed {asked.seed}",
        "machine": f"{platform.machine()}, {platform.processor() or platform.system()}",
        "versions": {one: version(one) for one in ("jax", "flax", "optax", "polars", "numpy")},
        "day": datetime.now(UTC).date().isoformat(),
        "worlds": json.loads(file.read_text("utf-8"))["worlds"] if file.is_file() else {},
    }
    for name in [*asked.data, *drawn]:
        kept = Kept(asked.work / asked.preset / str(asked.seed) / name)
        for row in judged(name, kept, tower, train):
            done["worlds"][name] = row
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(done, indent=1) + "\n", "utf-8")
        print(told(name, done["worlds"][name]), flush=True)


if __name__ == "__main__":
    main()
