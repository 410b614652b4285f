"""Trainings take turns: one at a time for each accelerator, in the order in which they came.

Whoever waits has a ticket in the run's folder and is alive as long as the run's lock is held, so
that somebody who died in the queue or at work blocks nobody.
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from clvcore.messages import listed, say
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.locks import try_to_hold

TICKET = "ticket"
"""File of a run that waits; it holds the moment since which it does."""
VISIBLE = "CUDA_VISIBLE_DEVICES"
_LOOK_EVERY_S = 0.2


def accelerators(environment: Mapping[str, str], devices: Path = Path("/dev")) -> list[str]:
    """Names of what trainings may compute on here, each for one at a time: gpu-0, gpu-1 or cpu."""
    if environment.get("JAX_PLATFORMS") == "cpu" or find_spec("jax_cuda13_plugin") is None:
        return ["cpu"]
    visible = environment.get(VISIBLE)
    if visible is None:
        found = [file.name.removeprefix("nvidia") for file in devices.glob("nvidia[0-9]*")]
    else:
        found = [name.strip() for name in visible.split(",") if name.strip()]
    return [f"gpu-{name}" for name in sorted(found)] or ["cpu"]


def environment_for(accelerator: str) -> dict[str, str]:
    """What a program has to set before it imports jax, so that it sees this accelerator alone."""
    kind, _, number = accelerator.partition("-")
    return {VISIBLE: number} if kind == "gpu" else {}


@contextmanager
def turn(
    run: RunFolder, names: Sequence[str], *, give_up: Callable[[], None]
) -> Generator[str, None, None]:
    """Wait until an accelerator is free and nobody is before us; its name.

    Args:
        run: whose turn it is to be; while it waits, its state says for what and at which place.
        names: the accelerators that would do.
        give_up: called between two looks; it raises where somebody no longer wants the run.
    """
    ticket = run.path / TICKET
    ticket.write_text(f"{time.time_ns():020d}", "utf-8")
    try:
        while True:
            place = 1 + len(_before(run))
            lock, name = _first_free(run, names) if place == 1 else (None, "")
            if lock is not None:
                break
            _tell(run, names, place)
            give_up()
            time.sleep(_LOOK_EVERY_S)
    finally:
        ticket.unlink(missing_ok=True)
    with lock:
        lock.truncate(0)
        lock.write(run.run_id)
        lock.flush()
        yield name


def lock_of(run: RunFolder, name: str) -> Path:
    """The file whose lock whoever computes on an accelerator holds; it names the run."""
    return run.path.parent / f"{name}.lock"


def _before(run: RunFolder) -> list[RunFolder]:
    """Living runs that have waited longer."""
    own = _ticket(run.path / TICKET)
    tickets = (file for file in run.path.parent.glob(f"*/{TICKET}") if file.parent != run.path)
    earlier = (RunFolder(file.parent) for file in tickets if _ticket(file) < own)
    return [other for other in earlier if other.is_alive()]


def _ticket(file: Path) -> tuple[str, str]:
    try:
        since = file.read_text("utf-8")
    except OSError:  # it has just got its turn
        since = ""
    # one that is still being written is the latest
    return since or "~", file.parent.name


def _first_free(run: RunFolder, names: Sequence[str]) -> tuple[IO[str] | None, str]:
    for name in names:
        lock = try_to_hold(lock_of(run, name))
        if lock is not None:
            return lock, name
    return None, ""


def _tell(run: RunFolder, names: Sequence[str], place: int) -> None:
    holders = [holder for name in names if (holder := _holder(run, name))]
    told = say(
        "runs.waiting",
        place=place,
        accelerator=listed([name.upper().replace("-", " ") for name in names]),
        holders=listed(holders) or "-",
    )
    if run.status().message != told:
        run.set_status(State.QUEUED, told)


def _holder(run: RunFolder, name: str) -> str:
    try:
        return lock_of(run, name).read_text("utf-8")
    except OSError:
        return ""
