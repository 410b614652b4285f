"""The N best items of every user, exactly: the whole catalogue is scored, nothing is sampled.

The n best lie in the n groups of neighbours in the catalogue with the highest maxima: a better item
outside of them would bring with it n items that beat it. So one pass over the catalogue keeps the
maximum of every group only, and the few groups that are left are scored once more.
"""

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

GROUP = 16
"""Items of which the first pass over a large catalogue keeps the maximum."""
WIDE = 128
"""Scores of a group where all scores are at hand: nothing is computed twice, so fewer are better."""
TILE = 256 * GROUP
"""Items that are scored at once: their scores for a block of users stay in the cache."""
USERS = 256
"""Users in a block, at the most."""
BLOCK_BYTES = 3 * 2**22
"""What a block holds at once takes about this much memory: larger blocks are slower, because their
memory is then asked of the system anew each time."""
FAR = -1e38
"""Score of what only fills the last tile."""
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

    Works in blocks of users and tiles of items, so memory does not grow with their numbers.

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
    own = _renumbered(seen, names, len(items))
    if len(names) <= TILE or len(names) < 2 * n * GROUP:
        tiles = _padded(vectors, WIDE)
        best, size = _best_by_vectors, _rows_in(4 * len(tiles))
    else:
        n_tiles = -(-len(names) // TILE)
        length = -(-len(names) // (n_tiles * GROUP)) * GROUP
        queries = np.pad(queries, ((0, 0), (0, 1)), constant_values=1.0)
        vectors = _padded(np.pad(vectors, ((0, 0), (0, 1))), n_tiles * length)
        # items that only fill the last tile are further away than any
        vectors[len(names) :, -1] = FAR
        tiles = vectors.reshape(n_tiles, length, -1)
        best, size = _best_in_tiles, _rows_in(4 * n * GROUP * vectors.shape[1])
    best = partial(best, items=jnp.asarray(tiles), ceiling=CEILING[similarity])
    return _in_blocks(best, queries, n, names, own, size=min(size, USERS))


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
    table = _padded(table.T, WIDE).T
    own = _renumbered(seen, names, scores.shape[1])
    return _in_blocks(_best_by_scores, table, n, names, own, size=_rows_in(4 * table.shape[1]))


def _check_length(n: int) -> None:
    if n < 1:
        raise ConfigError(say("ranking.length", n=n))


def _numbers(allowed: Bool[np.ndarray, " items"]) -> Int32[np.ndarray, " kept"]:
    return np.flatnonzero(allowed).astype(np.int32)


def _padded(rows: Float32[np.ndarray, "rows width"], multiple: int) -> np.ndarray:
    """The rows with zeros behind them, up to a multiple."""
    return np.pad(rows, ((0, -len(rows) % multiple), (0, 0)))


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


def _rows_in(row_bytes: int) -> int:
    """How many rows a block holds: a power of two, at least eight."""
    fitting = max(BLOCK_BYTES // max(row_bytes, 1), 8)
    return 1 << (fitting.bit_length() - 1)


def _in_blocks(
    best: Callable[..., tuple[Array, Array]],
    rows: Float32[np.ndarray, "users width"],
    n: int,
    names: Int32[np.ndarray, " kept"],
    seen: ItemLists | None,
    *,
    size: int,
) -> TopN:
    """All blocks of ``size`` rows through ``best``, put together, in the caller's item numbers."""
    found = TopN(
        np.full((len(rows), n), NOBODY, dtype=np.int32),
        np.full((len(rows), n), -np.inf, dtype=np.float32),
    )
    length = min(n, len(names))
    if length == 0:
        return found
    count = np.int32(len(names))
    for block, part in _blocks(rows, min(size, _power_of_two(max(len(rows), 8)))):
        row, item = _pairs(seen, block, len(rows))
        values, places = best(part, row=row, item=item, count=count, n=length)
        values = np.asarray(values)[: block.stop - block.start]
        places = np.asarray(places)[: block.stop - block.start]
        is_one = ~np.isneginf(values)
        found.similarity[block, :length] = values
        found.items[block, :length] = np.where(is_one, names[np.where(is_one, places, 0)], NOBODY)
    return found


def _blocks(
    rows: Float32[np.ndarray, "users width"], size: int
) -> Iterator[tuple[slice, Float32[np.ndarray, "block width"]]]:
    """Blocks of rows, the last one padded, so that one compilation serves them all."""
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


Found = tuple[Float32[Array, "block n"], Int32[Array, "block n"]]


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
) -> Found:
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
) -> Found:
    return _best(scores, row, item, count, jnp.inf, n)


@partial(jax.jit, static_argnames="n")
def _best_in_tiles(
    users: Float32[Array, "block inner"],
    *,
    items: Float32[Array, "tiles length inner"],
    row: Int32[Array, " pairs"],
    item: Int32[Array, " pairs"],
    count: Int32[Array, ""],
    ceiling: float | Float[Array, ""],
    n: int,
) -> Found:
    """Highest scores and their places, where all scores at once would be too many."""
    n_tiles, length, inner = items.shape
    block, n_groups = len(users), n_tiles * length // GROUP

    def first(_: None, tile: tuple[Array, Array]) -> tuple[None, Float32[Array, "block groups"]]:
        vectors, begin = tile
        scores = jnp.matmul(users, vectors.T, precision=jax.lax.Precision.HIGHEST)
        if len(row):
            # what belongs to other tiles is dropped; before this one it would count from the end
            here = jnp.where(item >= begin, item - begin, length)
            scores = scores.at[row, here].set(-jnp.inf, mode="drop")
        return None, jnp.max(scores.reshape(block, length // GROUP, GROUP), axis=2)

    begins = jnp.arange(n_tiles, dtype=jnp.int32) * length
    maxima = jax.lax.scan(first, None, (items, begins))[1]
    maxima = jnp.moveaxis(maxima, 0, 1).reshape(block, n_groups)
    chosen = jnp.sort(_highest(_settled(maxima, ceiling), n)[1], axis=1)
    near = jnp.einsum(
        "bngi,bi->bng",
        items.reshape(n_groups, GROUP, inner)[chosen],
        users,
        precision=jax.lax.Precision.HIGHEST,
    )
    if len(row):
        slot = jnp.full((block, n_groups), n, jnp.int32)
        slot = slot.at[jnp.arange(block)[:, None], chosen].set(jnp.arange(n, dtype=jnp.int32))
        seen_in = slot.at[row, item // GROUP].get(mode="fill", fill_value=n)
        near = near.at[row, seen_in, item % GROUP].set(-jnp.inf, mode="drop")
    places = chosen[:, :, None] * GROUP + jnp.arange(GROUP, dtype=jnp.int32)
    near = _settled(jnp.where(places < count, near, -jnp.inf), ceiling)
    values, at = jax.lax.top_k(near.reshape(block, n * GROUP), n)
    return values, jnp.take_along_axis(places.reshape(block, n * GROUP), at, axis=1)


def _best(
    scores: Float32[Array, "block padded"],
    row: Int32[Array, " pairs"],
    item: Int32[Array, " pairs"],
    count: Int32[Array, ""],
    ceiling: float | Float[Array, ""],
    n: int,
) -> Found:
    """Highest scores and their places, of scores that are all at hand."""
    scores = scores.at[row, item].set(-jnp.inf, mode="drop")
    place = jnp.arange(scores.shape[1], dtype=jnp.int32)
    return _highest(_settled(jnp.where(place < count, scores, -jnp.inf), ceiling), n)


def _settled(
    values: Float32[Array, "*shape"], ceiling: float | Float[Array, ""]
) -> Float32[Array, "*shape"]:
    """Rounding above ``ceiling`` is taken back, and minus zero counts as zero."""
    return jnp.where(values == 0, 0.0, jnp.minimum(values, ceiling))


def _highest(values: Float32[Array, "block width"], n: int) -> Found:
    """The n highest of each row and their places; among equals the lower place comes first.

    The groups that are left are sorted by number, because `jax.lax.top_k` keeps the order of equals.
    """
    block, width = values.shape
    groups = width // WIDE
    if groups <= n:
        best, places = jax.lax.top_k(values, n)
        return best, places.astype(jnp.int32)
    values = jnp.pad(values, ((0, 0), (0, -width % WIDE)), constant_values=-jnp.inf)
    grouped = values.reshape(block, -1, WIDE)
    chosen = jnp.sort(jax.lax.top_k(jnp.max(grouped, axis=2), n)[1], axis=1).astype(jnp.int32)
    near = jnp.take_along_axis(grouped, chosen[:, :, None], axis=1).reshape(block, n * WIDE)
    places = chosen[:, :, None] * WIDE + jnp.arange(WIDE, dtype=jnp.int32)
    best, within = jax.lax.top_k(near, n)
    return best, jnp.take_along_axis(places.reshape(block, n * WIDE), within, axis=1)
