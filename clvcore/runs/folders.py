"""Folders for the time of one piece of work, and what became of those whose owner was killed."""

import os
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from clvcore.runs.locks import is_held, try_to_hold

LOCK = "held"
"""File of a folder whose lock its owner holds for as long as it lives."""
_OLD_S = 3600.0


@contextmanager
def own_folder(parent: Path, prefix: str) -> Generator[Path]:
    """A fresh folder of our own in ``parent``, which is removed when the work is done."""
    # under another name until its lock is held: a sweep leaves that alone for as long as it is young
    made = Path(tempfile.mkdtemp(prefix=f"making-{prefix}", dir=parent))
    lock = try_to_hold(made / LOCK)
    place = made.rename(made.with_name(made.name.removeprefix("making-")))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if lock is not None:
            lock.close()


def sweep_folders(parent: Path, prefix: str) -> int:
    """How many folders were removed that killed owners left behind in ``parent``.

    A folder whose lock is held belongs to somebody who lives; one that is being made, or that has no
    lock, is swept once it is old; and folders of other people cannot be opened and are left alone.
    """
    gone = 0
    making = set(parent.glob(f"making-{prefix}*"))
    for place in [*parent.glob(f"{prefix}*"), *making]:
        try:
            lock, made = place / LOCK, place.stat()
            if place.is_symlink() or made.st_uid != os.getuid():
                continue
            # to look at the lock of one in the making could take it from its owner
            can_tell = place not in making and lock.exists()
            is_left = not is_held(lock) if can_tell else time.time() - made.st_mtime > _OLD_S
        except OSError:
            continue
        if is_left:
            shutil.rmtree(place, ignore_errors=True)
            gone += 1
    return gone
