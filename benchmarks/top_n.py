"""Time of exact top-N lists beside the bare matrix product and beside implicit, in the same run.

    uv run python -m benchmarks.top_n --users 100000 --items 50000

Random vectors of length 64; every user has seen 50 items. The bare product, of which only each
user's highest score is kept, is what any exact method has to compute; implicit is its ``topk`` with
as many threads as there are cores and the same items masked. All take turns; told are medians.
"""

import argparse
import os
import time
from collections.abc import Callable
from importlib.metadata import version
from statistics import median

import jax
import jax.numpy as jnp
import numpy as np
from implicit.cpu.topk import topk  # ty: ignore[import-not-found] # a compiled module
from scipy.sparse import csr_matrix

from clvcore.ranking.lists import ItemLists
from clvcore.ranking.top_n import BLOCK_BYTES, TILE, top_n


@jax.jit
def _maximum(users: jax.Array, items: jax.Array) -> jax.Array:
    return jnp.max(users @ items.T, axis=1)


def bare_product(users: np.ndarray, items: np.ndarray) -> None:
    """Every score, in blocks and tiles as `top_n` has them."""
    size = BLOCK_BYTES // (4 * min(len(items), TILE))
    parts = [jnp.asarray(items[start : start + TILE]) for start in range(0, len(items), TILE)]
    for start in range(0, len(users), size):
        block = jnp.asarray(users[start : start + size])
        for found in [_maximum(block, part) for part in parts]:
            np.asarray(found)


def seconds(works: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median wall times of all works, which take turns after one call each that compiles."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(repeats + 1):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: median(spans) for name, spans in times.items()}


def main() -> None:
    """Print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("-n", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    users = rng.standard_normal((asked.users, asked.dim), dtype=np.float32)
    items = rng.standard_normal((asked.items, asked.dim), dtype=np.float32)
    bounds = np.arange(asked.users + 1, dtype=np.int64) * 50
    seen = ItemLists(bounds, rng.integers(0, asked.items, bounds[-1], dtype=np.int32))
    table = csr_matrix(
        (np.ones(len(seen.item), np.float32), seen.item, seen.start),
        shape=(asked.users, asked.items),
    )
    works: dict[str, Callable[[], object]] = {
        "bare product with maximum": lambda: bare_product(users, items),
        "top_n": lambda: top_n(users, items, asked.n, similarity="dot"),
        "top_n, seen masked": lambda: top_n(users, items, asked.n, similarity="dot", seen=seen),
        "implicit, seen masked": lambda: topk(
            items, users, asked.n, filter_query_items=table, num_threads=os.cpu_count()
        ),
    }
    took = seconds(works, asked.repeats)
    device, size = jax.devices()[0].device_kind, f"{asked.users} x {asked.items} x {asked.dim}"
    print(f"{device}, {os.cpu_count()} cores, {size}, n {asked.n}, implicit {version('implicit')}")
    bare, peer = took["bare product with maximum"], took["implicit, seen masked"]
    for name, span in took.items():
        print(f"{name:<26} {span:7.2f} s  {span / bare:5.2f} x bare  {span / peer:5.2f} x implicit")


if __name__ == "__main__":
    main()
