"""The two-tower model beside every baseline, split by time: on samples, on files, on drawn worlds.

    uv run python -m benchmarks.time_split storefront
    uv run python -m benchmarks.time_split FOLDER            # ratings.csv and movies.csv of MovieLens
    uv run python -m benchmarks.time_split worlds --worlds 20

A world is the storefront with other tastes, hazards and channels, drawn from the prior of the
simulator (`clvcore.data.worlds.Prior`) with the seed of its number. Each is learned by the same
preset, as ``clv train`` does it: how long to train is found on a validation period, the model is
then trained anew up to the test period, and all are judged on the same users.

Two questions are asked. Is the model with the repeat term (``two_tower``) at least as good as one's
own history, where everything may be listed? Is the model without it (``similarity``) better than
every baseline on items that are new to their user? What is done stands in the file of results and
is not done again, so a run may be broken off and goes on where it was.
"""

import argparse
import json
import platform
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from benchmarks.learning import learned
from benchmarks.settings import changed
from clvcore.data import sample
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Dataset, Recipe
from clvcore.data.files.read import read
from clvcore.data.worlds import STOREFRONT, Prior, simulate, write
from clvcore.ranking.again import WithRepeats, fit_again
from clvcore.ranking.baselines import MORE_BASELINES, fit_baselines
from clvcore.ranking.evaluate import Protocol, RankingReport, evaluate
from clvcore.ranking.metrics import Metric
from clvcore.ranking.scorers import EmbeddingScorer
from clvcore.runs.material import Material
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.presets import preset

RESULTS = Path(__file__).parent / "results"
MODEL, PLAIN, OWN = "two_tower", "similarity", "own_history"
K = 10
QUESTIONS = ("beats_every_baseline_on_new", "at_least_own_history_on_all")


def dataset_of(name: str) -> Dataset:
    """A sample by its name, a MovieLens folder by its path, or the drawn world ``world-N``."""
    if name.startswith("world-"):
        seed = int(name.removeprefix("world-"))
        params = Prior(STOREFRONT).draw(np.random.default_rng(seed))
        world = simulate(params, seed=seed)
        with TemporaryDirectory() as folder:
            write(world, Path(folder) / name, seed=seed)
            return sample.from_folder(Path(folder) / name).dataset
    if name in sample.names():
        return sample.load(name).dataset
    files = {"events": "ratings.csv", "items": "movies.csv"}
    raws = {
        table: read((Path(name) / file).read_bytes(), table=table, source=file)
        for table, file in files.items()
    }
    return bring_in(raws, Recipe(name=Path(name).name, currency="USD", domain="media")).dataset


def judged(
    dataset: Dataset, tower: TowerConfig, train: TrainConfig, *, more: tuple[str, ...]
) -> tuple[RankingReport, dict[str, Any]]:
    """The report on the test period, and what training took."""
    began = time.perf_counter()
    material = Material.of(dataset)
    test, rng = material.test, np.random.default_rng(train.seed)
    model = learned(material, tower, train, rng=rng)
    again = fit_again(model.searched, material.valid, rng=rng)
    spent = time.perf_counter() - began
    vectors = model.final
    scorers = {
        MODEL: WithRepeats(vectors, again, test.past, material.cuts.test, test.goal),
        PLAIN: EmbeddingScorer(vectors),
        **fit_baselines(test.past, rng=rng, more=more),
    }
    report = evaluate(scorers, test, rng=rng)
    return report, {"epochs": model.epochs, "learning_s": round(spent, 1)}


def row_of(name: str, report: RankingReport, facts: Mapping[str, Any]) -> dict[str, Any]:
    """NDCG@10 and hit rate@10 of all models under both protocols, and the two verdicts."""
    table: dict[str, Any] = {}
    for protocol in Protocol:
        rows = report.metrics.filter(
            (pl.col("protocol") == protocol.value)
            & (pl.col("k") == K)
            & pl.col("metric").is_in([Metric.NDCG.value, Metric.HIT_RATE.value])
        )
        table[protocol.value] = {
            f"{row['model']} {row['metric']}": [row["mean"], row["low"], row["high"]]
            for row in rows.iter_rows(named=True)
        }
    new, everything = table[Protocol.NEW.value], table[Protocol.ALL.value]
    others = {
        key: value[0]
        for key, value in new.items()
        if key.endswith(" ndcg") and not key.startswith((MODEL, PLAIN))
    }
    best = max(others, key=others.__getitem__)
    users = {one.protocol.value: one.judged for one in report.judged}
    return {
        "data": name,
        **facts,
        "users": users,
        "ndcg@10": table,
        "best_baseline_new": best.removesuffix(" ndcg"),
        "beats_every_baseline_on_new": new[f"{PLAIN} ndcg"][0] > others[best],
        "at_least_own_history_on_all": everything[f"{MODEL} ndcg"][0]
        >= everything[f"{OWN} ndcg"][0],
    }


def told(row: Mapping[str, Any]) -> str:
    """One line about a data set."""
    new, every = row["ndcg@10"][Protocol.NEW.value], row["ndcg@10"][Protocol.ALL.value]
    best = row["best_baseline_new"]
    return (
        f"{row['data']:<16} new: similarity {new[f'{PLAIN} ndcg'][0]:.4f}"
        f"  {best} {new[f'{best} ndcg'][0]:.4f}"
        f"  {'won ' if row['beats_every_baseline_on_new'] else 'lost'}"
        f"   all: two_tower {every[f'{MODEL} ndcg'][0]:.4f}  {OWN} {every[f'{OWN} ndcg'][0]:.4f}"
        f"  {'won ' if row['at_least_own_history_on_all'] else 'lost'}"
        f"   {row['epochs']} epochs, {row['learning_s']:.0f} s"
    )


def listed_settings(asked: argparse.Namespace) -> str:
    """What was asked for beside the preset, as on the command line."""
    settings = f" --set {' '.join(asked.set)}" if asked.set else ""
    return settings + (f" --more {' '.join(asked.more)}" if asked.more else "")


def main() -> None:
    """Print a line for every data set, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "data", help="a sample, a folder with ratings.csv and movies.csv, or worlds"
    )
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", nargs="*", default=[], help="settings as name=value")
    parser.add_argument("--more", nargs="*", default=[], choices=MORE_BASELINES)
    parser.add_argument("--results", type=Path, default=None)
    asked = parser.parse_args()
    drawn = [f"world-{number}" for number in range(1, asked.worlds + 1)]
    names = drawn if asked.data == "worlds" else [asked.data]
    label = "worlds" if asked.data == "worlds" else Path(asked.data).name
    file = asked.results or RESULTS / f"time_split_{label}_{asked.preset}.json"
    tower, train = preset(asked.preset)
    tower, train = changed(tower, replace(train, seed=asked.seed), asked.set)
    kept = json.loads(file.read_text("utf-8"))["rows"] if file.is_file() else []
    done: dict[str, Any] = {
        "command": f"python -m benchmarks.time_split {label} --preset {asked.preset}"
        f" --seed {asked.seed}{listed_settings(asked)}",
        "machine": f"{platform.machine()}, {platform.processor() or platform.system()}",
        "versions": {name: version(name) for name in ("jax", "flax", "optax", "polars", "numpy")},
        "day": datetime.now(UTC).date().isoformat(),
        "rows": kept,
    }
    finished = {row["data"] for row in kept}
    for name in names:
        if Path(name).name in finished:
            continue
        report, facts = judged(dataset_of(name), tower, train, more=tuple(asked.more))
        done["rows"].append(row_of(Path(name).name, report, facts))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(done, indent=1) + "\n", "utf-8")
    for row in done["rows"]:
        print(told(row))
    for question in QUESTIONS:
        print(f"{question}: {sum(row[question] for row in done['rows'])} of {len(done['rows'])}")


if __name__ == "__main__":
    main()
