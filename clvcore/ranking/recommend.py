"""Embeddings become lists of items for users, as a frame."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
import polars as pl
from jaxtyping import Bool

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.errors import DataError
from clvcore.features.histories import Histories
from clvcore.features.vocabulary import Vocabulary
from clvcore.messages import say
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.scorers import Scorer
from clvcore.ranking.top_n import NOBODY, TopN, top_n, top_n_of_scores
from clvcore.towers.encode import Embeddings
from clvcore.towers.losses import paired

BLOCK = 256
"""Users that are scored at a time."""
RANK = "rank"
SIMILARITY = "similarity"
SCORE = "score"
EXPECTED_VALUE = "expected_value"
SEEN = "seen"

RECOMMENDATIONS = pl.Schema(
    {
        col.USER: pl.String(),
        RANK: pl.Int32(),  # from 1
        col.ITEM: pl.String(),
        SIMILARITY: pl.Float32(),
        SCORE: pl.Float32(),  # what the list is sorted by
        EXPECTED_VALUE: pl.Float64(),  # null where no value model was asked
        SEEN: pl.Boolean(),  # the user had acted on the item before
    }
)
"""Columns of the Recommendations frame, sorted by the users as asked for and by rank."""


def recommend(
    embeddings: Embeddings,
    seen: Histories,
    *,
    users: Sequence[str] | None = None,
    n: int = 10,
    again: Scorer | None = None,
    allowed: Bool[np.ndarray, " items"] | None = None,
) -> pl.DataFrame:
    """The ``n`` items nearest to each user, as a frame of `RECOMMENDATIONS`.

    Args:
        embeddings: vectors of all users and items.
        seen: what users did, in the same vocabularies.
        users: their ids, in the order wanted, each once; all users where None.
        n: length of each list; a list is shorter where fewer items are left.
        again: lists items that the user acted on before as well, by these scores; without it
            they are left out and similarity decides.
        allowed: items that may be listed at all; all where None.

    Raises:
        NotFoundError: a user is unknown; names that are near are named.
        DataError: ``seen`` is of another data set than ``embeddings``.
        ConfigError: ``n`` is below one.
    """
    _check_same(embeddings.user_ids, seen.users)
    _check_same(embeddings.item_ids, seen.items)
    numbers = (
        np.arange(len(seen.users), dtype=np.int32)
        if users is None
        else seen.users.numbers(pl.Series(list(dict.fromkeys(users)), dtype=pl.String))
    )
    own = ItemLists(seen.start, seen.item).take(numbers)
    best = (
        top_n(
            embeddings.users[numbers],
            embeddings.items,
            n,
            similarity=embeddings.similarity,
            seen=own,
            allowed=allowed,
        )
        if again is None
        else _by_scores(again, numbers, n, allowed)
    )
    row, place = np.nonzero(best.items != NOBODY)
    item, score = best.items[row, place], best.similarity[row, place]
    similarity = score if again is None else _similarity(embeddings, numbers[row], item)
    frame = pl.DataFrame(
        {
            col.USER: seen.users.terms(numbers[row]),
            RANK: place + 1,
            col.ITEM: seen.items.terms(item),
            SIMILARITY: similarity,
            SCORE: score,
            EXPECTED_VALUE: None,
            SEEN: _had(own, row, item, len(seen.items)),
        }
    )
    return frame.cast(dict(RECOMMENDATIONS))  # in order: users as asked for, then rank


def with_titles(frame: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """Recommendations with what a person calls the items."""
    about = dataset.items.select(col.ITEM, col.TITLE, col.CATEGORY, col.PRICE)
    return frame.join(about, on=col.ITEM, how="left", maintain_order="left")


def neighbours(
    embeddings: Embeddings,
    item: str,
    *,
    n: int = 10,
    allowed: Bool[np.ndarray, " items"] | None = None,
) -> pl.DataFrame:
    """The ``n`` items nearest to an item by cosine, without itself: rank, item_id, similarity.

    Raises:
        NotFoundError: the item is unknown.
        ConfigError: ``n`` is below one.
    """
    number = embeddings.item_ids.number(item)
    vectors = embeddings.items
    itself = ItemLists.of([[number]])
    best = top_n(vectors[[number]], vectors, n, seen=itself, allowed=allowed)
    found = best.items[0] != NOBODY
    frame = pl.DataFrame(
        {
            RANK: np.arange(1, found.sum() + 1),
            col.ITEM: embeddings.item_ids.terms(best.items[0][found]),
            SIMILARITY: best.similarity[0][found],
        }
    )
    return frame.cast({RANK: pl.Int32, SIMILARITY: pl.Float32}).sort(RANK)


def _by_scores(
    scorer: Scorer,
    users: np.ndarray,
    n: int,
    allowed: np.ndarray | None,
) -> TopN:
    """The best items by a scorer's scores, in blocks of users."""
    parts = [
        top_n_of_scores(scorer.scores(users[i : i + BLOCK]), n, allowed=allowed)
        for i in range(0, max(len(users), 1), BLOCK)
    ]
    return TopN(
        np.concatenate([part.items for part in parts]),
        np.concatenate([part.similarity for part in parts]),
    )


def _similarity(embeddings: Embeddings, user: np.ndarray, item: np.ndarray) -> np.ndarray:
    """Similarity of each user with the item of the same row."""
    return np.asarray(
        paired(
            jnp.asarray(embeddings.users[user]),
            jnp.asarray(embeddings.items[item]),
            embeddings.similarity,
        )
    )


def _check_same(vectors: Vocabulary, histories: Vocabulary) -> None:
    if vectors is not histories and not vectors.ids.equals(histories.ids):
        raise DataError(
            say(
                "ranking.other_data",
                what=say(f"features.what_many.{histories.what}"),
                vectors=len(vectors),
                histories=len(histories),
            )
        )


def _had(
    own: ItemLists,
    row: np.ndarray,
    item: np.ndarray,
    n_items: int,
) -> np.ndarray:
    """Whether each (row, item) is among the row's own items."""
    return np.isin(row * n_items + item, own.rows() * n_items + own.item)
