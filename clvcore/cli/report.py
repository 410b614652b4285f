"""``clv report``: what to tell others, as one file that opens in any browser."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.text import Text

from clvcore.cli.dataset import mark
from clvcore.cli.output import answer, as_json, working
from clvcore.cli.write import write_bytes
from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.runs.workspace import Workspace

if TYPE_CHECKING:  # these load jax, which `clv --help` must not wait for
    from clvcore.report.material import Material
    from clvcore.report.story import Report

SEED = 0
"""Of the draws behind the intervals, as in ``clv value`` and on the pages."""
TOLD = ("users", "ltv", "cac", "clv", "forecast", "forecast_low", "forecast_high")


@click.command(help=say("report.cli.help"), short_help=say("cli.report.short"))
@click.argument("data")
@click.option("--run", "run_id", metavar="RUN", help=say("report.cli.run"))
@click.option(
    "--set", "changes", multiple=True, metavar="LEVER=CHANGE", help=say("scenario.cli.set")
)
@click.option("--scope", metavar="COLUMN=VALUE", help=say("scenario.cli.scope"))
@click.option("--elasticity", default=0.0, show_default=True, help=say("scenario.cli.elasticity"))
@click.option("--by", "groupings", multiple=True, metavar="GROUPING", help=say("report.cli.by"))
@click.option(
    "--basis",
    type=click.Choice(["revenue", "margin"]),
    default="revenue",
    show_default=True,
    help=say("value.cli_basis"),
)
@click.option(
    "--horizon-days", type=float, default=365.0, show_default=True, help=say("value.cli_horizon")
)
@click.option("--part", "parts", multiple=True, metavar="PART", help=say("report.cli.part"))
@click.option("--ids", is_flag=True, help=say("report.cli.ids"))
@click.option("--title", default="", metavar="TEXT", help=say("report.cli.title"))
@click.option("--out", type=click.Path(path_type=Path), help=say("report.cli.out"))
@as_json
def report(
    data: str,
    parts: tuple[str, ...],
    title: str,
    out: Path | None,
    *,
    ids: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Compute what there is to tell about a data set, and write it down."""
    from clvcore.report.compose import PARTS, compose
    from clvcore.report.html import file_name, html_bytes

    wrong = next((part for part in parts if part not in PARTS), None)
    if wrong is not None:
        raise ConfigError(say("report.cli.no_part", part=wrong, known=", ".join(PARTS)))
    material = gather(data, **asked)
    with working("cli.reporting"):
        made = compose(
            material,
            made_at=datetime.now().astimezone().replace(microsecond=0),
            title=title,
            parts=parts or PARTS,
            ids=ids,
        )
        content = html_bytes(made)
    place = out or Path(file_name(made))
    write_bytes(content, place)
    answer(
        plain(made, material, place, len(content)),
        as_json=as_json,
        text=lambda console: tell(console, made, place, len(content)),
    )


def gather(
    data: str,
    *,
    run_id: str | None,
    changes: tuple[str, ...],
    scope: str | None,
    elasticity: float,
    groupings: tuple[str, ...],
    basis: Any,
    horizon_days: float,
) -> "Material":
    """Everything that the report is made of; what is wrong is told before the long work."""
    import numpy as np

    from clvcore.runs.finished import finished
    from clvcore.runs.reporting import check_groupings, gathered, groupings_of, newest_run
    from clvcore.scenario.scenario import Scenario
    from clvcore.value.users import user_value

    workspace = Workspace.default()
    scenario = Scenario.of(changes, scope=scope, elasticity=elasticity)
    with working("cli.reading", data=data):
        dataset = workspace.resolve(data)
        check_groupings(dataset, groupings)
        chosen = run_id or newest_run(workspace, dataset)
        done = finished(workspace, chosen) if chosen else None
    rng = np.random.default_rng(SEED)
    with working("cli.valuing", users=dataset.users.height):
        worth = user_value(dataset, rng=rng, basis=basis, horizon_days=horizon_days)
        names = groupings or groupings_of(dataset)
        made = gathered(worth, rng, groupings=names, done=done, scenario=scenario)
    if made.no_outcome:
        raise ConfigError(made.no_outcome)
    return made


def plain(report: "Report", material: "Material", place: Path, size: int) -> dict[str, Any]:
    """What was written, and the totals that it tells; null is unknown."""
    total = material.groups[0].total.row(0, named=True)
    return {
        "out": str(place),
        "bytes": size,
        "title": report.title,
        "data": report.data_id,
        "name": report.data_name,
        "simulated": report.is_simulated,
        "run_id": report.run_id,
        "made_at": report.made_at,
        "currency": material.data.currency,
        "basis": material.worth.basis,
        "horizon_days": material.worth.forecast.horizon_days,
        "level": material.worth.forecast.level,
        "parts": [section.key for section in report.sections],
        "total": {name: total[name] for name in TOLD},
    }


def tell(console: Console, report: "Report", place: Path, size: int) -> None:
    """The answer of every part, and where the file is."""
    heading = Text(report.title, style="bold")
    heading.append(mark(simulated=report.is_simulated), style="bold yellow")
    console.print(heading)
    console.print(Text(report.answer))
    for section in report.sections:
        console.print()
        console.print(Text(section.title, style="dim"))
        console.print(Text(section.answer))
    console.print()
    console.print(Text(say("report.cli.written", out=place, megabytes=f"{size / 1e6:.1f}")))
