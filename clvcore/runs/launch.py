"""Start a run in a program of its own, which outlives whoever started it."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from clvcore import __version__
from clvcore.data.dataset import Dataset
from clvcore.errors import RunError
from clvcore.messages import say
from clvcore.runs.ended import LOG
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.locks import try_to_hold
from clvcore.runs.manifest import seal
from clvcore.runs.shelf import is_shipped
from clvcore.runs.workspace import Workspace
from clvcore.towers.config import TowerConfig, TrainConfig

CHECKPOINT_EVERY_S = 60.0
"""Time between two checkpoints where nobody says otherwise."""
_TRIES = 5
_MOMENT_S = 0.02


def new_training(
    workspace: Workspace,
    dataset: Dataset,
    tower: TowerConfig,
    train: TrainConfig,
    *,
    reference: str,
    preset: str,
    checkpoint_every_s: float = CHECKPOINT_EVERY_S,
) -> RunFolder:
    """The folder of a training that is still to be started.

    Args:
        workspace: where it is to stand.
        dataset: what it learns from.
        tower: the model.
        train: the training.
        reference: how the data set was named, so that the worker finds it again.
        preset: whose settings these are, for the reader.
        checkpoint_every_s: seconds of learning that a run which breaks off may lose.

    Raises:
        RunError: the workspace cannot be written to.
    """
    folder = workspace.root / "runs" / secrets.token_hex(8)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise RunError(say("runs.cannot_write", folder=folder, why=error.strerror)) from error
    run = RunFolder(folder)
    path = Path(reference).expanduser()
    run.write(
        "config.json",
        {
            "kind": "train",
            "dataset": {
                "id": dataset.id,
                "name": dataset.name,
                "reference": str(path.resolve()) if path.exists() else reference,
                "simulated": dataset.recipe.simulated,
            },
            "preset": preset,
            "tower": asdict(tower),
            "train": asdict(train),
            "checkpoint_every_s": checkpoint_every_s,
            "version": __version__,
            "asked_at": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )
    seal(folder, ["config.json"])
    run.set_status(State.QUEUED, say("runs.preparing"))
    return run


def can_go_on(run: RunFolder) -> bool:
    """Whether a run has ended without what it was started for, and can be taken up again."""
    state = run.status().state
    stopped_early = state is State.CANCELLED and not (run.path / "summary.json").exists()
    return not is_shipped(run) and (state in (State.FAILED, State.LOST) or stopped_early)


def resume(run: RunFolder) -> "subprocess.Popen[bytes]":
    """Start a run again that broke off, failed or was stopped before it had a model.

    It goes on from its latest checkpoint that is whole, or begins anew where there is none, and comes
    to what it would have come to.

    Raises:
        RunError: it is at work, or has all it was started for.
    """
    if not can_go_on(run):
        state = run.status().state
        raise RunError(say("runs.cannot_go_on", run=run.run_id, state=say(f"runs.state.{state}")))
    run.take_back_cancel()
    return start(run)


def start(run: RunFolder) -> "subprocess.Popen[bytes]":
    """Start the worker of a run.

    The worker inherits the run's lock, so that there is no moment in which it seems lost.

    Raises:
        RunError: it is at work, or its folder cannot be written to.
    """
    lock = _hold(run.lock)
    if lock is None:
        raise RunError(say("runs.already", run=run.run_id))
    with lock:
        try:
            run.set_status(State.QUEUED, say("runs.preparing"))
            log = (run.path / LOG).open("ab")
        except OSError as error:
            raise RunError(say("runs.cannot_write", folder=run.path, why=error.strerror)) from error
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "clvcore.runs.worker", str(run.path), "--locked"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[lock.fileno()],
                env=worker_environment(os.environ),
            )


def _hold(file: Path) -> IO[str] | None:
    """The lock, also where somebody who only looks whether it is held has it for a moment."""
    for _ in range(_TRIES):
        lock = try_to_hold(file)
        if lock is not None:
            return lock
        time.sleep(_MOMENT_S)
    return None


def worker_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Our environment for a worker, which may use the accelerator that the pages leave alone."""
    theirs = {**ours, "PYTHONUNBUFFERED": "1"}
    if theirs.pop("CLV_PAGES_ON_CPU", ""):
        del theirs["JAX_PLATFORMS"]
    return theirs
