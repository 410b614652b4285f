"""``clv export``: take a finished run along."""

from pathlib import Path
from typing import cast

import click

from clvcore.cli.output import answer, as_json, working
from clvcore.cli.write import write_frame
from clvcore.messages import say
from clvcore.runs.workspace import Workspace


@click.group(help=say("cli.export.help"), short_help=say("cli.export.short"))
def export() -> None:
    """Hold the commands together."""


@export.command(help=say("cli.export.towers_help"), short_help=say("cli.export.towers_short"))
@click.argument("run")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help=say("cli.export.folder")
)
@as_json
def towers(run: str, out: Path, *, as_json: bool) -> None:
    """Write both towers as StableHLO."""
    from clvcore.runs.finished import finished
    from clvcore.runs.taken_along import export_towers

    with working("cli.exporting"):
        export_towers(finished(Workspace.default(), run), out)
    answer(
        {"run_id": run, "out": str(out), "files": sorted(file.name for file in out.iterdir())},
        as_json=as_json,
        text=lambda console: console.print(say("cli.export.towers_written", out=out)),
    )


@export.command(help=say("cli.export.vectors_help"), short_help=say("cli.export.vectors_short"))
@click.argument("run")
@click.option(
    "--of", "side", required=True, type=click.Choice(["users", "items"]), help=say("cli.export.of")
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help=say("cli.export.out"))
@as_json
def vectors(run: str, side: str, out: Path, *, as_json: bool) -> None:
    """Write the vectors of all users or items as a table."""
    from clvcore.runs.finished import finished
    from clvcore.runs.taken_along import Side, vectors_frame

    with working("cli.exporting"):
        frame = vectors_frame(finished(Workspace.default(), run), cast("Side", side))
        write_frame(frame, out)
    answer(
        {"run_id": run, "of": side, "rows": frame.height, "out": str(out)},
        as_json=as_json,
        text=lambda console: console.print(
            say("cli.export.vectors_written", rows=frame.height, out=out)
        ),
    )
