"""A run's folder is its mailbox: what was asked for, how far it is, and what came out.

config.json       what was asked for; written once
status.json       state, message, device, times; replaced atomically
progress.jsonl    one line twice a second and one an epoch; appended
lock              held by the worker while it lives (flock)
ticket            there while the run waits for its turn, see `queue`
cancel            put there by whoever wants the run to stop
worker.json       where the worker began, see `ended`
spare             room for the last words where the disk is full
log.txt           what the worker's libraries said
checkpoints/      where the training stood, see `checkpoints`; gone when it is done
result files      written before the state becomes done
manifest.json     what the result files were when they were written, see `manifest`
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from clvcore.errors import RunError
from clvcore.messages import recalled, remembered, say
from clvcore.runs.durable import write_whole
from clvcore.runs.ended import broken_off
from clvcore.runs.locks import is_held
from clvcore.runs.manifest import DamagedError, read_sealed

RUN_ID = re.compile(r"^[0-9a-f]{16}$")
_PROGRESS, _STATUS = "progress.jsonl", "status.json"

Json: TypeAlias = Mapping[str, Any]


class State(StrEnum):
    """Where a run stands. Lost is never written: a worker that is gone unfinished broke off."""

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
        """State now; lost where the worker is gone without an end, or where nobody can tell."""
        try:
            status = self._status()
            if status.state in ENDED or self.is_alive():
                return status
            status = self._status()  # it may have ended while we looked
        except RunError as error:
            return Status(State.LOST, error.args[0])
        if status.state in ENDED:
            return status
        return Status(State.LOST, broken_off(self.path), status.device, status.at)

    def _status(self) -> Status:
        facts = self.read(_STATUS)
        try:
            expected = facts.pop("check", None)  # older runs have none
            if expected is not None and expected != _check(facts):
                raise self._damaged(_STATUS)
            read: dict[str, Any] = {
                **facts,
                "state": State(facts["state"]),
                "message": recalled(facts.get("message", "")),
            }
            return Status(**read)
        except (KeyError, TypeError, ValueError) as error:
            raise self._damaged(_STATUS) from error

    def set_status(self, state: State, message: str = "", device: str = "") -> None:
        """Replace the state atomically."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        plain = {**asdict(Status(state, message, device, now)), "message": remembered(message)}
        facts = json.loads(json.dumps(plain))
        self.write(_STATUS, {**facts, "check": _check(facts)})

    def progress(self) -> list[dict[str, Any]]:
        """One entry a point; a line that is still being written is left for the next time.

        Raises:
            RunError: the file is damaged.
        """
        if not (self.path / _PROGRESS).exists():
            return []
        try:
            whole = self.read_bytes(_PROGRESS).decode("utf-8").rpartition("\n")[0]
            return [json.loads(line) for line in whole.splitlines()]
        except ValueError as error:
            raise self._damaged(_PROGRESS) from error

    def rewind(self, steps: Mapping[str, int]) -> None:
        """Forget what was told beyond a step of each stage; all of a stage that is not named."""
        entries = [one for one in self.progress() if one["step"] <= steps.get(one["stage"], -1)]
        entries.sort(key=lambda one: list(steps).index(one["stage"]))
        lines = "".join(json.dumps(entry) + "\n" for entry in entries)
        self.write_bytes(_PROGRESS, lines.encode())

    def add_progress(self, entry: Json) -> None:
        """Append one entry."""
        with (self.path / _PROGRESS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def ask_to_cancel(self) -> None:
        """Ask the worker to stop after what it is at."""
        (self.path / "cancel").touch()

    def take_back_cancel(self) -> None:
        """Forget that the run was asked to stop."""
        (self.path / "cancel").unlink(missing_ok=True)

    def is_cancelled(self) -> bool:
        """Whether somebody asked the run to stop."""
        return (self.path / "cancel").exists()

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the run.

        Raises:
            RunError: it is missing or damaged.
        """
        try:
            return json.loads(self.read_bytes(name))
        except ValueError as error:
            raise self._damaged(name) from error

    def read_bytes(self, name: str) -> bytes:
        """A file of the run, compared with what it was when the run ended.

        Raises:
            RunError: it is missing or damaged.
        """
        try:
            return read_sealed(self.path, name)
        except OSError as error:
            raise self._damaged(name) from error
        except DamagedError as error:
            raise self._damaged(error.args[0]) from error

    def write(self, name: str, value: Json) -> None:
        """Write a JSON file atomically."""
        self.write_bytes(name, json.dumps(value, indent=1, allow_nan=False).encode())

    def write_bytes(self, name: str, data: bytes) -> None:
        """Write a file atomically: it is there whole or not at all."""
        write_whole(self.path / name, data)

    def _damaged(self, name: str) -> RunError:
        return RunError(say("runs.damaged", run=self.run_id, file=name))

    def is_alive(self) -> bool:
        """Whether a worker holds the lock; a killed worker holds none."""
        return is_held(self.lock)


def _check(facts: Json) -> str:
    """Digest of a state, which is replaced too often to be sealed with the rest."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
