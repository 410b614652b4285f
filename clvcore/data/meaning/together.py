"""Several files of one table: rows beneath each other, or rows beside what another file tells of them.

Most files of a table have the same columns and go beneath each other. Of some known exports one
file tells what was bought and another who bought it and when; those are joined by what both name.
Every row of the first kind stays. Where an export says so, what nothing refers to becomes a row of
its own, so that nothing vanishes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from clvcore.data.cells.by_file import Files
from clvcore.data.cells.ids import respelled
from clvcore.data.cells.table import ids_of
from clvcore.data.dataset import RawTable
from clvcore.data.files.read import combined, with_file
from clvcore.data.meaning.blocks import Block, Blocks, block_of, combined_blocks
from clvcore.data.meaning.joins import Join
from clvcore.data.meaning.known import Known
from clvcore.data.meaning.shaping import JOINED, JOINED_ON, laid_out, shaped
from clvcore.errors import UploadError
from clvcore.messages import listed, say


def together(raws: Sequence[RawTable], known: Iterable[Known]) -> RawTable:
    """One table of several files, held.

    Args:
        raws: The files of one table.
        known: Exports whose files may have to be joined.

    Raises:
        UploadError: a file is the same as another, or lacks the one that it is joined with.
        MappingError: a file has other columns than the first.
    """
    if not any(_joins(raws, known)):
        return combined(raws)
    return together_blocks([Blocks.of(raw) for raw in raws], known).held()


def together_blocks(files: Sequence[Blocks], known: Iterable[Known]) -> Blocks:
    """The same of files in blocks: only what others are joined with is held.

    Raises:
        UploadError: as `together` says.
        MappingError: as there.
    """
    left = list(files)
    for export, join in _joins([one.head for one in left], known):
        rows = [one for one in left if join.is_of_rows(one.head)]
        beside = [one for one in left if join.is_beside(one.head)]
        if rows and beside:
            left = [
                one for one in left if not (join.is_of_rows(one.head) or join.is_beside(one.head))
            ]
            held = combined([one.held() for one in beside])
            left.append(_joined(combined_blocks(rows), held, join, export))
        elif join.whole:
            _refuse_half(rows or beside, join, has_rows=bool(rows))
    return combined_blocks(left)


def _joins(raws: Sequence[RawTable], known: Iterable[Known]) -> Iterator[tuple[Known, Join]]:
    """The joins of known exports that some of the files are of."""
    for export in known:
        for join in export.joins:
            if join.name == raws[0].name and any(
                join.is_of_rows(raw) or join.is_beside(raw) for raw in raws
            ):
                yield export, join


def _refuse_half(files: Sequence[Blocks], join: Join, *, has_rows: bool) -> None:
    """Nothing, where the files tell enough by themselves.

    Raises:
        UploadError: they are exactly one half of what has to be joined.
    """
    half = join.rows if has_rows else join.beside
    for one in files:
        if set(one.head.frame.columns) == set(half):
            key = "data.joined.lacks_beside" if has_rows else "data.joined.lacks_rows"
            wanted = listed(join.beside if has_rows else join.rows, most=len(half))
            raise UploadError(say(key, source=one.head.source, columns=wanted))


@dataclass(frozen=True, slots=True)
class _Beside:
    """The file that is looked up, by the key that both name."""

    raw: RawTable
    keyed: pl.DataFrame
    join: Join

    @classmethod
    def of(cls, raw: RawTable, join: Join) -> "_Beside":
        raw = shaped(raw, join.shape) if join.shape else raw
        key = _key(raw, join)
        twice = key.filter(key.is_duplicated() & key.is_not_null())
        if len(twice):
            told = {"source": raw.source, "column": join.on, "value": twice[0]}
            raise UploadError(say("data.joined.twice", **told))
        keyed = raw.frame.with_columns(key, pl.lit(value=True).alias(_FOUND))
        return cls(raw, keyed.filter(pl.col(_KEY).is_not_null()), join)

    def beside(self, raw: RawTable, source: str, names: Sequence[str]) -> RawTable:
        """Rows with what is told of each."""
        key = _key(raw, self.join)
        new = [name for name in self.raw.frame.columns if name not in raw.frame.columns]
        frame = raw.frame.with_columns(key).join(
            self.keyed.select(_KEY, *new), on=_KEY, how="left", maintain_order="left"
        )
        origin = raw.origin
        if origin is None:
            origin = pl.repeat(raw.source, raw.frame.height, dtype=pl.String, eager=True)
        return replace(
            raw,
            frame=frame.select(names),
            source=source,
            origin=origin,
            numbers=raw.numbers | (self.raw.numbers & set(new)),
            broken=_filed(raw.broken, raw),
            aside=_filed(raw.aside, raw),
        )


_KEY, _FOUND = "\x1fkey", "\x1ffound"


def _key(raw: RawTable, join: Join) -> pl.Series:
    """The ids by which rows are joined."""
    return respelled(ids_of(raw.frame[join.on]), Files.of(raw)).alias(_KEY)


def _joined(rows: Blocks, held: RawTable, join: Join, export: Known) -> Blocks:
    """The rows in their blocks, each beside what the held file tells, then what nothing refers to."""
    beside = _Beside.of(held, join)
    source = listed([one.name for one in (*rows.head.files, *held.files)], most=3)
    columns = rows.head.frame.columns
    names = [*columns, *(name for name in beside.raw.frame.columns if name not in columns)]
    blocks, used, matched = [], [], 0
    for block in rows.blocks:
        load = partial(_load_beside, block, beside, source, names)
        raw = load()
        key = _key(raw, join)
        used.append(key.unique())
        matched += int(key.is_in(beside.keyed[_KEY].implode()).sum())
        blocks.append(block_of(raw, None if len(rows.blocks) == 1 else load))
    told = {"matched": matched, "lost": rows.rows - matched, "alone": 0}
    if join.whole:
        rest = _rest(beside, pl.concat(used), rows.head, source, names)
        told["alone"] = rest.frame.height
        blocks.append(block_of(rest))
    head = blocks[0].load()
    reading = {**laid_out(beside.raw), **{name: str(count) for name, count in told.items()}}
    reading |= {JOINED: export.key} if join.whole else {}
    before = rows.head.reading.get(JOINED_ON)
    reading[JOINED_ON] = join.on if before is None else f"{before}\n{join.on}"
    head = replace(
        head,
        files=(*rows.head.files, *held.files),
        reading={**rows.head.reading, **reading},
    )
    if len(blocks) == 1:
        return Blocks.of(head)
    return Blocks(head, tuple(blocks))


def _load_beside(block: Block, beside: _Beside, source: str, names: Sequence[str]) -> RawTable:
    return beside.beside(block.load(), source, names)


def _rest(
    beside: _Beside, used: pl.Series, rows: RawTable, source: str, names: Sequence[str]
) -> RawTable:
    """What no row refers to, as rows of its own; and the lines of that file that are no rows."""
    raw = beside.raw
    key = _key(raw, beside.join)
    alone = ~key.is_in(used.drop_nulls().implode()).fill_null(value=False)
    place = alone.arg_true()
    lines = raw.lines
    if lines is None:
        lines = pl.int_range(1, raw.frame.height + 1, dtype=pl.Int64, eager=True)
    origin = raw.origin
    if origin is None:
        origin = pl.repeat(raw.source, raw.frame.height, dtype=pl.String, eager=True)
    empty = {name: pl.lit(None, dtype=pl.String) for name in names if name not in raw.frame.columns}
    frame = raw.frame[place].with_columns(**empty)
    return replace(
        raw,
        name=rows.name,
        frame=frame.select(names),
        source=source,
        lines=lines.gather(place).alias("line"),
        origin=origin.gather(place),
        broken=_filed(raw.broken, raw),
        aside=_filed(raw.aside, raw),
    )


def _filed(part: pl.DataFrame, raw: RawTable) -> pl.DataFrame:
    return part if "file" in part.columns else with_file(part, raw)
