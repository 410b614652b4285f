"""``clv data query``: the rows of a database become a data set, or are looked at first."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore import columns as col
from clvcore.cli.dataset import as_stored, summary, tell
from clvcore.cli.files import raw_tables, table_options
from clvcore.cli.intake import Wishes, pair_of, recipe_options
from clvcore.cli.output import answer, as_json, working
from clvcore.data.cells.stored import as_in_file
from clvcore.data.clean import bring_in
from clvcore.data.dataset import RawTable
from clvcore.errors import ConfigError
from clvcore.messages import listed, say
from clvcore.runs.databases import ask, named
from clvcore.runs.databases.source import Connection
from clvcore.runs.databases.statement import asked
from clvcore.runs.workspace import Workspace


@click.command("query", help=say("data.db.help"))
@click.argument("source", metavar="SOURCE")
@click.option("--sql", required=True, metavar="SELECT", help=say("data.db.help_sql"))
@click.option(
    "--table",
    type=click.Choice(col.TABLES),
    default="events",
    show_default=True,
    help=say("data.db.help_table"),
)
@click.option(
    "--also", "others", multiple=True, metavar="TABLE=SELECT", help=say("data.db.help_also")
)
@click.option(
    "--param", "values", multiple=True, metavar="NAME=VALUE", help=say("data.db.help_param")
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=ask.LIMIT_ROWS,
    show_default=True,
    help=say("data.db.help_limit"),
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=ask.TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help=say("data.db.help_timeout"),
)
@click.option("--preview", is_flag=True, help=say("data.db.help_preview"))
@table_options(required=False)
@recipe_options
@as_json
def query(
    *,
    source: str,
    sql: str,
    table: str,
    others: Sequence[str],
    values: Sequence[str],
    limit: int,
    timeout: float,
    preview: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """A data set of the workspace from one or more queries, and files beside them."""
    place = named.source(source)
    parameters = dict(pair_of(text, "data.db.bad_param") for text in values)
    statements = {table: sql, **dict(pair_of(text, "data.db.bad_also") for text in others)}
    if preview:
        _show(ask.preview(place, sql, _own(sql, parameters)), as_json=as_json)
        return
    files = {name: paths for name in col.TABLES if (paths := given[name])}
    _check(statements, files, parameters)
    wishes = Wishes.of(given)
    raws = raw_tables(given)
    for name, statement in statements.items():
        with working("data.db.asking", source=place.name):
            raws[name] = ask.query(
                place,
                statement,
                _own(statement, parameters),
                table=name,
                limit_rows=limit,
                timeout_s=timeout,
            )
    workspace, recipe = Workspace.default(), wishes.recipe(raws, _called(place))
    intake = bring_in(raws, recipe, now=datetime.now(UTC), key=workspace.key())
    folder = workspace.add(intake)
    made = as_stored(intake.dataset, folder)
    answer(summary(made, folder), as_json=as_json, text=lambda console: tell(console, made, folder))


def _check(
    statements: Mapping[str, str],
    files: Mapping[str, Sequence[Path]],
    parameters: Mapping[str, str],
) -> None:
    strangers = [name for name in statements if name not in col.TABLES]
    if strangers:
        tables = ", ".join(col.TABLES)
        raise ConfigError(say("data.no_such_table", table=strangers[0], tables=tables))
    twice = [name for name in statements if name in files]
    if twice:
        raise ConfigError(say("data.db.twice", table=twice[0]))
    every = {name for statement in statements.values() for name in asked(statement)}
    spare = [name for name in parameters if name not in every]
    if spare:
        raise ConfigError(say("data.db.spare_value", names=listed(spare)))


def _own(statement: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """The values that this statement asks for."""
    return {name: parameters[name] for name in asked(statement) if name in parameters}


def _called(place: Connection) -> str:
    """What a data set is called by default: the source, or the file or database of an address."""
    return place.name if "://" not in place.name else Path(place.place).stem


def _show(raw: RawTable, *, as_json: bool) -> None:
    frame = as_in_file(raw.frame)

    def text(console: Console) -> None:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in frame.columns:
            table.add_column(Text(name), justify="right" if name in raw.numbers else "left")
        for row in frame.rows():
            table.add_row(*(Text(cell or "") for cell in row))
        console.print(table)
        console.print(Text(say("data.db.previewed", rows=frame.height, source=raw.source)))

    rows = {"source": raw.source, "columns": frame.columns, "rows": frame.to_dicts()}
    answer(rows, as_json=as_json, text=text)
