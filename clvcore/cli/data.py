"""``clv data``: bring files in, list what there is, show one data set."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore import columns as col
from clvcore.cli.dataset import mark, summary, tell
from clvcore.cli.output import answer, as_json
from clvcore.data import recipe as recipes
from clvcore.data import sample
from clvcore.data.clean import bring_in
from clvcore.data.dataset import ColumnMap, Domain, RawTable, Recipe
from clvcore.data.mapping import propose
from clvcore.errors import ConfigError, MappingError, NotFoundError
from clvcore.messages import say
from clvcore.runs import stored
from clvcore.runs.workspace import Workspace, table_file


@click.group(help=say("data.help"))
def data() -> None:
    """Hold the commands together; the help text is a message."""


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


def _table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for table in reversed(col.TABLES):
        option = click.option(
            f"--{table}",
            type=click.Path(path_type=Path),
            required=table == "events",
            metavar="FILE",
            help=say(f"data.help_{table}"),
        )
        command = option(command)
    return command


@data.command("import", help=say("data.help_import"))
@_table_options
@click.option("--map", "maps", multiple=True, metavar="ROLE=COLUMN", help=say("data.help_map"))
@click.option(
    "--constant", "constants", multiple=True, metavar="ROLE=VALUE", help=say("data.help_constant")
)
@click.option(
    "--map-kind", "kinds", multiple=True, metavar="WORD=KIND", help=say("data.help_map_kind")
)
@click.option("--name", help=say("data.help_name"))
@click.option("--currency", help=say("data.help_currency"))
@click.option("--time-zone", help=say("data.help_time_zone"))
@click.option("--domain", type=click.Choice(get_args(Domain)), help=say("data.help_domain"))
@click.option("--decimal", type=click.Choice([".", ","]), help=say("data.help_decimal"))
@click.option("--date-order", type=click.Choice(["dmy", "mdy"]), help=say("data.help_date_order"))
@click.option("--drop-duplicates", is_flag=True, help=say("data.help_drop_duplicates"))
@click.option("--observed-until", type=click.DateTime(), help=say("data.help_observed_until"))
@click.option(
    "--recipe",
    "recipe_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=say("data.help_recipe"),
)
@as_json
def import_(
    *,
    maps: Sequence[str],
    constants: Sequence[str],
    kinds: Sequence[str],
    decimal: str | None,
    date_order: str | None,
    drop_duplicates: bool,
    recipe_file: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Files become a data set of the workspace."""
    files = {table: path for table in col.TABLES if (path := given.pop(table)) is not None}
    fresh = {
        "decimal": decimal,
        "date_order": date_order,
        "kinds": dict(_kind_pair(text) for text in kinds),
        "drop_duplicates": drop_duplicates,
    }
    recipe = _recipe(recipe_file, files["events"], given, {k: v for k, v in fresh.items() if v})
    raws = {table: table_file(path, table) for table, path in files.items()}
    recipe = replace(recipe, maps=_maps(raws, recipe, maps, constants))
    intake = bring_in(raws, recipe)
    folder = Workspace.default().add(intake)
    answer(
        summary(intake.dataset, folder),
        as_json=as_json,
        text=lambda console: tell(console, intake.dataset, folder),
    )


def _recipe(
    file: Path | None, events: Path, given: Mapping[str, Any], options: Mapping[str, Any]
) -> Recipe:
    recipe = Recipe(name=events.stem, currency="EUR") if file is None else _read_recipe(file)
    set_here = {name: value for name, value in given.items() if value is not None}
    recipe = replace(recipe, **set_here, options={**recipe.options, **options})
    currency = recipe.currency.strip().upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise ConfigError(say("data.bad_currency", currency=recipe.currency))
    if not recipe.name.strip():
        raise ConfigError(say("data.no_name"))
    return replace(recipe, currency=currency, name=recipe.name.strip())


def _read_recipe(file: Path) -> Recipe:
    """A recipe.json, or the recipe inside a dataset.json."""
    try:
        plain = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(say("data.no_such_file", path=file)) from error
    except (OSError, ValueError) as error:
        raise ConfigError(say("data.bad_recipe", source=file, part="JSON")) from error
    inner = plain.get("recipe", plain) if isinstance(plain, dict) else plain
    return recipes.from_json(inner, source=str(file))


def _maps(
    raws: Mapping[str, RawTable], recipe: Recipe, maps: Sequence[str], constants: Sequence[str]
) -> dict[str, ColumnMap]:
    """The recipe's maps, with what was said on the command line; the rest is proposed."""
    roles, fixed = _by_table(maps, raws), _by_table(constants, raws)
    found = {table: one for table, one in recipe.maps.items() if table in raws}
    for table, raw in raws.items():
        if table in recipe.maps and not (roles[table] or fixed[table]):
            continue
        old = recipe.maps.get(table, ColumnMap({}))
        known = ColumnMap({**old.roles, **roles[table]}, {**old.constants, **fixed[table]})
        found[table] = propose(raw, known)
    return found


def _by_table(texts: Sequence[str], raws: Mapping[str, RawTable]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {table: {} for table in raws}
    for text in texts:
        role, value = _pair(text)
        table, dot, name = role.partition(".")
        if not dot:
            table, name = "events", role
        if table not in found:
            raise MappingError(say("data.map_without_table", text=text, table=table))
        found[table][name] = value
    return found


def _pair(text: str) -> tuple[str, str]:
    left, equals, right = text.partition("=")
    if not (left.strip() and equals and right.strip()):
        raise MappingError(say("data.bad_map", text=text))
    return left.strip(), right.strip()


def _kind_pair(text: str) -> tuple[str, str]:
    word, _, kind = text.rpartition("=")
    kinds = [kind.value for kind in col.Kind]
    if not word.strip() or kind.strip() not in kinds:
        raise MappingError(say("data.bad_kind_map", text=text, kinds=", ".join(kinds)))
    return word.strip(), kind.strip()
