"""What a database answers: rows of text, up to a limit and within a time."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer

import polars as pl

from clvcore.data.dataset import CUT, RawTable, SourceFile
from clvcore.errors import MappingError, UploadError
from clvcore.messages import say
from clvcore.runs.databases.source import Connection

BATCH = 20_000
"""Rows that are fetched at once."""
VALUE = "value."
"""Before the name of a value that was put into the query, in `RawTable.reading`."""

Row = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One statement, the values in it, and how much of it and how long is waited for."""

    sql: str
    values: Mapping[str, str]
    limit_rows: int
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows as text, and which columns are numbers where they come from."""

    frame: pl.DataFrame
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view that can be read."""

    name: str
    """As a person says it, with its schema where that is not the usual one."""
    sql_name: str
    """As it stands in a query."""
    columns: tuple[str, ...]


def grouped(rows: Iterable[tuple[str, str, str]], *, usual: str) -> list[Table]:
    """The tables of (schema, table, column); a schema is said where it is not the usual one."""
    found: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in rows:
        found.setdefault((schema, table), []).append(column)
    return [
        Table(table, quoted(table), tuple(columns))
        if schema == usual
        else Table(f"{schema}.{table}", f"{quoted(schema)}.{quoted(table)}", tuple(columns))
        for (schema, table), columns in found.items()
    ]


def quoted(name: str) -> str:
    """A name as it stands in a query, whatever it is made of.

    Example:
        >>> print(quoted("the best"))
        "the best"
    """
    return '"' + name.replace('"', '""') + '"'


class Deadline:
    """Whether the time is over."""

    over = False


@contextmanager
def ends_after(seconds: float, stop: Callable[[], object]) -> Generator[Deadline]:
    """Call ``stop`` from another thread when the time is over; the deadline then says so."""
    deadline = Deadline()

    def end() -> None:
        deadline.over = True
        stop()

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()


def gathered(names: Sequence[str], batches: Iterable[Sequence[Row]], limit: int) -> pl.DataFrame:
    """The rows of all batches as a frame of text; one more than ``limit`` tells that there are more.

    Raises:
        MappingError: two columns have the same name.
    """
    schema = dict.fromkeys(names, pl.String)
    frames = [pl.DataFrame(schema=schema)]
    height = 0
    for batch in batches:
        frames.append(pl.DataFrame(batch, schema=schema, orient="row"))
        height += len(batch)
        if height > limit:
            break
    return pl.concat(frames).head(limit + 1)


def distinct(names: Sequence[str], source: str) -> list[str]:
    """The names of the columns as they are.

    Raises:
        MappingError: two are the same, or one is empty.
    """
    for place, name in enumerate(names):
        if name in names[:place]:
            raise MappingError(say("data.db.double_column", column=name, source=source))
    return [*names]


def iso(column: str) -> pl.Expr:
    """Moments such as 2025-03-30 01:30:00+00 with their offset in full, as ISO 8601 has it."""
    return pl.col(column).str.replace(r"^([0-9-]{10}) (.*[+-][0-9]{2})$", "${1}T${2}:00")


def raw_table(place: Connection, wanted: Wanted, answer: Answer, table: str) -> RawTable:
    """The answer as it goes into the intake: what was asked, and what the answer hashes to.

    Raises:
        UploadError: there are no rows.
    """
    if not answer.frame.height:
        raise UploadError(say("data.db.empty", source=place.name))
    frame = answer.frame.head(wanted.limit_rows)
    reading = {"format": place.kind, "source": place.name, "sql": wanted.sql}
    reading |= {VALUE + name: value for name, value in wanted.values.items()}
    if answer.frame.height > wanted.limit_rows:
        reading[CUT] = str(wanted.limit_rows)
    return RawTable(
        name=table,
        frame=frame,
        source=place.name,
        numbers=answer.numbers,
        files=(_fingerprint(frame, place.name),),
        reading=reading,
    )


def _fingerprint(frame: pl.DataFrame, name: str) -> SourceFile:
    """The answer as the CSV file that it would be: an empty text is quoted, an unknown is not."""
    digest, n_bytes = hashlib.sha256(), 0
    for place, part in enumerate(frame.iter_slices(200_000)):
        text = part.write_csv(include_header=place == 0).encode()
        digest.update(text)
        n_bytes += len(text)
    return SourceFile(name, digest.hexdigest(), n_bytes)
