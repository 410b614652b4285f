"""Files and folders that are there whole or not at all, whenever the power goes."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

DRAFT = ".new-"
"""Begins the name of what is still being written."""


def write_whole(file: Path, data: bytes) -> None:
    """Write a file beside its place and move it there in one step.

    Raises:
        OSError: it cannot be written; what was there before stays, and no draft is left.
    """
    draft = file.with_name(f"{DRAFT}{uuid4().hex}")
    try:
        with draft.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def make_whole(place: Path, fill: Callable[[Path], None]) -> None:
    """Let ``fill`` make a folder beside its place and move it there in one step.

    Raises:
        OSError: it cannot be written, or ``place`` is there already; no draft is left.
    """
    draft = place.with_name(f"{DRAFT}{uuid4().hex}")
    try:
        draft.mkdir()
        fill(draft)
        for path in [*draft.rglob("*"), draft]:
            _to_disk(path)
        draft.rename(place)
        _to_disk(place.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def sweep_drafts(folder: Path) -> None:
    """Remove what a writer left behind that was killed; only for whom nobody writes beside."""
    for draft in folder.glob(f"{DRAFT}*"):
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
