"""A table as a workbook holds what the table holds, and what does not fit is refused."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from clvcore.errors import ConfigError
from clvcore.report import sheets
from clvcore.report.tables import table_bytes


def cells(data, tmp_path):
    file = tmp_path / "a.xlsx"
    file.write_bytes(data)
    return CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()


def test_a_workbook_holds_what_the_table_holds_and_runs_nothing(tmp_path):
    frame = pl.DataFrame(
        {
            "id": ["=1+1", "@SUM(A1)", "007", "https://example.org"],
            "n": [1, 2, None, 4],
            "money": [Decimal("12.3400"), None, Decimal("-0.0100"), Decimal(0)],
            "share": [0.5, float("nan"), float("inf"), 0.25],
            "at": [datetime(2025, 3, 1, 12, 30, tzinfo=UTC)] * 4,
            "tags": [["a", "b"], [], None, ["c"]],
            "seen": [True, False, None, True],
        }
    )
    heading, *rows = cells(table_bytes(frame, Path("a.xlsx")), tmp_path)
    assert heading == frame.columns
    at = datetime(2025, 3, 1, 12, 30)  # noqa: DTZ001 # Excel knows no zones
    assert rows == [
        ["=1+1", 1.0, 12.34, 0.5, at, "a|b", True],
        ["@SUM(A1)", 2.0, "", "", at, "", False],
        ["007", "", -0.01, "inf", at, "", ""],
        ["https://example.org", 4.0, 0.0, 0.25, at, "c", True],
    ]


def test_what_excel_cannot_hold_is_refused_in_one_sentence(monkeypatch):
    wide = pl.DataFrame({f"c{i}": [1] for i in range(sheets.MOST_COLUMNS + 1)})
    with pytest.raises(ConfigError, match="16,385 columns do not fit"):
        sheets.xlsx_bytes(wide)
    long = pl.DataFrame({"n": pl.repeat(1, sheets.MOST_ROWS, eager=True)})
    with pytest.raises(ConfigError, match="1,048,576 rows"):
        sheets.xlsx_bytes(long)
    with pytest.raises(ConfigError, match="more than the 32,767 letters"):
        sheets.xlsx_bytes(pl.DataFrame({"t": ["x" * 32_768]}))
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    assert sheets.xlsx_bytes(long.head(2))  # as many as fit under the heading
    with pytest.raises(ConfigError, match="3 rows"):
        sheets.xlsx_bytes(long.head(3))
