"""One number to watch while a model trains, quick enough to be taken after every epoch."""

from dataclasses import dataclass

import numpy as np

from clvcore.features.split import Split
from clvcore.ranking.evaluate import Protocol, taken_items
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.metrics import hits_of, ndcg
from clvcore.ranking.scorers import Scorer
from clvcore.ranking.top_n import top_n_of_scores

MOST_USERS = 4_000
"""Users are sampled above this: the watched number then wavers by about half a percent."""


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """The users of a split on whom models are compared while they train, always the same."""

    users: np.ndarray
    taken: ItemLists
    seen: ItemLists

    @classmethod
    def of(cls, split: Split, *, rng: np.random.Generator) -> "Watch":
        """Users who took something new in the period, at most `MOST_USERS` of them."""
        taken, rows = taken_items(split, Protocol.NEW)
        if len(rows) > MOST_USERS:
            chosen = np.sort(rng.choice(len(rows), MOST_USERS, replace=False)).astype(np.int32)
            taken, rows = taken.take(chosen), rows[chosen]
        users = split.targets.user[rows]
        return cls(users, taken, ItemLists(split.past.start, split.past.item).take(users))

    def ndcg(self, scorer: Scorer, *, k: int = 10) -> float:
        """Mean NDCG@k on items new to the user; 0 where nobody took any."""
        if len(self.users) == 0:
            return 0.0
        best = top_n_of_scores(scorer.scores(self.users), k, seen=self.seen)
        return float(ndcg(hits_of(best.items, self.taken), self.taken.lengths()).mean())
