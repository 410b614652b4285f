"""The rejected and ignored rows of every file that came to a data set, each with its file and line."""

from collections.abc import Mapping

import polars as pl

from clvcore import columns as col
from clvcore.data.again.behaviour import RETURNS, WAS, Behaviour
from clvcore.data.cells.table import LINE
from clvcore.data.clean import Intake
from clvcore.data.cleaning.memory import CODE, FILE
from clvcore.data.cleaning.quality import WHY
from clvcore.data.dataset import ColumnMap, Dataset
from clvcore.messages import say

_REASON = "_reason"
Frames = dict[str, pl.DataFrame]


def carried(previous: Intake, fresh: Intake, events: Behaviour) -> tuple[Frames, Frames]:
    """The rejected and the ignored rows of both; those of the files before stand first.

    A row that came back only when a later file told so is ignored from then on. Its line is known
    where something of it was left out before.
    """
    sides = (previous.dataset, fresh.dataset)
    rejects = _both((previous.rejects, fresh.rejects), sides)
    ignored = _both((previous.ignored, fresh.ignored), sides)
    came_back = _came_back(events, fresh.dataset.recipe.maps.get("events", ColumnMap({})))
    stays = events.judged.filter((pl.col(WAS) == RETURNS) & pl.col(WHY).is_null())
    if came_back.height or stays.height:
        there = ignored.get("events", came_back.clear())
        there = there.join(stays.select(FILE, LINE), on=[FILE, LINE], how="anti")
        ignored["events"] = pl.concat([there, came_back], how="diagonal")
    return rejects, {table: frame for table, frame in ignored.items() if frame.height}


def _both(
    frames: tuple[Mapping[str, pl.DataFrame], Mapping[str, pl.DataFrame]],
    sides: tuple[Dataset, Dataset],
) -> Frames:
    found = {}
    for table in col.TABLES:
        parts = [
            _with_file(one[table], table, side)
            for one, side in zip(frames, sides, strict=True)
            if table in one
        ]
        if parts:
            found[table] = pl.concat(parts, how="diagonal")
    return found


def _with_file(frame: pl.DataFrame, table: str, side: Dataset) -> pl.DataFrame:
    """The rows as words with the file of each, behind its line."""
    if FILE not in frame.columns:
        sources = [
            one.source for step in side.lineage for one in step.origins if one.table == table
        ]
        frame = frame.with_columns(pl.lit(sources[0] if sources else None, pl.String).alias(FILE))
    head = [LINE, FILE, _REASON]
    rest = [name for name in frame.columns if name not in head]
    return frame.select(pl.col(LINE).cast(pl.Int64), pl.col(FILE, _REASON, *rest).cast(pl.String))


def _came_back(events: Behaviour, read: ColumnMap) -> pl.DataFrame:
    """Rows that are left out as returns now and were not before, under the names of their file."""
    gone = events.judged.filter((pl.col(WHY) == RETURNS) & pl.col(WAS).is_null())
    kept = {**{name: name for name in col.EVENTS}, col.ITEM: CODE}
    cells = [
        pl.col(kept[role]).cast(pl.String).alias(column)
        for role, column in read.roles.items()
        if role in kept and column not in (LINE, FILE, _REASON)
    ]
    why = pl.lit(say("data.clean.why_returns")).alias(_REASON)
    return gone.select(LINE, FILE, why, *cells)
