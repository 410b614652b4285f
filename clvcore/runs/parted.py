"""A table of events that is too large to be held becomes a stored data set, part by part.

The blocks that were read are gone through three times, each time with one piece of them in memory:
once to see what belongs to whole columns and to lay the rows of each user into one part; once to
clean the parts, whose events go into piles by time; once to write the piles in order, and the id of
their content. Users, items, spend and impressions are held, as they are few beside the events.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial, reduce
from operator import add
from pathlib import Path

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.choices import Choices
from clvcore.data.clean import Whole, maps_of, prepare
from clvcore.data.cleaning.assembled import Prepared, assembled
from clvcore.data.cleaning.currencies import MixedCurrenciesError, mixed_of
from clvcore.data.cleaning.finders import Bounds, bounds_of
from clvcore.data.cleaning.gathered import Gathered, joined
from clvcore.data.cleaning.noticed import Noticed
from clvcore.data.cleaning.scan import Scan
from clvcore.data.dataset import Account, ColumnMap, RawTable, Recipe
from clvcore.data.meaning.blocks import Block, Blocks, called
from clvcore.data.parted import (
    NOT_YET,
    Done,
    Evidence,
    all_events,
    cleaned_part,
    evidence_of,
    needs_bounds,
    outliers,
    part_of,
    purchase_sizes,
    scan_part,
)
from clvcore.runs.ahead import ahead
from clvcore.runs.piles import Brought, Piles, brought
from clvcore.runs.spill import Spill

PART_ROWS = 400_000
"""Rows of a part, about: a few hundred megabytes while it is cleaned."""
_BUFFER_ROWS = 1_200_000
"""Rows that wait in memory until they are laid upon their piles."""
_LINE, _ORIGIN, _PART, _PLACE = "\x1fline", "\x1forigin", "\x1fpart", "\x1fplace"


def bring_in_parts(
    events: Blocks,
    others: Mapping[str, RawTable],
    recipe: Recipe,
    folder: Path,
    *,
    now: datetime | None = None,
    key: bytes | None = None,
    parts: int | None = None,
) -> Brought:
    """The data set of events in blocks; the same that `clvcore.data.clean.bring_in` makes of them held.

    Args:
        events: The events.
        others: table -> its rows, of the other tables.
        recipe: As for `clvcore.data.clean.bring_in`.
        folder: Where what is not held lies for as long as the data set is not stored.
        now: As for `clvcore.data.clean.bring_in`.
        key: As for `clvcore.data.clean.bring_in`.
        parts: Into how many parts the users go; by default as the rows need it.

    Raises:
        ClvError: as `clvcore.data.clean.bring_in` says.
    """
    spill = Spill(folder)
    choices = Choices.of(recipe.options)
    events = called(events, choices.names.get("events"))
    count = parts or max(1, -(-events.rows // PART_ROWS))
    raws = {"events": events.head, **others}
    given = maps_of(raws, recipe, choices)["events"]
    whole = _lay_out(events, given, choices, count, spill).whole()
    ready = prepare(raws, recipe, key=key, whole=whole)
    work = _Work(spill, events.head, ready, whole, now, key, count)
    return work.brought(events.rows)


@dataclass(frozen=True, slots=True)
class _Laid:
    """A block, looked at, and its rows by the part of their user."""

    evidence: Evidence
    pieces: Mapping[str, pl.DataFrame]
    """pile -> its rows"""
    rows: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """What is known of all blocks before the first one is looked at."""

    given: ColumnMap
    choices: Choices
    filled: Mapping[str, int]
    """Filled cells of each column of the whole table."""
    count: int

    def laid(self, block: tuple[int, Block, int, Mapping[str, int]]) -> _Laid:
        """A block: its number, where it is, and the rows and filled cells of those before it."""
        number, where, begun, cells_begun = block
        raw = where.load()
        evidence = evidence_of(raw, self.given, self.choices, begun=cells_begun, filled=self.filled)
        height = raw.frame.height
        lines = raw.lines
        if lines is None:
            lines = pl.int_range(1, height + 1, dtype=pl.Int64, eager=True)
        origin = pl.lit(None, dtype=pl.String) if raw.origin is None else raw.origin
        frame = raw.frame.with_columns(
            lines.alias(_LINE),
            origin.alias(_ORIGIN),
            part_of(raw, self.given.roles.get(col.USER), self.count).alias(_PART),
            pl.int_range(begun, begun + height, dtype=pl.Int64, eager=True).alias(_PLACE),
        )
        split = frame.partition_by(_PART, maintain_order=True, include_key=False, as_dict=True)
        pieces = {f"part-{one}": piece for (one,), piece in split.items()}
        for kind, lost in (("broken", raw.broken), ("aside", raw.aside)):
            if lost.height:
                pieces[f"{kind}-{number % self.count}"] = lost
        return _Laid(evidence, pieces, height)


def _with_begun(
    blocks: Sequence[Block], names: Sequence[str]
) -> Iterator[tuple[int, Block, int, Mapping[str, int]]]:
    """Each block with its number, and the rows and the filled cells before it."""
    rows, cells = 0, [0] * len(names)
    for number, block in enumerate(blocks):
        yield number, block, rows, dict(zip(names, cells, strict=True))
        rows += block.rows
        cells = [mine + own for mine, own in zip(cells, block.filled, strict=True)]


def _lay_out(
    events: Blocks, given: ColumnMap, choices: Choices, count: int, spill: Spill
) -> Evidence:
    """Evidence of all blocks; their rows lie upon the piles of the parts of their users."""
    layout = _Layout(given, choices, events.filled(), count)
    blocks = _with_begun(events.blocks, events.head.frame.columns)
    waiting: dict[str, list[pl.DataFrame]] = {}
    rows = 0
    seen: list[Evidence] = []
    for one in ahead(layout.laid, blocks):
        seen.append(one.evidence)
        for pile, piece in one.pieces.items():
            waiting.setdefault(pile, []).append(piece)
        rows += one.rows
        if rows >= _BUFFER_ROWS:
            _lay(waiting, spill)
            rows = 0
    _lay(waiting, spill)
    return reduce(add, seen)


def _lay(waiting: dict[str, list[pl.DataFrame]], spill: Spill) -> None:
    """Lay what waits upon its piles."""
    for pile, frames in waiting.items():
        spill.put(pile, pl.concat(frames))
    waiting.clear()


@dataclass(slots=True)
class _Work:
    """Parts of events on their way through the cleaning."""

    spill: Spill
    head: RawTable
    ready: Prepared
    whole: Whole
    now: datetime | None
    key: bytes | None
    count: int

    def part(self, number: int) -> tuple[RawTable, pl.Series]:
        """The rows of a part in the order of the file, and the place of each among all rows."""
        frame = self.spill.all(f"part-{number}")
        if frame is None:
            empty = self.head.frame.clear()
            frame = empty.with_columns(
                *(pl.lit(None, dtype=pl.Int64).alias(name) for name in (_LINE, _PLACE)),
                pl.lit(None, dtype=pl.String).alias(_ORIGIN),
            )
        lost = {name: self.spill.all(f"{name}-{number}") for name in ("broken", "aside")}
        several = self.head.origin is not None
        raw = replace(
            self.head,
            frame=frame.drop(_LINE, _ORIGIN, _PLACE),
            lines=frame[_LINE],
            origin=frame[_ORIGIN] if several else None,
            broken=self.head.broken.clear() if lost["broken"] is None else lost["broken"],
            aside=self.head.aside.clear() if lost["aside"] is None else lost["aside"],
        )
        return raw, frame[_PLACE]

    def bounds(self, choices: Mapping[str, str]) -> Bounds:
        """Of all purchases, where they have to be known before; nothing is cleaned for that."""
        if not needs_bounds(choices):
            return NOT_YET
        for number in range(self.count):
            try:
                seen = self.scanned(self.part(number)[0], NOT_YET)
            except MixedCurrenciesError:
                return NOT_YET  # it is told of all parts where they are cleaned
            self.spill.put("before", purchase_sizes(seen, seen.rows))
        return self.bounds_of("before")

    def scanned(self, raw: RawTable, bounds: Bounds) -> Scan:
        """A part, looked at."""
        return scan_part(raw, self.ready, self.whole, now=self.now, key=self.key, bounds=bounds)

    def cleaned(
        self, number: int, choices: Mapping[str, str], bounds: Bounds
    ) -> tuple[Done | MixedCurrenciesError, pl.Series]:
        """A part under these choices, and the place of each of its rows among all.

        What all parts hold of each currency is told together, so that an error is handed on.
        """
        raw, places = self.part(number)
        try:
            return cleaned_part(self.scanned(raw, bounds), choices), places
        except MixedCurrenciesError as error:
            return error, places

    def bounds_of(self, pile: str) -> Bounds:
        """The bounds of the sizes of a pile."""
        columns = (
            pl.concat([frame.to_series() for frame in self.spill.frames(pile, [name])])
            for name in (col.AMOUNT, col.QUANTITY)
        )
        return bounds_of(*columns)

    def brought(self, rows: int) -> Brought:
        """The data set of all parts."""
        choices = self.ready.views["events"].choices.rules
        bounds = self.bounds(choices)
        piles = Piles(self.spill, self.count, rows)
        accounts: list[Account] = []
        noticed: list[Noticed] = []
        found: list[Gathered] = []
        names: list[pl.DataFrame] = []
        mixed: list[MixedCurrenciesError] = []
        cleaned = partial(self.cleaned, choices=choices, bounds=bounds)
        for number, (done, places) in enumerate(ahead(cleaned, range(self.count))):
            if isinstance(done, MixedCurrenciesError):
                mixed.append(done)
            if isinstance(done, MixedCurrenciesError) or mixed:
                continue
            self.spill.drop(f"part-{number}")
            accounts.append(done.part.account)
            noticed.extend(done.part.noticed)
            found.append(done.found)
            names.append(done.part.names)
            self.spill.put("sizes", done.sizes)
            piles.lay(done.part, places)
        if mixed:
            raise mixed_of(mixed)
        if bounds is NOT_YET:
            noticed.extend(self.far())
        everything = joined(found)
        events = all_events(accounts, noticed, names)
        whole = assembled(self.ready, events, everything)
        return brought(self.ready.recipe, whole, everything, piles)

    def far(self) -> list[Noticed]:
        """What is noticed about outliers, now that the purchases of all parts are known."""
        currency = self.ready.views["events"].currency_code
        one = outliers(self.bounds_of("sizes"), self.spill.frames("sizes"), currency)
        return [] if one is None else [one]
