"""Time of exact top-N lists beside the bare matrix product with its maximum, in the same run.

    uv run python benchmarks/top_n.py --users 100000 --items 50000

Random vectors of length 64; every user has seen 50 items. The bare product is what any exact method
has to compute; the ratio of the two medians is what masking and choosing cost.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median

import jax
import jax.numpy as jnp
import numpy as np

from clvcore.ranking.lists import ItemLists
from clvcore.ranking.top_n import BLOCK_BYTES, top_n


@jax.jit
def _maximum(users: jax.Array, items: jax.Array) -> jax.Array:
    return jnp.max(users @ items.T, axis=1)


def bare_product(users: np.ndarray, items: np.ndarray) -> None:
    """Every score, of which only each user's highest is kept, in blocks of the same size."""
    size = 1 << (BLOCK_BYTES // (4 * len(items))).bit_length() - 1
    vectors = jnp.asarray(items)
    for start in range(0, len(users) - size + 1, size):
        np.asarray(_maximum(users[start : start + size], vectors))


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Median wall time of ``work`` after one call that compiles."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return median(times)


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
    bare = seconds(lambda: bare_product(users, items), asked.repeats)
    plain = seconds(lambda: top_n(users, items, asked.n), asked.repeats)
    masked = seconds(lambda: top_n(users, items, asked.n, seen=seen), asked.repeats)
    print(
        f"{jax.devices()[0].device_kind}, {asked.users} x {asked.items} x {asked.dim}, n {asked.n}"
    )
    print(f"bare product with maximum  {bare:7.2f} s")
    print(f"top_n                      {plain:7.2f} s  {plain / bare:5.2f} x")
    print(f"top_n, seen items masked   {masked:7.2f} s  {masked / bare:5.2f} x")


if __name__ == "__main__":
    main()
