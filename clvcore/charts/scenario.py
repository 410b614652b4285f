"""What becomes of value under a scenario: before as a ghost, after in colour, and what matters most."""

from collections.abc import Sequence
from decimal import Decimal

import plotly.graph_objects as go
import polars as pl

from clvcore.charts.numbers import UNKNOWN, exact_money, headline_money
from clvcore.charts.template import ACCENT, BASE, figure, large_numbers, literal
from clvcore.charts.words import group, step
from clvcore.messages import say
from clvcore.scenario.outcome import Outcome
from clvcore.scenario.sensitivity import Sensitivity

AGAINST = "#e69f00"
"""What lowers value."""
ROW = 46


def before_and_after(outcome: Outcome, *, what: str, currency: str) -> go.Figure:
    """Every group as it is (ghost) and then (colour), the intervals as thin lines.

    Args:
        outcome: of a scenario.
        what: ``clv``, or ``ltv`` where CAC is unknown.
        currency: of the money.
    """
    base, after, delta = outcome.base.groups, outcome.after.groups, outcome.delta.groups
    names = [literal(group(name)) for name in base["group"]]
    made = figure(
        height=120 + ROW * len(names), x=say(f"page_whatif.axis_{what}", currency=currency)
    )
    told = [
        [
            f"{users:,}",
            *(exact_money(one, currency) for one in amounts),
            exact_money(moved, currency),
        ]
        for users, moved, *amounts in zip(
            base["users"], delta[what], base[what], after[what], strict=True
        )
    ]
    for frame, name, colour in ((base, "base", BASE), (after, "after", ACCENT)):
        made.add_bar(
            y=names,
            x=frame[what].cast(pl.Float64).to_list(),
            orientation="h",
            name=say(f"page_whatif.{name}"),
            marker={"color": colour, "opacity": 0.45 if name == "base" else 1.0},
            error_x=_ends(frame, what) if name == "after" else None,
            customdata=told,
            hovertemplate=say("page_whatif.hover"),
        )
    made.update_xaxes(
        showgrid=True,
        gridcolor="rgba(128,128,128,0.18)",
        zeroline=True,
        zerolinecolor="rgba(128,128,128,0.5)",
        tickformat=large_numbers(),
        nticks=4,  # the chart stands beside the levers: more would run into each other
        rangemode="tozero",
    )
    made.update_yaxes(autorange="reversed", showgrid=False, type="category")
    made.update_layout(barmode="group", bargroupgap=0.0)
    return made


def tornado(
    sensitivities: Sequence[Sensitivity], *, what: str, currency: str, words: dict[str, str]
) -> go.Figure:
    """What one step of each lever does to the total, the strongest first.

    Args:
        sensitivities: of an outcome.
        what: ``clv`` or ``ltv``.
        currency: of the money.
        words: name of a lever by its value.
    """
    ordered = sorted(sensitivities, key=lambda one: -abs(one.effect))
    effects = [one.effect for one in ordered]
    made = figure(
        height=90 + 30 * len(ordered),
        x=say("page_whatif.axis_effect", what=what.upper(), currency=currency),
    )
    made.add_bar(
        y=[f"{words[one.lever.value]} {step(one.step)}" for one in ordered],
        x=effects,
        orientation="h",
        marker={"color": [ACCENT if effect >= 0 else AGAINST for effect in effects]},
        text=[headline_money(effect, currency) for effect in effects],
        textposition="outside",
        cliponaxis=False,
        customdata=[
            UNKNOWN if one.elasticity is None else f"{one.elasticity:+.3f}" for one in ordered
        ],
        hovertemplate=say("page_whatif.hover_effect", currency=currency),
    )
    most = max([abs(effect) for effect in effects], default=1.0) or 1.0
    least = min(effects, default=0.0)
    low = least - 0.5 * most if least < 0 else 0.0  # room for the words beside a bar
    made.update_xaxes(
        range=[low, 1.5 * most],
        tickformat=large_numbers(),
        zeroline=True,
        zerolinecolor="rgba(128,128,128,0.5)",
    )
    made.update_yaxes(autorange="reversed", showgrid=False)
    made.update_layout(showlegend=False)
    return made


def _ends(frame: pl.DataFrame, what: str) -> dict[str, object] | None:
    """Distances to the ends of the interval; those of LTV are those of its forecast."""
    names = ("clv", "clv_low", "clv_high") if what == "clv" else (
        "forecast", "forecast_low", "forecast_high",
    )  # fmt: skip
    middle, low, high = (frame[name].cast(pl.Float64) for name in names)
    if low.is_null().all():
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": (high - middle).to_list(),
        "arrayminus": (middle - low).to_list(),
        "thickness": 1.5,
        "width": 4,
        "color": "rgba(128,128,128,0.9)",
    }


def side_by_side(outcomes: Sequence[Outcome], *, what: str, currency: str) -> go.Figure:
    """What each scenario adds or takes, with the interval of the change.

    Args:
        outcomes: of scenarios with the same base.
        what: ``clv``, or ``ltv`` where CAC is unknown.
        currency: of the money.
    """
    deltas = [one.delta.total.row(0, named=True) for one in outcomes]
    after = [one.after.total[what].item() for one in outcomes]
    ends = "clv" if what == "clv" else "forecast"
    moved, lows, highs = (
        [_amount(row[name]) for row in deltas] for name in (what, f"{ends}_low", f"{ends}_high")
    )
    names = [literal(one.scenario.name) for one in outcomes]
    made = figure(
        height=90 + ROW * len(names),
        x=say("page_whatif.axis_effect", what=what.upper(), currency=currency),
    )
    made.add_bar(
        y=names,
        x=moved,
        orientation="h",
        marker={"color": [ACCENT if (one or 0) >= 0 else AGAINST for one in moved]},
        text=[headline_money(one, currency) for one in moved],
        textposition="inside",
        insidetextanchor="middle",
        customdata=[
            [exact_money(x, currency) for x in row]
            for row in zip(moved, lows, highs, after, strict=True)
        ],
        hovertemplate=say("page_whatif.kept.hover"),
    )
    for name, low, high in zip(names, lows, highs, strict=True):
        made.add_scatter(
            y=[name] * 2,
            x=[low, high],
            mode="lines",
            line={"color": "rgba(128,128,128,0.95)", "width": 2},
            hoverinfo="skip",
        )
    made.update_xaxes(
        showgrid=True,
        gridcolor="rgba(128,128,128,0.18)",
        zeroline=True,
        zerolinecolor="rgba(128,128,128,0.5)",
        tickformat=large_numbers(),
    )
    made.update_yaxes(autorange="reversed", showgrid=False, type="category")
    made.update_layout(showlegend=False)
    return made


def _amount(money: Decimal | float | None) -> float | None:
    return None if money is None else float(money)
