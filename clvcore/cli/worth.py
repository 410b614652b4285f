"""The answer of ``clv value`` for people: the headline, the tables, and what the words mean."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore.cli.dataset import mark
from clvcore.cli.ledger import amount, tell_costs, tell_ledger, tell_payback
from clvcore.cli.models import tell_models
from clvcore.messages import say

if TYPE_CHECKING:
    from clvcore.value.breakdown import Breakdown
    from clvcore.value.comparison import Compared
    from clvcore.value.costs import CostTable
    from clvcore.value.reconciliation import Side
    from clvcore.value.statement import Statement
    from clvcore.value.users import UserValue

SHOWN_GROUPS = 30
MEASURES = ("users", "ltv", "cac", "clv", "ratio", "cac_paid", "forecast", "low", "high")


class Found(NamedTuple):
    """The worth of users, seen in all the ways that the command tells."""

    groups: "Breakdown"
    ledger: "Statement"
    costs: "CostTable"
    payback: pl.DataFrame
    payback_by: str
    sides: "tuple[Side, ...]"
    models: "list[Compared] | None" = None
    """Where they were asked for: each is fitted for it."""


def tell(
    console: Console, worth: "UserValue", found: Found, tables: set[str], out: Path | None
) -> None:
    """The answer for people: the headline, the tables, the definitions, and what to know."""
    dataset, groups = worth.data, found.groups
    heading = Text(dataset.name, style="bold")
    heading.append(mark(simulated=dataset.recipe.simulated), style="bold yellow")
    heading.append(f"  {dataset.id}", style="dim")
    console.print(heading)
    console.print(Text(_headline(worth, groups.total.row(0, named=True))))
    console.print()
    if "groups" in tables:
        console.print(_table(groups))
        hidden = groups.frame.height - SHOWN_GROUPS
        if hidden > 0:
            console.print(Text(say("value.cli_more_groups", n=hidden), style="dim"))
        console.print()
    if "ledger" in tables:
        tell_ledger(console, found.ledger)
    if "cac" in tables:
        tell_costs(console, found.costs)
    if "payback" in tables:
        tell_payback(console, found.payback, found.payback_by)
    if found.models is not None:
        tell_models(console, found.models, f"{worth.forecast.horizon_days:g}")
    for told in _definitions(worth):
        console.print(Text(told, style="dim"))
    for note in worth.notes:
        console.print(Text(f"- {note}"))
    console.print(Text(_checked(worth, found.sides)))
    if out is not None:
        console.print(Text(say("value.cli_written", users=f"{worth.frame.height:,}", out=out)))


def _definitions(worth: "UserValue") -> list[str]:
    """What the words and numbers mean, with everything that was chosen."""
    made, costs = worth.forecast, worth.acquisition
    told = {"days": f"{made.horizon_days:g}", "level": f"{made.level:.0%}"}
    lines = [
        say(f"value.ltv.{worth.basis}_{worth.part}"),
        say("value.cli_definitions", period=say(f"value.period.{costs.period}"), **told),
    ]
    if costs.by_campaign:
        lines.append(say("value.cli_by_campaign"))
    if costs.lag_days:
        lines.append(say("value.cli_lagged", days=costs.lag_days))
    if made.discount_rate_annual:
        rate = f"{100 * made.discount_rate_annual:g} %"
        lines.append(say(f"value.cli_discount_{worth.valued_at}", rate=rate))
    return [*lines, say(f"value.cli_model_{made.fits.model.replace('-', '_')}")]


def _checked(worth: "UserValue", sides: "tuple[Side, ...]") -> str:
    if not all(side.holds for side in sides):
        return say("value.cli_not_reconciled")
    known = worth.acquisition.is_known
    return say("value.cli_reconciled" if known else "value.cli_reconciled_no_spend")


def named_row(row: dict[str, Any], by: str) -> dict[str, Any]:
    """A row under the name of its grouping."""
    return {by: row["group"]} | {name: part for name, part in row.items() if name != "group"}


def _headline(worth: "UserValue", total: Mapping[str, Any]) -> str:
    shown = {
        name: amount(total[name])
        for name in ("ltv", "cac", "clv", "forecast", "forecast_low", "forecast_high")
    } | {"days": f"{worth.forecast.horizon_days:g}", "level": f"{worth.forecast.level:.0%}"}
    key = worth.part if total["cac"] is not None else f"{worth.part}_no_cac"
    first = say(
        f"value.headline.{key if total['ltv'] is not None else 'unknown'}",
        users=f"{total['users']:,}",
        currency=worth.data.currency,
        basis=say(f"page_whatif.{worth.basis}"),
        **shown,
    )
    known = total["forecast"] is not None and total["forecast_low"] is not None
    return f"{first}\n{say('value.cli_forecast' if known else 'value.cli_no_forecast', **shown)}"


def _table(groups: "Breakdown") -> Table:
    from clvcore.charts import words

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(groups.by)
    for name in MEASURES:
        table.add_column(say(f"cli.column.{name}"), justify="right")
    rows = [*groups.frame.head(SHOWN_GROUPS).iter_rows(named=True)]
    for row in [*rows, *groups.total.iter_rows(named=True)]:
        table.add_row(
            Text(words.group(row["group"])),
            f"{row['users']:,}",
            *(amount(row[name]) for name in ("ltv", "cac", "clv")),
            "-" if row["ltv_to_cac"] is None else f"{row['ltv_to_cac']:.2f}",
            amount(row["cac_paid"]),
            *(amount(row[name]) for name in ("forecast", "forecast_low", "forecast_high")),
            style="bold" if row["group"] == "total" else None,
        )
    return table
