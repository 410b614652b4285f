"""Events that came out of the parts go into piles by time, and are written in order from there."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from clvcore import columns as col
from clvcore.data.cleaning.assembled import Assembled
from clvcore.data.cleaning.events import Part
from clvcore.data.cleaning.gathered import Gathered
from clvcore.data.cleaning.memory import PLACE, ROWS
from clvcore.data.cleaning.quality import by_line
from clvcore.data.cleaning.scan import ROW
from clvcore.data.content import Pieces, content_id
from clvcore.data.dataset import (
    Account,
    Finding,
    Recipe,
    Step,
    facts_of_id,
    in_order,
)
from clvcore.report.tables import safe_for_sheets
from clvcore.runs import stored
from clvcore.runs.ahead import ahead
from clvcore.runs.spill import Spill

_SORTED, _STORED, _KEPT, _ORDER = "sorted", "stored", "kept", "\x1forder"
_LEFT_OUT = {"rejects": stored.REJECTS, "ignored": stored.IGNORED}
_TEXT = "_text"


@dataclass(slots=True)
class Piles:
    """Piles of events by time, and of rows that were left out by their line."""

    spill: Spill
    count: int
    """Piles of each."""
    rows: int
    """Rows of the whole table."""
    edges: list[datetime] | None = None
    """Moments between the piles; those of the first part, whose users are as good as any."""
    left_out: dict[str, set[int]] = field(default_factory=dict)

    def lay(self, part: Part, places: pl.Series) -> None:
        """Lay what came out of a part upon the piles.

        Args:
            part: What came out.
            places: Place of each row of the part among all rows.
        """
        order = places.gather(part.frame[ROW]).alias(_ORDER)
        events = part.frame.select(*col.EVENTS, order)
        if self.edges is None and events.height:
            steps = (events.height * one // self.count for one in range(1, self.count))
            self.edges = sorted({events[col.AT][place] for place in steps})
        self._lay_by_time("time", events)
        order = places.gather(part.apart[ROW]).alias(_ORDER)
        self._lay_by_time("apart", part.apart.drop(ROW).with_columns(order))
        for kind in _LEFT_OUT:
            self._lay_left_out(kind, getattr(part, kind))

    def _lay_by_time(self, kind: str, rows: pl.DataFrame) -> None:
        """Lay rows that are sorted by time upon the piles between whose edges they lie."""
        borders = [0, *(int(rows[col.AT].search_sorted(one)) for one in self.edges or ())]
        ends = [*borders[1:], rows.height]
        for pile, (begin, end) in enumerate(zip(borders, ends, strict=True)):
            if end > begin:
                self.spill.put(f"{kind}-{pile}", rows.slice(begin, end - begin))

    def _lay_left_out(self, kind: str, rows: pl.DataFrame) -> None:
        width = max(1, -(-self.rows // self.count))
        for pile, piece in _split(rows, width):
            self.left_out.setdefault(kind, set()).add(pile)
            self.spill.put(f"{kind}-{pile}", piece)

    def sort(self) -> Pieces:
        """All events in the order of their id, pile by pile; beside them as they are stored."""
        height = 0
        for pile, both in enumerate(ahead(self._ordered, range(len(self.edges or ()) + 1))):
            self._remember(pile, height, None if both is None else both[0])
            if both is not None:
                events, by_content = both
                height += events.height
                self.spill.put(_STORED, events.drop(_ORDER))
                self.spill.put(_SORTED, by_content)
                self.spill.drop(f"time-{pile}")

        def column(name: str) -> Iterator[pl.Series]:
            return (frame.to_series() for frame in self.spill.frames(_SORTED, [name]))

        return Pieces(col.EVENTS, height, column)

    def _ordered(self, pile: int) -> tuple[pl.DataFrame, pl.DataFrame] | None:
        """The events of a pile as they are stored, with their places, and in the order of their id."""
        events = self.spill.all(f"time-{pile}")
        if events is None:
            return None
        events = events.sort(col.AT, _ORDER)
        return events, in_order("events", events.drop(_ORDER))

    def _remember(self, pile: int, before: int, events: pl.DataFrame | None) -> None:
        """Lay what the next file has to know of one pile upon that of all, with its place."""
        kept = self.spill.all(f"apart-{pile}")
        if kept is None:
            return
        self.spill.drop(f"apart-{pile}")
        own = kept.select(col.AT, _ORDER, pl.lit(value=False).alias("event"))
        if events is not None:
            others = events.select(col.AT, _ORDER, pl.lit(value=True).alias("event"))
            own = pl.concat([own, others])
        # an event that is kept as it was read goes before itself: its own place is counted
        ordered = own.sort(col.AT, _ORDER, "event")
        placed = ordered.with_columns(pl.col("event").cast(pl.Int64).cum_sum() + before)
        placed = placed.filter(~ordered["event"])["event"]
        kept = kept.sort(col.AT, _ORDER).with_columns(placed.alias(PLACE))
        self.spill.put(_KEPT, kept.select(*ROWS))

    @property
    def written(self) -> Path:
        """Where the events are written, before they are moved to their data set."""
        return self.spill.folder / "events.parquet"

    def write(self) -> None:
        """Write the events as they are stored."""
        events = pl.scan_ipc(self.spill.files(_STORED))
        events.sink_parquet(self.written, compression="zstd", maintain_order=True)

    def write_left_out(self, kind: str, file: Path) -> None:
        """Write rows that were left out of the events, in the order of the file."""
        piles = [f"{kind}-{pile}" for pile in sorted(self.left_out.get(kind, ()))]
        schemas = [pl.read_ipc_schema(one) for pile in piles for one in self.spill.files(pile)]
        if not schemas:
            return
        names = list(dict.fromkeys(name for schema in schemas for name in schema))
        names.sort(key=lambda name: name == _TEXT)  # stands last, where a line was no row
        with file.open("wb") as out:
            for place, pile in enumerate(piles):
                frames = list(self.spill.frames(pile))
                rows = pl.concat(
                    [pl.DataFrame(schema=_widest(names, schemas)), *frames], how="diagonal"
                )
                ordered = by_line(rows.select(names))
                safe_for_sheets(ordered).write_csv(out, include_header=place == 0)


def _split(rows: pl.DataFrame, width: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """Rows that were left out, by the piece of the file in which they stand."""
    places = rows["_line"] // width
    for pile in places.unique().sort().to_list():
        yield pile, rows.filter(places == pile)


def _widest(
    names: list[str], schemas: Sequence[Mapping[str, pl.DataType]]
) -> dict[str, pl.DataType]:
    known: dict[str, pl.DataType] = {}
    for schema in schemas:
        known |= dict(schema)
    return {name: known[name] for name in names}


@dataclass(frozen=True, slots=True)
class Brought:
    """A data set whose events lie on disk, and what is told of it."""

    id: str
    recipe: Recipe
    whole: Assembled
    found: Gathered
    piles: Piles

    @property
    def observed(self) -> tuple[datetime, datetime]:
        """First and last moment of observation."""
        return self.whole.observed

    @property
    def accounts(self) -> tuple[Account, ...]:
        """What became of rows and money."""
        return self.whole.accounts

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong or remarkable."""
        return self.whole.findings

    @property
    def lineage(self) -> tuple[Step, ...]:
        """Where it came from."""
        return self.whole.lineage

    def write(self, folder: Path) -> None:
        """Write the tables, the rows that were left out, and what is told of them to a folder."""
        self.piles.written.replace(folder / "events.parquet")
        for name, frame in held(self.whole).items():
            frame.write_parquet(folder / f"{name}.parquet", compression="zstd")
        for kind, form in _LEFT_OUT.items():
            for table, rows in getattr(self.whole, kind).items():
                safe_for_sheets(rows).write_csv(folder / form.format(table=table))
            self.piles.write_left_out(kind, folder / form.format(table="events"))
        stored.write_memory(folder, self.whole.memory)
        kept = self.piles.spill.files(_KEPT)
        if kept:
            place = folder / stored.MEMORY.format(part="rows")
            pl.scan_ipc(kept).sink_parquet(place, compression="zstd", maintain_order=True)
        stored.write_facts(folder, self, ["events", *held(self.whole)])


def held(whole: Assembled) -> Mapping[str, pl.DataFrame]:
    """The tables beside the events, in the order of a data set."""
    named = {name: getattr(whole, name) for name in col.TABLES if name != "events"}
    return {name: in_order(name, frame) for name, frame in named.items() if frame is not None}


def brought(recipe: Recipe, whole: Assembled, found: Gathered, piles: Piles) -> Brought:
    """The data set under the id of its content; its events are written while that is made."""
    tables = {"events": piles.sort(), **held(whole)}
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(piles.write)
        made = content_id(tables, facts_of_id(recipe, whole.observed))
        writing.result()
    return Brought(made, recipe, whole, found, piles)
