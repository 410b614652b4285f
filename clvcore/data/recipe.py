"""Recipes as JSON: how a data set was made, in a file that a person can read and change."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, get_args

from clvcore.data.dataset import ColumnMap, Domain, Recipe
from clvcore.errors import ConfigError
from clvcore.messages import say

VERSION = 1
"""Of the form in which a recipe is written; one without a number is of the first."""
_MAP_PARTS = {part.name for part in fields(ColumnMap)}


def to_json(recipe: Recipe) -> dict[str, Any]:
    """The recipe as plain values."""
    plain = {part.name: getattr(recipe, part.name) for part in fields(Recipe)}
    until = recipe.observed_until
    maps = {
        table: {"roles": dict(one.roles), "constants": dict(one.constants)}
        for table, one in recipe.maps.items()
    }
    return (
        {"version": VERSION}
        | plain
        | {
            "observed_until": until.isoformat() if until else None,
            "maps": maps,
            "options": dict(recipe.options),
        }
    )


def from_text(text: str | bytes, *, source: str) -> Recipe:
    """The recipe of a recipe.json, or of a dataset.json that holds one.

    Raises:
        ConfigError: it is no JSON, or a part is unknown, missing, or of the wrong kind.
    """
    try:
        plain = json.loads(text)
    except ValueError as error:  # also bytes that are no text
        raise ConfigError(say("data.bad_recipe", source=source, part="JSON")) from error
    return from_json(
        plain.get("recipe", plain) if isinstance(plain, dict) else plain, source=source
    )


def from_json(plain: Any, *, source: str) -> Recipe:
    """The recipe of plain values.

    Raises:
        ConfigError: a part is unknown, missing, or of the wrong kind.
    """
    if not isinstance(plain, Mapping):
        raise ConfigError(say("data.bad_recipe", source=source, part="recipe"))
    plain = _of_this_version(plain, source)
    known = {part.name: part for part in fields(Recipe)}
    strangers = [name for name in plain if name not in known]
    if strangers:
        raise ConfigError(say("data.bad_recipe", source=source, part=strangers[0]))
    for name in ("name", "currency"):
        if not isinstance(plain.get(name), str) or not plain[name].strip():
            raise ConfigError(say("data.bad_recipe", source=source, part=name))
    values = dict(plain)
    for name in ("time_zone", "source", "licence"):
        if not isinstance(values.get(name, ""), str):
            raise ConfigError(say("data.bad_recipe", source=source, part=name))
    if values.get("domain", "shop") not in get_args(Domain):
        raise ConfigError(say("data.bad_recipe", source=source, part="domain"))
    if not isinstance(values.get("simulated", False), bool):
        raise ConfigError(say("data.bad_recipe", source=source, part="simulated"))
    if not isinstance(values.get("options", {}), Mapping):
        raise ConfigError(say("data.bad_recipe", source=source, part="options"))
    values["observed_until"] = _moment(values.get("observed_until"), source)
    values["maps"] = _maps(values.get("maps", {}), source)
    return Recipe(**values)


def _of_this_version(plain: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The parts of a recipe, without the number of its form."""
    parts = dict(plain)
    version = parts.pop("version", VERSION)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ConfigError(say("data.bad_recipe", source=source, part="version"))
    if version > VERSION:
        raise ConfigError(
            say("data.again_newer_recipe", source=source, version=version, known=VERSION)
        )
    return parts


def _moment(text: Any, source: str) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ConfigError(say("data.bad_recipe", source=source, part="observed_until")) from error


def _maps(plain: Any, source: str) -> dict[str, ColumnMap]:
    sound = isinstance(plain, Mapping) and all(
        isinstance(one, Mapping)
        and _MAP_PARTS.issuperset(one)
        and all(isinstance(part, Mapping) for part in one.values())
        for one in plain.values()
    )
    if not sound:
        raise ConfigError(say("data.bad_recipe", source=source, part="maps"))
    return {
        table: ColumnMap(dict(one.get("roles", {})), dict(one.get("constants", {})))
        for table, one in plain.items()
    }
