"""Items that the same users like: item-based nearest neighbours."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Int
from scipy.sparse import csr_array, diags_array

from clvcore.features.histories import Histories
from clvcore.ranking.baselines.likes import likes
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.top_n import NOBODY, top_n_of_scores

Weighting = Literal["none", "tfidf", "bm25"]
"""How much a user's liking says about an item: all the same; less where the user likes many
items; or that, and less the more an item is liked already."""

BLOCK_BYTES = 2**26
"""Similarities held at a time."""
BM25_K1 = 1.2
BM25_B = 0.75
"""The usual constants of BM25 (Robertson and Zaragoza 2009, section 3.4)."""


@dataclass(frozen=True, slots=True, eq=False)
class ItemKnn:
    """A user's score of an item: liking of own items times their similarity with it, summed.

    Similarity of items i, j with weighted columns of users w_i, w_j:
    s_ij = w_i . w_j / (|w_i| |w_j| + shrinkage), kept for the ``neighbours`` nearest of each item.
    BM25 has its own measure of an item's length, so there s_ij = w_i . w_j.

    References:
        Sarwar, Karypis, Konstan, Riedl, "Item-based collaborative filtering recommendation
        algorithms", WWW 2001; shrinkage as in Bell and Koren, ICDM 2007.
    """

    similarity: csr_array
    """[items, items]; row i holds the nearest neighbours of item i, without itself."""

    @classmethod
    def of(
        cls,
        past: Histories,
        *,
        neighbours: int = 50,
        weighting: Weighting = "tfidf",
        shrinkage: float = 0.0,
    ) -> "ItemKnn":
        """Neighbours of every item among the likes of ``past``."""
        columns = _weighted(likes(past).T.tocsr(), weighting)
        squares = columns.multiply(columns).sum(axis=1)
        length = np.ones_like(squares) if weighting == "bm25" else np.sqrt(squares)
        n_items = columns.shape[0]
        size = max(BLOCK_BYTES // (4 * max(n_items, 1)), 1)
        blocks = [
            _nearest(columns, length, slice(first, first + size), neighbours, shrinkage)
            for first in range(0, n_items, size)
        ]
        row, item, value = (np.concatenate(part) for part in zip(*blocks, strict=True))
        return cls(csr_array((value, (row, item)), shape=(n_items, n_items)))

    def scores(
        self, histories: Histories, users: Int[np.ndarray, " batch"], /
    ) -> Float32[np.ndarray, "batch items"]:
        """Similarities with the users' liked items, summed by liking."""
        return (likes(histories, users) @ self.similarity).toarray().astype(np.float32)


def _weighted(item_users: csr_array, weighting: Weighting) -> csr_array:
    """[items, users] with the weight of each like.

    TF-IDF: sqrt(x) idf; BM25: x (k1 + 1) / (x + k1 (1 - b + b n_i / mean n)) idf, where n_i are an
    item's likes and idf_u = log(items / (1 + items of user u)), not below zero.
    """
    if weighting == "none":
        return item_users
    popularity, activity = np.diff(item_users.indptr), np.diff(item_users.tocsc().indptr)
    rarity = np.maximum(np.log(item_users.shape[0]) - np.log1p(activity), 0)
    weighted = item_users.copy()
    if weighting == "tfidf":
        weighted.data = np.sqrt(weighted.data)
    else:
        relative = np.repeat(popularity / max(popularity.mean(), 1e-12), popularity)
        saturation = BM25_K1 * (1 - BM25_B + BM25_B * relative)
        weighted.data = weighted.data * (BM25_K1 + 1) / (weighted.data + saturation)
    return weighted @ diags_array(rarity)


def _nearest(
    columns: csr_array,
    length: Float[np.ndarray, " items"],
    block: slice,
    neighbours: int,
    shrinkage: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(item, neighbour, similarity) of the items in a block, positive similarities only."""
    products = (columns[block] @ columns.T).toarray()
    norms = np.outer(length[block], length) + shrinkage
    similar = np.divide(products, norms, out=np.zeros_like(products), where=norms > 0)
    first = block.start
    itself = ItemLists.of([first + row] for row in range(len(similar)))
    best = top_n_of_scores(similar, neighbours, seen=itself)
    row, rank = np.nonzero((best.items != NOBODY) & (best.similarity > 0))
    return first + row, best.items[row, rank], best.similarity[row, rank]
