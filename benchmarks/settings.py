"""Settings of a model and its training, as name=value on a command line."""

import json
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from clvcore.towers.config import TowerConfig, TrainConfig


def changed(
    tower: TowerConfig, train: TrainConfig, pairs: Iterable[str]
) -> tuple[TowerConfig, TrainConfig]:
    """The settings with those that are given instead."""
    given = {name: _value(text) for name, text in (pair.split("=", 1) for pair in pairs)}
    own = [
        {f.name: given.pop(f.name) for f in fields(config) if f.name in given}
        for config in (tower, train)
    ]
    if given:
        raise SystemExit(f"no such setting: {', '.join(given)}")
    return replace(tower, **own[0]), replace(train, **own[1])


def _value(text: str) -> Any:
    """A number or a truth where it is one, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
