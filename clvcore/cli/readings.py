"""How a command is told to read what files leave open: for all of them, or for one by its name."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

import click

from clvcore.data.cells.amounts import Mark
from clvcore.data.cells.choices import EVERY
from clvcore.data.cells.moments import DateOrder
from clvcore.data.dataset import RawTable
from clvcore.data.files.read import names_apart
from clvcore.errors import ConfigError
from clvcore.messages import listed, say

_OF_FILES: dict[str, tuple[str, ...]] = {
    "decimal": get_args(Mark),
    "date_order": get_args(DateOrder),
}


def reading_options() -> list[Callable[..., Any]]:
    """The options about decimal marks, the order of day and month, and counted days."""
    return [
        click.option(
            "--decimal", multiple=True, metavar="[FILE=]MARK", help=say("data.help_decimal")
        ),
        click.option(
            "--date-order",
            multiple=True,
            metavar="[FILE=]dmy|mdy",
            help=say("data.help_date_order"),
        ),
        click.option(
            "--first-day",
            type=click.DateTime(formats=["%Y-%m-%d"]),
            metavar="YYYY-MM-DD",
            help=say("data.help_first_day"),
        ),
    ]


def said_readings(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the options say, as options of a recipe.

    Raises:
        ConfigError: one says what cannot be said.
    """
    said: dict[str, Any] = {}
    files: dict[str, dict[str, str]] = {}
    for part, values in _OF_FILES.items():
        for text in given[part]:
            file, _, value = text.rpartition("=")
            if value not in values:
                raise ConfigError(say("data.bad_option", option=part, value=text))
            if file:
                files.setdefault(file, {})[part] = value
            else:
                said[part] = value
    if files:
        said["files"] = {file: {EVERY: own} for file, own in files.items()}
    if given["first_day"]:
        said["first_day"] = given["first_day"].date().isoformat()
    return said


def check_files(said: Mapping[str, Any], raws: Mapping[str, RawTable]) -> None:
    """Nothing, where every file that something is said of is among those that were read.

    Raises:
        ConfigError: one is not.
    """
    names = [name for raw in raws.values() for name in names_apart([one.name for one in raw.files])]
    for file in said.get("files", {}):
        if file not in names:
            told = {"file": file, "files": listed(names, most=20)}
            raise ConfigError(say("data.no_such_part", **told))
