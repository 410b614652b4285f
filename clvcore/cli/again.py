"""``clv data check`` and ``append``: next month's files beside a data set, by its own recipe."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from clvcore import columns as col
from clvcore.cli.dataset import STYLES, as_stored, summary, tell
from clvcore.cli.files import raw_tables, table_options
from clvcore.cli.intake import (
    by_table,
    meaning_options,
    pair_of,
    said_meaning,
    sound_currency,
    with_said,
)
from clvcore.cli.output import answer, as_json, working
from clvcore.cli.readings import check_files, reading_options, said_readings
from clvcore.data.again.append import joined
from clvcore.data.again.changes import Changes
from clvcore.data.again.replay import replay
from clvcore.data.clean import Intake
from clvcore.data.dataset import ColumnMap, Dataset, RawTable, Recipe
from clvcore.data.files.reading import Reading
from clvcore.data.meaning.mapping import checked, propose
from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.report.appended import came_told
from clvcore.runs.databases.again import asked_again
from clvcore.runs.workspace import Workspace


def _by_recipe(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that replays a recipe."""
    options = [
        table_options(required=False),
        click.option("--again", is_flag=True, help=say("data.help_again")),
        click.option(
            "--param", "values", multiple=True, metavar="NAME=VALUE", help=say("data.db.help_param")
        ),
        click.option(
            "--map", "maps", multiple=True, metavar="ROLE=COLUMN", help=say("data.help_again_map")
        ),
        *reading_options(),
        *meaning_options(),
        click.option("--currency", metavar="CODE", help=say("data.help_again_currency")),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class _Replayed:
    """What came of the files by the recipe of a data set."""

    previous: Intake
    fresh: Intake
    changes: Changes


def _replayed(reference: str, given: Mapping[str, Any]) -> _Replayed:
    with working("cli.reading", data=reference):
        workspace = Workspace.default()
        data = workspace.resolve(reference)
        previous = workspace.intake_of(data)
        raws = raw_tables(given, _readings(data)) | _asked_anew(data, given)
        if not raws:
            raise ConfigError(say("data.again_no_file", name=data.name))
        recipe = _adapted(data.recipe, raws, given)
        now, key = datetime.now(UTC), workspace.key()
        currency = sound_currency(given["currency"]) if given["currency"] else None
        found = replay(raws, recipe, previous, currency=currency, now=now, key=key)
        return _Replayed(previous, *found)


def _asked_anew(data: Dataset, given: Mapping[str, Any]) -> dict[str, RawTable]:
    """The answers of the databases that the data set was brought in from, where it is wished so."""
    parameters = dict(pair_of(text, "data.db.bad_param") for text in given["values"])
    if given["again"]:
        files = [table for table in col.TABLES if given[table]]
        return asked_again(data, parameters, but=files)
    if parameters:
        raise ConfigError(say("data.again_param_alone"))
    return {}


def _readings(dataset: Dataset) -> dict[str, Reading]:
    """How the files of each table were read the last time, as far as a person had decided it."""
    return {
        origin.table: Reading.of(origin.reading)
        for step in dataset.lineage
        for origin in step.origins
    }


def _adapted(recipe: Recipe, raws: Mapping[str, RawTable], given: Mapping[str, Any]) -> Recipe:
    """The recipe with what was said on the command line."""
    maps = dict(recipe.maps)
    for table, roles in by_table(given["maps"], raws).items():
        if roles and table in maps:
            said = checked(raws[table], ColumnMap(roles)).roles
            maps[table] = ColumnMap({**maps[table].roles, **said}, maps[table].constants)
        elif roles:
            maps[table] = propose(raws[table], ColumnMap(roles))
    said = said_readings(given)
    check_files(said, raws)
    return replace(recipe, maps=maps, options=with_said(recipe.options, said | said_meaning(given)))


@click.command("check", help=say("data.help_check"))
@click.argument("reference", metavar="DATA")
@_by_recipe
@as_json
def check(reference: str, *, as_json: bool, **given: Any) -> None:
    """How further files differ from a data set; nothing is stored."""
    found = _replayed(reference, given)
    value = {
        "data": found.previous.dataset.id,
        "name": found.previous.dataset.name,
        "alarming": len(found.changes.alarming),
        "changes": plain(found.changes),
        "tables": summary(found.fresh.dataset)["tables"],
    }
    answer(value, as_json=as_json, text=lambda console: tell_changes(console, found.changes))


@click.command("append", help=say("data.help_append"))
@click.argument("reference", metavar="DATA")
@_by_recipe
@click.option("--name", help=say("data.help_append_name"))
@as_json
def append_(reference: str, *, name: str | None, as_json: bool, **given: Any) -> None:
    """The data set with the rows of further files, as a new data set of the workspace."""
    found, workspace = _replayed(reference, given), Workspace.default()
    previous = found.previous.dataset
    both = joined(found.previous, found.fresh, name=name)
    made, folder = both.intake.dataset, workspace.folder_of(previous.id)
    is_new = made.id != previous.id
    if is_new:
        folder = workspace.add(both.intake)
        made = as_stored(made, folder)

    def text(console: Console) -> None:
        if not is_new:
            console.print(Text(say("data.again_nothing", name=previous.name)))
        for one in came_told(both, made.currency):
            console.print(Text(one))
        tell_changes(console, found.changes)
        console.print()
        tell(console, made, folder)

    value = summary(made, folder) | {
        "parent": previous.id,
        "is_new": is_new,
        "came": {
            one.table: asdict(one) | {"there": both.there.get(one.table, 0)} for one in both.came
        },
        "changes": plain(found.changes),
    }
    answer(value, as_json=as_json, text=text)


def plain(found: Changes) -> Sequence[dict[str, Any]]:
    """What was compared, as plain values for JSON, the gravest first."""
    return [asdict(one) | {"is_news": one.is_news} for one in found.all]


def tell_changes(console: Console, found: Changes) -> None:
    """Print what differs, the gravest first, and how much was compared."""
    told = "data.again_alarming" if found.alarming else "data.again_calm"
    counts = {"compared": len(found.all), "alarming": len(found.alarming)}
    console.print(Text(say(told, **counts), style="bold"))
    for one in found.news:
        console.print()
        grave = say(f"page_data.severity_{one.severity.value}")
        line = Text(say("cli.finding", grave=grave), style=STYLES[one.severity])
        line.append(one.text, style="default")
        console.print(line)
        console.print(Text(f"  {one.fix}", style="dim"))
