"""Ask a database: what tables it has, a few rows of a query, or all of them."""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from clvcore.data.dataset import RawTable
from clvcore.messages import say
from clvcore.runs.databases import duck, postgresql, sqlite, wrong
from clvcore.runs.databases.answer import Table, Wanted, raw_table
from clvcore.runs.databases.source import Connection
from clvcore.runs.databases.statement import checked, fitting

PREVIEW_ROWS = 20
PREVIEW_S = 15.0
LIMIT_ROWS = 5_000_000
"""As many rows of a hundred characters as the largest upload has, 500 MB."""
TIMEOUT_S = 300.0
_DRIVERS: Mapping[str, ModuleType] = {"sqlite": sqlite, "duckdb": duck, "postgresql": postgresql}
_PACKAGES = {"sqlite": "sqlite3", "duckdb": "duckdb", "postgresql": "psycopg"}


def preview(source: Connection, sql: str, parameters: Mapping[str, str] | None = None) -> RawTable:
    """The first rows of a query, quickly; raises what `query` raises."""
    return query(source, sql, parameters, limit_rows=PREVIEW_ROWS, timeout_s=PREVIEW_S)


def query(
    source: Connection,
    sql: str,
    parameters: Mapping[str, str] | None = None,
    *,
    table: str = "events",
    limit_rows: int = LIMIT_ROWS,
    timeout_s: float = TIMEOUT_S,
) -> RawTable:
    """The rows that a database answers with, every value as exact text and unknown as null.

    Where the answer is longer than the limit, `dataset.CUT` stands in ``reading``.

    Args:
        source: Which database.
        sql: One SELECT, with ``:name`` where a value is to be put in.
        parameters: The values, which never become part of the statement's text.
        table: Which table it is to become: a name of `clvcore.columns.TABLES`.
        limit_rows: How many rows at most.
        timeout_s: How long it may take.

    Raises:
        ConfigError: no driver, no connection, no permission, or values that do not fit.
        NotFoundError: no such file, table or column.
        UploadError: no SELECT, no rows, bytes, or it takes too long.
        MappingError: two columns have the same name.
    """
    statement = checked(sql)
    values = fitting(statement, parameters or {})
    wanted = Wanted(statement, values, limit_rows, timeout_s)
    return raw_table(source, wanted, _driver(source).fetch(source, wanted), table)


def tables(source: Connection) -> list[Table]:
    """The tables and views that can be read, with their columns.

    Raises:
        ConfigError: no driver or no connection.
        NotFoundError: no such file.
    """
    return _driver(source).tables(source)


def _driver(source: Connection) -> ModuleType:
    """What speaks to this kind of database, once the package that it needs is known to be there."""
    package = _PACKAGES[source.kind]
    try:
        import_module(package)
    except ImportError:
        raise wrong.driver_missing(say(f"data.db.kind.{source.kind}"), package) from None
    return _DRIVERS[source.kind]
