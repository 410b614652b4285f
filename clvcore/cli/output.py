"""How a command answers: a text for people, or JSON for programs."""

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import click
import numpy as np
from rich.console import Console

from clvcore.messages import say

WIDEST_TABLE = 118
"""Columns that the widest table needs."""

as_json = click.option("--json", "as_json", is_flag=True, help=say("cli.json"))
"""The option that every command has."""


@contextmanager
def working(key: str, **values: object) -> Generator[None]:
    """Say what is going on, for as long as it goes on and somebody watches."""
    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield
        return
    with screen.status(say(key, **values)):
        yield


def console() -> Console:
    """Where people read; never so narrow that a number would be cut."""
    screen = Console(highlight=False, soft_wrap=True)
    screen.width = max(screen.width, WIDEST_TABLE)
    return screen


def answer(value: Mapping[str, Any], *, as_json: bool, text: Callable[[Console], None]) -> None:
    """Print ``value`` as JSON, or let ``text`` print it for people."""
    if as_json:
        click.echo(json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False))
    else:
        text(console())


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)  # four places of money up to 10^11 come back exactly from a float
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, np.generic):
        return value.item()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(type(value).__name__)
