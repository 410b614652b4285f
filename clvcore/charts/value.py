"""What users are worth: LTV beside CAC by group, and how the total comes about."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import plotly.graph_objects as go
import polars as pl

from clvcore.charts import words
from clvcore.charts.numbers import UNKNOWN, exact_money, headline_money
from clvcore.charts.template import ACCENT, BASE, figure, large_numbers, literal
from clvcore.messages import say
from clvcore.value.users import UserValue

COST = "#d55e00"
"""What was paid: CAC, refunds, goods."""
SMALL = 50
"""Groups of fewer users are drawn faint."""
ROW = 34
"""Pixels of a group."""


class Step(NamedTuple):
    """One step on the way from what users brought to what they are worth."""

    name: str
    amount: Decimal


def value_by_group(groups: pl.DataFrame, *, by: str, currency: str, basis: str) -> go.Figure:
    """Bars of LTV with CAC as a mark and CLV in words; every bar carries its group's name.

    Args:
        groups: the frame of a `Breakdown`, in its order.
        by: what the groups are, in the reader's words.
        currency: of the money.
        basis: of LTV.
    """
    made = figure(
        height=110 + ROW * groups.height,
        x=say(f"page_value.axis_{basis}", currency=currency),
        y="",
    )
    rows = groups.to_dicts()
    names = [literal(words.group(row["group"])) for row in rows]
    told = [[row["group"], *_hover(row, currency)] for row in rows]
    made.add_bar(
        y=names,
        x=[_float(row["ltv"]) for row in rows],
        orientation="h",
        name=say("page_value.ltv"),
        marker={"color": ACCENT, "opacity": [_strength(row["users"]) for row in rows]},
        customdata=told,
        hovertemplate=say("page_value.hover", by=by),
        unselected={"marker": {"opacity": 0.5}},
    )
    if groups["cac"].is_not_null().any():
        made.add_scatter(
            y=names,
            x=[_float(row["cac"]) for row in rows],
            mode="markers",
            name=say("page_value.cac"),
            marker={
                "symbol": "line-ns",
                "size": 18,
                "line": {"width": 4, "color": COST},
                "color": COST,
            },
            customdata=told,
            hovertemplate=say("page_value.hover", by=by),
        )
    reach = [max(_float(row["ltv"]) or 0.0, _float(row["cac"]) or 0.0, 0.0) for row in rows]
    made.add_scatter(
        y=names,
        x=reach,
        mode="text",
        text=[_label(row, currency) for row in rows],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        unselected={"textfont": {"color": "rgba(128,128,128,0.9)"}},
        showlegend=False,
    )
    low = min([0.0, *(_float(row["ltv"]) or 0.0 for row in rows)])
    made.update_xaxes(
        range=[1.05 * low, 1.3 * (max(reach, default=0.0) or 1.0)],
        showgrid=True,
        gridcolor="rgba(128,128,128,0.18)",
        zeroline=True,
        zerolinecolor="rgba(128,128,128,0.5)",
        tickformat=large_numbers(),
    )
    made.update_yaxes(autorange="reversed", showgrid=False, type="category")
    made.update_layout(clickmode="event+select", barmode="overlay")
    return made


def waterfall(steps: Sequence[Step], *, total: str, currency: str) -> go.Figure:
    """From what users brought, step by step, to what is left."""
    left = sum((step.amount for step in steps), Decimal(0))
    amounts = [*(float(step.amount) for step in steps), float(left)]
    made = figure(x="", y=say("page_value.axis_money", currency=currency))
    made.add_waterfall(
        x=[*(step.name for step in steps), total],
        y=amounts,
        measure=[*("relative" for _ in steps), "total"],
        text=[headline_money(amount, currency) for amount in amounts],
        textposition="outside",
        cliponaxis=False,
        increasing={"marker": {"color": ACCENT}},
        decreasing={"marker": {"color": COST}},
        totals={"marker": {"color": BASE}},
        connector={"line": {"color": "rgba(128,128,128,0.4)", "width": 1}},
        hovertemplate=say("page_value.hover_step", currency=currency),
    )
    made.update_yaxes(tickformat=large_numbers(), rangemode="tozero")
    made.update_layout(showlegend=False, margin={"t": 32})
    return made


def steps_to_value(value: UserValue, total: pl.DataFrame) -> list[Step]:
    """Purchases, what was given back, the goods, the other streams and the cost, which add up to CLV.

    To LTV where CAC is unknown; steps of nothing are left out.

    Args:
        value: of every user.
        total: the total of a `Breakdown` of it.
    """
    row, book = total.row(0, named=True), value.forecast.known.book.users
    nothing = Decimal(0)
    bought, refunded = (Decimal(book[name].sum()) for name in ("purchase", "refunded"))
    kept = row["ltv_purchase"] or nothing
    streams = [row["ltv_advertising"] or nothing, row["ltv_service"] or nothing]
    unclear = (row["ltv"] or nothing) - kept - sum(streams, nothing)
    named = {
        "purchases": bought - refunded,
        "refunds": refunded,
        "goods": kept - bought,
        "advertising": streams[0],
        "service": streams[1],
        "unclear": unclear,
        "cac": -(row["cac"] or nothing),
    }
    return [Step(say(f"page_value.step.{name}"), part) for name, part in named.items() if part]


def _hover(row: dict[str, Any], currency: str) -> list[str]:
    users = row["users"]
    money = [exact_money(row[name], currency) for name in ("ltv", "cac", "clv")]
    ratio = row["ltv_to_cac"]
    return [f"{users:,}", *money, UNKNOWN if ratio is None else f"{ratio:.2f}"]


def _label(row: dict[str, Decimal | None], currency: str) -> str:
    if row["clv"] is None:
        return f"  {headline_money(row['ltv'], currency)}"
    return "  " + say("page_value.label", clv=headline_money(row["clv"], currency))


def _strength(users: int) -> float:
    return 0.45 if users < SMALL else 1.0


def _float(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
