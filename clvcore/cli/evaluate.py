"""``clv evaluate``: how good a run's model is, beside the baselines, and for whom."""

from typing import Any

import click

from clvcore.cli.output import answer, as_json
from clvcore.errors import ConfigError
from clvcore.messages import listed, say
from clvcore.ranking.evaluate import Protocol, RankingReport
from clvcore.ranking.groups import ATTRIBUTE
from clvcore.runs.workspace import Workspace

MORE = ("mult_vae", "ease")


@click.command(help=say("cli.evaluate.help"), short_help=say("cli.evaluate.short"))
@click.argument("run")
@click.option("--by", "groupings", multiple=True, help=say("cli.evaluate.by"))
@click.option("--again", is_flag=True, help=say("cli.evaluate.again"))
@click.option(
    "--with", "more", multiple=True, type=click.Choice(MORE), help=say("cli.evaluate.with")
)
@as_json
def evaluate(
    run: str, *, groupings: tuple[str, ...], again: bool, more: tuple[str, ...], as_json: bool
) -> None:
    """Tell the report that the run's worker wrote on the test period, or judge anew."""
    from clvcore.cli.ranks import metrics_json, print_beside, print_groups, print_metrics
    from clvcore.runs.finished import judged_again, stored_report, with_result

    workspace = Workspace.default()
    folder = with_result(workspace, run)
    config = folder.config()
    if again or more:
        click.echo(say("cli.evaluate.judging"), err=True)
        report = judged_again(workspace, run, more)
    else:
        report = stored_report(folder)
    chosen = [_grouping(report, by, run) for by in groupings]

    def text(console: Any) -> None:
        print_metrics(report, console)
        print_beside(report, console)
        for by in chosen:
            print_groups(report, by, console)

    answer(
        {
            "run_id": run,
            "data": config["dataset"],
            "k": list(report.k),
            **metrics_json(report),
            "groups": report.groups.to_dicts(),
        },
        as_json=as_json,
        text=text,
    )


def _grouping(report: RankingReport, by: str, run: str) -> str:
    """The grouping's name in the report.

    Raises:
        ConfigError: the report has no such groups.
    """
    own = report.groups.filter(protocol=Protocol.NEW.value)
    known = own["by"].unique(maintain_order=True).to_list()
    for name in (by, f"{ATTRIBUTE}{by}"):
        if name in known:
            return name
    names = [one.removeprefix(ATTRIBUTE) for one in known]
    raise ConfigError(say("cli.evaluate.no_groups", run=run, by=by, known=listed(names)))
