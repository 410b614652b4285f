"""The columns of the next file beside those that the recipe reads."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from clvcore import columns as col
from clvcore.data.cells import amounts, moments, words
from clvcore.data.cells.choices import Choices
from clvcore.data.cells.ids import respelled
from clvcore.data.cells.roles import MONEY_ROLES, ROLES
from clvcore.data.cells.table import ids_of
from clvcore.data.dataset import ColumnMap, Dataset, RawTable, Recipe, Step
from clvcore.data.meaning.headless import named
from clvcore.data.meaning.shaping import shaped

_SAMPLE = 2000
_LIKELY = 0.35
_VALUES_COUNT = 0.7
"""Weight of the values; the rest is the likeness of the names."""
_NUMBERS = {"amount", "unit_price", "quantity", "rating", "price", "unit_cost", "position"}
_TIMES = {col.AT, col.DATE, col.ACQUIRED, col.ENDED, col.AVAILABLE}


@dataclass(frozen=True, slots=True)
class Missing:
    """A column that the recipe reads and the file lacks."""

    table: str
    role: str
    column: str
    near: tuple[str, ...]
    """Columns of the file that may be the same under another name, the likeliest first."""
    required: bool
    """Whether nothing can be brought in without it."""


def under_their_names(raws: Mapping[str, RawTable], recipe: Recipe) -> dict[str, RawTable]:
    """The tables under the names and in the shape that the recipe gives to their columns.

    Raises:
        ClvError: a file has another number of columns.
    """
    choices = Choices.of(recipe.options)
    names, shapes = choices.names, choices.shapes
    found = {name: named(raw, names[name]) if name in names else raw for name, raw in raws.items()}
    return {
        name: shaped(raw, shapes[name]) if name in shapes else raw for name, raw in found.items()
    }


def known_columns(lineage: Sequence[Step], table: str) -> tuple[str, ...]:
    """Columns of the latest file of a table; empty where they are not known."""
    for step in reversed(lineage):
        for origin in step.origins:
            if origin.table == table:
                return origin.columns
    return ()


def missing(raws: Mapping[str, RawTable], recipe: Recipe, previous: Dataset) -> tuple[Missing, ...]:
    """Columns that the recipe reads and the files lack, with what may stand for them."""
    found = []
    for table, raw in raws.items():
        if table not in recipe.maps:
            continue
        roles, there = recipe.maps[table].roles, raw.frame.columns
        taken = {column for column in roles.values() if column in there}
        before = set(known_columns(previous.lineage, table)) - set(roles.values())
        free = [name for name in there if name not in taken and name not in before]
        for role, column in roles.items():
            if column not in there:
                near = _near(raw, role, column, free, previous)
                found.append(Missing(table, role, column, near, required=_is_required(table, role)))
    return tuple(found)


def _is_required(table: str, role: str) -> bool:
    """Roles without which the rows mean nothing, or their money is unknown."""
    asked = {one.name for one in ROLES[table] if one.required or one.asks}
    return role in asked or role in MONEY_ROLES.get(table, ()) or role == col.KIND


def _near(
    raw: RawTable, role: str, column: str, free: Sequence[str], previous: Dataset
) -> tuple[str, ...]:
    known = _values(previous, raw.name, role)
    scores = {name: _likeness(raw.frame[name], name, role, column, known) for name in free}
    ranked = sorted(scores, key=lambda name: (-scores[name], name))
    return tuple(name for name in ranked if scores[name] >= _LIKELY)[:3]


def _values(previous: Dataset, table: str, role: str) -> set[object]:
    """The values that the role had: words, or numbers as floats."""
    frame = previous.tables().get(table)
    if frame is None or role not in frame.columns:
        return set()
    column = frame[role].drop_nulls()
    if column.dtype.is_numeric() or column.dtype.is_decimal():
        column = column.cast(pl.Float64).abs()
    return set(column.unique().to_list()) if not column.dtype.is_nested() else set()


def _likeness(cells: pl.Series, name: str, role: str, column: str, known: set[object]) -> float:
    """How likely a column is the one that is missing, from 0 to 1: by values, then by name."""
    text = respelled(ids_of(cells)).drop_nulls().unique(maintain_order=True).head(_SAMPLE)
    alike = difflib.SequenceMatcher(None, name.lower(), column.lower()).ratio()
    if not len(text):
        return 0.0
    if role in _NUMBERS:
        bare = amounts.bare(cells.drop_nulls().unique(maintain_order=True).head(_SAMPLE))
        read = amounts.exact(bare, amounts.decimal_mark(bare) or ".")
        numbers = read.drop_nulls().cast(pl.Float64).abs().to_list()
        familiar = sum(number in known for number in numbers)
        same = (len(numbers) + familiar) / (2 * len(text))
    elif role in _TIMES:
        read = moments.moments(text, time_zone="UTC", order=moments.date_order(text) or "dmy").at
        same = int(read.is_not_null().sum()) / len(text)
    elif role == col.KIND:
        same = sum(words.is_kind(word) for word in text.to_list()) / len(text)
    else:
        same = sum(word in known for word in text.to_list()) / len(text)
    return _VALUES_COUNT * same + (1 - _VALUES_COUNT) * alike if same else 0.0


def fitted(recipe: Recipe, answers: Mapping[tuple[str, str], str | None]) -> Recipe:
    """The recipe with columns under their new names.

    Args:
        recipe: As it stands.
        answers: (table, column) -> its new name; None leaves its role out.
    """
    for (table, old), new in answers.items():
        roles = dict(recipe.maps[table].roles)
        named = {role: new if column == old else column for role, column in roles.items()}
        kept = {role: column for role, column in named.items() if column is not None}
        maps = {**recipe.maps, table: ColumnMap(kept, recipe.maps[table].constants)}
        recipe = replace(recipe, maps=maps)
        if new is not None:
            recipe = replace(recipe, options=_renamed(recipe.options, table, old, new))
    return recipe


def _renamed(options: Mapping[str, Any], table: str, old: str, new: str) -> dict[str, Any]:
    """The choices about a column under its new name."""
    made = dict(options)
    names = {old: new, f"{table}.{old}": f"{table}.{new}"}
    if "columns" in made:
        made["columns"] = {names.get(name, name): own for name, own in made["columns"].items()}
    if "files" in made:
        made["files"] = {
            file: {names.get(name, name): how for name, how in own.items()}
            for file, own in made["files"].items()
        }
    if table == "events" and made.get("item_title") == old:
        made["item_title"] = new
    attributes = made.get("user_attributes")
    if table == "events" and attributes:
        pairs = (
            attributes if isinstance(attributes, Mapping) else {name: name for name in attributes}
        )
        made["user_attributes"] = {
            name: new if column == old else column for name, column in pairs.items()
        }
    return made
