"""Charts about recommendations: models beside each other, and what a user did."""

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import polars as pl

from clvcore import columns as col
from clvcore.charts import template
from clvcore.charts.numbers import percent, short
from clvcore.messages import say

TAKING = (col.Kind.PURCHASE, col.Kind.PLAY, col.Kind.RATING, col.Kind.SUBSCRIPTION)
"""Kinds of event that say that a user took something."""
LANE = 56
"""Height of a row of dots."""
FRAME = 90
"""Height of what surrounds the rows."""
PLACES = 250
"""Places for dots along a row: what is nearer to each other than that is one dot."""
MOST_TOLD = 5
"""Titles that one dot tells."""


def model_name(model: str) -> str:
    """What a reader calls a model."""
    return say(f"page_quality.model.{model}")


def compared(
    metrics: pl.DataFrame,
    *,
    subject: str,
    measure: str,
    named: Callable[[str], str] = model_name,
) -> go.Figure:
    """One metric of several models as dots with intervals, the best on top.

    Args:
        metrics: model, mean, low, high (null where there is no interval) and users, a row a model.
        subject: the model that stands in the accent colour; the others are grey.
        measure: what the axis says.
        named: what a reader calls each of the models.
    """
    made = template.figure(height=FRAME + LANE * metrics.height, x=measure)
    rows = metrics.sort("mean", "model", descending=[False, True]).to_dicts()
    for row in rows:
        name = named(row["model"])
        known = row["low"] is not None
        key = "page_quality.hover" if known else "page_quality.hover_no_interval"
        colour = template.ACCENT if row["model"] == subject else template.BASE
        made.add_scatter(
            x=[row["mean"]],
            y=[name],
            mode="markers+text",
            marker={"size": 13, "color": colour},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [row["high"] - row["mean"] if known else 0],
                "arrayminus": [row["mean"] - row["low"] if known else 0],
                "visible": known,
                "thickness": 2,
                "width": 5,
            },
            text=[short(row["mean"])],
            textposition="top center",
            hovertext=[
                say(
                    key,
                    model=name,
                    mean=row["mean"],
                    low=row["low"],
                    high=row["high"],
                    users=row["users"],
                )
            ],
            hoverinfo="text",
            name=name,
            showlegend=False,
            cliponaxis=False,
        )
    made.update_xaxes(rangemode="tozero", showgrid=True, gridcolor="rgba(128,128,128,0.18)")
    made.update_yaxes(showgrid=False, range=[-0.5, len(rows) - 0.3])
    return made


def for_whom(groups: pl.DataFrame, *, subject: str, measure: str) -> go.Figure:
    """One metric of two models in every group of users, as dots with intervals side by side.

    Args:
        groups: name, place, model, mean, low, high and users, a row a group and model; the groups
            stand from top to bottom by place.
        subject: the model that stands in the accent colour; the other is grey.
        measure: what the axis says.
    """
    names = groups.sort("place")["name"].unique(maintain_order=True).to_list()
    made = template.figure(height=FRAME + LANE * len(names), x=measure)
    models = sorted(groups["model"].unique(), key=lambda model: model != subject)
    for at, model in enumerate(models):
        own = groups.filter(pl.col("model") == model).sort("place")
        name = model_name(model)
        made.add_scatter(
            x=own["mean"].to_list(),
            y=[names.index(one) + 0.24 * at - 0.12 for one in own["name"]],
            mode="markers",
            marker={"size": 11, "color": template.ACCENT if model == subject else template.BASE},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (own["high"] - own["mean"]).to_list(),
                "arrayminus": (own["mean"] - own["low"]).to_list(),
                "thickness": 2,
                "width": 4,
            },
            hovertext=[
                say(
                    "page_quality.hover_group",
                    group=template.literal(row["name"]),
                    model=name,
                    mean=row["mean"],
                    low=row["low"],
                    high=row["high"],
                    users=row["users"],
                )
                for row in own.to_dicts()
            ],
            hoverinfo="text",
            name=name,
            cliponaxis=False,
        )
    made.update_xaxes(rangemode="tozero", showgrid=True, gridcolor="rgba(128,128,128,0.18)")
    made.update_yaxes(
        showgrid=False,
        tickvals=list(range(len(names))),
        ticktext=[template.literal(name) for name in names],
        range=[len(names) - 0.5, -0.5],
    )
    made.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0})
    return made


def history(events: pl.DataFrame, *, currency: str) -> go.Figure:
    """What a user did over time, a row of dots for each kind of event; what was taken in colour.

    Events of a kind whose dots would lie on each other are one dot, the larger the more they are.

    Args:
        events: of one user: at, kind, title and amount.
        currency: of the amounts.
    """
    counts = events.group_by(col.KIND).len().sort("len", col.KIND).rows()
    made = template.figure(height=FRAME + LANE * len(counts), x=say("page_users.time"))
    dots = _gathered(events)
    for kind, _ in counts:
        rows = dots.filter(pl.col(col.KIND) == kind)
        name = say(f"page_users.kind.{kind}")
        colour, opacity = (template.ACCENT, 0.9) if kind in TAKING else (template.BASE, 0.5)
        made.add_scatter(
            # arrays: plotly copies a list several times, one dot at a time
            x=rows[col.AT].dt.replace_time_zone(None).to_numpy(),
            y=np.full(rows.height, name),
            mode="markers",
            marker={
                "size": 7.0 + 2.0 * np.sqrt(rows["events"].clip(upper_bound=25).to_numpy()),
                "color": colour,
                "opacity": opacity,
                "line": {"width": 0},
            },
            hovertext=np.array([_told(row, currency) for row in rows.to_dicts()]),
            hoverinfo="text",
            name=name,
            showlegend=False,
        )
    template.by_time(made)
    made.update_yaxes(showgrid=True, ticklabelstandoff=8)
    return made


def _gathered(events: pl.DataFrame) -> pl.DataFrame:
    """A row a dot, by time: kind, at of the first event, last, events, titles and amount."""
    since = pl.col(col.AT) - pl.col(col.AT).min()
    place = (since.dt.total_microseconds() / since.dt.total_microseconds().max() * PLACES).floor()
    return (
        events.sort(col.AT, maintain_order=True)
        .with_columns(place.fill_nan(0).alias("place"))
        .group_by(col.KIND, "place", maintain_order=True)
        .agg(
            pl.col(col.AT).first(),
            pl.col(col.AT).last().alias("last"),
            pl.len().alias("events"),
            pl.col(col.TITLE).head(MOST_TOLD).alias("titles"),
            pl.when(pl.col(col.AMOUNT).is_not_null().any()).then(pl.col(col.AMOUNT).sum()),
        )
    )


def _told(dot: dict, currency: str) -> str:
    """What one or several events were, a line each."""
    titles = [template.literal(title or say("page_users.no_item")) for title in dot["titles"]]
    n, amount = dot["events"], dot[col.AMOUNT]
    if n > len(titles):
        titles.append(say("page_users.hover_more", n=n - len(titles)))
    when = say(
        "page_users.hover_at" if n == 1 else "page_users.hover_between",
        n=n,
        at=dot[col.AT],
        last=dot["last"],
    )
    money = (
        [] if amount is None else [say("page_users.hover_money", amount=amount, currency=currency)]
    )
    return "<br>".join([*titles, when, *money])


def most_listed(items: pl.DataFrame, *, share: str) -> go.Figure:
    """Bars of the share of users whose list holds an item, the most frequent first.

    Args:
        items: title, item_id and share, in the order of the bars.
        share: what the axis says.
    """
    made = template.figure(height=FRAME + 30 * items.height, x=share)
    shares = [100 * one for one in items["share"]]
    made.add_bar(
        y=[template.literal(name) for name in _distinct(items)],
        x=shares,
        orientation="h",
        marker={"color": template.ACCENT},
        text=[percent(one) for one in items["share"]],
        textposition="outside",
        cliponaxis=False,
        hovertemplate=say("report.recommendations.hover"),
    )
    made.update_xaxes(range=[0, 1.15 * max([*shares, 0.1])])
    made.update_yaxes(autorange="reversed", showgrid=False, type="category")
    made.update_layout(showlegend=False)
    return made


def _distinct(items: pl.DataFrame) -> list[str]:
    """Titles, with the id behind them where several items bear the same."""
    twice = items[col.TITLE].is_duplicated()
    return [
        f"{title} ({item})" if is_twice else title
        for title, item, is_twice in zip(items[col.TITLE], items[col.ITEM], twice, strict=True)
    ]
