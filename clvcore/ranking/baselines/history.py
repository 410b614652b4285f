"""Once more what one had: the baseline to beat where people buy the same things again."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int

from clvcore.features.histories import Histories
from clvcore.ranking.baselines.popularity import MICROSECONDS_PER_DAY, Popularity
from clvcore.ranking.lists import ItemLists


@dataclass(frozen=True, slots=True, eq=False)
class OwnHistory:
    """A user's own items by liking that fades with age, then all other items by popularity.

    own(u, i) = sum of weight * 2^(-age / half-life) over the user's events with the item; an item
    whose refunds outweigh its likes comes last.

    References:
        Personal before global frequency, "GP-TopFreq": Li, Jullien, Ariannezhad, de Rijke, "A Next
        Basket Recommendation Reality Check", ACM TOIS 2023.
    """

    popularity: Float32[np.ndarray, " items"]
    """Between 0 and 1."""
    half_life_days: float

    @classmethod
    def of(cls, past: Histories, *, half_life_days: float = 60.0) -> "OwnHistory":
        """Popularity of ``past`` behind every user's own items."""
        score = Popularity.of(past).score
        return cls(score / max(float(score.max(initial=0.0)), 1.0), half_life_days)

    def scores(
        self, histories: Histories, users: Int[np.ndarray, " batch"], /
    ) -> Float32[np.ndarray, "batch items"]:
        """1 + own liking where it is above zero, the popularity of all other items."""
        n_items = len(histories.items)
        events = ItemLists(histories.start, np.arange(len(histories.item))).take(users)
        age = histories.at.max(initial=0) - histories.at[events.item]
        faded = np.exp2(-age / (self.half_life_days * MICROSECONDS_PER_DAY))
        place = events.rows() * n_items + histories.item[events.item]
        liking = histories.weight[events.item] * faded
        own = np.bincount(place, liking, minlength=len(users) * n_items).reshape(-1, n_items)
        return np.where(own > 0, 1 + own, np.where(own < 0, own, self.popularity)).astype(
            np.float32
        )
