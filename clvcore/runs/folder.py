"""A run's folder is its mailbox: what was asked for, how far it is, and what came out.

config.json       what was asked for; written once
status.json       state, message, device, times; replaced atomically
progress.jsonl    one line an epoch; appended
lock              held by the worker while it lives (flock)
cancel            put there by whoever wants the run to stop
log.txt           what the worker's libraries said
result files      written before the state becomes done
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from clvcore.errors import RunError
from clvcore.messages import recalled, remembered, say
from clvcore.runs.locks import is_held

RUN_ID = re.compile(r"^[0-9a-f]{16}$")

Json: TypeAlias = Mapping[str, Any]


class State(StrEnum):
    """Where a run stands. Lost is never written: it is seen when a worker is gone unfinished."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    LOST = "lost"


ENDED = (State.DONE, State.CANCELLED, State.FAILED, State.LOST)


@dataclass(frozen=True, slots=True)
class Status:
    """State of a run and one sentence about it."""

    state: State
    message: str = ""
    device: str = ""
    at: str = ""
    """When the state was written, ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run."""

    path: Path

    @property
    def run_id(self) -> str:
        """Sixteen hexadecimal digits."""
        return self.path.name

    @property
    def lock(self) -> Path:
        """Held by the worker while it lives."""
        return self.path / "lock"

    def config(self) -> dict[str, Any]:
        """What was asked for."""
        return self.read("config.json")

    def status(self) -> Status:
        """State now; lost where the worker is gone without an end."""
        facts = self.read("status.json")
        read: dict[str, Any] = {
            **facts,
            "state": State(facts["state"]),
            "message": recalled(facts.get("message", "")),
        }
        status = Status(**read)
        if status.state not in ENDED and not self.is_alive():
            return Status(State.LOST, say("runs.lost"), status.device, status.at)
        return status

    def set_status(self, state: State, message: str = "", device: str = "") -> None:
        """Replace the state atomically."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        facts = asdict(Status(state, message, device, now))
        self.write("status.json", {**facts, "message": remembered(message)})

    def progress(self) -> list[dict[str, Any]]:
        """One entry an epoch; a line that is still being written is left for the next time."""
        file = self.path / "progress.jsonl"
        if not file.exists():
            return []
        whole = file.read_text("utf-8").rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def add_progress(self, entry: Json) -> None:
        """Append one entry."""
        with (self.path / "progress.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def ask_to_cancel(self) -> None:
        """Ask the worker to stop after what it is at."""
        (self.path / "cancel").touch()

    def is_cancelled(self) -> bool:
        """Whether somebody asked the run to stop."""
        return (self.path / "cancel").exists()

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the run.

        Raises:
            RunError: it is missing or damaged.
        """
        try:
            return json.loads((self.path / name).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(say("runs.damaged", run=self.run_id, file=name)) from error

    def write(self, name: str, value: Json) -> None:
        """Write a JSON file atomically."""
        self.write_bytes(name, json.dumps(value, indent=1, allow_nan=False).encode())

    def write_bytes(self, name: str, data: bytes) -> None:
        """Write a file atomically: it is there whole or not at all."""
        draft = self.path / f".{name}.{os.getpid()}"
        draft.write_bytes(data)
        draft.replace(self.path / name)

    def is_alive(self) -> bool:
        """Whether a worker holds the lock; a killed worker holds none."""
        return is_held(self.lock)
