"""Items that the same users like: item-based nearest neighbours."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from implicit.nearest_neighbours import ItemItemRecommender
from jaxtyping import Float32, Int
from scipy.sparse import csr_array, diags_array

from clvcore.features.histories import Histories
from clvcore.ranking.baselines.likes import for_implicit, likes
from clvcore.ranking.baselines.popularity import Popularity

Weighting = Literal["none", "tfidf", "bm25"]
"""How much a user's liking says about an item: all the same; less where the user likes many
items; or that, and less the more an item is liked already."""

BM25_K1 = 1.2
BM25_B = 0.75
"""The usual constants of BM25 (Robertson and Zaragoza 2009, section 3.4)."""


@dataclass(frozen=True, slots=True, eq=False)
class ItemKnn:
    """A user's score of an item: liking of own items times their similarity with it, summed.

    Similarity of items i, j with weighted columns of users w_i, w_j:
    s_ij = w_i . w_j / (|w_i| |w_j|), kept for the ``neighbours`` nearest of each item, which the
    library implicit finds. BM25 has its own measure of an item's length, so there s_ij = w_i . w_j.
    Who likes nothing yet is scored by popularity.

    References:
        Sarwar, Karypis, Konstan, Riedl, "Item-based collaborative filtering recommendation
        algorithms", WWW 2001.
    """

    similarity: csr_array
    """[items, items]; row i holds the nearest neighbours of item i, without itself."""
    popularity: Float32[np.ndarray, " items"]

    @classmethod
    def of(
        cls, past: Histories, *, neighbours: int = 50, weighting: Weighting = "tfidf"
    ) -> "ItemKnn":
        """Neighbours of every item among the likes of ``past``."""
        columns = _weighted(likes(past).T.tocsr(), weighting)
        if weighting != "bm25":
            length = np.sqrt(columns.multiply(columns).sum(axis=1))
            columns = diags_array(1 / np.where(length > 0, length, 1)) @ columns
        model = ItemItemRecommender(K=neighbours + 1)  # an item is its own nearest neighbour
        model.fit(for_implicit(columns.T.tocsr()), show_progress=False)
        return cls(_others(csr_array(model.similarity), neighbours), Popularity.of(past).score)

    def scores(
        self, histories: Histories, users: Int[np.ndarray, " batch"], /
    ) -> Float32[np.ndarray, "batch items"]:
        """Similarities with the users' liked items, summed by liking."""
        liked = likes(histories, users)
        scores = (liked @ self.similarity).toarray().astype(np.float32)
        scores[np.diff(liked.indptr) == 0] = self.popularity
        return scores


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


def _others(similarity: csr_array, neighbours: int) -> csr_array:
    """The most similar items of each, without itself and without those that share nobody."""
    row = np.repeat(np.arange(similarity.shape[0]), np.diff(similarity.indptr))
    item, value = similarity.indices, similarity.data
    kept = np.flatnonzero((item != row) & (value > 0))
    kept = kept[np.lexsort((item[kept], -value[kept], row[kept]))]
    place = np.arange(len(kept)) - np.searchsorted(row[kept], row[kept])
    kept = kept[place < neighbours]
    return csr_array((value[kept], (row[kept], item[kept])), shape=similarity.shape)
