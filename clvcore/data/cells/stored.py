"""Cells that are stored as numbers in a column that also has texts, told apart from these.

A workbook may hold 1.125 as a number beside the text "1.234,56": the first is that number, and only the
second has a decimal mark that is to be told. So a space that no file uses stands behind such a number, and
goes with its cell wherever rows go; words lose it with all space around them.
"""

import polars as pl

_SIGN = "\N{MEDIUM MATHEMATICAL SPACE}"
_PARTS = rf"^([+-]?\d+)\.(\d+)(?:[eE]([+-]?\d+))?{_SIGN}$"


def stored(number: str) -> str:
    """A cell for a number; one without a point reads alike under every decimal mark."""
    return number + _SIGN if "." in number else number


def is_stored(cells: pl.Series) -> pl.Series:
    """Which cells hold a number with a point that was stored as one."""
    return cells.str.ends_with(_SIGN)


def without_mark(cells: pl.Series) -> pl.Series:
    """Cells in which those numbers have no decimal mark that could be mistaken.

    Example:
        >>> without_mark(pl.Series([stored("-1.125"), stored("1.5e-07"), "1.125"])).to_list()
        ['-1125e-3', '15e-8', '1.125']
    """
    if not is_stored(cells).any():
        return cells
    parts = cells.str.extract_groups(_PARTS).struct.unnest()
    power = pl.col("3").cast(pl.Int64).fill_null(0) - pl.col("2").str.len_bytes().cast(pl.Int64)
    plain = pl.concat_str("1", "2", pl.lit("e"), power.cast(pl.String))
    return parts.select(pl.coalesce(plain, cells)).to_series().alias(cells.name)


def as_in_file(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows for people, without that space."""
    return frame.with_columns(pl.col(pl.String).str.strip_suffix(_SIGN))
