"""Children that read the files of strangers wait, ready; each reads one file and is gone.

Most of what such a child costs is to start Python and to import what reads tables. A server lets that
happen before anybody waits for it. Children are started anew and not forked: a program that has
imported polars has threads, and a fork of it would have half of them.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import clvcore

ASKED = "asked.json"
"""What a child is asked for; whoever begins with it takes it away."""
LOG = "log.txt"
_CODE = (
    "import sys; sys.path.insert(0, sys.argv.pop(1));"
    "from clvcore.runs.reading_child import wait; wait()"
)
_KEPT = ("LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "TZ")
_FEW_THREADS = dict.fromkeys(
    ("POLARS_MAX_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2"
)

_LET_GO_S = 5.0
"""How long one that is not needed may take to end by itself."""
Child = subprocess.Popen[bytes]


@dataclass(slots=True)
class Spares:
    """Children that wait for a file, as many as are wanted."""

    wanted: int = 0
    waiting: list[Child] = field(default_factory=list)
    lock: Any = field(default_factory=Lock)

    def keep(self, wanted: int) -> None:
        """Have that many wait from now on; those that are too many are let go."""
        with self.lock:
            self.wanted = wanted
            self._top_up()
            spare, self.waiting = self.waiting[wanted:], self.waiting[:wanted]
        for child in spare:
            let_go(child, timeout_s=_LET_GO_S)

    def prepare(self) -> None:
        """Have one more wait, once: a command reads a file or two, and then needs none."""
        with self.lock:
            self.waiting.append(started())

    def take(self) -> Child:
        """The child that has waited longest, or a new one."""
        with self.lock:
            self._top_up()
            return self.waiting.pop(0) if self.waiting else started()

    def renew(self) -> None:
        """Let others wait in the place of those that were taken: best while nobody else is working."""
        with self.lock:
            self._top_up()

    def _top_up(self) -> None:
        """Those that died while they waited are replaced."""
        for child in [child for child in self.waiting if child.poll() is not None]:
            self.waiting.remove(child)
            _close(child)
        self.waiting += [started() for _ in range(self.wanted - len(self.waiting))]


@cache
def spares() -> Spares:
    """The spares of this process; none wait as long as nobody wants to keep some."""
    return Spares()


def started() -> Child:
    """A new child, which waits for the folder of its file."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _CODE, str(Path(clvcore.__file__).parents[1])],
        cwd=tempfile.gettempdir(),
        env={**kept, **_FEW_THREADS},
        bufsize=0,
        stdin=subprocess.PIPE,  # it ends with us, as then nobody is left to write into it
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def let_go(child: Child, place: Path | None = None, timeout_s: float | None = None) -> None:
    """Let a child do what is asked for in a folder, or nothing; afterwards it has ended.

    Args:
        child: One that waits.
        place: The folder of its file.
        timeout_s: How long it may take before it is killed.
    """
    if child.stdin is not None:
        with contextlib.suppress(BrokenPipeError):  # it died while it waited
            child.stdin.write(f"{place or ''}\n".encode())
    _close(child)
    try:
        child.wait(timeout_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _close(child: Child) -> None:
    if child.stdin is not None:
        child.stdin.close()


def let_read(place: Path, timeout_s: float) -> None:
    """Have a child do what is asked for in a folder; what counts is what it has left behind there.

    One that was killed before it began did not take up what was asked, so that another does it.
    """
    for child in (spares().take, started):
        let_go(child(), place, timeout_s)
        spares().renew()
        if not (place / ASKED).exists():
            return
