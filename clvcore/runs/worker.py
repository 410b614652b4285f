"""The program that does what takes long: ``python -m clvcore.runs.worker FOLDER``."""

import contextlib
import faulthandler
import os
import signal
import sys
import traceback
from functools import partial
from pathlib import Path
from types import FrameType

from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.runs.ended import WORKER, circumstances, failure
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.locks import held
from clvcore.runs.queue import accelerators, environment_for, turn
from clvcore.runs.workspace import Workspace

POLITE = 10
"""Niceness: pages stay quick while a run keeps both cores busy."""
_SPARE = "spare"
_SPARE_BYTES = 1 << 16
"""Given back where the disk is full, so that the run can still say so."""


class Cancelled(Exception):  # noqa: N818 # not an error: somebody asked for it
    """Raised between steps when the run has been asked to stop."""


def main(folder: str, *, locked: bool = False) -> State:
    """Do what the run's config asks for and leave the run in an end state."""
    run = RunFolder(Path(folder))
    with contextlib.nullcontext() if locked else held(run.lock):
        signal.signal(signal.SIGTERM, _cancel)
        try:
            _begin(run)
            with turn(run, accelerators(os.environ), give_up=partial(_give_up, run)) as name:
                os.environ.update(environment_for(name))
                _do(run)
        except Cancelled:
            _end(run, State.CANCELLED, say("runs.cancelled_early"))
        except ClvError as error:
            _end(run, State.FAILED, error.args[0])
        except Exception as error:  # noqa: BLE001 # the last line of defence: kept in the log and told
            traceback.print_exc()
            _end(run, State.FAILED, failure(error, run.path))
        (run.path / _SPARE).unlink(missing_ok=True)
    return run.status().state


def _begin(run: RunFolder) -> None:
    """Write down what will explain the end of this program, and keep room to tell of it."""
    run.write(WORKER, circumstances(run.path))
    run.write_bytes(_SPARE, os.urandom(_SPARE_BYTES))


def _end(run: RunFolder, state: State, message: str) -> None:
    (run.path / _SPARE).unlink(missing_ok=True)
    try:
        run.set_status(state, message)
    except OSError:  # not even room for that; the state is then told by what is left
        traceback.print_exc()


def _give_up(run: RunFolder) -> None:
    if run.is_cancelled():
        raise Cancelled


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
    faulthandler.enable()  # a crash is then told in the log, and by that on the page
    ended = main(sys.argv[1], locked="--locked" in sys.argv[2:])
    sys.exit(0 if ended in (State.DONE, State.CANCELLED) else 1)
