"""Time and peak memory of bringing a file in, beside pandas and DuckDB on the same file.

    uv run --with pandas --with duckdb python -m benchmarks.intake [--rows 3000000] [--times 3]
    uv run python -m benchmarks.intake --large [--gigabytes 2]

The file is made once: users, items, times, kinds, amounts, quantities and orders, one row in a
hundred broken in some way, one in fifty there twice. Each contender runs in a process of its own and
does the same work as far as it can: read every cell, parse times and numbers, set rows aside that
cannot be parsed, count exact duplicates, and add up the money by kind. Ours goes through `clv data
import` as an analyst would run it (with proposals, findings, accounts and the stored data set), in
the child in which files are read and the program that waits for it; memory is that of all
processes together, looked at every 20 ms. ``preview`` is what the Data page waits for: the first rows.

With ``--large`` the file has two gigabytes: the same rows again and again, each time other users and
another span of time. It is brought in once, by us alone, since the others would hold it.
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import psutil

from clvcore.runs.reading import first_rows

PANDAS = """
import sys, json, pandas as pd
frame = pd.read_csv(sys.argv[1], dtype=str)
at = pd.to_datetime(frame["time"], errors="coerce", format="%Y-%m-%d %H:%M:%S")
amount = pd.to_numeric(frame["amount"], errors="coerce")
bad = frame["user_id"].isna() | at.isna() | (amount.isna() & frame["amount"].notna())
again = int(frame.duplicated().sum())
money = amount[~bad].groupby(frame["event"][~bad]).sum()
print(json.dumps([int((~bad).sum()), int(bad.sum()), again, {k: round(float(v), 2) for k, v in money.items()}]))
"""
DUCKDB = """
import sys, json, duckdb
frame = duckdb.sql(f"select * from read_csv('{sys.argv[1]}', all_varchar=true)")
duckdb.sql('''create table t as select *, try_cast(time as timestamp) moment, try_cast(amount as decimal(18,4)) money,
    user_id is null or try_cast(time as timestamp) is null
    or (amount is not null and try_cast(amount as decimal(18,4)) is null) bad from frame''')
good, bad = duckdb.sql("select count(*) filter (not bad), count(*) filter (bad) from t").fetchall()[0]
again = duckdb.sql("select count(*) - (select count(*) from (select distinct * from frame)) from frame").fetchall()[0][0]
money = duckdb.sql("select event, sum(money) from t where not bad group by event").fetchall()
print(json.dumps([good, bad, again, {k: float(v or 0) for k, v in money}]))
"""


def make(place: Path, rows: int) -> None:
    """The file: about 56 bytes a row."""
    rng = np.random.default_rng(1)
    days = np.datetime64("2023-01-01", "us")
    at = pl.Series(days + rng.integers(0, 730 * 86_400, rows).astype("timedelta64[s]"))
    kinds = np.array(["view", "cart", "purchase"])[rng.choice(3, rows, p=[0.7, 0.2, 0.1])]
    amount = np.where(kinds == "purchase", np.round(rng.gamma(2, 15, rows), 2).astype(str), "")
    frame = pl.DataFrame(
        {
            "user_id": [f"u{one:07d}" for one in rng.integers(0, max(rows // 8, 1), rows)],
            "item_id": [f"p{one:05d}" for one in rng.integers(0, 30_000, rows)],
            "time": at.dt.strftime("%Y-%m-%d %H:%M:%S"),
            "event": kinds,
            "amount": amount,
            "quantity": rng.integers(1, 4, rows),
            "order_id": [f"o{one:07d}" for one in rng.integers(0, max(rows // 4, 1), rows)],
        }
    )
    broken = pl.Series(rng.random(rows) < 0.01)
    frame = frame.with_columns(
        pl.when(broken).then(pl.lit("no time")).otherwise("time").alias("time")
    )
    twice = frame.filter(pl.Series(rng.random(rows) < 0.02))
    pl.concat([frame, twice]).write_csv(place)


def make_large(place: Path, n_bytes: int) -> int:
    """The rows of a file of ``n_bytes``, made of repetitions with users and orders of their own."""
    part = place.with_suffix(".part")
    make(part, 1_500_000)
    frame = pl.read_csv(part, infer_schema=False)
    part.unlink()
    rows = 0
    with place.open("wb") as out:
        while out.tell() < n_bytes:
            turn = rows // frame.height
            own = pl.lit(f"-{turn:02d}")
            again = frame.with_columns(
                pl.col("user_id") + own,
                pl.col("order_id") + own,
                pl.col("time").str.replace(r"^202", f"{200 + turn % 3}"),
            )
            again.write_csv(out, include_header=not rows)
            rows += frame.height
    return rows


def contenders(file: Path, home: Path) -> dict[str, list[str]]:
    """What is run, by name; peers that are not installed are left out, and said so."""
    clv = [
        str(Path(sys.executable).with_name("clv")),
        "data",
        "import",
        "--events",
        str(file),
        "--currency",
        "EUR",
    ]
    first = [sys.executable, "-m", "benchmarks.intake", "--preview", str(file)]
    found = {"clv data import": clv, "preview": first}
    for name, code in (("pandas", PANDAS), ("duckdb", DUCKDB)):
        if importlib.util.find_spec(name):
            found[name] = [sys.executable, "-c", code, str(file)]
        else:
            print(f"{name} is not installed and is left out")
    os.environ["CLV_HOME"] = str(home)
    return found


def watched(command: list[str]) -> tuple[float, float]:
    """Seconds, and the peak of resident memory in MiB of the process and all below it."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdout=said) as program:
        peak, tree = 0, psutil.Process(program.pid)
        while program.poll() is None:
            peak = max(peak, _resident(tree))
            time.sleep(0.02)
    if program.returncode:
        raise RuntimeError(" ".join(command))
    return time.perf_counter() - begun, peak / 2**20


def _resident(tree: psutil.Process) -> int:
    try:
        return sum(one.memory_info().rss for one in (tree, *tree.children(recursive=True)))
    except psutil.Error:  # it ended while we looked
        return 0


def main() -> None:
    """Print medians, and the ratios to the first."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=3_000_000)
    asked.add_argument("--times", type=int, default=3)
    asked.add_argument("--large", action="store_true", help="one file of two gigabytes")
    asked.add_argument("--gigabytes", type=float, default=2.0)
    asked.add_argument("--preview", type=Path, help=argparse.SUPPRESS)
    said = asked.parse_args()
    if said.preview:
        content = said.preview.read_bytes()
        print(first_rows(content, "events", said.preview.name))
        return
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.csv"
        if said.large:
            rows = make_large(file, int(said.gigabytes * 1e9))
            command = contenders(file, Path(folder) / "home")["clv data import"]
            span, peak = watched(command)
            size = file.stat().st_size / 1e9
            print(
                f"{rows:,} rows, {size:.2f} GB: {span:.1f} s, peak {peak:.0f} MiB of all processes"
            )
            return
        make(file, said.rows)
        print(f"{said.rows:,} rows and 2 % again, {file.stat().st_size / 2**20:.0f} MiB")
        base = None
        for name, command in contenders(file, Path(folder) / "home").items():
            runs = [watched(command) for _ in range(said.times)]
            span, peak = (statistics.median(part) for part in zip(*runs, strict=True))
            base = base or (span, peak)
            print(
                f"{name:<16} {span:6.2f} s  {span / base[0]:5.2f} x   "
                f"{peak:7.0f} MiB  {peak / base[1]:5.2f} x",
                flush=True,
            )
    print(json.dumps({"load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()
