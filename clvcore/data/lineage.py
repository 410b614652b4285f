"""Where a data set came from, as JSON: files by their digest, how they were read, what came of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from clvcore.data.dataset import Account, Origin, SourceFile, Step

_MONEY = frozenset(part.name for part in fields(Account) if part.name.startswith("money"))


def stamped(steps: Sequence[Step], at: datetime, version: str) -> tuple[Step, ...]:
    """The steps with the moment and the version of the code where they bear none yet."""
    return tuple(
        step if step.at is not None else replace(step, at=at, version=version) for step in steps
    )


def to_json(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps as plain values, money as text."""
    return [
        {
            "parent": step.parent,
            "at": step.at.isoformat() if step.at else None,
            "version": step.version,
            "origins": [_plain(origin) for origin in step.origins],
        }
        for step in steps
    ]


def _plain(origin: Origin) -> dict[str, Any]:
    account = asdict(origin.account)
    return {
        "table": origin.table,
        "source": origin.source,
        "files": [asdict(file) for file in origin.files],
        "reading": dict(origin.reading),
        "columns": list(origin.columns),
        "account": {k: str(v) if k in _MONEY else v for k, v in account.items()},
    }


def from_json(plain: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps of plain values.

    Raises:
        KeyError, TypeError, ValueError, ArithmeticError: they are not those of `to_json`.
    """
    return tuple(
        Step(
            origins=tuple(_origin(one) for one in step["origins"]),
            parent=step["parent"],
            at=datetime.fromisoformat(step["at"]) if step["at"] else None,
            version=step["version"],
        )
        for step in plain
    )


def _origin(plain: Mapping[str, Any]) -> Origin:
    account: dict[str, Any] = {
        k: Decimal(v) if k in _MONEY else v for k, v in plain["account"].items()
    }
    return Origin(
        table=plain["table"],
        source=plain["source"],
        files=tuple(SourceFile(**file) for file in plain["files"]),
        reading=dict(plain["reading"]),
        columns=tuple(plain["columns"]),
        account=Account(**account),
    )
