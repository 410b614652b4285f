"""``clv budget``: where the next unit of money should go."""

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore.cli.dataset import mark
from clvcore.cli.output import answer, as_json
from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.runs.workspace import Workspace

if TYPE_CHECKING:  # these load jax, which `clv --help` must not wait for
    from clvcore.scenario.budget import Market, Plan
    from clvcore.value.users import UserValue

SEED = 0
"""Of the draws behind the intervals, so that the same question has the same answer."""
BOUND = re.compile(r"(?P<channel>.+)=(?P<low>[^.]*(?:\.\d+)?)\.\.(?P<high>.+)")
HEADS = ("today", "best", "users_today", "users_best", "value", "cac", "marginal_cac")


@click.command(help=say("scenario.budget.cli.help"), short_help=say("cli.budget.short"))
@click.argument("data")
@click.option("--budget", metavar="MONEY", help=say("scenario.budget.cli.budget"))
@click.option(
    "--bound", "bounds", multiple=True, metavar="CHANNEL=LOW..HIGH", help=say("scenario.budget.cli.bound")
)  # fmt: skip
@click.option(
    "--lock", "locks", multiple=True, metavar="CHANNEL", help=say("scenario.budget.cli.lock")
)
@click.option(
    "--basis",
    type=click.Choice(["revenue", "margin"]),
    default="revenue",
    show_default=True,
    help=say("scenario.budget.cli.basis"),
)
@click.option(
    "--horizon-days", default=365.0, show_default=True, help=say("scenario.cli.horizon_days")
)
@as_json
def budget(
    data: str,
    budget: str | None,
    bounds: tuple[str, ...],
    locks: tuple[str, ...],
    basis: Any,
    horizon_days: float,
    *,
    as_json: bool,
) -> None:
    """Split the weekly spend of a data set anew, and tell what that gains."""
    import numpy as np

    from clvcore.scenario.budget import curves, market, plan
    from clvcore.scenario.outcome import baseline, reported
    from clvcore.value.users import user_value

    within = dict(_bound(text) for text in bounds)
    total = None if budget is None else _money(budget, budget)
    dataset = Workspace.default().resolve(data)
    found = curves(dataset, rng=np.random.default_rng(SEED))
    rng = np.random.default_rng(SEED)
    value = user_value(dataset, rng=rng, basis=basis, horizon_days=horizon_days)
    worth = reported(baseline(value, ["channel"]), rng=rng, by="channel")
    over = market(found, worth, rng=rng)
    today = {one.channel: one.weekly.today for one in over.responses}
    within |= {name: (today[name], today[name]) if name in today else _NOTHING for name in locks}
    made = plan(over, total, within)
    answer(
        _plain(value, over, made),
        as_json=as_json,
        text=lambda console: _tell(console, value, over, made),
    )


_NOTHING = (Decimal(0), Decimal(0))
"""Bounds of a channel that has no curve: `plan` refuses it by name."""


def _bound(text: str) -> tuple[str, tuple[Decimal, Decimal]]:
    found = BOUND.fullmatch(text)
    if not found:
        raise ConfigError(say("scenario.budget.cli.bad_bound", text=text))
    return found["channel"], (_money(found["low"], text), _money(found["high"], text))


def _money(amount: str, text: str) -> Decimal:
    try:
        return Decimal(amount)
    except InvalidOperation as error:
        raise ConfigError(say("scenario.budget.cli.bad_bound", text=text)) from error


def _plain(value: "UserValue", over: "Market", made: "Plan") -> dict[str, Any]:
    """The plan as plain values; null where something is unknown."""
    mean, low, high = made.gain
    return {
        "data": value.data.id,
        "name": value.data.name,
        "currency": value.data.currency,
        "simulated": value.data.recipe.simulated,
        "basis": value.basis,
        "horizon_days": value.forecast.horizon_days,
        "budget": made.budget,
        "today": over.today,
        "gain": {"mean": mean, "low": low, "high": high, "level": made.level},
        "channels": made.channels.to_dicts(),
        "without": [{"channel": one.channel, "reason": one.reason} for one in over.without],
        "kkt_residual": made.allocation.kkt_residual,
        "gap_to_grid": made.allocation.gap_to_grid,
    }


def sentence(over: "Market", made: "Plan", currency: str) -> str:
    """What the split gains, in one sentence."""
    is_today = made.channels["today"].to_list() == made.channels["best"].to_list()
    key = "stays" if is_today else "gains" if made.budget == over.today else "other"
    mean, low, high = made.gain
    return say(
        f"scenario.budget.answer.{key}",
        currency=currency,
        budget=f"{made.budget:,.2f}",
        today=f"{over.today:,.2f}",
        gain=f"{mean:,.0f}",
        low=f"{low:+,.0f}",
        high=f"{high:+,.0f}",
        level=f"{100 * made.level:.0f}",
    )


def _tell(console: Console, value: "UserValue", over: "Market", made: "Plan") -> None:
    """The answer in one sentence, then the tables behind it."""
    currency = value.data.currency
    heading = Text(value.data.name, style="bold")
    heading.append(mark(simulated=value.data.recipe.simulated), style="bold yellow")
    console.print(heading)
    console.print(Text(sentence(over, made, currency)))
    days = f"{value.forecast.horizon_days:g}"
    basis = say(f"page_whatif.{value.basis}")
    console.print(
        Text(
            say("scenario.budget.cli.definition", currency=currency, days=days, basis=basis),
            style="dim",
        )
    )
    console.print()
    console.print(_table(made))
    console.print()
    search = {
        "residual": f"{made.allocation.kkt_residual:.2g}",
        "gap": f"{made.allocation.gap_to_grid:,.2f}",
    }
    console.print(Text(say("scenario.budget.cli.search", **search), style="dim"))
    for one in over.without:
        told = say("scenario.budget.cli.without", channel=one.channel, reason=one.reason)
        console.print(Text(told, style="dim"))


def _table(made: "Plan") -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column(say("scenario.budget.cli.channel"))
    for head in (*HEADS, "marginal_return"):
        table.add_column(say(f"scenario.budget.cli.{head}"), justify="right")
    for row in made.channels.to_dicts():
        best = f"{row['best']:,.2f}" + ("" if row["is_seen"] else "*")
        cells = [f"{row['today']:,.2f}", best, *(_number(row[head]) for head in HEADS[2:])]
        table.add_row(row["channel"], *cells, f"{row['marginal_return']:.2f}")
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"
