"""A data set's queries are asked anew: the lineage holds the statement and the name of the source."""

from collections.abc import Collection, Mapping

from clvcore.data.dataset import Dataset, Origin, RawTable
from clvcore.errors import ConfigError
from clvcore.messages import listed, say
from clvcore.runs.databases import ask, named
from clvcore.runs.databases.answer import VALUE
from clvcore.runs.databases.statement import asked

_SQL, _SOURCE = "sql", "source"


def asked_again(
    data: Dataset, parameters: Mapping[str, str], *, but: Collection[str] = ()
) -> dict[str, RawTable]:
    """The answers of today to the queries that a data set was brought in by, by table.

    Args:
        data: The data set; of each table its latest query counts.
        parameters: Values that are others than the last time, by the names in the statements.
        but: Tables that are not asked for.

    Raises:
        ConfigError: no table came from a database, or no statement asks for a value.
        ClvError: as `clvcore.runs.databases.ask.query`.
    """
    queries = {table: one for table, one in queries_of(data).items() if table not in but}
    if not queries:
        raise ConfigError(say("data.again_no_query", name=data.name))
    every = {name for one in queries.values() for name in asked(one.reading[_SQL])}
    spare = [name for name in parameters if name not in every]
    if spare:
        raise ConfigError(say("data.db.spare_value", names=listed(spare)))
    return {table: _answer(table, one, parameters) for table, one in queries.items()}


def queries_of(data: Dataset) -> dict[str, Origin]:
    """The latest query of each table that came from a database."""
    return {
        origin.table: origin
        for step in data.lineage
        for origin in step.origins
        if origin.reading.get(_SQL)
    }


def source_of(origin: Origin) -> str:
    """Name of the database that answered."""
    return origin.reading[_SOURCE]


def values_of(origin: Origin) -> dict[str, str]:
    """The values that were put into a query, by name."""
    told = origin.reading.items()
    return {name.removeprefix(VALUE): value for name, value in told if name.startswith(VALUE)}


def _answer(table: str, origin: Origin, parameters: Mapping[str, str]) -> RawTable:
    statement = origin.reading[_SQL]
    known = {**values_of(origin), **parameters}
    values = {name: known[name] for name in asked(statement) if name in known}
    place = named.source(origin.reading[_SOURCE])
    return ask.query(place, statement, values, table=table)
