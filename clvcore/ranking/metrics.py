"""How good ranked lists are, beside what the users really took afterwards.

For one user let T be the set of items taken, hit_j = 1 where the item at rank j (from 1) is in T,
and hits_K = hit_1 + ... + hit_K. All items outside T count as not relevant, also those that the
user never saw.
"""

from enum import StrEnum

import numpy as np
from jaxtyping import Bool, Float64, Int, Int32

from clvcore.ranking.lists import ItemLists


class Metric(StrEnum):
    """What is measured; each is between 0 and 1 for every user, and greater is better."""

    HIT_RATE = "hit_rate"
    NDCG = "ndcg"
    RECALL = "recall"
    PRECISION = "precision"
    MAP = "map"
    MRR = "mrr"


def hits_of(ranked: Int32[np.ndarray, "users n"], taken: ItemLists) -> Bool[np.ndarray, "users n"]:
    """Where a ranked item is among those the user took; an empty place (-1) is no hit."""
    width = max(int(ranked.max(initial=0)), int(taken.item.max(initial=0))) + 1
    wanted = np.sort(taken.rows() * width + taken.item)
    offered = np.arange(len(ranked), dtype=np.int64)[:, None] * width + ranked
    return np.isin(offered, wanted) & (ranked >= 0)


def hit_rate(hits: Bool[np.ndarray, "users k"]) -> Float64[np.ndarray, " users"]:
    """1 where hits_K > 0, else 0."""
    return np.where(hits.any(axis=1), 1.0, 0.0)


def precision(hits: Bool[np.ndarray, "users k"]) -> Float64[np.ndarray, " users"]:
    """hits_K / K, also where fewer than K items were taken or listed."""
    return hits.sum(axis=1) / hits.shape[1]


def recall(
    hits: Bool[np.ndarray, "users k"], taken: Int[np.ndarray, " users"]
) -> Float64[np.ndarray, " users"]:
    """hits_K / |T|: below 1 for the best list, too, where more than K items were taken."""
    return hits.sum(axis=1) / taken


def ndcg(
    hits: Bool[np.ndarray, "users k"], taken: Int[np.ndarray, " users"]
) -> Float64[np.ndarray, " users"]:
    """DCG_K / IDCG_K with DCG_K = sum_j hit_j / log2(j + 1); IDCG_K is that of the best list.

    The best list has min(K, |T|) hits in front.

    References:
        Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 2002,
        with relevance 0 or 1 and the discount of Burges et al., ICML 2005.
    """
    discount = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = np.cumsum(discount)[np.minimum(taken, hits.shape[1]) - 1]
    return (hits @ discount) / ideal


def mean_average_precision(
    hits: Bool[np.ndarray, "users k"], taken: Int[np.ndarray, " users"]
) -> Float64[np.ndarray, " users"]:
    """AP_K = sum_j hit_j (hits_j / j) / min(K, |T|); MAP is its mean over users.

    References:
        Manning, Raghavan, Schütze, "Introduction to Information Retrieval", 2008, eq. (8.8), cut
        at K as in the Million Song Dataset Challenge (McFee et al., 2012).
    """
    ranks = np.arange(1, hits.shape[1] + 1)
    summed = (hits * np.cumsum(hits, axis=1) / ranks).sum(axis=1)
    return summed / np.minimum(taken, hits.shape[1])


def reciprocal_rank(hits: Bool[np.ndarray, "users k"]) -> Float64[np.ndarray, " users"]:
    """1 / rank of the first hit, 0 where there is none within K.

    References:
        Voorhees, "The TREC-8 Question Answering Track Report", 1999.
    """
    return np.where(hits.any(axis=1), 1 / (hits.argmax(axis=1) + 1), 0.0)


def per_user(
    hits: Bool[np.ndarray, "users n"], taken: Int[np.ndarray, " users"], k: int
) -> dict[Metric, Float64[np.ndarray, " users"]]:
    """Every metric at ``k`` for every user.

    Args:
        hits: as `hits_of` finds them.
        taken: number of items each user took, at least one.
        k: ranks that count.
    """
    first = hits[:, :k]
    return {
        Metric.HIT_RATE: hit_rate(first),
        Metric.NDCG: ndcg(first, taken),
        Metric.RECALL: recall(first, taken),
        Metric.PRECISION: precision(first),
        Metric.MAP: mean_average_precision(first, taken),
        Metric.MRR: reciprocal_rank(first),
    }
