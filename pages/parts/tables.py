"""How tables of money look on every page."""

from typing import Any

import polars as pl
import streamlit as st


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Money as numbers that the browser can sort and align."""
    return frame.with_columns(pl.col(pl.Decimal).cast(pl.Float64))


def money_column(label: str) -> Any:
    """A column of money: two places, aligned right."""
    return st.column_config.NumberColumn(label, format="accounting")
