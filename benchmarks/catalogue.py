"""What a step of training costs against the size of the catalogue, with drawn negatives.

    python -m benchmarks.catalogue [--sizes 1000 10000 100000 1000000] [--seconds 12] [--width 64]

Generated histories of 50 events in which every item occurs; the transformer tower of the standard
settings, 1,024 drawn negatives. Every size is trained by a process of its own, so that its peak
memory is its own. A time is the median over the readings of half a second each, after the first four;
it has all that a step has: the batch, the drawing of items, the step itself.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys

import numpy as np
import polars as pl

from benchmarks.towers_accuracy import nothing_known
from clvcore.features.histories import KINDS, Histories
from clvcore.features.vocabulary import Vocabulary
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.lesson import Lesson
from clvcore.towers.train import fit

LENGTH = 50
FEWEST_EVENTS = 400_000
WARM_UP = 4
"""Readings that are left out: in them the program is compiled."""


def lesson(n_items: int) -> Lesson:
    """Histories of one length, popularity as in Zipf's law, every item at least once."""
    rng = np.random.default_rng(0)
    n_users = -(-max(FEWEST_EVENTS, 2 * n_items) // LENGTH)
    n_events = n_users * LENGTH
    often = np.minimum(rng.zipf(1.3, n_events - n_items) - 1, n_items - 1)
    item = rng.permutation(np.concatenate([np.arange(n_items), often])).astype(np.int32)

    seen = Histories(
        users=Vocabulary.of(pl.arange(n_users, eager=True).cast(pl.String), "user"),
        items=Vocabulary.of(pl.arange(n_items, eager=True).cast(pl.String), "item"),
        start=np.arange(0, n_events + 1, LENGTH, dtype=np.int64),
        item=item,
        kind=np.full(n_events, KINDS.index("play"), np.int8),
        at=np.tile(np.arange(LENGTH, dtype=np.int64) * 3_600_000_000, n_users),
        weight=np.ones(n_events, np.float32),
    )
    return Lesson(seen, nothing_known(n_items), nothing_known(n_users))


def timed(n_items: int, seconds: float, width: int) -> dict[str, float]:
    """Milliseconds of a step, and the peak memory of this process."""
    config = TowerConfig(embedding_size=width, n_heads=1, max_length=LENGTH)
    train = TrainConfig(loss="sampled_softmax", n_negatives=1024, epochs=1000)
    readings = []
    for progress in fit(lesson(n_items), config, train, judge=None):
        if not progress.info.metrics:
            readings.append((progress.info.epoch, progress.info.step, progress.info.elapsed_s))
        if len(readings) > WARM_UP and readings[-1][2] - readings[WARM_UP][2] > seconds:
            break
    pairs = zip(readings[WARM_UP:], readings[WARM_UP + 1 :], strict=False)
    steps = [1000 * (b[2] - a[2]) / (b[1] - a[1]) for a, b in pairs if b[1] > a[1] and a[0] == b[0]]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"ms": statistics.median(steps), "peak_gib": peak, "readings": len(steps)}


def main() -> None:
    """Print the time of a step by size, and its ratio to that of the smallest catalogue."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sizes", type=int, nargs="+", default=[10**n for n in (3, 4, 5, 6)])
    asked.add_argument("--seconds", type=float, default=12.0)
    asked.add_argument("--width", type=int, default=64)
    asked.add_argument("--one", type=int)
    said = asked.parse_args()
    if said.one:
        print(json.dumps(timed(said.one, said.seconds, said.width)))
        return
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
    first = None
    for size in said.sizes:
        command = [sys.executable, "-m", "benchmarks.catalogue", "--one", str(size)]
        command += ["--seconds", str(said.seconds), "--width", str(said.width)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        first = first or found["ms"]
        print(
            f"{size:>10,} items  {found['ms']:7.2f} ms a step  {found['ms'] / first:5.2f} x"
            f"  peak {found['peak_gib']:6.2f} GiB  ({found['readings']:.0f} readings)",
            flush=True,
        )


if __name__ == "__main__":
    main()
