"""How well the towers foretell each user's last item, beside the numbers of the literature.

    python -m benchmarks.towers_accuracy ml-1m DATA/ml-1m/interactions_ordered.parquet \
        --set encoder=transformer n_heads=1 max_length=200 batch_events=25600 \
        --state STATE --out benchmarks/results/ml1m_transformer.json

The last item of each user is the test, the one before it the validation; all items are ranked,
those the user had are left out. A model learns from what stands before the validation item; for the
test its history also has the validation item, as in SASRec (Kang and McAuley 2018).

Training goes on from --state where it was left: a stopped run loses an epoch at most. Every epoch
is a line of what is printed and of the result; --epochs is how far to go today (0 only judges the
best model so far), and the step sizes are planned for the ``epochs`` of the settings. Data: ``ml-1m`` is a table of user_id, item_id and
order; ``lines`` is one line a user, the user and then items in order (Amazon Beauty as most papers
use it).
"""

import argparse
import json
import os
import platform
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.settings import changed
from clvcore.features.attributes import Attributes
from clvcore.features.histories import KINDS, Histories
from clvcore.features.split import Split, split_last_out
from clvcore.features.vocabulary import Vocabulary
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.scorers import EmbeddingScorer
from clvcore.ranking.top_n import top_n
from clvcore.ranking.watch import Watch
from clvcore.runs.checkpoints import Checkpoints
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.encode import embeddings
from clvcore.towers.lesson import Lesson
from clvcore.towers.model import Model
from clvcore.towers.store import n_parameters
from clvcore.towers.train import fit

K = 10
STAGE = "towers"
PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "polars")


def ml_1m(path: Path) -> pl.DataFrame:
    """(user, item) in the order of each user's events."""
    frame = pl.read_parquet(path).sort("user_id", "order", maintain_order=True)
    return frame.select(
        user=pl.col("user_id").cast(pl.String), item=pl.col("item_id").cast(pl.String)
    )


def lines(path: Path) -> pl.DataFrame:
    """(user, item) of a file with one line a user."""
    rows = [line.split() for line in path.read_text().splitlines()]
    return pl.DataFrame(
        {
            "user": [row[0] for row in rows for _ in row[1:]],
            "item": [item for row in rows for item in row[1:]],
        }
    )


READERS = {"ml-1m": ml_1m, "lines": lines}


def histories(frame: pl.DataFrame) -> Histories:
    """Likes in the order of the rows; when they happened is not known."""
    users, items = Vocabulary.of(frame["user"], "user"), Vocabulary.of(frame["item"], "item")
    owner = users.numbers(frame["user"])
    order = np.argsort(owner, kind="stable")
    counts = np.bincount(owner, minlength=len(users))
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Histories(
        users=users,
        items=items,
        start=start,
        item=items.numbers(frame["item"])[order],
        kind=np.full(len(order), KINDS.index("play"), np.int8),
        at=np.arange(len(order), dtype=np.int64) - np.repeat(start[:-1], counts),
        weight=np.ones(len(order), np.float32),
    )


def nothing_known(rows: int) -> Attributes:
    """No attributes at all."""
    none = np.zeros((rows, 0), np.float32)
    return Attributes(np.zeros((rows, 1), np.int32), (), none, (), (), (), none)


def judged(model: Model, lesson: Lesson, split: Split) -> dict[str, float]:
    """HR@10 and NDCG@10 over all users of a split, with their standard errors."""
    vectors = embeddings(model, lesson, split.past)
    users = split.targets.user
    best = top_n(
        vectors.users[users],
        vectors.items,
        K,
        similarity=vectors.similarity,
        seen=ItemLists(split.past.start, split.past.item).take(users),
    )
    hit = best.items == split.targets.item[split.targets.start[:-1]][:, None]
    gain = (hit / np.log2(np.arange(K) + 2)).sum(1)
    spread = np.sqrt(len(users))
    return {
        "hr@10": float(hit.any(1).mean()),
        "hr@10_se": float(hit.any(1).std() / spread),
        "ndcg@10": float(gain.mean()),
        "ndcg@10_se": float(gain.std() / spread),
        "users": len(users),
    }


def machine() -> dict[str, Any]:
    """What it ran on."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = {line.split(":")[1].strip() for line in text.splitlines() if "model name" in line}
    return {
        "cpu": ", ".join(sorted(names)) or platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def run(options: argparse.Namespace) -> None:
    """Train from where the state stands, and judge the best model so far."""
    seen = histories(READERS[options.data](options.path))
    tower, train = changed(TowerConfig(), TrainConfig(), options.set)
    valid, test = split_last_out(seen, judged="validation"), split_last_out(seen)
    items, users = nothing_known(len(seen.items)), nothing_known(len(seen.users))
    lesson = Lesson(valid.past, items, users)
    watch = Watch.of(valid, rng=np.random.default_rng(0))
    log = options.state.with_suffix(".epochs.json")
    epochs = json.loads(log.read_text()) if log.exists() else []

    def judge(model: Model) -> dict[str, float]:
        scorer = EmbeddingScorer(embeddings(model, lesson, valid.past))
        return {"ndcg@10": watch.ndcg(scorer, k=K)}

    checkpoints = Checkpoints(options.state)
    resume = checkpoints.latest(STAGE)
    wall, cpu = time.perf_counter(), time.process_time()
    best: Model | None = None
    for progress in fit(
        lesson, tower, train, judge=judge, stop_after=options.epochs, resume=resume
    ):
        if not progress.info.metrics or progress.best is None:
            continue
        best = progress.best
        if epochs and epochs[-1]["epoch"] >= progress.info.epoch:
            continue  # told before it went on
        now_wall, now_cpu = time.perf_counter(), time.process_time()
        epochs.append(
            {
                "epoch": progress.info.epoch,
                "loss": round(progress.info.loss, 4),
                "validation_ndcg@10": round(progress.info.metrics["ndcg@10"], 5),
                "temperature": round(temperature(progress.best), 4),
                "wall_s": round(now_wall - wall, 1),
                "cpu_s": round(now_cpu - cpu, 1),
            }
        )
        wall, cpu = now_wall, now_cpu
        print(json.dumps(epochs[-1]), flush=True)
        checkpoints.save(STAGE, progress.standing)
        log.write_text(json.dumps(epochs))
    if best is None:
        raise SystemExit("nothing was trained: --epochs is 0 and there is no checkpoint")
    record(options, (tower, train), epochs, best, judged(best, lesson, test))


def temperature(model: Model) -> float:
    """The learned temperature."""
    return float(model.towers().temperature)


def record(
    options: argparse.Namespace,
    config: tuple[TowerConfig, TrainConfig],
    epochs: list[dict[str, Any]],
    best: Model,
    reached: dict[str, float],
) -> None:
    """Print what was reached, and write it down with all that it came from."""
    result = {
        "data": options.data,
        "protocol": "last item out, all items ranked, items the user had left out",
        "test": reached,
        "best_epoch": max(epochs, key=lambda e: e["validation_ndcg@10"])["epoch"],
        "wall_s": round(sum(e["wall_s"] for e in epochs), 1),
        "cpu_s": round(sum(e["cpu_s"] for e in epochs), 1),
        "parameters": n_parameters(best),
        "tower": asdict(config[0]),
        "train": asdict(config[1]),
        "machine": machine(),
        "epochs": epochs,
    }
    print(json.dumps({name: result[name] for name in ("test", "best_epoch", "wall_s", "cpu_s")}))
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1) + "\n")


def parsed() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", choices=list(READERS))
    parser.add_argument("path", type=Path)
    parser.add_argument("--set", nargs="*", default=[], help="settings as name=value")
    parser.add_argument(
        "--state", type=Path, required=True, help="folder in which training is kept"
    )
    parser.add_argument("--epochs", type=int, help="stop after this epoch")
    parser.add_argument("--out", type=Path, help="file of the result")
    return parser.parse_args()


if __name__ == "__main__":
    run(parsed())
