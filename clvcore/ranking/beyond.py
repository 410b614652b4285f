"""What lists are like beside their hits: how new, how varied, how bound to what is popular.

Let L be the first K items of a user's list. Popularity counts the users who liked an item before
the judged period, so nothing here is taken from the period itself.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Bool, Float64, Int, Int32
from scipy.sparse import csr_array, diags_array
from scipy.stats import rankdata

from clvcore.features.histories import Histories
from clvcore.ranking.baselines.likes import likes


class Beyond(StrEnum):
    """What is told of each user's list beside its hits; more is another thing, not a better one."""

    NOVELTY = "novelty"
    """Bits of surprise of a listed item, on average."""
    DIVERSITY = "diversity"
    """How unlike two listed items are, from 0 to 1, on average."""
    POPULARITY = "popularity"
    """Share of the catalogue that is less popular than a listed item, on average."""


class Overall(StrEnum):
    """What is told of all lists together, and so without an interval over users."""

    COVERAGE = "coverage"
    """Share of the catalogue that anybody is shown."""
    GINI = "gini"
    """How unevenly places in lists fall on the catalogue: 0 all alike, near 1 a few items alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """What is known of all items before the judged period."""

    likers: Int[np.ndarray, " items"]
    """Users who liked the item."""
    n_users: int
    """Users who liked anything."""
    traits: csr_array | None
    """[items, traits], each row of length one, or of zeros where nothing is known of the item."""

    @classmethod
    def of(cls, past: Histories, traits: csr_array | None = None) -> "Catalogue":
        """The catalogue after ``past``.

        Args:
            past: what was known.
            traits: of items, in any scale; categories as one column each, say.
        """
        liked = likes(past)
        counts = np.bincount(liked.indices, minlength=len(past.items))
        if traits is not None:
            length = np.sqrt(traits.multiply(traits).sum(axis=1))
            traits = csr_array(diags_array(1 / np.where(length > 0, length, 1)) @ traits)
        return cls(counts, int((np.diff(liked.indptr) > 0).sum()), traits)

    def information(self) -> Float64[np.ndarray, " items"]:
        """Self-information log2(users / users who liked the item), of an item nobody liked as if one.

        References:
            Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender systems",
            PNAS 2010 (surprisal); Castells, Hurley, Vargas, "Novelty and diversity in recommender
            systems", 2015.
        """
        return np.log2(max(self.n_users, 1)) - np.log2(np.maximum(self.likers, 1))

    def percentile(self) -> Float64[np.ndarray, " items"]:
        """Share of the catalogue that is less popular, equals by half."""
        return (rankdata(self.likers) - 0.5) / len(self.likers)

    def thirds(self) -> Int[np.ndarray, " items"]:
        """0, 1, 2 for items that hold the first, second and last third of all likes; 3 for no like.

        The most popular come first, equals in the order of their numbers.
        """
        order = np.lexsort((np.arange(len(self.likers)), -self.likers))
        before = np.cumsum(self.likers[order]) - self.likers[order]
        third = np.empty(len(order), np.int64)
        third[order] = np.minimum(3 * before // max(int(self.likers.sum()), 1), 2)
        return np.where(self.likers > 0, third, 3)


def per_list(
    ranked: Int32[np.ndarray, "users n"], k: int, catalogue: Catalogue
) -> dict[Beyond, Float64[np.ndarray, " users"]]:
    """Everything of `Beyond` that can be told of every user's first ``k`` items.

    Diversity is left out where no traits are known, or lists have one item.
    """
    first = ranked[:, :k]
    found = {
        Beyond.NOVELTY: _mean_over(first, catalogue.information()),
        Beyond.POPULARITY: _mean_over(first, catalogue.percentile()),
    }
    if catalogue.traits is not None and k > 1:
        found[Beyond.DIVERSITY] = diversity(first, catalogue.traits)
    return found


def diversity(
    first: Int32[np.ndarray, "users k"], traits: csr_array
) -> Float64[np.ndarray, " users"]:
    """Mean of 1 - cosine of two listed items' traits; 0 for a list with fewer than two such items.

    Over n items with traits t_i of length one, the cosines of all pairs sum to
    (|sum t_i|^2 - n) / 2. Items of which nothing is known are left out.

    References:
        Smyth and McClave, "Similarity vs. diversity", ICCBR 2001; intra-list diversity as in
        Castells, Hurley, Vargas 2015.
    """
    known = np.diff(traits.indptr) > 0
    there = (first >= 0) & known[first]
    row, place = np.nonzero(there)
    shape = (len(first), traits.shape[0])
    listed = csr_array((np.ones(len(row)), (row, first[row, place])), shape=shape)
    summed = listed @ traits
    n = there.sum(axis=1)
    cosines = summed.multiply(summed).sum(axis=1) - n
    pairs = n * (n - 1)
    return np.where(pairs > 0, 1 - cosines / np.maximum(pairs, 1), 0.0)


def coverage(ranked: Int32[np.ndarray, "users n"], k: int, n_items: int) -> float:
    """Share of the catalogue that is among the first ``k`` of at least one user's list."""
    first = ranked[:, :k]
    return len(np.unique(first[first >= 0])) / n_items


def gini(
    ranked: Int32[np.ndarray, "users n"], k: int, offered: Bool[np.ndarray, " items"]
) -> float:
    """Gini coefficient of how often each offered item is among anybody's first ``k``.

    With exposures in ascending order x_1 <= ... <= x_n: sum_i (2 i - n - 1) x_i / (n sum_i x_i).

    References:
        Adomavicius and Kwon, "Improving aggregate recommendation diversity", IEEE TKDE 2012.
    """
    first = ranked[:, :k]
    shown = np.bincount(first[first >= 0], minlength=len(offered))[offered]
    shown, n = np.sort(shown), len(shown)
    if not shown.sum():
        return 0.0
    return float(((2 * np.arange(1, n + 1) - n - 1) @ shown) / (n * shown.sum()))


def _mean_over(
    first: Int32[np.ndarray, "users k"], value: Float64[np.ndarray, " items"]
) -> Float64[np.ndarray, " users"]:
    """Mean of the listed items' values; an empty place does not count."""
    there = first >= 0
    return np.where(there, value[first], 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
