"""What spend wins, channel by channel, and how a budget is split."""

import plotly.graph_objects as go
import polars as pl

from clvcore.charts.numbers import exact_money
from clvcore.charts.template import ACCENT, BASE, colours, figure, large_numbers, literal
from clvcore.charts.words import group
from clvcore.messages import say

ROW, ABOVE = 46, 120
"""Pixels of a channel, and of what stands around them."""


def split(channels: pl.DataFrame, *, currency: str) -> go.Figure:
    """Weekly spend of every channel today (ghost) and in the best split (colour).

    Args:
        channels: of `clvcore.scenario.budget.Plan`.
        currency: of the money.
    """
    names = [literal(group(name)) for name in channels["channel"]]
    made = figure(
        height=ABOVE + ROW * len(names), x=say("page_budget.axis_spend", currency=currency)
    )
    for column, colour, opacity in (("today", BASE, 0.45), ("best", ACCENT, 1.0)):
        made.add_bar(
            y=names,
            x=channels[column].cast(pl.Float64).to_list(),
            orientation="h",
            name=say(f"page_budget.{column}"),
            marker={"color": colour, "opacity": opacity},
            customdata=[[f"{users:.1f}"] for users in channels[f"users_{column}"]],
            hovertemplate=say("page_budget.hover_split"),
        )
    made.update_xaxes(tickformat=large_numbers(), nticks=5, rangemode="tozero", showgrid=True)
    made.update_yaxes(autorange="reversed", showgrid=False, type="category")
    made.update_layout(barmode="group", bargroupgap=0.0)
    return made


def curve(
    table: pl.DataFrame,
    *,
    channel: str,
    channels: list[str],
    today: tuple[float, float],
    currency: str,
) -> go.Figure:
    """Users won a week by steady weekly spend; dashed where spend like it was not seen.

    Args:
        table: of `clvcore.scenario.budget.curve_table`.
        channel: whose curve it is.
        channels: all of the data set, so that each keeps its colour.
        today: spend and users a week.
        currency: of the money.
    """  # fmt: skip
    look = colours(channels)[channel]
    made = figure(
        x=say("page_budget.axis_spend", currency=currency), y=say("page_budget.axis_users")
    )
    spend = table["spend"].to_list()
    made.add_scatter(
        x=[*spend, *reversed(spend)],
        y=[*table["users_high"], *reversed(table["users_low"].to_list())],
        fill="toself",
        fillcolor=_light(look),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    told = [
        [exact_money(average, currency), exact_money(following, currency)]
        for average, following in table.select("cac", "marginal_cac").iter_rows()
    ]
    beyond = ~table["is_seen"]
    # a dashed part begins at the last point of the solid one, so that the line is whole
    joined = beyond | beyond.shift(1, fill_value=False) | beyond.shift(-1, fill_value=False)
    for name, shown, dash in (("beyond", joined, "dash"), ("seen", table["is_seen"], "solid")):
        made.add_scatter(
            x=spend,
            y=[
                users if is_in else None for users, is_in in zip(table["users"], shown, strict=True)
            ],
            mode="lines",
            name=say(f"page_budget.{name}"),
            line={"color": look, "width": 2.5, "dash": dash},
            customdata=told,
            hovertemplate=say("page_budget.hover_curve", currency=currency),
        )
    made.add_scatter(
        x=[today[0]],
        y=[today[1]],
        mode="markers",
        name=say("page_budget.today"),
        marker={"size": 11, "color": look, "line": {"width": 2, "color": BASE}},
        hoverinfo="skip",
    )
    made.update_xaxes(tickformat=large_numbers(), rangemode="tozero")
    made.update_yaxes(rangemode="tozero")
    return made


def _light(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"
