"""DuckDB by its own driver: read only, no other file, no setting that could be changed again."""

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clvcore.errors import UploadError
from clvcore.messages import say
from clvcore.runs.databases import wrong
from clvcore.runs.databases.answer import (
    BATCH,
    Answer,
    Row,
    Table,
    Wanted,
    distinct,
    ends_after,
    gathered,
    grouped,
)
from clvcore.runs.databases.source import Connection
from clvcore.runs.databases.sqlite import there
from clvcore.runs.databases.statement import bound

if TYPE_CHECKING:
    import duckdb

MAGIC, OFFSET = b"DUCK", 8
_SETTINGS = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",  # else a query could read variables of this program
    "lock_configuration": "true",
}
_NUMBERS = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL.*|FLOAT|DOUBLE|BIGNUM")
_NO_TABLE = re.compile(r"Table with name (.+?) does not exist")
_NO_COLUMN = re.compile(r'Referenced column "(.+?)"')
_NO_COLUMN_OF = re.compile(r'does not have a column named "(.+?)"')


def fetch(place: Connection, wanted: Wanted) -> Answer:
    """The rows of a query, each value as DuckDB itself writes it: decimals exact, moments in UTC."""
    import duckdb

    with (
        _opened(place) as connection,
        ends_after(wanted.timeout_s, connection.interrupt) as deadline,
    ):
        try:
            sql = bound(wanted.sql, "${}".format)
            statements = connection.extract_statements(sql)
            if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
                raise UploadError(say("data.db.several"))
            about = connection.execute(f"DESCRIBE {sql}", wanted.values).fetchall()
            names = distinct([str(row[0]) for row in about], place.name)
            types = [str(row[1]) for row in about]
            for name, kind in zip(names, types, strict=True):
                if kind in {"BLOB", "BLOB[]", "GEOMETRY"}:
                    raise wrong.has_bytes(place, name)
            cursor = connection.execute(_as_text(sql, types, wanted.limit_rows), wanted.values)
            frame = gathered(names, _batches(cursor), wanted.limit_rows)
        except duckdb.Error as error:
            if deadline.over:
                raise wrong.timed_out(place, wanted.timeout_s) from error
            raise _told(place, error, connection) from error
    numbers = [name for name, kind in zip(names, types, strict=True) if _NUMBERS.fullmatch(kind)]
    return Answer(frame, frozenset(numbers))


def tables(place: Connection) -> list[Table]:
    """The tables and views of the file with their columns."""
    with _opened(place) as connection:
        return _tables(connection)


@contextmanager
def _opened(place: Connection) -> "Generator[duckdb.DuckDBPyConnection]":
    import duckdb

    path = there(place, MAGIC, OFFSET)
    try:
        connection = duckdb.connect(path, read_only=True, config={**_SETTINGS})
    except duckdb.Error as error:
        raise wrong.not_connected(place, error) from error
    try:
        yield connection
    finally:
        connection.close()


def _as_text(sql: str, types: Sequence[str], limit: int) -> str:
    """The query whose answer DuckDB turns into text; moments in UTC, with their offset."""
    columns = [f"c{place}" for place in range(len(types))]
    texts = ", ".join(
        f"replace(CAST(timezone('UTC', {column}) AS VARCHAR), ' ', 'T') || '+00:00'"
        if kind == "TIMESTAMP WITH TIME ZONE"
        else f"CAST({column} AS VARCHAR)"
        for column, kind in zip(columns, types, strict=True)
    )
    named = ", ".join(columns)
    # a line of its own, for a comment may end the statement, which `checked` knows to be one SELECT
    inner = f"SELECT * FROM ({sql}\n) LIMIT {limit + 1}"  # noqa: S608 the query is a person's own
    return f"SELECT {texts} FROM ({inner}) AS answer({named})"  # noqa: S608 as above, with our names


def _batches(cursor: "duckdb.DuckDBPyConnection") -> Iterator[Sequence[Row]]:
    while rows := cursor.fetchmany(BATCH):
        yield rows


def _tables(connection: "duckdb.DuckDBPyConnection") -> list[Table]:
    rows = connection.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns()"
        " WHERE NOT internal AND database_name = current_database()"
        " ORDER BY schema_name, table_name, column_index"
    ).fetchall()
    return grouped(rows, usual="main")


def _told(
    place: Connection, error: "duckdb.Error", connection: "duckdb.DuckDBPyConnection"
) -> Exception:
    import duckdb

    text = str(error)
    if found := _NO_TABLE.search(text):
        return wrong.no_table(place, found[1], _tables(connection))
    if found := _NO_COLUMN.search(text) or _NO_COLUMN_OF.search(text):
        return wrong.no_column(place, found[1], _tables(connection))
    if isinstance(error, duckdb.PermissionException) or "read-only" in text:
        return wrong.denied(place, error)
    return wrong.refused(place, error)
