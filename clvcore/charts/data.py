"""What came in over time."""

import plotly.graph_objects as go
import polars as pl

from clvcore.charts import template, words
from clvcore.charts.numbers import day
from clvcore.columns import Kind
from clvcore.messages import say

HEIGHT = 360
FEW = 12
"""Bars of which each, or every second, has its day below it; plotly's own weeks begin on Sundays."""
LABELS = 6
"""The most days below them."""


def volumes(frame: pl.DataFrame, measure: str, *, unit: str, step: str) -> go.Figure:
    """Bars of events or money by week or month, stacked by kind.

    Args:
        frame: ``begin``, ``kind``, ``events`` and ``money``, as `clvcore.report.overview.volumes`
            gives them.
        measure: ``events`` or ``money``.
        unit: Title of the value axis, with its unit.
        step: Title of the time axis.
    """
    made = template.figure(height=HEIGHT, x=step, y=unit)
    colours = template.colours([kind.value for kind in Kind if kind is not Kind.OTHER])
    colours[Kind.OTHER.value] = template.BASE
    shown = frame.filter(pl.col(measure) != 0)
    for kind in sorted(set(shown["kind"])):
        own = shown.filter(pl.col("kind") == kind)
        made.add_bar(
            x=own["begin"],
            y=own[measure].cast(pl.Float64),
            name=words.kind(kind),
            marker={"color": colours[kind], "line": {"width": 0}},
            customdata=own["events"],
            hovertemplate=say("page_data.hover"),
        )
    made.update_layout(barmode="relative", showlegend=len(made.data) > 1, hovermode="x unified")
    large = bool((shown[measure].cast(pl.Float64).abs() >= 1000).any())
    made.update_yaxes(rangemode="tozero", tickformat=template.large_numbers() if large else ",~r")
    template.by_time(made)
    begins = sorted(set(shown["begin"]))
    if len(begins) <= FEW:
        told = begins[:: -(-len(begins) // LABELS)]
        made.update_xaxes(tickmode="array", tickvals=told, ticktext=[day(one) for one in told])
    return made


def empty_cells(frame: pl.DataFrame, *, step: str) -> go.Figure:
    """A line a column with the share of its cells that are empty, by week or month.

    Args:
        frame: ``begin``, ``column`` and ``share``, as `clvcore.report.quality.empty_over_time`
            gives them.
        step: Title of the time axis.
    """
    made = template.figure(height=HEIGHT, x=step, y=say("page_data.again_axis_empty"))
    names = sorted(set(frame["column"]))
    colours = template.colours(names)
    for name in names:
        own = frame.filter(pl.col("column") == name)
        made.add_scatter(
            x=own["begin"],
            y=own["share"],
            name=name,
            mode="lines",
            line={"color": colours[name], "width": 2},
            hovertemplate=say("page_data.again_hover_empty"),
        )
    made.update_layout(showlegend=True, hovermode="x unified")
    made.update_yaxes(rangemode="tozero", tickformat=".0%")
    template.by_time(made)
    return made
