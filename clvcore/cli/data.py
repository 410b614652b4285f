"""``clv data``: bring files in, list what there is, show one data set."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore.cli.again import append_, check
from clvcore.cli.dataset import (
    Overview,
    as_stored,
    mark,
    overview,
    overview_of,
    summary,
    tell,
)
from clvcore.cli.explain import all_open, explain, explanation
from clvcore.cli.files import events_in_blocks, raw_tables, table_options
from clvcore.cli.intake import Wishes, recipe_options
from clvcore.cli.output import answer, as_json
from clvcore.cli.quality import quality
from clvcore.cli.query import query
from clvcore.data import sample
from clvcore.data.clean import bring_in
from clvcore.data.dataset import RawTable, Recipe
from clvcore.data.meaning.blocks import Blocks
from clvcore.errors import MappingError
from clvcore.messages import say
from clvcore.runs import stored
from clvcore.runs.parted import bring_in_parts
from clvcore.runs.workspace import Workspace


@click.group(help=say("data.help"))
def data() -> None:
    """Hold the commands together; the help text is a message."""


data.add_command(check)
data.add_command(append_)
data.add_command(quality)
data.add_command(query)


@data.command("list", help=say("data.help_list"))
@as_json
def list_(*, as_json: bool) -> None:
    """Samples and data sets of the workspace."""
    workspace = Workspace.default()
    entries = workspace.entries()
    samples = [(name, sample.recipe_of(sample.folder(name))) for name in sample.names()]
    value = {
        "workspace": str(workspace.root),
        "samples": [
            {"name": name, "currency": one.currency, "simulated": one.simulated}
            for name, one in samples
        ],
        "datasets": [_plain_entry(entry) for entry in entries],
    }

    def text(console: Console) -> None:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("name", "id", "events", "currency", "brought_in"):
            justify = "right" if name == "events" else "left"
            table.add_column(say(f"cli.column.{name}"), justify=justify)
        for entry in entries:
            table.add_row(
                Text(entry.name + mark(simulated=entry.simulated)),
                entry.id,
                f"{entry.rows:,}",
                entry.currency,
                f"{entry.stored_at:%Y-%m-%d %H:%M} UTC",
            )
        for name, one in samples:
            label = Text(name + mark(simulated=one.simulated))
            table.add_row(label, say("data.sample"), "", one.currency, "")
        console.print(table)

    answer(value, as_json=as_json, text=text)


def _plain_entry(entry: stored.Entry) -> dict[str, Any]:
    plain = asdict(entry)
    return plain | {"folder": str(entry.folder)}


@data.command("show", help=say("data.help_show"))
@click.argument("reference", metavar="DATA")
@as_json
def show(reference: str, *, as_json: bool) -> None:
    """One data set: what is in it, and what became of its rows."""
    workspace = Workspace.default()
    dataset = workspace.resolve(reference)
    folder = workspace.folder_of(dataset.id)
    answer(
        summary(dataset, folder),
        as_json=as_json,
        text=lambda console: tell(console, dataset, folder),
    )


@data.command("import", help=say("data.help_import"))
@table_options(required=True)
@recipe_options
@click.option("--explain", "explained", is_flag=True, help=say("data.known.help_explain"))
@as_json
def import_(*, explained: bool, as_json: bool, **given: Any) -> None:
    """Files become a data set of the workspace."""
    wishes = Wishes.of(given)
    if explained:
        raws = raw_tables(given)
        known, found = wishes.known(raws), wishes.explained(raws)
        told = explanation(found, known)
        answer(told, as_json=as_json, text=lambda console: explain(console, found, known))
        return
    workspace = Workspace.default()
    with workspace.spilled() as place:
        events, others = events_in_blocks(given, place)
        raws = {"events": events.head, **others}
        known = wishes.known(raws)
        if known is not None and not as_json:
            click.echo(say("data.known.looks", export=known.title))
        try:
            recipe = wishes.recipe(raws, given["events"][0].stem)
            folder, made = _brought(workspace, events, others, recipe, Path(place))
        except MappingError as error:
            together = all_open(wishes.explained(raws))
            if together is None:
                raise
            raise MappingError(together) from error
    answer(summary(made, folder), as_json=as_json, text=lambda console: tell(console, made, folder))


def _brought(
    workspace: Workspace,
    events: Blocks,
    others: Mapping[str, RawTable],
    recipe: Recipe,
    place: Path,
) -> tuple[Path, Overview]:
    """Where the data set was stored, and what is told of it.

    Events of one block are held; so are orders whose rows are laid out anew.
    """
    now, key = datetime.now(UTC), workspace.key()
    if len(events.blocks) == 1 or "events" in recipe.options.get("shapes", {}):
        intake = bring_in({"events": events.held(), **others}, recipe, now=now, key=key)
        folder = workspace.add(intake)
        return folder, overview(as_stored(intake.dataset, folder))
    brought = bring_in_parts(events, others, recipe, place / "work", now=now, key=key)
    folder = workspace.add_parted(brought)
    return folder, overview_of(brought, folder)
