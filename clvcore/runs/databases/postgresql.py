"""PostgreSQL by psycopg: a cursor that only a SELECT can open, in a transaction that only reads.

Values come in the text that PostgreSQL itself writes, so that no type of ours comes between: a
numeric has all its digits, a sum of integers is PostgreSQL's own, and a moment stands in UTC.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import polars as pl

from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.runs.databases import wrong
from clvcore.runs.databases.answer import (
    BATCH,
    Answer,
    Deadline,
    Row,
    Table,
    Wanted,
    distinct,
    ends_after,
    gathered,
    grouped,
    iso,
)
from clvcore.runs.databases.source import Connection
from clvcore.runs.databases.statement import bound

if TYPE_CHECKING:
    import psycopg

_BYTES = {17, 1001}
_NUMBERS = {20, 21, 23, 26, 700, 701, 1700}
_BOOLEAN, _MOMENT = 16, 1184
"""Numbers of types in pg_type, which never change."""
_CONNECT_S = 10
_MIGHTY = ("pg_read_server_files", "pg_write_server_files", "pg_execute_server_program")
"""Roles by which a SELECT could reach the files and programs of the server."""
_TABLES = """
SELECT space.nspname, one.relname, part.attname
FROM pg_class AS one
JOIN pg_namespace AS space ON space.oid = one.relnamespace
JOIN pg_attribute AS part ON part.attrelid = one.oid AND part.attnum > 0 AND NOT part.attisdropped
WHERE one.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND space.nspname !~ '^pg_' AND space.nspname <> 'information_schema'
  AND has_column_privilege(one.oid, part.attnum, 'SELECT')
ORDER BY 1, 2, part.attnum
"""


def fetch(place: Connection, wanted: Wanted) -> Answer:
    """The rows of a query in PostgreSQL's own words."""
    import psycopg

    order = {name: number for number, name in enumerate(wanted.values, 1)}
    sql = bound(wanted.sql, lambda name: f"${order[name]}")
    with (
        _opened(place, wanted.timeout_s) as connection,
        ends_after(wanted.timeout_s, connection.cancel_safe) as deadline,
    ):
        try:
            with psycopg.RawServerCursor(connection, "answer") as cursor:
                # the server takes nothing but one SELECT behind DECLARE ... CURSOR FOR
                cursor.execute(sql.encode(), [*wanted.values.values()])
                told = cursor.description or []
                names = distinct([part.name for part in told], place.name)
                types = dict(zip(names, (part.type_code for part in told), strict=True))
                if bad := next((name for name in names if types[name] in _BYTES), None):
                    raise wrong.has_bytes(place, bad)
                batches = _batches(cursor, wanted, place, deadline)
                frame = gathered(names, batches, wanted.limit_rows)
        except psycopg.Error as error:
            if deadline.over or error.sqlstate == "57014":
                raise wrong.timed_out(place, wanted.timeout_s) from error
            connection.rollback()
            raise _told(place, error, connection) from None  # it may quote what was asked
    numbers = frozenset(name for name in names if types[name] in _NUMBERS)
    return Answer(frame.with_columns(_spelled(name, types[name]) for name in names), numbers)


def tables(place: Connection) -> list[Table]:
    """The tables and views that the user of the database may read, with those columns."""
    with _opened(place, _CONNECT_S) as connection:
        return _tables(connection)


@contextmanager
def _opened(place: Connection, timeout_s: float) -> "Generator[psycopg.Connection[Any]]":
    import psycopg
    from psycopg.conninfo import make_conninfo
    from psycopg.types.string import TextLoader

    settings = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{max(1, round(timeout_s * 1000))}",
        "timezone": "UTC",
        "datestyle": "ISO",
        "intervalstyle": "iso_8601",
        "bytea_output": "hex",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    known = {
        "connect_timeout": str(_CONNECT_S),
        "application_name": "clv-studio",
        **place.known,
        "options": options,
        "client_encoding": "utf8",
    }
    try:
        connection = psycopg.connect(make_conninfo(**known))
    except (psycopg.Error, UnicodeError) as error:
        raise wrong.not_connected(place, error) from None  # it may quote how it was connected
    try:
        _check(place, connection)
        for one in psycopg.adapters.types:
            connection.adapters.register_loader(one.oid, TextLoader)
            if one.array_oid:
                connection.adapters.register_loader(one.array_oid, TextLoader)
        yield connection
    finally:
        connection.close()


def _check(place: Connection, connection: "psycopg.Connection[Any]") -> None:
    """Only a user who may not read the server's own files is let in: for others SELECT is no limit."""
    mighty = connection.execute(
        "SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
        " OR EXISTS (SELECT FROM pg_roles WHERE rolname = ANY(%s)"
        " AND pg_has_role(current_user, oid, 'MEMBER'))",
        [[*_MIGHTY]],
    ).fetchone()
    connection.rollback()
    if mighty and mighty[1]:
        raise ConfigError(say("data.db.too_mighty", source=place.name, user=mighty[0]))


def _batches(
    cursor: "psycopg.RawServerCursor[Any]", wanted: Wanted, place: Connection, deadline: Deadline
) -> Iterator[Sequence[Row]]:
    while rows := cursor.fetchmany(min(BATCH, wanted.limit_rows + 1)):
        yield rows
        if deadline.over:
            raise wrong.timed_out(place, wanted.timeout_s)


def _tables(connection: "psycopg.Connection[Any]") -> list[Table]:
    return grouped(connection.execute(_TABLES).fetchall(), usual="public")


def _spelled(name: str, kind: int) -> pl.Expr:
    if kind == _MOMENT:
        return iso(name)
    if kind == _BOOLEAN:
        return pl.col(name).replace({"t": "true", "f": "false"})
    return pl.col(name)


def _told(
    place: Connection, error: "psycopg.Error", connection: "psycopg.Connection[Any]"
) -> Exception:
    import psycopg.errors as known

    said = error.diag.message_primary or str(error)
    if isinstance(error, known.UndefinedTable):
        return wrong.no_table(place, _named_in(said), _tables(connection))
    if isinstance(error, known.UndefinedColumn):
        return wrong.no_column(place, _named_in(said), _tables(connection))
    if isinstance(error, known.InsufficientPrivilege | known.ReadOnlySqlTransaction):
        return wrong.denied(place, said)
    return wrong.refused(place, said)


def _named_in(said: str) -> str:
    """What a message of PostgreSQL is about: the name in quotes, or else its second word."""
    quoted = said.split('"')
    return quoted[1] if len(quoted) > 2 else said.split()[1]
