"""Start a run in a program of its own, which outlives whoever started it."""

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from clvcore import __version__
from clvcore.data.dataset import Dataset
from clvcore.errors import RunError
from clvcore.messages import say
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.locks import try_to_hold
from clvcore.runs.workspace import Workspace
from clvcore.towers.config import TowerConfig, TrainConfig


def new_training(
    workspace: Workspace,
    dataset: Dataset,
    tower: TowerConfig,
    train: TrainConfig,
    *,
    reference: str,
    preset: str,
) -> RunFolder:
    """The folder of a training that is still to be started.

    ``reference`` is how the data set was named, so that the worker finds it again.
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
            "version": __version__,
            "asked_at": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )
    run.set_status(State.QUEUED, say("runs.preparing"))
    return run


def start(run: RunFolder) -> "subprocess.Popen[bytes]":
    """Start the worker of a run.

    The worker inherits the run's lock, so that there is no moment in which it seems lost.
    """
    lock = try_to_hold(run.lock)
    if lock is None:
        raise RunError(say("runs.already", run=run.run_id))
    with lock, (run.path / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "clvcore.runs.worker", str(run.path), "--locked"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lock.fileno()],
            env=worker_environment(os.environ),
        )


def worker_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Our environment for a worker, which may use the accelerator that the pages leave alone."""
    theirs = {**ours, "PYTHONUNBUFFERED": "1"}
    if theirs.pop("CLV_PAGES_ON_CPU", ""):
        del theirs["JAX_PLATFORMS"]
    return theirs
