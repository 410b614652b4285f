"""What goes wrong with a database, as one sentence; what a driver says of it comes without secrets."""

import difflib
import re
from collections.abc import Iterable

from clvcore.errors import ClvError, ConfigError, NotFoundError, UploadError
from clvcore.messages import listed, say
from clvcore.runs.databases.answer import Table
from clvcore.runs.databases.source import Connection

COMMAND = "uv sync --extra databases"
"""Installs what `clv-studio[databases]` names."""


def driver_missing(database: str, package: str) -> ConfigError:
    """The driver is not installed: which, and how it is."""
    told = {"database": database, "package": package, "command": COMMAND}
    return ConfigError(say("data.db.driver_missing", **told))


def not_connected(place: Connection, error: object) -> ConfigError:
    """There is no connection: to which host and database, and what the driver says."""
    why = re.sub(r"^connection (failed|is bad): ", "", _line(place, error))
    told = {"source": place.name, "place": place.place, "why": why}
    return ConfigError(say("data.db.cannot_connect", **told))


def timed_out(place: Connection, seconds: float) -> UploadError:
    """The query takes too long."""
    return UploadError(say("data.db.timeout", source=place.name, seconds=f"{seconds:g}"))


def denied(place: Connection, error: object) -> ConfigError:
    """The user of the database may not do this, or nobody may from here."""
    return ConfigError(say("data.db.denied", source=place.name, why=_line(place, error)))


def has_bytes(place: Connection, column: str) -> UploadError:
    """A column holds bytes, which are no text."""
    return UploadError(say("data.db.bytes", source=place.name, column=column))


def refused(place: Connection, error: object) -> UploadError:
    """The database cannot answer the query for another reason."""
    return UploadError(say("data.db.refused", source=place.name, why=_line(place, error)))


def no_table(place: Connection, name: str, tables: Iterable[Table]) -> ClvError:
    """There is no such table: which ones are, the near ones first."""
    names = [table.name for table in tables]
    return _unknown("table", place, name, names)


def no_column(place: Connection, name: str, tables: Iterable[Table]) -> ClvError:
    """No table of the query has such a column: which names come near."""
    names = list(dict.fromkeys(column for table in tables for column in table.columns))
    return _unknown("column", place, name, names)


def _unknown(what: str, place: Connection, name: str, names: list[str]) -> NotFoundError:
    bare = name.rpartition(".")[2] if what == "column" else name
    near = difflib.get_close_matches(bare, names)
    told = {"source": place.name, "name": name}
    if near:
        return NotFoundError(say(f"data.db.no_{what}_near", **told, names=listed(near)))
    if what == "table" and names:
        return NotFoundError(say("data.db.no_table_there", **told, names=listed(names)))
    return NotFoundError(say(f"data.db.no_{what}", **told))


def _line(place: Connection, error: object) -> str:
    """The first line of what the driver says, without its own full stop."""
    lines = [line.strip() for line in place.scrubbed(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__
