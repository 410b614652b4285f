"""Answers at once for somebody new or changed, on the CPU: nothing is trained or stored."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from jaxtyping import Array, Float, Float32

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.features.attributes import Attributes, new_items, new_users
from clvcore.features.histories import Histories, fresh_history
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.recommend import RANK, SIMILARITY
from clvcore.ranking.top_n import NOBODY, top_n
from clvcore.towers.encode import Embeddings, encode_users, new_item_vectors, raw_items
from clvcore.towers.lesson import Lesson
from clvcore.towers.model import Model


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A model with all that it needs to encode users and items that it has never seen."""

    model: Model
    lesson: Lesson
    dataset: Dataset
    seen: Histories
    embeddings: Embeddings
    raw: Float[Array, "items dim"]
    """Vectors of all items as the user tower reads them."""

    @classmethod
    def of(
        cls, model: Model, lesson: Lesson, dataset: Dataset, seen: Histories, embeddings: Embeddings
    ) -> "Service":
        """The service of a model on the data set that it learned from."""
        return cls(model, lesson, dataset, seen, embeddings, raw_items(model, lesson))

    def user_vector(
        self, events: pl.DataFrame, *, user: str | None = None, about: pl.DataFrame | None = None
    ) -> Float32[np.ndarray, " dim"]:
        """Vector of a user after these events, which are all of the user's.

        Args:
            events: item_id, at (UTC), kind, and amount and rating where known; may be empty.
            user: who it is, where the user is in the data set: what is known of the user counts.
            about: what is known of somebody new, one row with columns of the users table.

        Raises:
            NotFoundError: the user is unknown.
        """
        history = fresh_history(events, self.dataset, self.seen)
        lesson = replace(self.lesson, users=self._about(user, about))
        someone = np.zeros(1, np.int32)
        return encode_users(self.model, lesson, self.raw, history, someone, at_once=1)[0]

    def item_vector(self, about: pl.DataFrame) -> Float32[np.ndarray, " dim"]:
        """Vector of a new item, by what is known of it: one row with columns of the items table."""
        return new_item_vectors(self.model, new_items(about, self.lesson.items))[0]

    def recommend(
        self,
        events: pl.DataFrame,
        *,
        n: int = 10,
        user: str | None = None,
        about: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """The ``n`` items nearest to the user without those of the events: rank, item_id, similarity.

        Raises:
            NotFoundError: the user is unknown.
            ConfigError: ``n`` is below one.
        """
        vector = self.user_vector(events, user=user, about=about)
        ids = self.embeddings.item_ids
        had = ids.numbers(events[col.ITEM], missing="negative")
        best = top_n(
            vector[None],
            self.embeddings.items,
            n,
            similarity=self.embeddings.similarity,
            seen=ItemLists.of([np.unique(had[had >= 0]).tolist()]),
        )
        there = best.items[0] != NOBODY
        frame = pl.DataFrame(
            {
                RANK: np.arange(1, there.sum() + 1),
                col.ITEM: ids.terms(best.items[0][there]),
                SIMILARITY: best.similarity[0][there],
            }
        )
        return frame.cast({RANK: pl.Int32, SIMILARITY: pl.Float32})

    def _about(self, user: str | None, about: pl.DataFrame | None) -> Attributes:
        known = self.lesson.users
        if user is None:
            return new_users(
                pl.DataFrame({col.CHANNEL: [None]}, schema={col.CHANNEL: pl.String})
                if about is None
                else about,
                known,
            )
        row = [self.seen.users.number(user)]
        return replace(
            known, tokens=known.tokens[row], numbers=known.numbers[row], vectors=known.vectors[row]
        )
