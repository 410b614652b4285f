"""The N best items of every user, exactly: the whole catalogue is scored, nothing is sampled."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int32

from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.similarity import CEILING, prepared
from clvcore.towers.config import Similarity

GROUP = 64
"""Items in a group of the first stage."""
TILE = 256 * GROUP
"""Items that are scored at once, at the most: their vectors stay in the cache while a whole block of
users passes by. Without it the block shrinks as the catalogue grows, and every few users read the
whole catalogue from memory."""
BLOCK_BYTES = 2**23
"""Scores of one block of users with one tile take about this much memory: larger blocks are slower,
because the memory of every block is then asked of the system anew."""
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
    tiles = _tiles(len(names))
    vectors = np.pad(vectors, ((0, tiles.stop - len(names)), (0, 0)))
    parts = [jnp.asarray(vectors[start : start + tiles.step]) for start in tiles]
    best = partial(_best_by_vectors, ceiling=CEILING[similarity])

    def scored(block: slice, missing: int) -> Iterator[Callable[..., tuple[Array, Array]]]:
        rows = jnp.asarray(np.pad(queries[block], ((0, missing), (0, 0))))
        return (partial(best, rows, items=part) for part in parts)

    own = _renumbered(seen, names, len(items))
    return _in_blocks(scored, len(queries), n, names, own, tiles)


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
    tiles = _tiles(len(names))

    def scored(block: slice, missing: int) -> Iterator[Callable[..., tuple[Array, Array]]]:
        for start in tiles:
            part = table[block, start : start + tiles.step]
            yield partial(
                _best_by_scores, np.pad(part, ((0, missing), (0, tiles.step - part.shape[1])))
            )

    own = _renumbered(seen, names, scores.shape[1])
    return _in_blocks(scored, len(table), n, names, own, tiles)


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


def _tiles(n_items: int) -> range:
    """Beginnings of tiles of one length that hold all items, the last one padded."""
    groups = -(-n_items // GROUP)
    n_tiles = max(-(-groups * GROUP // TILE), 1)
    length = max(-(-groups // n_tiles), 1) * GROUP
    return range(0, n_tiles * length if n_items else 0, length)


def _in_blocks(
    scored: Callable[[slice, int], Iterator[Callable[..., tuple[Array, Array]]]],
    n_rows: int,
    n: int,
    names: Int32[np.ndarray, " kept"],
    seen: ItemLists | None,
    tiles: range,
) -> TopN:
    """The best of every block and tile, put together, in the caller's item numbers.

    Args:
        scored: for a block, and the rows missing at its end, what finds the best of each tile.
        n_rows: users in all.
        n: length of the lists.
        names: numbers of the items that are there.
        seen: pairs to leave out, the items by their place in ``names``.
        tiles: where the tiles begin, and how long they are.
    """
    found = TopN(
        np.full((n_rows, n), NOBODY, dtype=np.int32),
        np.full((n_rows, n), -np.inf, dtype=np.float32),
    )
    length = min(n, tiles.stop)
    if length == 0:
        return found
    for block, missing in _blocks(n_rows, tiles.step):
        pairs = _pairs(seen, block, n_rows, tiles)
        here = [
            best(row=row, item=item, count=np.int32(len(names) - start), n=min(n, tiles.step))
            for best, (row, item), start in zip(scored(block, missing), pairs, tiles, strict=True)
        ]
        values, places = _merged(here, tiles, length)
        rows = block.stop - block.start
        is_one = ~np.isneginf(values[:rows])
        found.similarity[block, :length] = values[:rows]
        found.items[block, :length] = np.where(
            is_one, names[np.where(is_one, places[:rows], 0)], NOBODY
        )
    return found


def _merged(
    here: list[tuple[Array, Array]], tiles: range, length: int
) -> tuple[Float32[np.ndarray, "block length"], Int32[np.ndarray, "block length"]]:
    """The best of all tiles; the sort is stable, so that among equals the lower item is first."""
    values = np.concatenate([np.asarray(values) for values, _ in here], axis=1)
    places = np.concatenate(
        [np.asarray(place) + start for (_, place), start in zip(here, tiles, strict=True)], axis=1
    )
    if len(here) == 1:
        return values, places
    order = np.argsort(-values, axis=1, kind="stable")[:, :length]
    return np.take_along_axis(values, order, 1), np.take_along_axis(places, order, 1)


def _blocks(n_rows: int, n_items: int) -> Iterator[tuple[slice, int]]:
    """Blocks of rows, and how many the last one misses: one compilation serves them all."""
    fitting = max(BLOCK_BYTES // (4 * n_items), 8)
    size = min(_power_of_two(fitting + 1) // 2, _power_of_two(max(n_rows, 8)))
    for start in range(0, n_rows, size):
        block = slice(start, min(start + size, n_rows))
        yield block, size - (block.stop - block.start)


def _pairs(
    seen: ItemLists | None, block: slice, n_rows: int, tiles: range
) -> Iterator[tuple[Int32[np.ndarray, " pairs"], Int32[np.ndarray, " pairs"]]]:
    """Places to mask as (row, item) by tile, padded with a row outside of the block."""
    if seen is None:
        nothing = np.zeros(0, dtype=np.int32)
        yield from ((nothing, nothing) for _ in tiles)
        return
    own = seen.take(np.arange(n_rows)[block])
    rows = own.rows().astype(np.int32)
    order = np.argsort(own.item, kind="stable")
    bounds = np.searchsorted(own.item[order], [*tiles, tiles.stop])
    outside = np.iinfo(np.int32).max
    for start, (first, end) in zip(tiles, pairwise(bounds), strict=True):
        at = order[first:end]
        missing = _power_of_two(max(len(at), 1024)) - len(at)
        row = np.pad(rows[at], (0, missing), constant_values=outside)
        yield row, np.pad((own.item[at] - start).astype(np.int32), (0, missing))


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
