"""A table of which one block is held at a time: from one file, or from several with the same columns."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from clvcore.data.dataset import RawTable
from clvcore.data.files.read import called_apart, check_together, common_reading, with_file
from clvcore.data.meaning.headless import named, renamed
from clvcore.messages import listed


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a table, to be loaded where it is needed."""

    load: Callable[[], RawTable]
    rows: int
    filled: tuple[int, ...]
    """Filled cells of each column."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """A table in blocks, in the order of its files."""

    head: RawTable
    """The first block, with what the whole was read from and how."""
    blocks: tuple[Block, ...]

    def __iter__(self) -> Iterator[RawTable]:
        return (block.load() for block in self.blocks)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(block.rows for block in self.blocks)

    def filled(self) -> dict[str, int]:
        """Filled cells of each column."""
        counts = (sum(column) for column in zip(*(one.filled for one in self.blocks), strict=True))
        return dict(zip(self.head.frame.columns, counts, strict=True))

    def held(self) -> RawTable:
        """The whole table in memory."""
        if len(self.blocks) == 1:
            return self.head
        parts = list(self)
        lines = [one.lines for one in parts if one.lines is not None]
        origins = [one.origin for one in parts if one.origin is not None]
        return replace(
            self.head,
            frame=pl.concat([one.frame for one in parts]),
            lines=pl.concat(lines) if len(lines) == len(parts) else None,
            broken=pl.concat([one.broken for one in parts]),
            aside=pl.concat([one.aside for one in parts]),
            origin=pl.concat(origins) if len(origins) == len(parts) else None,
        )

    @classmethod
    def of(cls, raw: RawTable) -> "Blocks":
        """A table that is held as its only block."""
        return cls(raw, (block_of(raw),))


def block_of(raw: RawTable, load: Callable[[], RawTable] | None = None) -> Block:
    """A block with its counts; it is held where nothing is said about loading it."""
    filled = tuple(raw.frame.height - column.null_count() for column in raw.frame)
    return Block(load or (lambda: raw), raw.frame.height, filled)


def called(table: Blocks, names: Sequence[str] | None) -> Blocks:
    """The same with these names of columns; a first line that was taken for a header is a row again.

    Raises:
        MappingError: the table has another number of columns.
    """
    if names is None or table.head.frame.columns == list(names):
        return table
    head = named(table.head, names)
    more = head.frame.height - table.head.frame.height
    first = table.blocks[0]
    begin = replace(
        first,
        load=lambda: named(first.load(), names),
        rows=first.rows + more,
        filled=tuple(count + more for count in first.filled),
    )
    rest = (replace(one, load=partial(_renamed, one.load, names)) for one in table.blocks[1:])
    return Blocks(head, (begin, *rest))


def _renamed(load: Callable[[], RawTable], names: Sequence[str]) -> RawTable:
    return renamed(load(), names)


def combined_blocks(tables: Sequence[Blocks]) -> Blocks:
    """One table of several files that have the same columns, in whatever order.

    Raises:
        UploadError: a file is the same as another.
        MappingError: a file has other columns than the first.
    """
    if len(tables) == 1:
        return tables[0]
    heads = [one.head for one in tables]
    check_together(heads)
    heads = called_apart(heads)
    names = heads[0].frame.columns
    source = listed([one.source for one in heads], most=3)
    typed = {one.source: one.numbers for one in heads}
    blocks = []
    for one, head in zip(tables, heads, strict=True):
        order = [one.head.frame.columns.index(name) for name in names]
        for block in one.blocks:
            load = partial(_of_file, block.load, head.source, names, source, typed)
            filled = tuple(block.filled[place] for place in order)
            blocks.append(Block(load, block.rows, filled))
    head = replace(
        blocks[0].load(),
        files=tuple(file for one in heads for file in one.files),
        reading=common_reading(heads),
    )
    return Blocks(head, tuple(blocks))


def _of_file(
    load: Callable[[], RawTable],
    file: str,
    names: Sequence[str],
    source: str,
    typed: Mapping[str, frozenset[str]],
) -> RawTable:
    """A block of one of several files; its rows remember of which."""
    raw = replace(load(), source=file)
    return replace(
        raw,
        frame=raw.frame.select(names),
        source=source,
        numbers=frozenset.intersection(*typed.values()),
        typed=typed,
        broken=with_file(raw.broken, raw),
        aside=with_file(raw.aside, raw),
        origin=pl.repeat(raw.source, raw.frame.height, dtype=pl.String, eager=True),
    )
