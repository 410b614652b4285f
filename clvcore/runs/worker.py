"""The program that does what takes long: ``python -m clvcore.runs.worker FOLDER``."""

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Generator
from pathlib import Path
from types import FrameType

from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.locks import held, try_to_hold
from clvcore.runs.workspace import Workspace

POLITE = 10
"""Niceness: pages stay quick while a run keeps both cores busy."""


class Cancelled(Exception):  # noqa: N818 # not an error: somebody asked for it
    """Raised between steps when the run has been asked to stop."""


def main(folder: str, *, locked: bool = False) -> State:
    """Do what the run's config asks for and leave the run in an end state."""
    run = RunFolder(Path(folder))
    with contextlib.nullcontext() if locked else held(run.lock):
        signal.signal(signal.SIGTERM, _cancel)
        try:
            with _turn(run):
                _do(run)
        except Cancelled:
            run.set_status(State.CANCELLED, say("runs.cancelled_early"))
        except ClvError as error:
            run.set_status(State.FAILED, error.args[0])
        except Exception as error:  # noqa: BLE001 # the last line of defence: kept in the log and told
            traceback.print_exc()
            log = run.path / "log.txt"
            run.set_status(State.FAILED, say("runs.failed", kind=type(error).__name__, log=log))
    return run.status().state


@contextlib.contextmanager
def _turn(run: RunFolder) -> Generator[None]:
    """Wait until no other run is at work: one job at a time holds the machine's accelerator."""
    gate = run.path.parent / "accelerator.lock"
    while (turn := try_to_hold(gate)) is None:
        if run.status().message != say("runs.waiting"):
            run.set_status(State.QUEUED, say("runs.waiting"))
        if run.is_cancelled():
            raise Cancelled
        time.sleep(0.2)
    with turn:
        yield


def _do(run: RunFolder) -> None:
    run.set_status(State.RUNNING, say("runs.preparing"))
    # jax is imported here: a run that waits its turn should not hold an accelerator's memory
    from clvcore.runs.training import train_run

    train_run(run, Workspace(run.path.parents[1]), cancelled=Cancelled)


def _cancel(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise Cancelled


if __name__ == "__main__":
    os.nice(POLITE)
    ended = main(sys.argv[1], locked="--locked" in sys.argv[2:])
    sys.exit(0 if ended in (State.DONE, State.CANCELLED) else 1)
