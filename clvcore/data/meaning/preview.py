"""The first rows of a table, each reading beside the text that it was read from."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import polars as pl

from clvcore import columns as col
from clvcore.data.cells import words
from clvcore.data.cells.by_file import Files
from clvcore.data.cells.choices import Choices, ColumnChoices
from clvcore.data.cells.private import Kind, masked
from clvcore.data.cells.roles import ROLES
from clvcore.data.cells.table import Cells
from clvcore.data.dataset import RawTable
from clvcore.data.meaning.understanding import Understanding

READ = "\N{RIGHTWARDS ARROW} "
"""In front of the name of a column that holds readings."""


def preview(
    raw: RawTable,
    found: Understanding,
    *,
    options: Mapping[str, Any],
    time_zone: str = "UTC",
    rows: int = 20,
    personal: Mapping[str, Kind] | None = None,
) -> pl.DataFrame:
    """The columns with a role: as text, and behind it as a time, a number or a kind.

    A reading is missing where a question about its column is open, and null where a cell cannot be
    read. Readings are decided on the whole table, not on these rows. Of columns that are
    ``personal`` no more than a first letter is shown, and nothing that was read from them.
    """
    files = {file: _plain(raw.name, own) for file, own in found.files.items()}
    decided = _plain(raw.name, found.readings)
    choices = Choices.of({**options, "columns": decided, "files": files})
    head = _head(raw, rows)
    cells = Cells(head, found.map, time_zone, choices)
    hidden = personal or {}
    columns: dict[str, pl.Series] = {}
    for one in found.columns:
        columns[one.column] = head.frame[one.column]
        if (
            not one.asks
            and one.column not in hidden
            and (read := _read(cells, one.role)) is not None
        ):
            columns[f"{READ}{one.role}"] = read
    return masked(pl.DataFrame(columns), hidden)


def _head(raw: RawTable, rows: int) -> RawTable:
    """The first rows; of several files the first of each, then the second of each."""
    files = Files.of(raw)
    if files.origin is None:
        return replace(raw, frame=raw.frame.head(rows), lines=None, origin=None)
    turn = pl.int_range(pl.len()).over("file").alias("turn")
    places = files.origin.alias("file").to_frame().with_row_index("at").select("at", turn)
    at = places.sort("turn", maintain_order=True)["at"].head(rows)
    return replace(raw, frame=raw.frame[at], lines=None, origin=files.origin.gather(at))


def _plain(table: str, columns: Mapping[str, ColumnChoices]) -> dict[str, dict[str, Any]]:
    """Choices about columns as a recipe says them."""
    return {
        f"{table}.{column}": {k: v for k, v in asdict(own).items() if v is not None}
        for column, own in columns.items()
    }


def _read(cells: Cells, role: str) -> pl.Series | None:
    evidence = next(one.evidence for one in ROLES[cells.raw.name] if one.name == role)
    if evidence == "time":
        return cells.times(role)[0].at
    if evidence == "number" and cells.column(role) not in cells.raw.numbers:
        return cells.numbers(role)[0].cast(pl.Float64)
    if role == col.KIND:
        text = cells.text(role).to_frame(role)
        known = text.select(words.kinds(pl.col(role), cells.choices.kinds))
        return known.to_series().cast(pl.String)
    return None
