"""The child that reads one file under limits; see `clvcore.runs.reading`."""

import contextlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

_GB = 1 << 30
_MEMORY = 3 * _GB
_MEMORY_PER_BYTE = 32
_CPU_S = 120
_CPU_S_PER_MB = 1
_MOST_WRITTEN = 8 * _GB
_MOST_FILES = 64


def limit(n_bytes: int) -> None:
    """Let this process take what a file of ``n_bytes`` may need, where the system knows limits."""
    try:
        import resource
    except ImportError:  # Windows has none; the time limit of the parent stays
        return
    memory = min(_MEMORY + _MEMORY_PER_BYTE * n_bytes, _physical())
    seconds = _CPU_S + _CPU_S_PER_MB * (n_bytes >> 20)
    limits = {
        "RLIMIT_AS": memory,
        "RLIMIT_CPU": seconds,
        "RLIMIT_FSIZE": _MOST_WRITTEN,
        "RLIMIT_NOFILE": _MOST_FILES,
        "RLIMIT_CORE": 0,
    }
    for name, most in limits.items():
        with contextlib.suppress(ValueError, OSError, AttributeError):  # macOS refuses RLIMIT_AS
            which = getattr(resource, name)
            hard = resource.getrlimit(which)[1]
            soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (soft, soft))


def _physical() -> int:
    """Memory of the machine in bytes; a generous guess where it does not tell."""
    try:
        return max(_MEMORY, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError, AttributeError):
        return 16 * _GB


def main(folder: str) -> None:
    """Read the file that ``asked.json`` names and leave the answer beside it."""
    place = Path(folder)
    asked = json.loads((place / "asked.json").read_text("utf-8"))
    limit(asked["n_bytes"])
    answer = _answer(place, asked)
    fresh = place / "answer.new"
    fresh.write_text(json.dumps(answer), "utf-8")
    fresh.replace(place / "answer.json")
    sys.stdout.flush()
    os._exit(0)  # nothing is left to tidy, and native threads need not be waited for


def _answer(place: Path, asked: dict[str, Any]) -> dict[str, Any]:
    from clvcore.data.files.read import read
    from clvcore.data.files.reading import Reading
    from clvcore.errors import ClvError
    from clvcore.messages import remembered

    try:
        content = Path(asked["path"]).read_bytes()
        how = Reading(**asked["how"])
        raw = read(content, table=asked["table"], source=asked["source"], how=how)
    except ClvError as error:
        return {"error": type(error).__name__, "text": remembered(error.args[0])}
    for name in ("frame", "broken", "aside"):
        getattr(raw, name).write_ipc(place / f"{name}.arrow")
    if raw.lines is not None:
        raw.lines.alias("line").to_frame().write_ipc(place / "lines.arrow")
    return {
        "has_lines": raw.lines is not None,
        "numbers": sorted(raw.numbers),
        "files": [asdict(one) for one in raw.files],
        "reading": dict(raw.reading),
    }
