"""Whoever cannot see a chart gets the same from words and from a table."""

import ast
import inspect
import json
from pathlib import Path

import pytest

import clvcore
from clvcore.messages import say
from pages.parts.drawing import chart
from pages.parts.places import Place, places

PAGES = Path(clvcore.__file__).parents[1] / "pages"
DRAWING = {
    f"{kind}_chart"
    for kind in (
        "plotly", "line", "bar", "area", "scatter", "altair", "vega_lite", "pydeck",
        "bokeh", "graphviz", "echarts",
    )
} | {"pyplot", "map"}  # fmt: skip


def drawings(source: str) -> list[str]:
    """Streamlit's own commands that draw, as a source calls them."""
    return [
        node.func.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in DRAWING
    ]


def draws(place: Place) -> bool:
    """Whether a page has charts at all."""
    return "parts.drawing" in (PAGES / place.path).read_text("utf-8")


def test_every_chart_goes_through_the_one_part_that_asks_for_words_and_a_table():
    found = {
        file.relative_to(PAGES).as_posix(): drawings(file.read_text("utf-8"))
        for file in PAGES.rglob("*.py")
    }
    assert {file: calls for file, calls in found.items() if calls} == {
        "parts/drawing.py": ["plotly_chart"]
    }
    needed = inspect.signature(chart).parameters
    assert needed["alt"].default is needed["table"].default is inspect.Parameter.empty


def test_a_chart_that_goes_another_way_would_be_found():
    assert drawings("import streamlit as st\nleft.line_chart([1])") == ["line_chart"]


@pytest.mark.parametrize("place", [*filter(draws, places())], ids=lambda place: place.name)
def test_every_chart_has_words_and_below_it_a_table_with_numbers_to_take_along(opened, place):
    at = opened(place.name)
    charts = at.get("plotly_chart")
    tables = [one for one in at.expander if one.label == say("pages.chart.table")]
    assert len(tables) == len(charts)
    for drawn, under in zip(charts, tables, strict=True):
        assert len(drawn.proto.alt) > 20
        assert json.loads(drawn.proto.spec)["data"]
        assert len(under.dataframe[0].value)
        assert [button.proto.label for button in under.get("download_button")] == [
            say("pages.chart.download")
        ]
