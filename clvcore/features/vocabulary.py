"""The only map between ids and numbers."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

import numpy as np
import polars as pl
from jaxtyping import Int32

from clvcore.errors import NotFoundError
from clvcore.messages import listed, say

Missing = Literal["error", "negative"]


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Distinct ids in ascending order; an id's number is its place, from 0.

    Example:
        >>> items = Vocabulary.of(pl.Series(["tea", "cup", "tea"]))
        >>> items.number("tea"), items.term(0), len(items)
        (1, 'cup', 2)
    """

    ids: pl.Series
    """Distinct, sorted, String."""
    what: str = "item"
    """What the ids name, for messages."""
    _numbers: pl.DataFrame = field(init=False, repr=False)

    def __post_init__(self) -> None:
        table = pl.DataFrame({"id": self.ids}).with_row_index("number")
        object.__setattr__(self, "_numbers", table.with_columns(pl.col("number").cast(pl.Int32)))

    @classmethod
    def of(cls, ids: pl.Series, what: str = "item") -> "Vocabulary":
        """The vocabulary of all ids that occur."""
        return cls(ids.drop_nulls().unique().sort().rename("id"), what)

    def __len__(self) -> int:
        """How many ids there are."""
        return len(self.ids)

    def numbers(self, ids: pl.Series, *, missing: Missing = "error") -> Int32[np.ndarray, " n"]:
        """The number of each id; -1 for an unknown one where ``missing="negative"``.

        Raises:
            NotFoundError: an id is unknown and ``missing="error"``.
        """
        found = pl.DataFrame({"id": ids}).join(
            self._numbers, on="id", how="left", maintain_order="left"
        )["number"]
        if missing == "error" and found.null_count():
            self._refuse(ids.filter(found.is_null())[0])
        return found.fill_null(-1).to_numpy()

    def number(self, term: str, *, missing: Missing = "error") -> int:
        """The number of one id; -1 for an unknown one where ``missing="negative"``."""
        place = self.ids.search_sorted(term)
        if place < len(self.ids) and self.ids[place] == term:
            return int(place)
        if missing == "error":
            self._refuse(term)
        return -1

    def terms(self, numbers: Int32[np.ndarray, "*n"]) -> pl.Series:
        """The ids of numbers, in the same order, flattened; null for -1."""
        flat = pl.Series("number", np.ravel(numbers), dtype=pl.Int32)
        return self.ids.gather(flat.replace(-1, None)).rename("id")

    def term(self, number: int) -> str:
        """The id of one number."""
        return self.ids[number]

    def _refuse(self, term: object) -> None:
        near = get_close_matches(str(term), self.ids.head(100_000).to_list(), n=3, cutoff=0.5)
        known = near or self.ids.head(3).to_list()
        raise NotFoundError(
            say(
                "features.unknown_id",
                what=say(f"features.what.{self.what}"),
                term=term,
                known=listed(known),
            )
        )
