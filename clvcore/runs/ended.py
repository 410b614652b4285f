"""Why a run ended that did not end well: told by what it left behind, or by the error it met."""

import errno
import json
import re
from pathlib import Path
from typing import Any

from clvcore.messages import say
from clvcore.runs.durable import DRAFT

WORKER = "worker.json"
"""File of a run in which its worker writes down where it began."""
LOG = "log.txt"
CHECKPOINTS = "checkpoints"
"""Folder of a run in which a training writes down where it stands."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_OOM_COUNTS = (
    Path("/sys/fs/cgroup/memory.events"),
    Path("/sys/fs/cgroup/memory/memory.oom_control"),
    Path("/proc/vmstat"),
)
_OOM = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)
_FATAL = re.compile(r"^Fatal Python error: (.+)$", re.MULTILINE)
_TAIL_BYTES = 1 << 16


def circumstances(folder: Path) -> dict[str, Any]:
    """What a worker has to write down at its start, so that its end can be explained."""
    log = folder / LOG
    return {
        "boot": _text(_BOOT).strip(),
        "out_of_memory": _oom_kills(),
        "log_from": log.stat().st_size if log.exists() else 0,
    }


def has_checkpoint(folder: Path) -> bool:
    """Whether a run has a step that it could go on from."""
    steps = (folder / CHECKPOINTS).glob("*-*")
    return any(not step.name.startswith(DRAFT) for step in steps)


def broken_off(folder: Path) -> str:
    """Why a worker is gone that wrote no end, as far as that can be told, and what is left of it."""
    left = say(f"runs.broken.{'goes_on' if has_checkpoint(folder) else 'begins_anew'}")
    return say("units.both", first=_why(folder), second=left)


def _why(folder: Path) -> str:
    try:
        then = json.loads((folder / WORKER).read_text("utf-8"))
    except (OSError, ValueError):
        return say("runs.broken.killed")
    if then["boot"] != _text(_BOOT).strip():
        return say("runs.broken.restarted")
    if _oom_kills() > then["out_of_memory"]:
        return say("runs.broken.out_of_memory")
    fatal = _FATAL.findall(_log_since(folder, then["log_from"]))
    return say("runs.broken.crashed", what=fatal[-1]) if fatal else say("runs.broken.killed")


def failure(error: Exception, folder: Path) -> str:
    """What an error means that is not of ours."""
    text = str(error)
    if isinstance(error, OSError) and error.errno in _FULL:
        return say("runs.no_space", folder=folder)
    if isinstance(error, MemoryError) or text.startswith("RESOURCE_EXHAUSTED"):
        return say("runs.no_memory")
    return say("runs.failed", kind=type(error).__name__, log=folder / LOG)


def last_lines(folder: Path, n: int) -> str:
    """The end of the log of a run; empty where it has said nothing."""
    return "\n".join(_log_since(folder, 0).splitlines()[-n:])


def _log_since(folder: Path, begin: int) -> str:
    try:
        with (folder / LOG).open("rb") as log:
            end = log.seek(0, 2)
            log.seek(max(begin, end - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _oom_kills() -> int:
    """How often the system has ended a program of our group for lack of memory."""
    found = (_OOM.search(_text(file)) for file in _OOM_COUNTS)
    return next((int(count[1]) for count in found if count), 0)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError:
        return ""
