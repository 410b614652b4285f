"""``clv evaluate``: how good a run's model is, beside the baselines."""

import click

from clvcore.cli.output import answer, as_json
from clvcore.messages import say
from clvcore.runs.workspace import Workspace


@click.command(help=say("cli.evaluate.help"), short_help=say("cli.evaluate.short"))
@click.argument("run")
@as_json
def evaluate(run: str, *, as_json: bool) -> None:
    """Tell the report that the run's worker wrote on the test period."""
    from clvcore.cli.ranks import metrics_json, print_metrics
    from clvcore.runs.finished import stored_report, with_result

    folder = with_result(Workspace.default(), run)
    report, config = stored_report(folder), folder.config()
    answer(
        {"run_id": run, "data": config["dataset"], "k": list(report.k), **metrics_json(report)},
        as_json=as_json,
        text=lambda console: print_metrics(report, console),
    )
