"""The files that a command is given for each table, and how they are to be read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from clvcore import columns as col
from clvcore.data.dataset import RawTable
from clvcore.data.files.reading import Reading
from clvcore.data.meaning.blocks import Blocks
from clvcore.data.meaning.known import known_exports
from clvcore.data.meaning.together import together, together_blocks
from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.runs.workspace import Workspace, table_blocks, table_file

_PARTS = tuple(part.name for part in fields(Reading))
_WORDS = {"tab": "\t", "\\t": "\t", "space": " ", "spaces": " "}


def table_options(*, required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option for the files of each table; whether those of events must be given."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option(
            "--read", "reads", multiple=True, metavar="PART=VALUE", help=say("data.help_read")
        )(command)
        for table in reversed(col.TABLES):
            option = click.option(
                f"--{table}",
                type=click.Path(path_type=Path),
                multiple=True,
                required=required and table == "events",
                metavar="FILE",
                help=say(f"data.help_{table}"),
            )
            command = option(command)
        return command

    return decorate


def raw_tables(
    given: Mapping[str, Any], known: Mapping[str, Reading] | None = None
) -> dict[str, RawTable]:
    """The tables of the options that `table_options` gathered, several files of one in one.

    Args:
        given: The options.
        known: table -> how its files were read before, where a person had decided that.

    Raises:
        ClvError: a file cannot be read, or a wish is none.
    """
    wishes = _wishes(given["reads"], dict(known or {}))
    exports = known_exports(Workspace.default().known)
    return {
        table: together(
            [table_file(path, table, wishes.get(table, Reading())) for path in paths], exports
        )
        for table in col.TABLES
        if (paths := given[table])
    }


def events_in_blocks(given: Mapping[str, Any], place: Path) -> tuple[Blocks, dict[str, RawTable]]:
    """The events of the options, block by block where they are large, and the other tables.

    Args:
        given: The options.
        place: Folder in which blocks stay for as long as they are needed.

    Raises:
        ClvError: a file cannot be read, or a wish is none.
    """
    wishes = _wishes(given["reads"], {})
    how = wishes.get("events", Reading())
    files = [table_blocks(path, "events", place, how) for path in given["events"]]
    known = known_exports(Workspace.default().known)
    return together_blocks(files, known), raw_tables({**given, "events": ()})


def _wishes(texts: Sequence[str], found: dict[str, Reading]) -> dict[str, Reading]:
    for text in texts:
        name, equals, value = text.partition("=")
        table, _, part = name.strip().rpartition(".")
        is_wish = equals and value and part in _PARTS and (table or "events") in col.TABLES
        if not is_wish or (part == "header" and not value.strip().isdecimal()):
            raise ConfigError(say("data.read.bad_wish", text=text, parts=", ".join(_PARTS)))
        wish: Any = int(value) if part == "header" else _WORDS.get(value, value)
        old = found.get(table or "events", Reading())
        decided = {name: getattr(old, name) for name in _PARTS} | {part: wish}
        found[table or "events"] = Reading(**decided)
    return found
