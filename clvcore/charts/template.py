"""The one look of all charts: quiet, colour-blind safe, legible in light and in dark."""

from collections.abc import Sequence

import plotly.graph_objects as go

from clvcore.messages import say

OKABE_ITO = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f",
)  # fmt: skip
"""Okabe and Ito (2008): told apart by colour-blind readers too."""
ACCENT = "#0072b2"
"""The subject of a chart."""
BASE = "#8a939d"
"""What the subject is compared with: a baseline, a ghost, a base case."""
HEIGHT = 380
CONFIG = {"showSendToCloud": False, "displaylogo": False, "displayModeBar": False}
"""Passed to every drawing of a figure."""


def colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each name, the same on every page: names are taken in alphabetical order."""
    ordered = sorted(set(names))
    return {name: OKABE_ITO[i % len(OKABE_ITO)] for i, name in enumerate(ordered)}


def figure(*, height: int = HEIGHT, x: str = "", y: str = "") -> go.Figure:
    """An empty figure in the house's look, with axis titles that carry the unit.

    Backgrounds are transparent and text takes the page's colour, so that it suits light and dark.
    """
    # all at once: every later change of a figure costs a millisecond or more
    return go.Figure(
        layout={
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 16, "b": 8},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": OKABE_ITO,
            "hoverlabel": {"namelength": -1},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "bargap": 0.35,
            "separators": ".,",
            "xaxis": {
                "title": {"text": x},
                "automargin": True,
                "showgrid": False,
                "zeroline": False,
            },
            "yaxis": {
                "title": {"text": y},
                "automargin": True,
                "gridcolor": "rgba(128,128,128,0.18)",
                "zeroline": False,
            },
        }
    )


_DAY_MS = 86_400_000
_SCALES = (("hour", None, _DAY_MS - 1), ("day", _DAY_MS, 27 * _DAY_MS), ("month", "M1", "M6"), ("year", "M12", None))  # fmt: skip
"""Distances of the ticks of a time axis, and what the formats for them are called."""


def by_time(made: go.Figure) -> None:
    """Let the x axis tell moments as the reader writes them, the finer the closer they stand."""
    made.update_xaxes(
        type="date",
        tickformatstops=[
            {"dtickrange": [low, high], "value": say(f"units.axis_{name}")}
            for name, low, high in _SCALES
        ],
        hoverformat=say("units.hover_day"),
    )


def large_numbers() -> str:
    """How the axis of a large measure tells its numbers, as plotly's ``tickformat``."""
    return say("units.axis_number")


def literal(text: str) -> str:
    """Text from data as plotly draws it letter by letter, not as markup.

    Example:
        >>> literal("<b>Salt & Sons</b>")
        '&lt;b&gt;Salt &amp; Sons&lt;/b&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
