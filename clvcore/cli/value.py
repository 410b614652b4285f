"""``clv value``: what the users of a data set are worth, in all and by group."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clvcore import columns as col
from clvcore.cli.models import compared, fitted_models
from clvcore.cli.output import answer, as_json, working
from clvcore.cli.worth import Found, named_row, tell
from clvcore.cli.write import write_frame
from clvcore.data.dataset import Dataset
from clvcore.messages import say
from clvcore.runs.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np

    from clvcore.value.users import UserValue

TABLES = ("groups", "ledger", "cac", "payback", "models")
SHOWN = ("groups", "ledger")
"""Tables that are printed unless others are asked for."""
PLAIN_GROUPINGS = (col.CHANNEL, col.CAMPAIGN, "cohort", "segment")
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
@click.option(
    "--discount-to",
    type=click.Choice(["now", "acquisition"]),
    default="now",
    show_default=True,
    help=say("value.cli_discount_to"),
)
@click.option(
    "--ltv",
    "part",
    type=click.Choice(["realised", "forecast", "both"]),
    default="realised",
    show_default=True,
    help=say("value.cli_ltv"),
)
@click.option("--level", type=float, default=0.8, show_default=True, help=say("value.cli_level"))
@click.option(
    "--period",
    type=click.Choice(["day", "week", "month", "all"]),
    default="week",
    show_default=True,
    help=say("value.cli_period"),
)
@click.option("--lag-days", type=int, default=0, show_default=True, help=say("value.cli_lag"))
@click.option(
    "--cac-by",
    type=click.Choice(["channel", "campaign", "period"]),
    multiple=True,
    help=say("value.cli_cac_by"),
)
@click.option(
    "--show",
    type=click.Choice(TABLES),
    multiple=True,
    default=SHOWN,
    show_default=True,
    help=say("value.cli_show"),
)
@click.option(
    "--model",
    type=click.Choice(["mbg-nbd", "bg-nbd", "pareto-nbd"]),
    default="mbg-nbd",
    show_default=True,
    help=say("value.cli_model"),
)
@click.option("--covariate", metavar="COLUMN", help=say("value.cli_covariate"))
@click.option("--out", type=click.Path(path_type=Path), help=say("value.cli_out"))
@as_json
def value(
    data: str,
    by: str | None,
    horizon_days: float,
    basis: Any,
    discount_rate: float,
    discount_to: Any,
    part: Any,
    level: float,
    period: Any,
    lag_days: int,
    cac_by: tuple[str, ...],
    show: tuple[str, ...],
    model: Any,
    covariate: str | None,
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Compute the worth of every user, and tell it by group."""
    import numpy as np

    from clvcore.value.comparison import compared_models
    from clvcore.value.users import attribute, user_value

    with working("cli.reading", data=data):
        dataset = Workspace.default().resolve(data)
    grouping = by or _default_grouping(dataset)
    for name in (grouping, covariate or grouping):
        if name not in PLAIN_GROUPINGS:
            attribute(dataset, name)  # a wrong name is told before the long work
    tables = {*show, *(["cac"] if cac_by else []), *(["models"] if covariate else [])}
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
            part=part,
            valued_at=discount_to,
            by_campaign=col.CAMPAIGN in (grouping, *cac_by),
            lag_days=lag_days,
        )
        found = seen(worth, grouping, cac_by, rng=rng)
    if "models" in tables:
        with working("cli.comparing"):
            found = found._replace(models=compared_models(dataset, worth.forecast, known=covariate))
    if out is not None:
        write_frame(worth.frame, out)
    answer(
        plain(worth, found, out),
        as_json=as_json,
        text=lambda console: tell(console, worth, found, tables, out),
    )


def seen(
    worth: "UserValue", grouping: str, cac_by: Sequence[str] = (), *, rng: "np.random.Generator"
) -> Found:
    """The worth of users, in all the ways that the command tells."""
    from clvcore.value.breakdown import breakdown
    from clvcore.value.costs import cost_table
    from clvcore.value.payback import payback_table
    from clvcore.value.reconciliation import reconcile
    from clvcore.value.statement import statement

    own = grouping if grouping in (col.CHANNEL, col.CAMPAIGN) else col.CHANNEL
    return Found(
        groups=breakdown(worth, grouping, rng=rng),
        ledger=statement(worth),
        costs=cost_table(worth.acquisition, cac_by or (own,)),
        payback=payback_table(worth),
        payback_by="cohort",
        sides=reconcile(worth),
    )


def plain(worth: "UserValue", found: Found, out: Path | None) -> dict[str, Any]:
    """The answer as plain values for JSON; null is unknown."""
    made, groups, costs = worth.forecast, found.groups, found.costs
    total = groups.total.row(0, named=True)
    return {
        "data": worth.data.id,
        "name": worth.data.name,
        "currency": worth.data.currency,
        "simulated": worth.data.recipe.simulated,
        "basis": worth.basis,
        "ltv": worth.part,
        "horizon_days": made.horizon_days,
        "discount_rate_annual": made.discount_rate_annual,
        "discount_to": worth.valued_at,
        "level": made.level,
        "cac_period": worth.acquisition.period,
        "cac_lag_days": worth.acquisition.lag_days,
        "cac_by_campaign": worth.acquisition.by_campaign,
        "by": groups.by,
        "total": {k: v for k, v in named_row(total, groups.by).items() if k != groups.by},
        "groups": [named_row(row, groups.by) for row in groups.frame.iter_rows(named=True)],
        "ledger": found.ledger.frame.to_dicts(),
        "cac": {
            "by": costs.by,
            "rows": costs.rows.to_dicts(),
            "cells": costs.cells.to_dicts(),
            "total": costs.total.to_dicts()[0],
        },
        "payback": {"by": found.payback_by, "groups": found.payback.to_dicts()},
        "reconciliation": {
            side.name: {"users": side.ours, "table": side.table, "equal": side.holds}
            for side in found.sides
        },
        "model": made.fits.model,
        "models": fitted_models(worth),
        "comparison": None if found.models is None else compared(found.models),
        "notes": list(worth.notes),
        "out": None if out is None else str(out),
    }


def _default_grouping(dataset: Dataset) -> str:
    """Channels where they are known, else value segments."""
    return col.CHANNEL if dataset.users[col.CHANNEL].is_not_null().any() else "segment"
