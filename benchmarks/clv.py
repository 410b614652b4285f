"""Fits of repeat orders beside lifetimes and pymc-marketing, each in a program of its own.

    python -m benchmarks.clv --users 100000 1000000
    python -m benchmarks.clv --users 100000 --peer lifetimes=/path/to/python

The same simulated users (two years, MBG/NBD) are handed to all. Peers live in environments of their own,
which uv makes from the package index, or in those that ``--peer NAME=PYTHON`` names. Runs take turns, so
that what else the machine does meets all alike; medians are printed, in wall and in processor seconds,
with the peak memory of the program. Cold counts compilation; ours starts with an empty cache of programs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

OURS = """
import json, resource, sys, time
import numpy as np
from clvcore.value.models import repeat
from clvcore.value.models.rows import history_rows
users = np.load(sys.argv[1])
history = [users[name] for name in ("frequency", "recency", "age")]
def fit(model):
    return repeat.fit(model, history_rows(*history, np.ones(len(history[0]))))
NAMES = {"BG/NBD": "bg-nbd", "MBG/NBD": "mbg-nbd", "Pareto/NBD": "pareto-nbd"}
def run(model):
    found = fit(NAMES[model])
    return found.log_likelihood, list(found.params)
"""

LIFETIMES = """
import json, resource, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter, ParetoNBDFitter
users = np.load(sys.argv[1])
history = [users[name] for name in ("frequency", "recency", "age")]
KINDS = {"BG/NBD": BetaGeoFitter, "MBG/NBD": ModifiedBetaGeoFitter, "Pareto/NBD": ParetoNBDFitter}
def run(model):
    found = KINDS[model]()
    found.fit(*history)
    # it measures time in a unit of its own while it fits, so that its log-likelihood is not comparable
    return float("nan"), [float(p) for p in found.params_]
"""

PYMC = """
import json, resource, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd
from pymc_marketing import clv
users = np.load(sys.argv[1])
n = len(users["age"])
data = pd.DataFrame({"customer_id": np.arange(n), "frequency": users["frequency"],
                     "recency": users["recency"], "T": users["age"]})
KINDS = {"BG/NBD": clv.BetaGeoModel, "MBG/NBD": clv.ModifiedBetaGeoModel, "Pareto/NBD": clv.ParetoNBDModel}
def run(model):
    found = KINDS[model](data=data)
    found.fit(method="map")
    return float("nan"), [float(v) for v in found.fit_result.to_array().to_numpy().ravel()]
"""

TIMING = """
for model in sys.argv[2].split(","):
    for number in range(int(sys.argv[3]) + 1):
        wall, busy = time.perf_counter(), time.process_time()
        try:
            height, params = run(model)
        except Exception as error:
            print(json.dumps({"model": model, "failed": f"{type(error).__name__}: {str(error)[:80]}"}))
            break
        print(json.dumps({"model": model, "cold": number == 0, "wall": time.perf_counter() - wall,
                          "cpu": time.process_time() - busy, "height": height, "params": params,
                          "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)
"""

PROGRAMS = {
    "clvcore": (OURS, []),
    "lifetimes": (LIFETIMES, ["lifetimes==0.11.3"]),
    "pymc-marketing": (PYMC, ["pymc-marketing==0.19.2"]),
}


def measured(
    name: str, file: Path, models: str, repeats: int, peer: str | None, limit_s: float
) -> Iterator[dict]:
    """What one program reports, a line a run; one line with a reason where it did not run."""
    program, needs = PROGRAMS[name]
    with tempfile.TemporaryDirectory() as cache:
        settings = {**os.environ, "JAX_PLATFORMS": "cpu", "JAX_COMPILATION_CACHE_DIR": cache}
        start = [peer or sys.executable]
        if needs and peer is None:
            settings.pop("VIRTUAL_ENV", None)
            start = ["uv", "run", "-q", "--no-project", "--python", "3.11"]
            start += [part for one in needs for part in ("--with", one)] + ["python"]
        command = [*start, "-c", program + TIMING, str(file), models, str(repeats)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, env=settings, timeout=limit_s, check=False
            )
            out, reason = done.stdout, done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        except subprocess.TimeoutExpired as late:
            out = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
            reason = [f"stopped after {limit_s:.0f} s"]
    lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    seen = {line["model"] for line in lines}
    yield from lines
    for model in models.split(","):
        if model not in seen:
            yield {"model": model, "failed": reason[0][:100]}


def told(name: str, model: str, runs: list[dict], best: dict[str, float]) -> str:
    """One row of the table."""
    failed = [run["failed"] for run in runs if "failed" in run]
    good = [run for run in runs if "failed" not in run]
    if not good:
        return f"  {model:<11} {name:<15} {failed[0] if failed else 'nothing'}"
    cold = [run for run in good if run["cold"]]
    warm = [run for run in good if not run["cold"]] or cold
    wall, busy = (statistics.median(run[kind] for run in warm) for kind in ("wall", "cpu"))
    ratio = f"{wall / best['wall']:6.1f} x wall {busy / best['cpu']:6.1f} x cpu" if best else ""
    best.update({} if best else {"wall": wall, "cpu": busy})
    return (
        f"  {model:<11} {name:<15} cold {cold[0]['wall']:7.2f} s (cpu {cold[0]['cpu']:7.2f})  "
        f"warm {wall:7.3f} s (cpu {busy:7.3f})  peak {max(run['peak'] for run in good):5.0f} MiB  "
        f"LL {good[-1]['height']:.1f}  {ratio}"
    )


def main() -> None:
    """Print a table for each number of users."""
    from benchmarks.value_fit import simulated

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[100_000])
    parser.add_argument("--models", default="BG/NBD,Pareto/NBD")
    parser.add_argument("--programs", default="clvcore,lifetimes,pymc-marketing")
    parser.add_argument("--rounds", type=int, default=1, help="turns that every program takes")
    parser.add_argument("--repeats", type=int, default=3, help="warm runs, after the cold one")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds a program may take")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    asked = parser.parse_args()
    pythons = dict(pair.split("=", 1) for pair in asked.peer)
    for n_users in asked.users:
        with tempfile.NamedTemporaryFile(suffix=".npz") as file:
            users = simulated(n_users, np.random.default_rng(n_users))
            np.savez(file.name, allow_pickle=False, **users)
            runs: dict[tuple[str, str], list[dict]] = {}
            names = asked.programs.split(",")
            for name in names * asked.rounds:
                for run in measured(
                    name,
                    Path(file.name),
                    asked.models,
                    asked.repeats,
                    pythons.get(name),
                    asked.limit,
                ):
                    runs.setdefault((run["model"], name), []).append(run)
        print(f"{n_users:,} users")
        for model in asked.models.split(","):
            best: dict[str, float] = {}
            for name in names:
                print(told(name, model, runs.get((model, name), []), best))


if __name__ == "__main__":
    main()
