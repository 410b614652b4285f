"""How fast the transformer tower learns beside RecTools' SASRec, on equal work, in one process tree.

    python -m benchmarks.training_speed DATA/ml-1m/interactions_ordered.parquet [--peer PYTHON]

Both learn from the same last 201 events of every user (200 go in, 200 follow), width 64, two blocks,
one head, dropout .2, 128 sequences of full length a step. RecTools runs in an environment of its
own, which uv makes from the package index, or in that of ``--peer``. Every program is a process of
its own; they take turns. Told are medians over the epochs but the first of each process (in which
programs are compiled and memory is warmed), in sequences of a user each second, and peak memory.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl

from benchmarks.beside_rectools import python_of
from benchmarks.towers_accuracy import histories, machine, ml_1m, nothing_known
from clvcore.towers.config import Loss, TowerConfig, TrainConfig
from clvcore.towers.lesson import Lesson
from clvcore.towers.train import fit

PEER = Path(__file__).parent / "peers" / "rectools_speed.py"
LENGTH = 200
BATCH = 128
PEER_SETTINGS = {
    "n_factors": 64, "n_blocks": 2, "n_heads": 1, "dropout_rate": 0.2, "session_max_len": LENGTH,
    "lr": 1e-3, "batch_size": BATCH,
}  # fmt: skip
PEERS = {"full softmax": {"loss": "softmax"}, "256 negatives": {"loss": "sampled_softmax", "n_negatives": 256}}  # fmt: skip
OURS: dict[str, tuple[Loss, int]] = {
    "full softmax": ("full_softmax", 1),
    "256 negatives": ("sampled_softmax", 256),
}


def latest(path: Path) -> pl.DataFrame:
    """The last events of every user: as many as go in, and the one that follows them."""
    return ml_1m(path).group_by("user", maintain_order=True).tail(LENGTH + 1)


def ours(path: Path, which: str, epochs: int) -> dict[str, Any]:
    """Seconds of every epoch, and the peak memory of this process."""
    seen = histories(latest(path))
    loss, n_negatives = OURS[which]
    tower = TowerConfig(n_heads=1, max_length=LENGTH, id_dropout=0.0)
    train = TrainConfig(
        loss=loss, n_negatives=n_negatives, epochs=epochs, batch_events=BATCH * LENGTH
    )
    lesson = Lesson(seen, nothing_known(len(seen.items)), nothing_known(len(seen.users)))
    ends, epoch = [0.0], 0
    for progress in fit(lesson, tower, train, judge=None):
        if progress.best_epoch > epoch:
            epoch = progress.best_epoch
            ends.append(progress.info.elapsed_s)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"epochs_s": np.diff(ends).tolist(), "peak_gib": peak}


def peer(path: Path, which: str, epochs: int, python: str | None) -> dict[str, Any]:
    """The same of RecTools."""
    with tempfile.TemporaryDirectory() as name:
        rows = latest(path).with_columns(at=pl.int_range(pl.len()).over("user"))
        rows.write_csv(Path(name) / "interactions.csv")
        plan = {"epochs": epochs, "settings": PEER_SETTINGS | PEERS[which]}
        (Path(name) / "plan.json").write_text(json.dumps(plan))
        return told([*python_of(python), str(PEER), name])


def told(command: Sequence[str]) -> dict[str, Any]:
    """What a program prints last, as JSON."""
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Print medians and ratios by loss."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("path", type=Path)
    asked.add_argument("--peer")
    asked.add_argument("--epochs", type=int, default=3)
    asked.add_argument("--rounds", type=int, default=2)
    asked.add_argument("--losses", nargs="+", default=list(OURS), choices=list(OURS))
    asked.add_argument("--ours", choices=list(OURS))
    asked.add_argument("--out", type=Path)
    said = asked.parse_args()
    if said.ours:
        print(json.dumps(ours(said.path, said.ours, said.epochs)))
        return
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
    users = latest(said.path)["user"].n_unique()
    result: dict[str, Any] = {"machine": machine(), "jax": version("jax"), "sequences": users}
    for which in said.losses:
        spans: dict[str, list[float]] = {"ours": [], "RecTools": []}
        peaks = dict.fromkeys(spans, 0.0)
        for _ in range(said.rounds):
            own = [sys.executable, "-m", "benchmarks.training_speed", str(said.path)]
            found = {
                "ours": told([*own, "--ours", which, "--epochs", str(said.epochs)]),
                "RecTools": peer(said.path, which, said.epochs, said.peer),
            }
            for name, one in found.items():
                spans[name] += one["epochs_s"][1:]
                peaks[name] = max(peaks[name], one["peak_gib"])
        speed = {name: users / median(own) for name, own in spans.items()}
        result[which] = {"sequences_per_s": speed, "peak_gib": peaks, "epochs_s": spans}
        print(
            f"{which:<14} ours {speed['ours']:7.1f} sequences/s, RecTools {speed['RecTools']:7.1f}:"
            f" {speed['ours'] / speed['RecTools']:5.2f} x;  peak {peaks['ours']:.2f} GiB and"
            f" {peaks['RecTools']:.2f} GiB: {peaks['ours'] / peaks['RecTools']:.2f} x",
            flush=True,
        )
    if said.out:
        said.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
