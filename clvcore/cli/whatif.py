"""``clv whatif``: what becomes of lifetime value if something were different."""

from decimal import Decimal
from math import floor, log10
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore.cli.dataset import mark
from clvcore.cli.output import answer, as_json
from clvcore.messages import say
from clvcore.runs.workspace import Workspace

if TYPE_CHECKING:  # these load jax, which `clv --help` must not wait for
    from clvcore.scenario.moves import Acted
    from clvcore.scenario.outcome import Outcome
    from clvcore.value.users import UserValue

SEED = 0
"""Of the draws behind the intervals, so that the same question has the same answer."""


@click.command(help=say("scenario.cli.help"), short_help=say("cli.whatif.short"))
@click.argument("data")
@click.option(
    "--set", "changes", multiple=True, metavar="LEVER=CHANGE", help=say("scenario.cli.set")
)
@click.option("--scope", metavar="COLUMN=VALUE", help=say("scenario.cli.scope"))
@click.option("--by", default="channel", show_default=True, help=say("scenario.cli.by"))
@click.option(
    "--horizon-days", default=365.0, show_default=True, help=say("scenario.cli.horizon_days")
)
@click.option(
    "--basis",
    type=click.Choice(["revenue", "margin"]),
    default="revenue",
    show_default=True,
    help=say("scenario.cli.basis"),
)
@click.option("--elasticity", default=0.0, show_default=True, help=say("scenario.cli.elasticity"))
@as_json
def whatif(
    data: str,
    changes: tuple[str, ...],
    scope: str | None,
    by: str,
    horizon_days: float,
    basis: Any,
    elasticity: float,
    *,
    as_json: bool,
) -> None:
    """Forecast the data set as it is and under the changes, and tell the difference."""
    import numpy as np

    from clvcore.scenario.outcome import what_if
    from clvcore.scenario.scenario import Scenario
    from clvcore.value.users import user_value

    scenario = Scenario.of(changes, scope=scope, elasticity=elasticity)
    dataset = Workspace.default().resolve(data)
    rng = np.random.default_rng(SEED)
    value = user_value(dataset, rng=rng, basis=basis, horizon_days=horizon_days)
    outcome = what_if(value, scenario, rng=rng, by=by)
    answer(
        _plain(value, outcome),
        as_json=as_json,
        text=lambda console: _tell(console, value, outcome),
    )


def _plain(value: "UserValue", outcome: "Outcome") -> dict[str, Any]:
    """The outcome as plain values; null where something is unknown."""
    sides = {"base": outcome.base, "after": outcome.after, "delta": outcome.delta}
    numbers = {
        name: [{k: v for k, v in row.items() if k not in ("group", "users")} for row in rows]
        for name, rows in ((name, side.groups.to_dicts()) for name, side in sides.items())
    }
    groups = [
        {outcome.by or "group": row["group"], "users": row["users"]}
        | {name: numbers[name][place] for name in sides}
        for place, row in enumerate(outcome.base.groups.select("group", "users").to_dicts())
    ]
    totals = {name: side.total.drop("group").row(0, named=True) for name, side in sides.items()}
    return {
        "data": value.data.id,
        "name": value.data.name,
        "currency": value.data.currency,
        "simulated": value.data.recipe.simulated,
        "basis": value.basis,
        "horizon_days": outcome.horizon_days[0],
        "level": outcome.level,
        "scenario": outcome.scenario.name,
        "elasticity": outcome.scenario.elasticity,
        "levers": [
            acted._asdict() | {"acts_on": say(f"scenario.acts.{acted.parameter}")}
            for acted in outcome.acted
        ],
        **totals,
        "groups": groups,
        "sensitivities": [one._asdict() for one in outcome.sensitivities],
        "notes": list(value.notes),
    }


def _tell(console: Console, value: "UserValue", outcome: "Outcome") -> None:
    """The answer in one sentence, then the tables behind it."""
    heading = Text(value.data.name, style="bold")
    heading.append(mark(simulated=value.data.recipe.simulated), style="bold yellow")
    console.print(heading)
    console.print(Text(_sentence(value, outcome)))
    before, after = outcome.horizon_days
    horizon = f"{before:g}" if before == after else f"{before:g} ({after:g})"
    console.print(
        Text(
            say("scenario.cli.definition", basis=say(f"page_whatif.{value.basis}"), days=horizon),
            style="dim",
        )
    )
    console.print()
    console.print(_groups(outcome, value.data.currency))
    if outcome.acted:
        console.print()
        console.print(_acted(outcome.acted))
    console.print()
    console.print(_sensitivities(outcome, value.data.currency))
    if any(one.lever.value == "price" for one in outcome.sensitivities):
        elasticity = f"{outcome.scenario.elasticity:g}"
        console.print(Text(say("scenario.cli.elastic", elasticity=elasticity), style="dim"))
    for note in value.notes:
        console.print(Text(note, style="dim"))


def _sentence(value: "UserValue", outcome: "Outcome") -> str:
    """What happens to CLV, or to LTV where CAC is unknown."""
    base, delta = (side.total.row(0, named=True) for side in (outcome.base, outcome.delta))
    name = "ltv" if base["clv"] is None or delta["clv"] is None else "clv"
    if base[name] is None:
        return say("scenario.cli.unknown")
    if not outcome.scenario.changes:
        return say("scenario.cli.unchanged", what=name.upper(), base=_headline(base[name]))
    moved = delta[name]
    key = "rises" if moved > 0 else "falls" if moved < 0 else "stays"
    low, high = _ends(delta, name)
    return say(
        f"scenario.cli.{key}",
        changes=outcome.scenario.name,
        what=name.upper(),
        currency=value.data.currency,
        moved=_headline(abs(moved)),
        share=f"{100 * abs(float(moved) / float(base[name])):.1f}" if base[name] else "",
        base=_headline(base[name], like=moved),
        after=_headline(base[name] + moved, like=moved),
        level=f"{100 * outcome.level:.0f}",
        low=_headline(low, signed=True),
        high=_headline(high, signed=True),
    )


def _groups(outcome: "Outcome", currency: str) -> Table:
    """Every group and the total: before, after, and the difference with its interval."""
    is_known = outcome.base.total["clv"].item() is not None
    name = "clv" if is_known else "ltv"
    table = Table(box=None, header_style="dim", pad_edge=False)
    heads = [outcome.by or "", "users", "cac", "base", "scenario", "change", "interval"]
    words = {"what": name.upper(), "currency": currency, "level": f"{100 * outcome.level:.0f}"}
    for place, head in enumerate(heads):
        text = say(f"scenario.cli.{head}", **words) if place else head
        table.add_column(text, justify="right" if place else "left")
    sides = (outcome.base, outcome.after, outcome.delta)
    for rows in zip(*(side.groups.to_dicts() for side in sides), strict=True):
        table.add_row(*_cells(rows, name))
    total = tuple(side.total.row(0, named=True) for side in sides)
    table.add_row(*_cells(total, name), style="bold")
    return table


def _cells(rows: tuple[dict[str, Any], ...], name: str) -> list[str]:
    from clvcore.charts import words

    base, after, delta = rows
    low, high = _ends(delta, name)
    is_known = low is not None and high is not None
    return [
        words.group(base["group"]),
        f"{base['users']:,}",
        _amount(base["cac"]),
        _amount(base[name]),
        _amount(after[name]),
        _amount(delta[name], signed=True),
        f"{low:+,.0f} .. {high:+,.0f}" if is_known else "-",
    ]


def _ends(row: dict[str, Any], name: str) -> tuple[Any, Any]:
    """Low and high of CLV; of LTV, of which only the forecast is not certain, in a difference."""
    ends = name if name == "clv" else "forecast"
    return row[f"{ends}_low"], row[f"{ends}_high"]


def _acted(acted: "tuple[Acted, ...]") -> Table:
    """The parameter each change acted on, before and after."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for head in ("changed", "acted_on", "before", "after"):
        table.add_column(
            say(f"scenario.cli.{head}"),
            justify="left" if head in ("changed", "acted_on") else "right",
        )
    for one in acted:
        values = [_parameter(one.unit, number) for number in (one.base, one.after)]
        table.add_row(one.change, say(f"scenario.acts.{one.parameter}"), *values)
    return table


def _sensitivities(outcome: "Outcome", currency: str) -> Table:
    """What one percent of each lever is worth, the strongest first."""
    what = "CLV" if outcome.base.total["clv"].item() is not None else "LTV"
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column(say("scenario.cli.lever"))
    table.add_column(say("scenario.cli.step"), justify="right")
    table.add_column(say("scenario.cli.effect", what=what, currency=currency), justify="right")
    table.add_column(say("scenario.cli.elasticity_of", what=what), justify="right")
    for one in sorted(outcome.sensitivities, key=lambda one: -abs(one.effect)):
        elastic = "-" if one.elasticity is None else f"{one.elasticity:+.3f}"
        table.add_row(one.lever.value, one.step, f"{one.effect:+,.0f}", elastic)
    return table


def _amount(value: Decimal | None, *, signed: bool = False) -> str:
    if value is None:
        return "-"
    return f"{value:+,.2f}" if signed else f"{value:,.2f}"


def _parameter(unit: str, value: float | None) -> str:
    if value is None:
        return "-"
    if unit == "rate":
        return f"{100 * value:.2f}%"
    return {"factor": f"x {value:.4g}", "days": f"{value:g}"}.get(unit, f"{value:,.2f}")


def _headline(value: Decimal | float, *, like: Decimal | None = None, signed: bool = False) -> str:
    """Three significant digits, or as many as show a change like another number."""
    size = abs(float(like or value))
    places = 0 if size == 0 else 2 - floor(log10(size))
    text = f"{round(float(value), places):+,.{max(places, 0)}f}"
    return text if signed else text.removeprefix("+")
