"""``clv value``: what the users of a data set are worth, in all and by group."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore import columns as col
from clvcore.cli.dataset import mark
from clvcore.cli.output import answer, as_json, working
from clvcore.cli.write import write_frame
from clvcore.data.dataset import Dataset
from clvcore.messages import say
from clvcore.runs.workspace import Workspace

if TYPE_CHECKING:
    from clvcore.value.breakdown import Breakdown
    from clvcore.value.reconciliation import Side
    from clvcore.value.users import UserValue

SHOWN_GROUPS = 30
MEASURES = ("users", "ltv", "cac", "clv", "ratio", "cac_paid", "forecast", "low", "high")
SEED = 0
"""Of the draws behind the intervals, so that the same data give the same answer."""


@click.command(help=say("value.cli_help"), short_help=say("cli.value.short"))
@click.argument("data")
@click.option("--by", metavar="GROUPING", help=say("value.cli_by"))
@click.option(
    "--horizon-days", type=float, default=365.0, show_default=True, help=say("value.cli_horizon")
)
@click.option(
    "--basis",
    type=click.Choice(["revenue", "margin"]),
    default="revenue",
    show_default=True,
    help=say("value.cli_basis"),
)
@click.option(
    "--discount-rate", type=float, default=0.0, show_default=True, help=say("value.cli_discount")
)
@click.option("--level", type=float, default=0.8, show_default=True, help=say("value.cli_level"))
@click.option(
    "--period",
    type=click.Choice(["day", "week", "month", "all"]),
    default="week",
    show_default=True,
    help=say("value.cli_period"),
)
@click.option(
    "--model",
    type=click.Choice(["mbg-nbd", "bg-nbd", "pareto-nbd"]),
    default="mbg-nbd",
    show_default=True,
    help=say("value.cli_model"),
)
@click.option("--out", type=click.Path(path_type=Path), help=say("value.cli_out"))
@as_json
def value(
    data: str,
    by: str | None,
    horizon_days: float,
    basis: Any,
    discount_rate: float,
    level: float,
    period: Any,
    model: Any,
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Compute the worth of every user, and tell it by group."""
    import numpy as np

    from clvcore.value.breakdown import breakdown
    from clvcore.value.reconciliation import reconcile
    from clvcore.value.users import attribute, user_value

    with working("cli.reading", data=data):
        dataset = Workspace.default().resolve(data)
    grouping = by or _default_grouping(dataset)
    if grouping not in (col.CHANNEL, "cohort", "segment"):
        attribute(dataset, grouping)  # a wrong name is told before the long work
    rng = np.random.default_rng(SEED)
    with working("cli.valuing", users=dataset.users.height):
        worth = user_value(
            dataset,
            rng=rng,
            basis=basis,
            horizon_days=horizon_days,
            discount_rate_annual=discount_rate,
            level=level,
            period=period,
            model=model,
        )
        groups, sides = breakdown(worth, grouping, rng=rng), reconcile(worth)
    if out is not None:
        write_frame(worth.frame, out)
    answer(
        plain(worth, groups, sides, out),
        as_json=as_json,
        text=lambda console: tell(console, worth, groups, sides, out),
    )


def plain(
    worth: "UserValue", groups: "Breakdown", sides: "tuple[Side, ...]", out: Path | None
) -> dict[str, Any]:
    """The answer as plain values for JSON; null is unknown."""
    made = worth.forecast
    return {
        "data": worth.data.id,
        "name": worth.data.name,
        "currency": worth.data.currency,
        "simulated": worth.data.recipe.simulated,
        "basis": worth.basis,
        "horizon_days": made.horizon_days,
        "discount_rate_annual": made.discount_rate_annual,
        "level": made.level,
        "cac_period": worth.acquisition.period,
        "by": groups.by,
        "total": {k: v for k, v in _row(groups.total, groups.by).items() if k != groups.by},
        "groups": [_named(row, groups.by) for row in groups.frame.iter_rows(named=True)],
        "reconciliation": {
            side.name: {"users": side.ours, "table": side.table, "equal": side.holds}
            for side in sides
        },
        "model": made.fits.model,
        "models": _models(worth),
        "notes": list(worth.notes),
        "out": None if out is None else str(out),
    }


def tell(
    console: Console,
    worth: "UserValue",
    groups: "Breakdown",
    sides: "tuple[Side, ...]",
    out: Path | None,
) -> None:
    """The answer for people: the headline, the definitions, the groups, and what to know."""
    dataset, made = worth.data, worth.forecast
    heading = Text(dataset.name, style="bold")
    heading.append(mark(simulated=dataset.recipe.simulated), style="bold yellow")
    heading.append(f"  {dataset.id}", style="dim")
    console.print(heading)
    total = _row(groups.total, groups.by)
    console.print(Text(_headline(worth, total)))
    console.print()
    console.print(_table(groups))
    hidden = groups.frame.height - SHOWN_GROUPS
    if hidden > 0:
        console.print(Text(say("value.cli_more_groups", n=hidden), style="dim"))
    console.print()
    told = {"days": f"{made.horizon_days:g}", "level": f"{made.level:.0%}"}
    console.print(Text(say(f"value.cli_basis_{worth.basis}"), style="dim"))
    console.print(
        Text(
            say(
                "value.cli_definitions",
                period=say(f"value.period.{worth.acquisition.period}"),
                **told,
            ),
            style="dim",
        )
    )
    console.print(Text(say(f"value.cli_model_{made.fits.model.replace('-', '_')}"), style="dim"))
    for note in worth.notes:
        console.print(Text(f"- {note}"))
    equal = all(side.holds for side in sides)
    console.print(Text(say("value.cli_reconciled" if equal else "value.cli_not_reconciled")))
    if out is not None:
        console.print(Text(say("value.cli_written", users=f"{worth.frame.height:,}", out=out)))


def _default_grouping(dataset: Dataset) -> str:
    """Channels where they are known, else value segments."""
    return col.CHANNEL if dataset.users[col.CHANNEL].is_not_null().any() else "segment"


def _headline(worth: "UserValue", total: Mapping[str, Any]) -> str:
    shown = {
        name: _amount(total[name])
        for name in ("ltv", "cac", "clv", "forecast", "forecast_low", "forecast_high")
    }
    lines = [
        say(
            "value.cli_realised" if total["clv"] is not None else "value.cli_realised_no_cac",
            users=f"{total['users']:,}",
            currency=worth.data.currency,
            basis=say(f"page_whatif.{worth.basis}"),
            **shown,
        )
    ]
    known = total["forecast"] is not None and total["forecast_low"] is not None
    lines.append(
        say(
            "value.cli_forecast" if known else "value.cli_no_forecast",
            days=f"{worth.forecast.horizon_days:g}",
            level=f"{worth.forecast.level:.0%}",
            **shown,
        )
    )
    return "\n".join(lines)


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
            *(_amount(row[name]) for name in ("ltv", "cac", "clv")),
            "-" if row["ltv_to_cac"] is None else f"{row['ltv_to_cac']:.2f}",
            _amount(row["cac_paid"]),
            *(_amount(row[name]) for name in ("forecast", "forecast_low", "forecast_high")),
            style="bold" if row["group"] == "total" else None,
        )
    return table


def _amount(money: Decimal | float | None) -> str:
    return "-" if money is None else f"{money:,.2f}"


def _row(frame: pl.DataFrame, by: str) -> dict[str, Any]:
    return _named(frame.row(0, named=True), by)


def _named(row: dict[str, Any], by: str) -> dict[str, Any]:
    """A row under the name of its grouping."""
    return {by: row["group"]} | {name: part for name, part in row.items() if name != "group"}


def _models(worth: "UserValue") -> dict[str, Any]:
    """Every fitted model's parameters, log-likelihood and message."""
    fits = worth.forecast.fits
    found = {
        "orders": fits.orders,
        "order_value": fits.spend,
        "first_order": fits.first_order,
        "active_days": fits.visits,
        "contract": fits.contract,
    }
    return {
        name: None
        if fit is None
        else {
            "params": fit.params._asdict(),
            "standard_errors": fit.standard_errors._asdict(),
            "log_likelihood": fit.log_likelihood,
            "converged": fit.converged,
            "message": fit.message,
        }
        for name, fit in found.items()
    }
