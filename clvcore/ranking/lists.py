"""Lists of items of different length, one for each user: what was seen, what was taken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int


@dataclass(frozen=True, slots=True, eq=False)
class ItemLists:
    """Item numbers of many users, one list behind the other (compressed sparse rows)."""

    start: Int[np.ndarray, " bounds"]
    """The list of user ``u`` is ``item[start[u] : start[u + 1]]``."""
    item: Int[np.ndarray, " entries"]

    def __len__(self) -> int:
        """Number of lists."""
        return len(self.start) - 1

    @classmethod
    def of(cls, lists: Iterable[Sequence[int] | Int[np.ndarray, "_"]]) -> "ItemLists":
        """The lists in this order.

        Example:
            >>> ItemLists.of([[3, 1], [], [2]]).start
            array([0, 2, 2, 3])
        """
        rows = [np.asarray(one, dtype=np.int32) for one in lists]
        lengths = [len(row) for row in rows]
        item = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int32)
        return cls(np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]), item)

    def lengths(self) -> Int[np.ndarray, " users"]:
        """Number of entries of each list."""
        return np.diff(self.start)

    def rows(self) -> Int[np.ndarray, " entries"]:
        """For each entry the list it stands in."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.lengths())

    def take(self, users: Int[np.ndarray, " chosen"]) -> "ItemLists":
        """The lists of the chosen users, in the order asked for."""
        lengths = self.lengths()[users]
        start = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        within = np.arange(start[-1], dtype=np.int64) - np.repeat(start[:-1], lengths)
        return ItemLists(start, self.item[np.repeat(self.start[users], lengths) + within])

    def where(self, keep: Bool[np.ndarray, " entries"]) -> "ItemLists":
        """The lists without the entries that are not kept."""
        kept = np.concatenate([[0], np.cumsum(keep, dtype=np.int64)])
        return ItemLists(kept[self.start], self.item[keep])

    def distinct(self) -> "ItemLists":
        """The lists as sets: each item once, in ascending order."""
        width = int(self.item.max(initial=0)) + 1
        keys = np.unique(self.rows() * width + self.item)
        counts = np.bincount(keys // width, minlength=len(self))
        start = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        return ItemLists(start, (keys % width).astype(self.item.dtype))
