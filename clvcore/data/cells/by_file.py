"""Rows of several files in one table: what each file says of a column, and a way to read each by itself.

Files of one table need not come from one hand: a German and an English one write numbers and dates
otherwise. So what leaves its reading open is decided on the cells of each file.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from clvcore.data.dataset import RawTable

Told = TypeVar("Told")
Way = TypeVar("Way", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a table's rows."""

    names: tuple[str, ...]
    origin: pl.Series | None
    """The file of each row, where there are several."""

    @classmethod
    def of(cls, raw: RawTable) -> "Files":
        """The files of a table, in the order of its rows."""
        if raw.origin is None or raw.origin.is_empty():
            return cls((raw.source,), None)
        return cls(tuple(raw.origin.unique(maintain_order=True)), raw.origin)

    def cells(self, column: pl.Series, files: Iterable[str]) -> pl.Series:
        """Those cells of a column that stand in some of the files."""
        return column if self.origin is None else column.filter(self.origin.is_in([*files]))

    def told(self, column: pl.Series, tell: Callable[[pl.Series], Told]) -> dict[str, Told]:
        """What the cells of each file tell, by its name."""
        if self.origin is None:
            return {name: tell(column) for name in self.names}
        frame = pl.DataFrame([self.origin.alias("file"), column.alias("cells")])
        parts = frame.partition_by("file", as_dict=True, include_key=False, maintain_order=True)
        return {str(file): tell(part["cells"]) for (file,), part in parts.items()}

    def read(
        self,
        column: pl.Series,
        ways: Mapping[str, Way],
        read: Callable[[pl.Series, Way], pl.Series],
    ) -> pl.Series:
        """The cells of a column, those of each file read in its way.

        Args:
            column: Its cells.
            ways: file -> its way; also files that no row is of.
            read: Reads cells in one way.
        """
        by_way = files_by_way(ways)
        if self.origin is None or len(by_way) == 1:
            return read(column, next(iter(by_way)))
        places = [self.origin.is_in(files).arg_true() for files in by_way.values()]
        parts = [read(column.gather(at), way) for at, way in zip(places, by_way, strict=True)]
        return pl.concat(parts).gather(pl.concat(places).arg_sort())


def files_by_way(ways: Mapping[str, Way]) -> dict[Way, Sequence[str]]:
    """The files that are read in each of the different ways.

    Example:
        >>> files_by_way({"a.csv": ",", "b.csv": ".", "c.csv": ","})
        {',': ['a.csv', 'c.csv'], '.': ['b.csv']}
    """
    return {
        way: [file for file, own in ways.items() if own == way]
        for way in dict.fromkeys(ways.values())
    }
