"""The N best items of every user, exactly: the whole catalogue is scored, nothing is sampled."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int32

from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.similarity import CEILING, prepared
from clvcore.towers.config import Similarity

GROUP = 128
"""Items in a group of the first stage."""
BLOCK_BYTES = 2**24
"""Scores of one block of users take about this much memory: larger blocks are slower, because the
memory of every block is then asked of the system anew."""
NOBODY = -1
"""Stands for an item where a user has fewer than N."""


@dataclass(frozen=True, slots=True, eq=False)
class TopN:
    """The best items of each user, best first; ties go to the lower item number."""

    items: Int32[np.ndarray, "users n"]
    """Item numbers, -1 behind the last one where a user has fewer than n."""
    similarity: Float32[np.ndarray, "users n"]
    """Minus infinity where there is no item."""


def top_n(
    users: Float[Array | np.ndarray, "users dim"],
    items: Float[Array | np.ndarray, "items dim"],
    n: int,
    *,
    similarity: Similarity = "cosine",
    seen: ItemLists | None = None,
    allowed: Bool[np.ndarray, " items"] | None = None,
) -> TopN:
    """The ``n`` items nearest to each user among all that are allowed and not yet seen.

    Works in blocks of users, so memory does not grow with their number.

    Args:
        users: one vector a user.
        items: one vector an item.
        n: length of the lists.
        similarity: what near means.
        seen: items of each user (row by row as in ``users``) that must not be listed.
        allowed: items that may be listed at all.

    Raises:
        ConfigError: ``n`` is below one.
    """
    _check_length(n)
    names = np.arange(len(items), dtype=np.int32) if allowed is None else _numbers(allowed)
    queries = prepared(users, similarity, side="user")
    vectors = prepared(items, similarity, side="item")[names]
    vectors = jnp.asarray(np.pad(vectors, ((0, -len(names) % GROUP), (0, 0))))
    best = partial(_best_by_vectors, items=vectors, ceiling=CEILING[similarity])
    return _in_blocks(best, queries, n, names, _renumbered(seen, names, len(items)))


def top_n_of_scores(
    scores: Float[Array | np.ndarray, "users items"],
    n: int,
    *,
    seen: ItemLists | None = None,
    allowed: Bool[np.ndarray, " items"] | None = None,
) -> TopN:
    """The ``n`` items with the highest score of each user, masked and tied as in `top_n`.

    Raises:
        ConfigError: ``n`` is below one.
    """
    _check_length(n)
    names = np.arange(scores.shape[1], dtype=np.int32) if allowed is None else _numbers(allowed)
    table = np.asarray(scores, dtype=np.float32)
    table = table if allowed is None else table[:, names]
    table = np.pad(table, ((0, 0), (0, -len(names) % GROUP)))
    return _in_blocks(_best_by_scores, table, n, names, _renumbered(seen, names, scores.shape[1]))


def _check_length(n: int) -> None:
    if n < 1:
        raise ConfigError(say("ranking.length", n=n))


def _numbers(allowed: Bool[np.ndarray, " items"]) -> Int32[np.ndarray, " kept"]:
    return np.flatnonzero(allowed).astype(np.int32)


def _renumbered(
    seen: ItemLists | None, names: Int32[np.ndarray, " kept"], n_items: int
) -> ItemLists | None:
    """Seen lists in the numbering of the allowed items; the others are not there to be masked."""
    if seen is None or len(names) == n_items:
        return seen
    places = np.full(n_items, NOBODY, dtype=np.int32)
    places[names] = np.arange(len(names), dtype=np.int32)
    renumbered = ItemLists(seen.start, places[seen.item])
    return renumbered.where(renumbered.item != NOBODY)


def _in_blocks(
    best: Callable[..., tuple[Array, Array]],
    rows: Float32[np.ndarray, "users width"],
    n: int,
    names: Int32[np.ndarray, " kept"],
    seen: ItemLists | None,
) -> TopN:
    """All blocks through ``best``, put together, in the caller's item numbers."""
    found = TopN(
        np.full((len(rows), n), NOBODY, dtype=np.int32),
        np.full((len(rows), n), -np.inf, dtype=np.float32),
    )
    padded = len(names) + -len(names) % GROUP
    length = min(n, padded)
    if length == 0:
        return found
    names = np.pad(names, (0, padded - len(names)), constant_values=NOBODY)
    count = np.int32((names != NOBODY).sum())
    for block, part in _blocks(rows, padded):
        row, item = _pairs(seen, block, len(rows))
        values, places = best(part, row=row, item=item, count=count, n=length)
        values = np.asarray(values)[: block.stop - block.start]
        chosen = names[np.asarray(places)[: block.stop - block.start]]
        found.similarity[block, :length] = values
        found.items[block, :length] = np.where(np.isneginf(values), NOBODY, chosen)
    return found


def _blocks(
    rows: Float32[np.ndarray, "users width"], n_items: int
) -> Iterator[tuple[slice, Float32[np.ndarray, "block width"]]]:
    """Blocks of rows, the last one padded, so that one compilation serves them all."""
    fitting = max(BLOCK_BYTES // (4 * n_items), 8)
    size = min(_power_of_two(fitting + 1) // 2, _power_of_two(max(len(rows), 8)))
    for start in range(0, len(rows), size):
        block = slice(start, min(start + size, len(rows)))
        missing = size - (block.stop - block.start)
        yield block, np.pad(rows[block], ((0, missing), (0, 0)))


def _pairs(
    seen: ItemLists | None, block: slice, n_rows: int
) -> tuple[Int32[np.ndarray, " pairs"], Int32[np.ndarray, " pairs"]]:
    """Places to mask in a block as (row, item), padded with a row outside of it."""
    if seen is None:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    own = seen.take(np.arange(n_rows)[block])
    missing = _power_of_two(max(len(own.item), 1024)) - len(own.item)
    outside = np.iinfo(np.int32).max
    row = np.pad(own.rows().astype(np.int32), (0, missing), constant_values=outside)
    return row, np.pad(own.item.astype(np.int32), (0, missing))


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()


@partial(jax.jit, static_argnames="n")
def _best_by_vectors(
    users: Float32[Array, "block inner"],
    *,
    items: Float32[Array, "padded inner"],
    row: Int32[Array, " pairs"],
    item: Int32[Array, " pairs"],
    count: Int32[Array, ""],
    ceiling: float | Float[Array, ""],
    n: int,
) -> tuple[Float32[Array, "block n"], Int32[Array, "block n"]]:
    scores = jnp.matmul(users, items.T, precision=jax.lax.Precision.HIGHEST)
    return _best(scores, row, item, count, ceiling, n)


@partial(jax.jit, static_argnames="n")
def _best_by_scores(
    scores: Float32[Array, "block padded"],
    *,
    row: Int32[Array, " pairs"],
    item: Int32[Array, " pairs"],
    count: Int32[Array, ""],
    n: int,
) -> tuple[Float32[Array, "block n"], Int32[Array, "block n"]]:
    return _best(scores, row, item, count, jnp.inf, n)


def _best(
    scores: Float32[Array, "block padded"],
    row: Int32[Array, " pairs"],
    item: Int32[Array, " pairs"],
    count: Int32[Array, ""],
    ceiling: float | Float[Array, ""],
    n: int,
) -> tuple[Float32[Array, "block n"], Int32[Array, "block n"]]:
    """Highest scores and their places, in two stages.

    The n best items lie in the n groups with the highest maxima: a better item outside would bring
    with it n items that beat it. Groups are sorted by number again, so that among equal scores the
    lower item comes first (`jax.lax.top_k` keeps the order of equals). Rounding above ``ceiling``
    is taken back, and minus zero counts as zero.
    """

    def settled(values: Float32[Array, "..."]) -> Float32[Array, "..."]:
        return jnp.where(values == 0, 0.0, jnp.minimum(values, ceiling))

    scores = scores.at[row, item].set(-jnp.inf, mode="drop")
    place = jnp.arange(scores.shape[1], dtype=jnp.int32)
    groups = scores.shape[1] // GROUP
    if groups <= n:
        values, places = jax.lax.top_k(settled(jnp.where(place < count, scores, -jnp.inf)), n)
        return values, places.astype(jnp.int32)
    block = len(scores)
    grouped = scores.reshape(block, groups, GROUP)
    maxima = jnp.max(jnp.where(place.reshape(groups, GROUP) < count, grouped, -jnp.inf), axis=2)
    chosen = jnp.sort(jax.lax.top_k(settled(maxima), n)[1], axis=1)
    nearby = jnp.take_along_axis(grouped, chosen[:, :, None], axis=1)
    places = chosen[:, :, None].astype(jnp.int32) * GROUP + jnp.arange(GROUP, dtype=jnp.int32)
    nearby = settled(jnp.where(places < count, nearby, -jnp.inf)).reshape(block, n * GROUP)
    values, within = jax.lax.top_k(nearby, n)
    return values, jnp.take_along_axis(places.reshape(block, n * GROUP), within, axis=1)
