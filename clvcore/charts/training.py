"""How a training goes: its loss, and its validation NDCG@10 beside the baselines."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from clvcore.charts import template
from clvcore.messages import say

HEIGHT = 340
_APART = 0.07
"""Labels nearer than this share of the axis are written as one."""


def validation(curve: pl.DataFrame, baselines: Mapping[str, float]) -> go.Figure:
    """NDCG@10 by epoch, with a grey line for each baseline.

    Args:
        curve: ``epoch`` and ``ndcg``, as `clvcore.runs.history.curve` gives them.
        baselines: Name on screen of each baseline and its NDCG@10.
    """
    judged = curve.drop_nulls("ndcg")
    made = template.figure(
        height=HEIGHT, x=say("page_train.axis_epoch"), y=say("page_train.axis_ndcg")
    )
    model = say("page_train.model")
    made.add_scatter(
        x=judged["epoch"],
        y=judged["ndcg"],
        name=model,
        mode="lines+markers",
        line={"color": template.ACCENT, "width": 3},
        marker={"size": 8},
        hovertemplate=say("page_train.hover_ndcg"),
    )
    for height in baselines.values():
        made.add_hline(y=height, line={"color": template.BASE, "width": 1.5, "dash": "dot"})
    for labels, height in _grouped(baselines, _top(judged["ndcg"], baselines)):
        made.add_annotation(
            text=", ".join(labels),
            x=1,
            xref="paper",
            xanchor="right",
            y=height,
            yshift=9,
            showarrow=False,
            font={"color": template.BASE},
        )
    if judged.height:
        made.add_annotation(
            x=judged["epoch"][-1],
            y=judged["ndcg"][-1],
            text=model,
            showarrow=False,
            xanchor="right",
            yshift=14,
            font={"color": template.ACCENT},
        )
    _by_epoch(made, curve)
    made.update_yaxes(range=[0, 1.15 * _top(judged["ndcg"], baselines)], tickformat=".3f")
    made.update_layout(showlegend=False)
    return made


def validation_numbers(curve: pl.DataFrame, baselines: Mapping[str, float]) -> pl.DataFrame:
    """What `validation` draws: ``model``, ``epoch`` and ``ndcg``; a baseline has no epoch."""
    own = curve.drop_nulls("ndcg").select(
        pl.lit(say("page_train.model")).alias("model"), "epoch", "ndcg"
    )
    others = pl.DataFrame(
        {"model": list(baselines), "ndcg": list(baselines.values())},
        schema={"model": pl.String, "ndcg": pl.Float64},
    )
    return pl.concat([own, others], how="diagonal")


def _by_epoch(made: go.Figure, curve: pl.DataFrame) -> None:
    """The same axis for both charts: from 0 to the last epoch, in whole epochs."""
    last = max(1.0, float(curve["epoch"].max() or 1))  # ty: ignore[invalid-argument-type] : a column of floats has a float as maximum
    made.update_xaxes(range=[0, last * 1.03], tickformat="d", dtick=max(1, round(last / 8)))


def _top(ndcg: pl.Series, baselines: Mapping[str, float]) -> float:
    return max([*ndcg, *baselines.values(), 0.01])


def _grouped(baselines: Mapping[str, float], top: float) -> list[tuple[list[str], float]]:
    """Labels of the baselines, one for those that are almost level, at the highest of them."""
    groups: list[tuple[list[str], float]] = []
    for label, height in sorted(baselines.items(), key=lambda pair: -pair[1]):
        if groups and groups[-1][1] - height < _APART * top:
            groups[-1][0].append(label)
        else:
            groups.append(([label], height))
    return groups


def loss(curve: pl.DataFrame) -> go.Figure:
    """Mean loss of the epoch so far, by epoch."""
    made = template.figure(
        height=HEIGHT, x=say("page_train.axis_epoch"), y=say("page_train.axis_loss")
    )
    made.add_scatter(
        x=curve["epoch"],
        y=curve["loss"],
        name=say("page_train.axis_loss"),
        mode="lines",
        line={"color": template.ACCENT, "width": 3},
        hovertemplate=say("page_train.hover_loss"),
    )
    _by_epoch(made, curve)
    return made
