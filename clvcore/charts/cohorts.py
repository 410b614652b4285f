"""How groups of users pay back by age, and how many of them stay."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Literal

import plotly.graph_objects as go
import polars as pl

from clvcore.charts import words
from clvcore.charts.numbers import UNKNOWN, exact_money, percent
from clvcore.charts.template import ACCENT, BASE, OKABE_ITO, colours, figure, large_numbers, literal
from clvcore.charts.value import SMALL
from clvcore.messages import say
from clvcore.value.cohorts import EVERYBODY, Cohorts

FEW = len(OKABE_ITO)
"""Up to so many groups have a colour each; more are grey beside all users."""
ROW, ABOVE = 24, 110
"""Pixels of a row of the matrix, and of what stands around it."""
ONE_HUE = [[0.0, "rgba(0,114,178,0.05)"], [1.0, "rgba(0,114,178,1)"]]
PALE = 0.45
Measure = Literal["buying", "active"]


def payback(cells: pl.DataFrame, *, currency: str, basis: str) -> go.Figure:
    """LTV less CAC of an average user by age: where a line crosses zero, the cost is back.

    Just LTV where CAC is unknown. Dotted where fewer than `SMALL` users are that old.

    Args:
        cells: the frame of `clvcore.value.cohorts.Cohorts`.
        currency: of the money.
        basis: of LTV.
    """
    costs_known = cells["cac_per_user"].is_not_null().any()
    label = say(
        f"page_cohorts.axis_{basis}" + ("" if costs_known else "_no_cac"), currency=currency
    )
    made = figure(height=420, x=say("page_cohorts.axis_age"), y=label)
    groups = cells.partition_by("group", maintain_order=True)
    names = [part["group"][0] for part in groups if part["group"][0] != EVERYBODY]
    is_few = len(names) <= FEW
    own = colours(names) if is_few else {}
    for part in groups:
        name = part["group"][0]
        look = own.get(name, ACCENT if name == EVERYBODY and not is_few else BASE)
        is_main = is_few or name == EVERYBODY
        rows = [row for row in _from_the_start(part) if row["ltv"] is not None]
        if is_main and len(rows) > 1:
            made.add_scatter(
                x=[row["age"] for row in (*rows, *reversed(rows))],
                y=[*(row["high"] for row in rows), *(row["low"] for row in reversed(rows))],
                fill="toself",
                fillcolor=_light(look),
                line={"width": 0},
                hoverinfo="skip",
                legendgroup=name,
                showlegend=False,
            )
        for number, (is_thin, some) in enumerate(_by_size(rows)):
            made.add_scatter(
                x=[row["age"] for row in some],
                y=[row["ltv"] for row in some],
                mode="lines",
                name=literal(words.group(name)),
                legendgroup=name,
                showlegend=is_main and number == 0,
                line={
                    "color": look,
                    "width": 2.5 if is_main else 1,
                    "dash": "dot"
                    if is_thin
                    else "dash"
                    if is_few and name == EVERYBODY
                    else "solid",
                },
                opacity=1.0 if is_main else PALE,
                customdata=[_hover(row, currency) for row in some],
                hovertemplate=say("page_cohorts.hover"),
            )
    if costs_known:
        made.add_hline(y=0, line={"color": "rgba(128,128,128,0.8)", "width": 1.5})
    made.update_yaxes(tickformat=large_numbers())
    made.update_xaxes(rangemode="tozero", dtick=None if cells["age"].max() > 24 else 3)  # ty: ignore[unsupported-operator] # a column of whole numbers
    return made


def stayed(found: Cohorts, measure: Measure) -> go.Figure:
    """Share of each group that did something in each month of age, as a matrix.

    Pale where fewer than `SMALL` users are that old, and in a cohort that has not all come of age.

    Args:
        found: of all groups.
        measure: what has to be done: pay for something, or anything.
    """
    cells, share = found.frame, f"retention_{measure}"
    names = cells["group"].unique(maintain_order=True).to_list()
    made = figure(height=ABOVE + ROW * len(names), x=say("page_cohorts.axis_age"))
    # of a channel there are always some who have just come
    is_of_age = pl.col("is_complete") | (
        pl.lit(found.by != "cohort") | pl.col("group").eq(EVERYBODY)
    )
    is_firm = is_of_age & (pl.col("observed") >= SMALL)
    later = cells.filter(is_firm & (pl.col("age") > 1))[share].max()
    ages = sorted(cells.filter(pl.col("observed") > 0)["age"].unique())
    shown = [literal(words.group(name)) for name in names]
    for is_drawn, opacity in ((is_firm, 1.0), (~is_firm, PALE)):
        rows = cells.filter(is_drawn & pl.col(share).is_not_null())
        if rows.is_empty():
            continue
        there = {(row["group"], row["age"]): row for row in rows.to_dicts()}
        matrix = [[there.get((name, age)) for age in ages] for name in names]
        made.add_heatmap(
            x=ages,
            y=shown,
            z=[[None if row is None else row[share] for row in line] for line in matrix],
            zmin=0,
            zmax=later or 1.0,
            colorscale=ONE_HUE,
            opacity=opacity,
            showscale=False,
            hoverongaps=False,
            xgap=1,
            ygap=1,
            customdata=[[_counted(row, measure) for row in line] for line in matrix],
            hovertemplate=say(f"page_cohorts.hover_{measure}"),
        )
    made.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=shown[::-1],
        showgrid=False,
    )
    made.update_xaxes(dtick=1 if len(ages) <= 24 else None)
    return made


def _counted(row: dict[str, Any] | None, measure: Measure) -> list[str]:
    """What a cell says of itself."""
    if row is None:
        return ["", "", ""]
    return [percent(row[f"retention_{measure}"]), f"{row[measure]:,}", f"{row['observed']:,}"]


def _from_the_start(part: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """A group's points, the cost at age zero first: age, ltv, low, high, observed, name, cost."""
    cost = part["cac_per_user"][0]
    less, said = cost or 0.0, words.group(part["group"][0])
    users = part["users"][0]
    start = {"age": 0, "ltv": -less, "low": -less, "high": -less, "observed": users}
    yield start | {"name": said, "brought": 0.0, "cost": cost}
    for row in part.to_dicts():
        is_there = row["ltv_per_user"] is not None
        yield {
            "age": row["age"],
            "ltv": row["ltv_per_user"] - less if is_there else None,
            "low": row["ltv_low"] - less if is_there else None,
            "high": row["ltv_high"] - less if is_there else None,
            "observed": row["observed"],
            "name": said,
            "brought": row["ltv_per_user"],
            "cost": cost,
        }


def _by_size(rows: list[dict[str, Any]]) -> Iterator[tuple[bool, list[dict[str, Any]]]]:
    """The points of enough users, then those of few, which begin where the others end."""
    thin = [row["observed"] < SMALL for row in rows]
    firm = next((at for at, is_thin in enumerate(thin) if is_thin), len(rows))
    for begin, end in pairwise((0, firm, len(rows))):
        some = rows[max(begin - 1, 0) : end]
        if end > begin:
            yield begin > 0 or firm == 0, some


def _hover(row: dict[str, Any], currency: str) -> list[str]:
    cost = UNKNOWN if row["cost"] is None else exact_money(row["cost"], currency)
    money = [exact_money(row[name], currency) for name in ("brought", "ltv", "low", "high")]
    return [literal(row["name"]), *money, cost, f"{row['observed']:,}"]


def _light(colour: str) -> str:
    """The colour of a band."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.14)"
