"""A sheet of a workbook becomes a table of strings."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import polars as pl

from clvcore.data.cells.stored import stored
from clvcore.data.dataset import RawTable
from clvcore.data.files import layout
from clvcore.data.files.reading import DECIDED_BY_FILE, NO_HEADER, Reading
from clvcore.errors import UploadError
from clvcore.messages import listed, say

Cell = str | float | int | bool | date | datetime | time | timedelta
_LARGEST_WHOLE = 1e15
_JOINT = "\n"


def read_excel(
    content: bytes, *, table: str, source: str, how: Reading = DECIDED_BY_FILE
) -> RawTable:
    """The rows of the first sheet with more than one, or of the one that was asked for.

    Text stays as it is, so that ids keep leading zeros; a number is written with as few digits as
    tell it apart, a date as ISO 8601.

    Raises:
        UploadError: the workbook is damaged or locked, or has no such sheet or no rows.
        MappingError: two columns have the same name.
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        visible = [
            one.name
            for one in book.sheets_metadata
            if one.visible == calamine.SheetVisibleEnum.Visible
            and one.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        sheets = visible or list(book.sheet_names)
        if how.sheet is not None and how.sheet not in book.sheet_names:
            names = listed(sheets)
            raise UploadError(
                say("data.read.no_sheet", source=source, sheet=how.sheet, names=names)
            )
        sheet, rows = how.sheet, []
        for name in [how.sheet] if how.sheet is not None else sheets:
            cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            n_filled = sum(1 for row in cells if any(cell != "" for cell in row))
            if n_filled and not rows:  # at worst the cover of a workbook
                sheet, rows = name, cells
            if n_filled > 1:
                sheet, rows = name, cells
                break
    except calamine.PasswordError as error:
        raise UploadError(say("data.read.locked", source=source)) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise UploadError(say("data.read.damaged_book", source=source)) from error
    raw = read_grid(rows, table=table, source=source, how=how)
    told = {"sheet": sheet or "", "sheets": _JOINT.join(sheets)}
    return replace(raw, reading={**raw.reading, **told})


def read_grid(
    rows: Sequence[Sequence[Cell]], *, table: str, source: str, how: Reading = DECIDED_BY_FILE
) -> RawTable:
    """The rows under the header of a grid of cells.

    Raises:
        UploadError: there are no rows below the header.
        MappingError: two columns have the same name.
    """
    width = max((len(row) for row in rows), default=0)
    filled = [
        (line, [_text(cell) for cell in row] + [""] * (width - len(row)))
        for line, row in enumerate(rows, 1)
        if any(cell != "" for cell in row)
    ]
    if width > layout.MOST_COLUMNS:
        told = {"n": width, "most": layout.MOST_COLUMNS}
        raise UploadError(say("data.read.too_wide", source=source, **told))
    used = [place for place in range(width) if any(row[place] for _, row in filled)]
    filled = [(line, [row[place] for place in used]) for line, row in filled]
    top, header = _top(filled, how, source=source)
    start = top + (1 if header else 0)
    names = filled[top][1] if header else [""] * len(used)
    names = layout.named([" ".join(name.split()) for name in names], source=source)
    below = filled[start:]
    if not below:
        raise UploadError(say("data.no_rows", source=source))
    lines = [line for line, _ in below]
    kinds = {name: _numbers(rows, lines, place) for name, place in zip(names, used, strict=True)}
    numeric = [name for name, kind in kinds.items() if kind and all(kind.values())]
    above = [(line, "\t".join(row).strip("\t"), layout.PREAMBLE) for line, row in filled[:top]]
    raw = RawTable(
        name=table,
        frame=pl.DataFrame(
            {name: _column(below, n, kinds[name]) for n, name in enumerate(names)},
            schema=dict.fromkeys(names, pl.String),
        ),
        source=source,
        numbers=frozenset(numeric),
        lines=pl.Series("line", lines, dtype=pl.Int64),
        reading={"header": str(header)},
    )
    aside = pl.DataFrame(above, schema=raw.aside.schema, orient="row")
    return layout.without_totals(replace(raw, aside=aside), joint="\t")


def _top(
    filled: Sequence[tuple[int, Sequence[str]]], how: Reading, *, source: str
) -> tuple[int, int]:
    """Which of the filled rows comes first, and the row of the header; 0 where there is none."""
    if not filled:
        raise UploadError(say("data.no_rows", source=source))
    if how.header:
        for place, (line, _) in enumerate(filled):
            if line == how.header:
                return place, line
        raise UploadError(say("data.read.no_header", source=source, line=how.header))
    top = layout.top_of([row for _, row in filled[: layout.SAMPLE]])
    if how.header == NO_HEADER or not top.named:
        return top.place, 0
    return top.place, filled[top.place][0]


def _text(cell: Cell) -> str:
    """A cell as plain text.

    Example:
        >>> _text(17850.0), _text(0.1), _text(datetime(2025, 3, 1)), _text("007"), _text(True)
        ('17850', '0.1', '2025-03-01', '007', 'true')
    """
    match cell:
        case bool():
            return "true" if cell else "false"
        case float():
            whole = cell.is_integer() and abs(cell) < _LARGEST_WHOLE
            return str(int(cell)) if whole else repr(cell)
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
    return str(cell)


def _numbers(rows: Sequence[Sequence[Cell]], lines: Sequence[int], place: int) -> dict[int, bool]:
    """Line -> whether the cell of a column is a number, where it is filled."""
    cells = {line: rows[line - 1][place] for line in lines if place < len(rows[line - 1])}
    return {
        line: isinstance(cell, int | float) and not isinstance(cell, bool)
        for line, cell in cells.items()
        if cell != ""
    }


def _column(
    below: Sequence[tuple[int, Sequence[str]]], place: int, numbers: Mapping[int, bool]
) -> list[str | None]:
    """The cells of a column; where texts are among them, its numbers are told apart from these."""
    if all(numbers.values()) or not any(numbers.values()):
        return [row[place] or None for _, row in below]
    return [stored(row[place]) if numbers.get(line) else row[place] or None for line, row in below]
