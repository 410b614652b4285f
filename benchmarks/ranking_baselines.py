"""Every baseline judged and timed, on a public data set or on one of the workspace.

    uv run python -m benchmarks.ranking_baselines ml-1m/interactions_ordered.parquet
    uv run python -m benchmarks.ranking_baselines storefront

A Parquet file of user_id, item_id and order is cut before each user's last event; all items are
ranked, those that the user had are left out. A data set is cut in time, as a training run does.
The figures of peers were measured by others on the same file and protocol.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

from clvcore.features.histories import KINDS, Histories, histories
from clvcore.features.split import Cutting, Split, split_by_time, split_last_out, time_cuts
from clvcore.features.vocabulary import Vocabulary
from clvcore.ranking import baselines as all_baselines
from clvcore.ranking.evaluate import Protocol, evaluate
from clvcore.ranking.metrics import Metric
from clvcore.ranking.scorers import Baseline, OnHistories
from clvcore.runs.workspace import Workspace

PEERS = {
    "popularity": 0.0179,
    "item_knn": 0.0375,
    "ials, 256 factors": 0.0495,
    "ease": 0.0536,
}
"""NDCG@10 on ML-1M (6,040 users, 3,416 items), last event out, all items ranked."""
SEED = 0


def ordered(path: Path) -> Histories:
    """Histories of a file that has an order of events and no times."""
    frame = pl.read_parquet(path).sort("user_id", "order", maintain_order=True)
    names = frame.select(pl.col("user_id", "item_id").cast(pl.String))
    users = Vocabulary.of(names["user_id"], "user")
    items = Vocabulary.of(names["item_id"], "item")
    flat = frame.with_columns(
        user=pl.Series(users.numbers(names["user_id"])),
        item=pl.Series(items.numbers(names["item_id"])),
    ).sort("user", "order", maintain_order=True)
    counts = np.bincount(flat["user"].to_numpy(), minlength=len(users))
    n_events = frame.height
    return Histories(
        users=users,
        items=items,
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        item=flat["item"].to_numpy().astype(np.int32),
        kind=np.full(n_events, KINDS.index("view"), np.int8),
        at=flat["order"].to_numpy().astype(np.int64),
        weight=np.ones(n_events, np.float32),
    )


def fits(*, has_times: bool) -> dict[str, Callable[[Histories], Baseline]]:
    """How each baseline is fitted."""

    def rng() -> np.random.Generator:
        return np.random.default_rng(SEED)

    one = all_baselines
    found: dict[str, Callable[[Histories], Baseline]] = {
        "popularity": one.Popularity.of,
        "own_history": one.OwnHistory.of,
        "item_knn": one.ItemKnn.of,
        "item_knn, bm25, 100 neighbours": lambda past: one.ItemKnn.of(
            past, weighting="bm25", neighbours=100
        ),
        "ials": lambda past: one.Ials.of(past, rng=rng()),
        "ials, 256 factors": lambda past: one.Ials.of(past, rng=rng(), factors=256),
        "ease": one.Ease.of,
        "mult_vae": lambda past: one.MultVae.of(past, rng=rng()),
    }
    if has_times:
        found["recent_popularity"] = one.RecentPopularity.of
    return found


def judged(name: str, fit: Callable[[Histories], Baseline], split: Split) -> dict[str, object]:
    """One baseline: its metrics with intervals on new items, and what it cost."""
    began, wall = time.process_time(), time.perf_counter()
    scorer = OnHistories(fit(split.past), split.past)
    fitted, fitted_wall = time.process_time(), time.perf_counter()
    report = evaluate({name: scorer}, split, rng=np.random.default_rng(SEED), k=(10,))
    row: dict[str, object] = {
        "baseline": name,
        "users": next(one.judged for one in report.judged if one.protocol == Protocol.NEW),
    }
    for metric in (Metric.NDCG, Metric.HIT_RATE):
        found = report.metric(name, metric, 10)
        row[f"{metric}@10"] = round(found.mean, 4)
        row[f"{metric}@10 interval"] = [round(found.low, 4), round(found.high, 4)]
    row["fit, CPU s"] = round(fitted - began, 2)
    row["fit, wall s"] = round(fitted_wall - wall, 2)
    row["score and judge, CPU s"] = round(time.process_time() - fitted, 2)
    epochs = getattr(scorer.baseline, "epochs", None)
    return row if epochs is None else row | {"epochs": epochs}


def table(rows: list[dict[str, object]], *, peers: bool) -> str:
    """The rows as a Markdown table."""
    columns = [name for name in rows[0] if name not in {"epochs", "users"}]
    columns += ["peer's ndcg@10"] if peers else []
    lines = [f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    for row in rows:
        shown = row | {"peer's ndcg@10": PEERS.get(str(row["baseline"]), "")}
        cells = [
            " to ".join(f"{one:.4f}" for one in value) if isinstance(value, list) else str(value)
            for value in (shown[name] for name in columns)
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Judge, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="a Parquet file of ordered events, or a data set's name")
    parser.add_argument("--only", nargs="*", help="these baselines alone")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    asked = parser.parse_args()
    path = Path(asked.data)
    if path.suffix == ".parquet":
        name = path.parent.name
        split = split_last_out(ordered(path))
    else:
        data = Workspace.default().resolve(asked.data)
        name, seen = data.name, histories(data)
        cuts = time_cuts(data, seen)
        split = split_by_time(seen, cut=cuts.test, end=cuts.end)
    is_timed = split.how is Cutting.TIME
    chosen = fits(has_times=is_timed)
    rows = []
    for key in asked.only or chosen:
        rows.append(judged(key, chosen[key], split))
        print(json.dumps(rows[-1]), flush=True)
    rows.sort(key=lambda row: -float(str(row["ndcg@10"])))
    record = {
        "command": f"python -m benchmarks.ranking_baselines {'/'.join(path.parts[-2:])}",
        "protocol": f"cut: {split.how}; all items ranked; items the user had are left out",
        "users": len(split.past.users),
        "items": len(split.past.items),
        "events known": len(split.past.item),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "versions": {one: version(one) for one in ("implicit", "jax", "numpy", "scipy")},
        "seed": SEED,
        "rows": rows,
    }
    asked.out.mkdir(exist_ok=True, parents=True)
    file = asked.out / f"ranking_baselines_{name}.json"
    file.write_text(json.dumps(record, indent=1) + "\n")
    print(table(rows, peers=name == "ml-1m"))


if __name__ == "__main__":
    main()
