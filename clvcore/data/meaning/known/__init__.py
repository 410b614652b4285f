"""Files that many people have: exports of shops and trackers, and data sets of the literature.

Each stands in a TOML file of its own: how it is recognised, which column is what, and what its
makers say about currency, zone and units. A folder of further ones can be given. What is recognised
is proposed, never forced.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

import polars as pl

from clvcore.data.cells.choices import SHAPES, Choices
from clvcore.data.cells.roles import ROLES
from clvcore.data.dataset import ColumnMap, Domain, RawTable, Recipe
from clvcore.data.meaning.headless import is_number, named
from clvcore.data.meaning.joins import Join, is_sound_join
from clvcore.data.meaning.shaping import shaped
from clvcore.errors import ConfigError
from clvcore.messages import say

_FIT = 0.95
_SAMPLE = 200


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table of a known export."""

    name: str
    roles: Mapping[str, str]
    """role -> column; columns that a file lacks are left out"""
    columns: tuple[str, ...] = ()
    """Columns that must be there."""
    names: tuple[str, ...] = ()
    """Names of the columns, where the file has no header."""
    shapes: tuple[str, ...] = ()
    """Pattern of each column's cells, where the file has no header."""
    shape: str = ""
    """How its rows are laid out anew before the roles are given; see
    `clvcore.data.meaning.shaping`."""
    constants: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """column -> how it is read, as in the option ``columns`` of a recipe"""

    def weight(self, raw: RawTable) -> int:
        """How many columns of the table speak for this one; 0 where it is another."""
        if raw.name != self.name:
            return 0
        there = set(raw.frame.columns)
        if self.columns:
            return len(self.columns) if there.issuperset(self.columns) else 0
        if len(there) != len(self.shapes):
            return 0
        if raw.frame.columns == list(self.names):
            return len(self.names)
        fits = all(
            _share(raw.frame[column], shape) >= _FIT
            and (is_number(column) or re.fullmatch(shape, column.strip()))
            for column, shape in zip(raw.frame.columns, self.shapes, strict=True)
        )
        return len(self.shapes) if fits else 0

    def map_for(self, raw: RawTable) -> ColumnMap:
        """The column map of a table that was recognised."""
        there = {role: name for role, name in self.roles.items() if name in raw.frame.columns}
        return ColumnMap(there, dict(self.constants))


@dataclass(frozen=True, slots=True)
class Known:
    """A known export."""

    key: str
    title: str
    source: str
    """Page or file in which its columns are named."""
    tables: tuple[KnownTable, ...]
    domain: Domain = "shop"
    currency: str | None = None
    """None where the export does not tell, so that a person is asked."""
    time_zone: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    joins: tuple[Join, ...] = ()
    """Files of one table that belong beside each other, in the order in which they are joined."""

    def table_for(self, raw: RawTable) -> KnownTable | None:
        """The table of this export that a raw one is; None where it is none."""
        best = max(self.tables, key=lambda one: one.weight(raw))
        return best if best.weight(raw) else None

    def named(self, raws: Mapping[str, RawTable]) -> dict[str, RawTable]:
        """The tables in their shape, with names for the columns of those that have no header."""
        found = {name: self.table_for(raw) for name, raw in raws.items()}
        under = {
            name: named(raw, table.names) if (table := found[name]) and table.names else raw
            for name, raw in raws.items()
        }
        return {
            name: shaped(raw, table.shape) if (table := found[name]) and table.shape else raw
            for name, raw in under.items()
        }

    def recipe(self, raws: Mapping[str, RawTable], recipe: Recipe) -> Recipe:
        """The recipe with what is known of the export, beneath what it says already."""
        found = {name: table for name, raw in raws.items() if (table := self.table_for(raw))}
        names = {name: list(table.names) for name, table in found.items() if table.names}
        columns = {
            f"{name}.{column}": dict(own)
            for name, table in found.items()
            for column, own in table.readings.items()
        }
        shapes = {name: table.shape for name, table in found.items() if table.shape}
        options = _present(self.options, self.named(raws)) | ({"names": names} if names else {})
        options |= {"shapes": shapes} if shapes else {}
        said = recipe.options
        joint = {**options, **said, "columns": {**columns, **said.get("columns", {})}}
        raws = self.named(raws)
        maps = {name: table.map_for(raws[name]) for name, table in found.items()}
        return replace(
            recipe,
            options={key: value for key, value in joint.items() if value},
            maps={**maps, **recipe.maps},
        )


def _present(options: Mapping[str, Any], raws: Mapping[str, RawTable]) -> dict[str, Any]:
    """Options without those about columns that the events lack."""
    there = set(raws["events"].frame.columns) if "events" in raws else set()
    found = dict(options)
    if found.get("item_title") not in there:
        found.pop("item_title", None)
    attributes = found.get("user_attributes", {})
    found["user_attributes"] = {name: of for name, of in attributes.items() if of in there}
    return {key: value for key, value in found.items() if value}


def _share(column: pl.Series, shape: str) -> float:
    values = column.drop_nulls().str.strip_chars().head(_SAMPLE)
    values = values.filter(values.str.len_bytes() > 0)
    if not len(values):
        return 0.0
    return int(values.str.contains(f"^(?:{shape})$").sum()) / len(values)


def recognised(raws: Mapping[str, RawTable], known: Iterable[Known]) -> Known | None:
    """The known export whose columns most of the tables have; None where they are of no export."""

    def weight(one: Known) -> int:
        return sum(max(table.weight(raw) for table in one.tables) for raw in raws.values())

    best = max(known, key=weight, default=None)
    return best if best is not None and weight(best) else None


def known_exports(folder: Path | None = None) -> tuple[Known, ...]:
    """All known exports; those of a person's own folder first.

    Raises:
        ConfigError: a file of the folder does not describe an export.
    """
    own = sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else []
    return (*(_read(file) for file in own), *_shipped())


@cache
def _shipped() -> tuple[Known, ...]:
    return tuple(_read(file) for file in sorted(Path(__file__).parent.glob("*.toml")))


def _read(file: Path) -> Known:
    try:
        plain = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(say("data.known.bad", file=file.name, part="TOML")) from error
    return from_plain(plain, key=file.stem, source=file.name)


def from_plain(plain: Mapping[str, Any], *, key: str, source: str) -> Known:
    """The known export of plain values, as they stand in a TOML file.

    Raises:
        ConfigError: a part is missing, unknown, or of the wrong kind.
    """
    part = _wrong_part(plain)
    if part is not None:
        raise ConfigError(say("data.known.bad", file=source, part=part))
    Choices.of(plain.get("options", {}))
    tables = []
    for number, one in enumerate(plain["tables"], 1):
        if not isinstance(one, Mapping) or not _is_sound(one):
            part = f"tables[{number}]"
            raise ConfigError(say("data.known.bad", file=source, part=part))
        Choices.of({"columns": one.get("readings", {})})
        tables.append(KnownTable(**{name: _frozen(value) for name, value in one.items()}))
    joins = [
        Join(**{name: _frozen(value) for name, value in one.items()})
        for one in plain.get("joins", [])
    ]
    values: dict[str, Any] = {**plain, "tables": tuple(tables), "joins": tuple(joins)}
    return Known(key=key, **values)


def _wrong_part(plain: Mapping[str, Any]) -> str | None:
    """The first part beside the tables that is missing, unknown, or of the wrong kind."""
    parts = set(Known.__dataclass_fields__) - {"key"}
    sound = {
        **{name: isinstance(plain.get(name), str) for name in ("title", "source")},
        **{name: isinstance(plain.get(name), str | None) for name in ("currency", "time_zone")},
        "domain": plain.get("domain", "shop") in get_args(Domain),
        "tables": isinstance(plain.get("tables"), list) and bool(plain["tables"]),
        "options": isinstance(plain.get("options", {}), Mapping),
        "joins": isinstance(joins := plain.get("joins", []), list)
        and all(is_sound_join(one) for one in joins),
        **dict.fromkeys(sorted(set(plain) - parts), False),
    }
    return next((name for name, fine in sound.items() if not fine), None)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _is_sound(one: Mapping[str, Any]) -> bool:
    """Whether a table names what it is, its columns or their shapes, and roles that exist."""
    if set(one) - set(KnownTable.__dataclass_fields__) or one.get("name") not in ROLES:
        return False
    lists = [one.get(name, []) for name in ("columns", "names", "shapes")]
    words = all(_are_words(part) for part in lists) and one.get("shape", "") in {"", *SHAPES}
    tables = [one.get(name, {}) for name in ("roles", "constants")]
    if not words or not all(isinstance(part, Mapping) for part in tables):
        return False
    roles = {role.name for role in ROLES[one["name"]]}
    if not all(roles.issuperset(part) and _are_words(list(part.values())) for part in tables):
        return False
    columns, names, shapes = lists
    return bool(columns) != bool(shapes) and len(names) == len(shapes) and _compile(shapes)


def _are_words(part: Any) -> bool:
    return isinstance(part, list) and all(isinstance(word, str) for word in part)


def _compile(shapes: Sequence[str]) -> bool:
    try:
        for shape in shapes:
            re.compile(shape)
            pl.Series([""]).str.contains(shape)
    except (re.error, pl.exceptions.PolarsError):
        return False
    return True
