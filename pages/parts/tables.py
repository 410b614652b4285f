"""How tables look on every page, and where they wait until they are asked for."""

from collections.abc import Callable
from typing import Any

import polars as pl
import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Money as numbers that the browser can sort and align."""
    return frame.with_columns(pl.col(pl.Decimal).cast(pl.Float64))


def money_column(label: str) -> Any:
    """A column of money: two places, aligned right."""
    return st.column_config.NumberColumn(label, format="accounting")


def fold(label: str, *, key: str, icon: str = ":material/table_rows:") -> ExpanderContainer:
    """A fold that says whether it is open: what nobody looks at is neither drawn nor sent."""
    return st.expander(label, icon=icon, key=key, on_change="rerun")


def called(frame: pl.DataFrame, **names: Callable[[str], str]) -> pl.DataFrame:
    """The table with the values of some columns as the reader calls them.

    Args:
        frame: any table.
        names: what a value is called, by column.
    """
    return frame.with_columns(
        pl.col(column).cast(pl.String).map_elements(name, return_dtype=pl.String)
        for column, name in names.items()
    )
