"""``clv data append``: next month's files come to a data set by its own recipe."""

from dataclasses import replace
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from clvcore import columns as col
from clvcore.cli.dataset import as_stored, summary, tell
from clvcore.cli.intake import table_options
from clvcore.cli.output import answer, as_json, working
from clvcore.data.append import append
from clvcore.messages import say
from clvcore.runs.workspace import Workspace, table_file


@click.command("append", help=say("data.help_append"))
@click.argument("reference", metavar="DATA")
@table_options(required=True)
@click.option("--name", help=say("data.help_append_name"))
@as_json
def append_(reference: str, *, name: str | None, as_json: bool, **given: Any) -> None:
    """The data set with the rows of further files, as a new data set of the workspace."""
    workspace = Workspace.default()
    raws = {
        table: table_file(path, table) for table in col.TABLES if (path := given[table]) is not None
    }
    with working("cli.reading", data=reference):
        previous = workspace.resolve(reference)
        recipe = previous.recipe if name is None else replace(previous.recipe, name=name.strip())
        intake = append(previous, raws, recipe)
    made, folder = intake.dataset, workspace.folder_of(previous.id)
    is_new = made.id != previous.id
    if is_new:
        folder = workspace.add(intake)
        made = as_stored(made, folder)

    def text(console: Console) -> None:
        if not is_new:
            console.print(Text(say("data.again_nothing", name=previous.name)))
        tell(console, made, folder)

    value = summary(made, folder) | {"parent": previous.id, "is_new": is_new}
    answer(value, as_json=as_json, text=text)
