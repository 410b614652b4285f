"""Locks that the system lets go of when their holder ends, however it ends (flock)."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def try_to_hold(file: Path) -> IO[str] | None:
    """The open file that holds the lock, or None where another process holds it.

    Close it to let go. A child that inherits the descriptor goes on holding.
    """
    lock = file.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def is_held(file: Path) -> bool:
    """Whether somebody holds the lock."""
    lock = try_to_hold(file)
    if lock is None:
        return True
    lock.close()
    return False


@contextmanager
def held(file: Path) -> Generator[None]:
    """Hold the lock, waiting for it."""
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
