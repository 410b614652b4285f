"""Where a training stood, on disk: steps that are there whole or not at all, and checked when read.

    checkpoints/<stage>-<step>/
      arrays/          parameters and state, as Orbax writes them
      facts.json       epoch, score, losses so far
      manifest.json    SHA-256 of every file: Orbax would not notice a flipped bit

A step is written beside its place, brought to the disk and moved there; the two latest of each
stage are kept.
"""

import json
import logging
import os
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from clvcore.messages import say
from clvcore.runs.durable import make_whole, sweep_drafts
from clvcore.runs.manifest import DamagedError, check_all, files_in, seal
from clvcore.towers.standing import Kept, Standing, kept

_KEPT = 2
_ARRAYS, _FACTS = "arrays", "facts.json"
_SYSTEM_ERROR = re.compile(r"os_error_code='(\d+)'")


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The checkpoints of one training."""

    folder: Path

    def save(self, stage: str, standing: Standing) -> None:
        """Write down where a stage stands; older steps of it go once that is done.

        Raises:
            OSError: there is no room, or the folder cannot be written to.
        """
        place = self.folder / f"{stage}-{standing.info.step:012d}"
        if place.exists():
            return
        self.folder.mkdir(exist_ok=True)
        data = kept(standing)
        make_whole(place, lambda draft: _write(data, draft))
        for old in self.steps(stage)[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def latest(self, stage: str) -> Kept | None:
        """The latest step of a stage that is what it was; None where there is none.

        A damaged one is told on standard error and removed.
        """
        if self.folder.is_dir():
            sweep_drafts(self.folder)
        for place in reversed(self.steps(stage)):
            try:
                return self.read(place)
            except DamagedError as error:
                print(say("runs.damaged_step", step=place.name, file=error.args[0]), flush=True)  # noqa: T201 # the worker's output is the run's log
                shutil.rmtree(place)
        return None

    def read(self, place: Path) -> Kept:
        """One step.

        Raises:
            DamagedError: it is not what it was.
        """
        check_all(place)
        return _read(place)

    def steps(self, stage: str) -> list[Path]:
        """Folders of the steps of a stage, the latest last."""
        return sorted(self.folder.glob(f"{stage}-*")) if self.folder.is_dir() else []

    def remove(self) -> None:
        """Let go of all of them: the run has ended and has what it needs."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(slots=True)
class Pace:
    """Saves a stage from time to time."""

    checkpoints: Checkpoints
    stage: str
    every_s: float
    """Seconds between two of them."""
    last: float = field(default_factory=time.monotonic)

    def __call__(self, standing: Standing) -> None:
        """Save where that is due."""
        if time.monotonic() - self.last >= self.every_s:
            self.checkpoints.save(self.stage, standing)
            self.last = time.monotonic()


def _write(data: Kept, folder: Path) -> None:
    # read here: a program that never saves should not carry it
    import orbax.checkpoint as ocp

    try:
        with ocp.PyTreeCheckpointer() as writer:
            writer.save((folder / _ARRAYS).absolute(), dict(data.arrays))
    except ValueError as error:  # as TensorStore reports what the system refused
        code = _SYSTEM_ERROR.search(str(error))
        if code is None:
            raise
        raise OSError(int(code[1]), os.strerror(int(code[1])), str(folder)) from error
    (folder / _FACTS).write_text(json.dumps(data.facts), "utf-8")
    seal(folder, files_in(folder))


def _read(folder: Path) -> Kept:
    import orbax.checkpoint as ocp

    # Orbax says much of itself that helps nobody who reads the log of a run
    logging.getLogger("absl").setLevel(logging.ERROR)
    with ocp.PyTreeCheckpointer() as reader:
        arrays = reader.restore((folder / _ARRAYS).absolute())
    facts = json.loads((folder / _FACTS).read_text("utf-8"))
    return Kept({name: np.asarray(leaf) for name, leaf in arrays.items()}, facts)
