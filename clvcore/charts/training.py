"""How a training goes: its loss, and its validation NDCG@10 beside the baselines."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from clvcore.charts import template
from clvcore.messages import listed, say

HEIGHT = 340
FINAL = template.OKABE_ITO[1]
"""The model that is kept, beside the search before it."""
_APART = 0.07
"""Labels nearer than this share of the axis are written as one."""
_LETTER = 0.03
"""Share of the axis that a letter takes where the chart is narrow."""


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
    top = _top(judged["ndcg"], baselines)
    for labels, height in _grouped(baselines, top):
        text = listed(labels)
        is_crossed = _is_crossed(judged, height, top)
        is_left = is_crossed and _fits_before(judged, text)
        made.add_annotation(
            text=text,
            x=0 if is_left else 1,
            xref="paper",
            xanchor="left" if is_left else "right",
            y=height,
            yshift=-9 if is_crossed and not is_left else 9,
            showarrow=False,
        )
    if judged.height:
        best = judged.sort("ndcg", "epoch", descending=[True, False]).row(0, named=True)
        made.add_annotation(
            x=best["epoch"],
            y=best["ndcg"],
            text=model,
            showarrow=False,
            xanchor="left" if best["epoch"] < judged["epoch"][-1] / 2 else "right",
            yshift=14,
        )
    _by_epoch(made, curve)
    made.update_yaxes(range=[0, 1.15 * top], tickformat=".3f")
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


def _is_crossed(judged: pl.DataFrame, height: float, top: float) -> bool:
    """Whether the model's curve runs through a label above this height, at the right."""
    right = judged.filter(pl.col("epoch") > pl.col("epoch").max() * 2 / 3)
    return bool(right["ndcg"].is_between(height, height + _APART * top).any())


def _fits_before(judged: pl.DataFrame, text: str) -> bool:
    """Whether a label ends before the curve begins, at the first epoch."""
    return len(text) * _LETTER < 1 / float(judged["epoch"][-1])


def loss(search: pl.DataFrame, final: pl.DataFrame) -> go.Figure:
    """Mean loss of the epoch so far, by epoch: of the search, and of the final model.

    Args:
        search: ``epoch`` and ``loss``, as `clvcore.runs.history.curve` gives them.
        final: the same of the final model; empty before it learns.
    """
    made = template.figure(
        height=HEIGHT, x=say("page_train.axis_epoch"), y=say("page_train.axis_loss")
    )
    looks = {
        "search": {"color": template.ACCENT, "width": 3},
        "final": {"color": FINAL, "width": 3, "dash": "dash"},
    }
    for stage, curve in (("search", search), ("final", final)):
        if curve.is_empty():
            continue
        made.add_scatter(
            x=curve["epoch"],
            y=curve["loss"],
            name=say(f"page_train.stage_{stage}"),
            mode="lines",
            line=looks[stage],
            hovertemplate=say("page_train.hover_loss"),
        )
    _by_epoch(made, search)
    return made


def loss_numbers(search: pl.DataFrame, final: pl.DataFrame) -> pl.DataFrame:
    """What `loss` draws: ``stage``, ``epoch`` and ``loss``."""
    return pl.concat(
        curve.select(pl.lit(say(f"page_train.stage_{stage}")).alias("stage"), "epoch", "loss")
        for stage, curve in (("search", search), ("final", final))
    )
