"""JSON and JSON Lines become a table of strings: objects are flattened, one list becomes rows."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from clvcore.data.cells.stored import stored
from clvcore.data.dataset import RawTable
from clvcore.data.files import layout
from clvcore.data.files.excel import read_grid
from clvcore.data.files.reading import DECIDED_BY_FILE, Reading
from clvcore.errors import UploadError
from clvcore.messages import listed, say

Kind = Literal["json", "json lines"]

_OPENS = re.compile(r'\s*(\{\s*["}\n]|\[\s*["\[\]{])')
_JOINT = "\n"
_OF_EXPORTS = ("actionDetails.itemDetails", "actionDetails")
"""Lists that hold the rows where the objects of an export hold other lists too (Matomo), the
deeper ones first."""


class Number(str):
    """A number of JSON with the digits that were written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Record:
    """An object that becomes one row or several."""

    line: int
    fields: Mapping[str, Any]


def kind_of(text: str) -> Kind | None:
    """Whether a text is JSON, JSON Lines, or neither.

    Example:
        >>> kind_of('{"a": 1}'), kind_of('{"a": 1}' + chr(10) + '{"a": 2}'), kind_of("a,b")
        ('json', 'json lines', None)
    """
    if not _OPENS.match(text):
        return None
    if text.lstrip().startswith("["):
        return "json"
    lines = [line for line in text.lstrip().split("\n", 3)[:3] if line.strip()]
    whole = [isinstance(_parsed(line), dict) for line in lines]
    if whole[0] and len(lines) == 1:
        return "json"
    return "json lines" if any(whole[:2]) else "json"


def read_nested(
    text: str, kind: Kind, *, table: str, source: str, how: Reading = DECIDED_BY_FILE
) -> RawTable:
    """The rows of JSON; fields of fields are named with dots.

    The one list of objects becomes rows, at whatever depth, and each of its rows repeats the fields
    of the objects around it. A line of JSON Lines that is broken is kept with its number.

    Raises:
        UploadError: the text is no JSON, has no rows, or it cannot be told which list holds them.
    """
    aside: list[tuple[int, str, str]] = []
    broken: list[tuple[int, str]] = []
    outer = ""
    if kind == "json lines":
        records, broken = _by_line(text)
    else:
        document = _document(text, source=source)
        if _is_grid(document):
            return read_grid(_plain_grid(document), table=table, source=source, how=how)
        outer, objects, around = _outermost(document, how, source=source)
        records = [Record(place, one) for place, one in enumerate(objects, 1)]
        if around:
            aside = [(1, json.dumps(around, ensure_ascii=False)[:2000], layout.PREAMBLE)]
    if not records:
        raise UploadError(say("data.no_rows", source=source))
    inner = _inner(records, how, outer, source=source)
    names, rows, numbers, lines = _table(records, inner, source=source)
    if not names:
        raise UploadError(say("data.read.no_objects", source=source))
    raw = RawTable(name=table, frame=pl.DataFrame(), source=source)
    told = {"rows": f"{outer}.{inner}".strip(".")} if inner or outer else {}
    return RawTable(
        name=table,
        frame=pl.DataFrame(
            {name: [row.get(name) for row in rows] for name in names},
            schema=dict.fromkeys(names, pl.String),
        ),
        source=source,
        numbers=numbers,
        lines=pl.Series("line", lines, dtype=pl.Int64),
        broken=pl.DataFrame(broken, schema=raw.broken.schema, orient="row"),
        aside=pl.DataFrame(aside, schema=raw.aside.schema, orient="row"),
        reading={**told, **({"repeated": inner} if inner else {})},
    )


def _parsed(text: str) -> Any:
    """A value of JSON, numbers as they were written; None where the text is no JSON."""
    try:
        return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _by_line(text: str) -> tuple[list[Record], list[tuple[int, str]]]:
    """The objects of the lines, and the lines that hold none."""
    records: list[Record] = []
    broken: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        value = _parsed(line)
        if isinstance(value, dict):
            records.append(Record(number, value))
        else:
            broken.append((number, line))
    return records, broken


def _document(text: str, *, source: str) -> Any:
    try:
        return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        told = {"line": error.lineno, "column": error.colno}
        raise UploadError(say("data.read.damaged_json", source=source, **told)) from error
    except RecursionError as error:
        raise UploadError(say("data.read.too_deep", source=source)) from error


def _is_grid(document: Any) -> bool:
    """Whether the document is a list of lists of plain values."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(
            isinstance(row, list) and not any(isinstance(cell, list | dict) for cell in row)
            for row in document
        )
    )


def _plain_grid(document: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The same for cells of a sheet: no empty cell but the empty text."""
    return [["" if cell is None else _written(cell) for cell in row] for row in document]


def _written(cell: Any) -> Any:
    if not isinstance(cell, Number):
        return cell
    number = float(cell)
    return number if repr(number) == cell or str(int(number)) == cell else stored(cell)


def _outermost(
    document: Any, how: Reading, *, source: str
) -> tuple[str, list[Mapping[str, Any]], dict[str, Any]]:
    """Path and objects of the outermost list, and the plain fields that stand around it."""
    if isinstance(document, list):
        objects: list[Mapping[str, Any]] = [one for one in document if isinstance(one, dict)]
        if len(objects) < len(document) or not objects:
            raise UploadError(say("data.read.no_objects", source=source))
        return "", objects, {}
    if not isinstance(document, dict):
        raise UploadError(say("data.read.no_objects", source=source))
    if (columns := _as_columns(document)) is not None:
        return "", columns, {}
    lists = dict(_lists(document))
    if how.rows:
        lists = {path: one for path, one in lists.items() if f"{how.rows}.".startswith(f"{path}.")}
        if not lists:
            raise UploadError(say("data.read.no_list", source=source, path=how.rows))
    if len(lists) > 1:
        names = listed([repr(path) for path in lists])
        raise UploadError(say("data.read.several_lists", source=source, names=names))
    if not lists:
        return "", [document], {}
    ((path, objects),) = lists.items()
    around = {name: value for name, value in _flat(document) if not isinstance(value, list)}
    return path, objects, around


def _as_columns(document: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The objects of lists of plain values that stand side by side, one a column."""
    columns = list(document.values())
    if len(columns) < 2 or not all(
        isinstance(one, list) and not any(isinstance(cell, dict | list) for cell in one)
        for one in columns
    ):
        return None
    if len({len(one) for one in columns}) != 1:
        return None
    return [dict(zip(document, row, strict=True)) for row in zip(*columns, strict=True)]


def _lists(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Lists of objects with their paths, none that stands inside another."""
    for name, one in value.items():
        path = f"{prefix}.{name}" if prefix else name
        if isinstance(one, dict):
            yield from _lists(one, path)
        elif _holds_objects(one):
            yield path, one


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _inner(records: Sequence[Record], how: Reading, outer: str, *, source: str) -> str:
    """Path of the list inside the objects that becomes rows; empty where there is none."""
    paths = dict.fromkeys(path for record in records for path in _nested_paths(record.fields))
    if how.rows is not None:
        wanted = how.rows.removeprefix(outer).strip(".")
        if wanted and wanted not in paths:
            raise UploadError(say("data.read.no_list", source=source, path=how.rows))
        return wanted
    leaves = [path for path in paths if not any(other.startswith(f"{path}.") for other in paths)]
    if len(leaves) > 1 and (known := next((path for path in _OF_EXPORTS if path in paths), None)):
        return known
    if len(leaves) > 1:
        names = listed([repr(f"{outer}.{path}".strip(".")) for path in leaves])
        raise UploadError(say("data.read.several_lists", source=source, names=names))
    return leaves[0] if leaves else ""


def _nested_paths(fields: Mapping[str, Any]) -> Iterator[str]:
    for path, objects in _lists(fields):
        yield path
        for one in objects:
            for below in _nested_paths(one):
                yield f"{path}.{below}"


def _table(
    records: Sequence[Record], inner: str, *, source: str
) -> tuple[list[str], list[dict[str, str | None]], frozenset[str], list[int]]:
    """Names, rows, the columns that hold only numbers, and the line of each row."""
    rows: list[dict[str, str | None]] = []
    lines: list[int] = []
    names: dict[str, None] = {}
    words: set[str] = set()
    numbers: set[str] = set()
    for record in records:
        for fields in _exploded(record.fields, inner):
            row: dict[str, str | None] = {}
            for name, value in fields.items():
                row[name] = value if isinstance(value, Number) else _text(value)
                if row[name] is not None:
                    (numbers if isinstance(value, Number) else words).add(name)
            names.update(dict.fromkeys(row))
            rows.append(row)
            lines.append(record.line)
            if len(names) > layout.MOST_COLUMNS:
                told = {"n": len(names), "most": layout.MOST_COLUMNS}
                raise UploadError(say("data.read.too_wide", source=source, **told))
    _tell_apart(rows, numbers & words)
    return list(names), rows, frozenset(numbers - words), lines


def _tell_apart(rows: Sequence[dict[str, str | None]], mixed: Iterable[str]) -> None:
    """Marks the numbers of columns that also have texts."""
    for name in mixed:
        for row in rows:
            cell = row.get(name)
            if isinstance(cell, Number):
                row[name] = stored(cell)


def _exploded(fields: Mapping[str, Any], inner: str, prefix: str = "") -> Iterator[dict[str, Any]]:
    """One flat row for each object of the list, with the fields around it; one where it is empty."""
    flat = {f"{prefix}{name}": value for name, value in _flat(fields)}
    own = next(
        (
            path
            for path, _ in _lists(fields)
            if f"{prefix}{path}" == inner or inner.startswith(f"{prefix}{path}.")
        ),
        None,
    )
    if not inner or own is None:  # where the list is empty, the object is a row of its own
        yield {
            name: value
            for name, value in flat.items()
            if value or not f"{inner}.".startswith(f"{name}.")
        }
        return
    objects = flat.pop(f"{prefix}{own}")
    for one in objects:
        for below in _exploded(one, inner, f"{prefix}{own}."):
            yield {**flat, **below}


def _flat(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path}.")
        else:
            yield path, value


def _text(value: Any) -> str | None:
    """A value as a cell: lists of plain values parted by bars, numbers in lists by spaces."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case list():
            if any(isinstance(one, dict | list) for one in value):
                return json.dumps(value, ensure_ascii=False)
            joint = " " if value and all(isinstance(one, Number) for one in value) else "|"
            return joint.join(_text(one) or "" for one in value) or None
    return str(value)
