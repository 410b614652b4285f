"""SQLite by Python's own driver: the file is opened for reading, and reading is all that is let through."""

import re
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import polars as pl

from clvcore.data.cells.stored import as_in_file, stored
from clvcore.errors import ConfigError, NotFoundError
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
from clvcore.runs.databases.statement import bound, unknown_names

MAGIC = b"SQLite format 3\x00"
_ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_FORBIDDEN = frozenset({"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"})
_NO_TABLE = re.compile(r"no such table: (.+)")
_NO_COLUMN = re.compile(r"no such column: (.+)")


def there(place: Connection, magic: bytes, offset: int = 0) -> Path:
    """The file of a database, after a look at its first bytes.

    Raises:
        NotFoundError: there is no such file.
        ConfigError: it may not be read, or is no such database.
    """
    path = place.path.expanduser()
    try:
        with path.open("rb") as file:
            start = file.read(offset + len(magic))
    except FileNotFoundError:
        raise NotFoundError(say("data.db.no_file", source=place.name, path=path)) from None
    except OSError as error:
        raise wrong.not_connected(place, error.strerror or error) from error
    if start[offset:] != magic:
        told = {"source": place.name, "path": path, "kind": say(f"data.db.kind.{place.kind}")}
        raise ConfigError(say("data.db.other_file", **told))
    return path


def fetch(place: Connection, wanted: Wanted) -> Answer:
    """The rows of a query, each value as SQLite would print it, real numbers without loss."""
    with _opened(place) as connection:
        listed = _tables(connection)
        _check_names(place, wanted.sql, listed)
        connection.set_authorizer(_only_reading)
        with ends_after(wanted.timeout_s, connection.interrupt) as deadline:
            try:
                cursor = connection.execute(bound(wanted.sql, ":{}".format), wanted.values)
                names = distinct([part[0] for part in cursor.description], place.name)
                texts = _Texts(place, names)
                frame = texts.apart(gathered(names, texts.batches(cursor), wanted.limit_rows))
            except sqlite3.Error as error:
                if deadline.over:
                    raise wrong.timed_out(place, wanted.timeout_s) from error
                raise _told(place, error, listed) from error
    return Answer(frame, texts.numbers())


def tables(place: Connection) -> list[Table]:
    """The tables and views of the file with their columns."""
    with _opened(place) as connection:
        return _tables(connection)


@contextmanager
def _opened(place: Connection) -> Generator[sqlite3.Connection]:
    path = there(place, MAGIC)
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        connection = sqlite3.connect(address, uri=True, timeout=5, check_same_thread=False)
        connection.execute("SELECT count(*) FROM sqlite_master")  # opens the file in earnest
    except sqlite3.Error as error:
        raise wrong.not_connected(place, error) from error
    try:
        yield connection
    finally:
        connection.close()


def _tables(connection: sqlite3.Connection) -> list[Table]:
    rows = connection.execute(
        "SELECT 'main', one.name, part.name"
        " FROM sqlite_master AS one JOIN pragma_table_info(one.name) AS part"
        " WHERE one.type IN ('table', 'view') AND one.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " ORDER BY one.name, part.cid"
    )
    return grouped(rows, usual="main")


def _check_names(place: Connection, sql: str, listed: list[Table]) -> None:
    """SQLite takes a name in double quotes that it does not know for a text, and says nothing."""
    known = ["main", "rowid", "oid", "_rowid_"]
    for table in listed:
        known += [table.name, *table.columns]
    for name in unknown_names(sql, known):
        raise wrong.no_column(place, name, listed)


def _only_reading(action: int, first: str | None, second: str | None, *_: object) -> int:
    """What SQLite asks before it prepares a step of a statement."""
    del first
    known = action in _ALLOWED and not (
        action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FORBIDDEN
    )
    return sqlite3.SQLITE_OK if known else sqlite3.SQLITE_DENY


class _Texts:
    """Rows as text; remembers which columns were numbers only, and tells numbers apart in others."""

    def __init__(self, place: Connection, names: list[str]) -> None:
        self.place, self.names = place, names
        self.kinds: list[set[type]] = [set() for _ in names]

    def batches(self, cursor: sqlite3.Cursor) -> Iterator[Sequence[Row]]:
        """The rows that are left, a batch at a time."""
        while rows := cursor.fetchmany(BATCH):
            for place, kinds in enumerate(self.kinds):
                kinds.update({type(row[place]) for row in rows})
                if bytes in kinds:
                    raise wrong.has_bytes(self.place, self.names[place])
            yield [[_text(cell) for cell in row] for row in rows]

    def apart(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows; of columns that hold only numbers none has to be told apart."""
        return rows.with_columns(as_in_file(rows.select(self.numbers())))

    def numbers(self) -> frozenset[str]:
        """Columns that hold integers or real numbers and no text."""
        return frozenset(
            name
            for name, kinds in zip(self.names, self.kinds, strict=True)
            if kinds & {int, float} and str not in kinds
        )


def _text(cell: object) -> str | None:
    """A cell as text; a real number may stand among texts in SQLite."""
    if cell is None:
        return None
    return stored(str(cell)) if isinstance(cell, float) else str(cell)


def _told(place: Connection, error: sqlite3.Error, listed: list[Table]) -> Exception:
    text = str(error)
    if found := _NO_TABLE.match(text):
        return wrong.no_table(place, found[1], listed)
    if found := _NO_COLUMN.match(text):
        return wrong.no_column(place, found[1], listed)
    if "not authorized" in text or "prohibited" in text or "readonly" in text:
        return wrong.denied(place, text)
    return wrong.refused(place, text)
