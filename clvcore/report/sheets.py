"""A frame as an Excel workbook of one sheet: text stays text, and what does not fit is refused."""

import io
from datetime import date, datetime
from decimal import Decimal
from math import isinf, isnan
from typing import Any

import polars as pl

from clvcore.errors import ConfigError
from clvcore.messages import say

MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 1_048_576, 16_384, 32_767
"""What a sheet and a cell of Excel hold; the headings take a row."""
_PLAIN = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def xlsx_bytes(frame: pl.DataFrame) -> bytes:
    """The frame as .xlsx; numbers as numbers, times in UTC, unknown cells empty.

    Raises:
        ConfigError: it has more rows, columns or letters in a cell than Excel can hold.
    """
    if frame.height + 1 > MOST_ROWS or frame.width > MOST_COLUMNS:
        size = {"rows": frame.height, "columns": frame.width}
        raise ConfigError(
            say("report.too_large", **size, most_rows=MOST_ROWS - 1, most_columns=MOST_COLUMNS)
        )
    from xlsxwriter import Workbook

    out = io.BytesIO()
    with Workbook(out, {**_PLAIN, "default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        sheet = book.add_worksheet()
        for column, name in enumerate(frame.columns):
            sheet.write_string(0, column, name)
        for number, row in enumerate(frame.iter_rows(), 1):
            for column, value in enumerate(row):
                _write(sheet, number, column, value)
    return out.getvalue()


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None or (isinstance(value, float) and isnan(value)):
        return
    if isinstance(value, float) and isinf(value):
        sheet.write_string(row, column, str(value))
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, column, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value.replace(tzinfo=None))
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value)
    else:
        text = "|".join(map(str, value)) if isinstance(value, list) else str(value)
        if len(text) > MOST_LETTERS:
            raise ConfigError(say("report.cell_too_long", row=row, most=MOST_LETTERS))
        sheet.write_string(row, column, text)
