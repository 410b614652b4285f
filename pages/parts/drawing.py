"""How every chart is drawn: with words for those who cannot see it, and its numbers as a table."""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

import polars as pl
import streamlit as st
from streamlit.elements.lib.streamlit_plotly_theme import GRAY_90

from clvcore.charts import template
from clvcore.charts.numbers import UNKNOWN
from clvcore.messages import say
from clvcore.report.tables import table_bytes
from pages.parts.tables import fold, plain


def chart(
    figure: Any,
    table: pl.DataFrame,
    *,
    key: str,
    alt: str,
    columns: Mapping[str, Any],
    note: str = "",
    on_click: Callable[[], None] | None = None,
) -> None:
    """Draw the figure and, closed below it, its numbers as a table that can be taken along.

    Args:
        figure: of `clvcore.charts`.
        table: the numbers of the figure, money exact.
        key: of the chart; those of the table begin with it.
        alt: what the figure shows, for those who cannot see it.
        columns: what each column of the table is called, or how it looks.
        note: what has to be known to read the figure.
        on_click: called when a mark is chosen, which then stands in the session's state.
    """
    _in_plain_sight(figure)
    clicks: Any = on_click or "ignore"
    st.plotly_chart(
        figure,
        key=key,
        on_select=clicks,
        selection_mode="points",
        config=template.CONFIG,
        alt=alt,
    )
    if note:
        st.caption(note)
    below = fold(say("pages.chart.table"), key=f"{key}_numbers")
    if not below.open:
        return
    with below:
        st.dataframe(
            plain(table),
            key=f"{key}_table",
            hide_index=True,
            placeholder=UNKNOWN,
            column_config=columns,
            alt=alt,
        )
        st.download_button(
            say("pages.chart.download"),
            data=lambda: table_bytes(table, PurePath("table.csv")),
            file_name=f"{key.replace('_', '-')}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"{key}_download",
            on_click="ignore",
        )


def _in_plain_sight(figure: Any) -> None:
    """Write labels in a colour with enough contrast in light and in dark.

    Streamlit's own grey for them reaches 3.7:1 on white. It replaces this colour in the browser by
    the one of the theme that is on.
    """
    strong = {"color": GRAY_90}
    axes = [name for name in figure.to_plotly_json()["layout"] if name[1:].startswith("axis")]
    figure.update_layout(
        {"font": strong} | {name: {"tickfont": strong, "title": {"font": strong}} for name in axes}
    )
