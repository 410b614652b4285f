"""Kill a small training again and again, flip bits in what it wrote, and look what is lost.

    python -m benchmarks.survival --out benchmarks/results/survival.json

Kills: a training on a simulated shop runs in its worker as the app starts it, and gets SIGKILL at
random moments, in whatever it is at; each time it is taken up again, until it ends. Counted are
committed checkpoints that were lost, and runs that came to another model than without a kill.

Flips: one bit at a random place of what a run has on disk, of a killed one and of a finished one.
What is then read is compared with what was read before the flip.
"""

import argparse
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from clvcore.data.worlds import STOREFRONT, simulate, write
from clvcore.errors import ClvError
from clvcore.runs.checkpoints import Checkpoints
from clvcore.runs.ended import CHECKPOINTS
from clvcore.runs.finished import finished, stored_report
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.history import baselines, curve, final_curve
from clvcore.runs.launch import new_training, resume, start
from clvcore.runs.learning import FINAL, SEARCH
from clvcore.runs.manifest import DamagedError
from clvcore.runs.workspace import Workspace
from clvcore.towers.presets import preset

STAGES = (SEARCH, FINAL)
RESULTS = ("model.safetensors", "embeddings.safetensors", "again.json")
LONGEST_S = 600


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--flips", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 # moments and places, no secrets
    with tempfile.TemporaryDirectory() as home:
        shop = _shop(Path(home))
        kills, whole, broken = killed(shop, options.kills, chance)
        flips = flipped(shop, whole, broken, options.flips, chance)
    result = {"kills": kills, "flips": flips, "seed": options.seed, "machine": platform.platform()}
    _print(kills, flips)
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


class _Shop:
    """A small simulated shop in a workspace of its own."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "corner_shop"
        params = STOREFRONT.sized(arrivals=0.35, n_items=120, weeks=30)
        write(simulate(params, seed=3), self.folder, seed=3)
        self.workspace = Workspace(home / "workspace")

    def new_run(self) -> RunFolder:
        """A training that has not been started, with a checkpoint at every look."""
        tower, train = preset("quick")
        return new_training(
            self.workspace,
            self.workspace.resolve(str(self.folder)),
            replace(tower, embedding_size=16, max_length=16),
            replace(train, epochs=8),
            reference=str(self.folder),
            preset="quick",
            checkpoint_every_s=0.0,
        )


def _shop(home: Path) -> _Shop:
    shop = _Shop(home)
    shop.workspace.keep_compiled()
    return shop


def killed(
    shop: _Shop, n: int, chance: random.Random
) -> tuple[dict[str, Any], RunFolder, RunFolder]:
    """What ``n`` kills cost; a run that ended, and the folder of one as it was when killed."""
    whole = shop.new_run()
    began = time.perf_counter()
    start(whole).wait(LONGEST_S)
    span = time.perf_counter() - began
    told: Counter[str] = Counter()
    stages: Counter[str] = Counter()
    broken: Path | None = None
    run, ended, lost = shop.new_run(), [], 0
    program = start(run)
    while told.total() < n or run.status().state is not State.DONE:
        before = _committed(run)
        # no more kills after the last: what is under way is let come to its end
        wait = chance.uniform(0, span) if told.total() < n else LONGEST_S
        with suppress(subprocess.TimeoutExpired):
            program.wait(wait)
        if program.poll() is None:
            os.kill(program.pid, signal.SIGKILL)
            program.wait()
            told[run.status().message] += 1
            if run.status().state is State.DONE:  # killed between its last word and its end
                stages["after the end"] += 1
                ended.append(run)
                run = shop.new_run()
                program = start(run)
                continue
            after = _committed(run)
            stages[_stage_of(run)] += 1
            lost += sum(after.get(stage, -1) < step for stage, step in before.items())
            lost += _damaged(run)
            if FINAL in after:
                broken = _copy(run, shop.workspace.root / "runs" / ("b" * 16))
            program = resume(run)
        elif run.status().state is not State.DONE:
            raise SystemExit(run.status().message)
        else:
            ended.append(run)
            if told.total() < n:
                run = shop.new_run()
                program = start(run)
    if broken is None:
        raise SystemExit("no kill fell into the final stage; take another --seed")
    if run not in ended:
        ended.append(run)
    other = sum(_results(one) != _results(whole) for one in ended)
    return (
        {
            "kills": told.total(),
            "told": dict(told),
            "killed_in": dict(stages),
            "runs_ended": len(ended),
            "uninterrupted_s": round(span, 1),
            "committed_steps_lost": lost,
            "other_models": other,
        },
        whole,
        RunFolder(broken),
    )


def _committed(run: RunFolder) -> dict[str, int]:
    """The latest step of each stage on disk."""
    store = Checkpoints(run.path / CHECKPOINTS)
    latest = {stage: store.steps(stage)[-1:] for stage in STAGES}
    return {stage: int(last[0].name.rpartition("-")[2]) for stage, last in latest.items() if last}


def _damaged(run: RunFolder) -> int:
    store, n = Checkpoints(run.path / CHECKPOINTS), 0
    for step in (step for stage in STAGES for step in store.steps(stage)):
        try:
            store.read(step)
        except DamagedError:
            n += 1
    return n


def _stage_of(run: RunFolder) -> str:
    entries = run.progress()
    return entries[-1]["stage"] if entries else "before learning"


def _results(run: RunFolder) -> list[bytes]:
    return [run.read_bytes(name) for name in RESULTS]


def _copy(run: RunFolder, place: Path) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(run.path, place))


def flipped(
    shop: _Shop, whole: RunFolder, broken: RunFolder, n: int, chance: random.Random
) -> dict[str, Counter[str]]:
    """What ``n`` flipped bits do, half in the checkpoints of a killed run, half in a finished one."""
    place = shop.workspace.root / "runs" / ("f" * 16)

    def checkpoints(run: RunFolder) -> Any:
        store = Checkpoints(run.path / CHECKPOINTS)
        with redirect_stdout(StringIO()):
            found = {stage: store.latest(stage) for stage in STAGES}
        return {
            stage: None
            if one is None
            else (one.facts, {k: v.tolist() for k, v in one.arrays.items()})
            for stage, one in found.items()
        }

    def served(run: RunFolder) -> Any:
        done = finished(shop.workspace, run.run_id)
        report = stored_report(run)
        return [
            done.embeddings.users.tobytes(),
            done.embeddings.items.tobytes(),
            [leaf.tobytes() for leaf in _leaves(done)],
            done.again().weights.tobytes(),
            [report.metrics.to_dicts(), report.differences.to_dicts(), report.groups.to_dicts()],
            [curve(run).to_dicts(), final_curve(run).to_dicts(), baselines(run)],
            [run.config(), run.read("summary.json"), asdict(run.status())],
        ]

    return {
        "checkpoints": _flip(broken, place, checkpoints, n // 2, chance, under=CHECKPOINTS),
        "finished run": _flip(whole, place, served, n - n // 2, chance),
    }


def _leaves(done: Any) -> list[Any]:
    import jax
    import numpy as np

    return [np.asarray(leaf) for leaf in jax.tree.leaves(done.model().params)]


def _flip(
    run: RunFolder,
    place: Path,
    read: Callable[[RunFolder], Any],
    n: int,
    chance: random.Random,
    under: str = "",
) -> Counter[str]:
    """Outcomes by name."""
    told: Counter[str] = Counter()
    # of checkpoints what each step says, so that an earlier one can be told from a wrong one
    right = _every_step(run) if under else [read(RunFolder(_copy(run, place)))]
    for _ in range(n):
        copy = RunFolder(_copy(run, place))
        files = [file for file in (copy.path / under).rglob("*") if file.is_file()]
        file = chance.choices(files, [file.stat().st_size for file in files])[0]
        data = bytearray(file.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        try:
            found = read(copy)
        except ClvError:
            told["refused in one sentence"] += 1
            continue
        if not under:
            told["same answer" if found in right else "WRONG"] += 1
        elif not all(one is None or one in right for one in found.values()):
            told["WRONG"] += 1
        elif _committed(copy) == _committed(run):
            told["in an older step, the latest serves"] += 1
        else:
            told["step refused, the one before serves"] += 1
    shutil.rmtree(place, ignore_errors=True)
    return told


def _every_step(run: RunFolder) -> list[Any]:
    store = Checkpoints(run.path / CHECKPOINTS)
    found = [store.read(step) for stage in STAGES for step in store.steps(stage)]
    return [(one.facts, {k: v.tolist() for k, v in one.arrays.items()}) for one in found]


def _print(kills: dict[str, Any], flips: dict[str, Counter[str]]) -> None:
    table = Table("what", "figure", box=None)
    for name, value in kills.items():
        table.add_row(name.replace("_", " "), str(value))
    for where, outcomes in flips.items():
        for outcome, count in outcomes.items():
            table.add_row(f"flip in {where}: {outcome}", str(count))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
