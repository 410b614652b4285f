"""The child that reads one file under limits; see `clvcore.runs.reading`."""

import contextlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clvcore.runs.spare import ASKED, LOG

_GB = 1 << 30
_MEMORY = 3 * _GB
_MEMORY_PER_BYTE = 32
_IN_BLOCKS = 6 * _GB
"""Addresses, of which far less is ever resident: what was given back stays reserved."""
_CPU_S = 120
_CPU_S_PER_MB = 1
_MOST_WRITTEN = 8 * _GB
_MOST_FILES = 64


def limit(n_bytes: int, *, in_blocks: bool = False) -> None:
    """Let this process take what a file of ``n_bytes`` may need, where the system knows limits.

    A file that is read in blocks needs no more memory the larger it is.
    """
    try:
        import resource
    except ImportError:  # Windows has none; the time limit of the parent stays
        return
    memory = _IN_BLOCKS if in_blocks else min(_MEMORY + _MEMORY_PER_BYTE * n_bytes, _physical())
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


def wait() -> None:
    """Get ready, wait for a folder on standard input, and do what is asked for there."""
    import clvcore.data.files.read
    import clvcore.data.files.stream
    import clvcore.data.meaning.blocks  # noqa: F401 # and not when somebody waits

    place = sys.stdin.readline().rstrip("\n")
    if place:
        _do(Path(place))
    os._exit(0)  # nothing is left to tidy, and native threads need not be waited for


def _do(place: Path) -> None:
    """Read the file that is asked for in a folder and leave the answer beside it."""
    os.chdir(place)
    os.dup2(os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    taken = (place / ASKED).rename(place / "taken.json")
    asked = json.loads(taken.read_text("utf-8"))
    in_blocks = asked.get("in_blocks", False) and _can_stream(asked)
    limit(asked["n_bytes"], in_blocks=in_blocks)
    answer = _answer(place, asked, in_blocks=in_blocks)
    fresh = place / "answer.new"
    fresh.write_text(json.dumps(answer), "utf-8")
    fresh.replace(place / "answer.json")


def _can_stream(asked: dict[str, Any]) -> bool:
    """Whether the file is a text; what is wrong with it is said where it is read."""
    from clvcore.data.files.reading import Reading
    from clvcore.data.files.stream import can_stream
    from clvcore.errors import ClvError

    try:
        return can_stream(Path(asked["path"]), Reading(**asked["how"]))
    except ClvError:
        return False


def _answer(place: Path, asked: dict[str, Any], *, in_blocks: bool) -> dict[str, Any]:
    from clvcore.errors import ClvError
    from clvcore.messages import remembered

    try:
        return (_streamed if in_blocks else _read)(place, asked)
    except ClvError as error:
        return {"error": type(error).__name__, "text": remembered(error.args[0])}


def _read(place: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """The whole of a file, in one table."""
    from clvcore.data.files.read import read
    from clvcore.data.files.reading import Reading

    content = Path(asked["path"]).read_bytes()
    how = Reading(**asked["how"])
    raw = read(content, table=asked["table"], source=asked["source"], how=how)
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


def _streamed(place: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """A text block by block, each in a folder of its own; one is written while the next is cut."""
    from concurrent.futures import Future, ThreadPoolExecutor

    import polars as pl

    from clvcore.data.files.reading import Reading
    from clvcore.data.files.stream import BLOCK_BYTES, Shelf, read_in_blocks
    from clvcore.data.meaning.blocks import block_of

    kept: list[dict[str, Any]] = []
    writing: list[Future[None]] = []
    pool = ThreadPoolExecutor(1)

    def written() -> None:
        while writing:
            writing.pop().result()

    def put(raw: Any) -> None:
        written()
        counts = block_of(raw)
        folder = place / f"block-{len(kept)}"
        kept.append({"rows": counts.rows, "filled": counts.filled})
        writing.append(pool.submit(write, raw, folder))

    def write(raw: Any, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for name in ("frame", "broken", "aside"):
            getattr(raw, name).write_ipc(folder / f"{name}.arrow", compression="lz4")
        raw.lines.alias("line").to_frame().write_ipc(folder / "lines.arrow", compression="lz4")

    def clear() -> None:
        written()
        kept.clear()

    def column(number: int) -> Any:
        written()
        for one in range(len(kept)):
            file = place / f"block-{one}" / "frame.arrow"
            yield pl.read_ipc(file, columns=[number]).to_series()

    file, reading = read_in_blocks(
        Path(asked["path"]),
        Shelf(put, clear, column),
        table=asked["table"],
        source=asked["source"],
        how=Reading(**asked["how"]),
        block_bytes=asked.get("block_bytes") or BLOCK_BYTES,
    )
    written()
    return {"blocks": kept, "files": [asdict(file)], "reading": reading}
