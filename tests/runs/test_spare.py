"""Readers wait for the next file, each for one, and none is missed when it dies."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from clvcore.data.files.reading import Reading
from clvcore.runs import spare
from clvcore.runs.reading import read_apart
from clvcore.runs.spare import Spares, let_go, spares

TABLE = b"user,item,time\nu1,i1,2025-01-01\n"


@pytest.fixture
def two():
    kept = spares()
    kept.keep(2)
    yield kept
    kept.keep(0)
    assert not kept.waiting


def pids(kept):
    return [child.pid for child in kept.waiting]


def read(content=TABLE):
    return read_apart(content, "events", "file.csv", Reading())


def test_even_a_small_text_is_read_by_a_child_that_is_gone_afterwards(two, monkeypatch):
    first, second = pids(two)
    children = list(two.waiting)
    monkeypatch.setattr("clvcore.data.files.read.read", lambda *_, **__: pytest.fail("read here"))
    assert read().frame.height == 1
    assert children[0].poll() == 0, "the one that waited longest has read and ended"
    assert children[1].poll() is None
    assert pids(two)[0] == second
    assert first not in pids(two), "a reader is used once"
    assert len(two.waiting) == 2, "another waits in its place"


def test_one_that_was_killed_while_it_waited_is_replaced(two):
    for child in two.waiting:
        child.kill()
        child.wait()
    killed = pids(two)
    assert read().frame.height == 1
    assert not {*killed} & {*pids(two)}


def test_one_that_dies_before_it_begins_leaves_the_file_to_another(two, monkeypatch):
    monkeypatch.setattr(Spares, "_top_up", lambda _: None)  # nobody has noticed yet
    two.waiting[0].kill()
    two.waiting[0].wait()
    assert read().frame.height == 1
    assert len(two.waiting) == 1


def test_readers_end_with_the_program_that_keeps_them():
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]);"
        "from clvcore.runs.spare import spares; spares().keep(2);"
        "print(*(child.pid for child in spares().waiting), flush=True); os.kill(os.getpid(), 9)"
    )
    home = Path(spare.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(home)], check=False, capture_output=True, text=True
    )
    left = {int(pid) for pid in done.stdout.split()}
    assert len(left) == 2
    end = time.monotonic() + 30
    while any(Path(f"/proc/{pid}/cmdline").exists() and alive(pid) for pid in left):
        assert time.monotonic() < end, "a reader outlives its program"
        time.sleep(0.05)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_one_that_is_let_go_reads_nothing():
    child = Spares().take()
    let_go(child)
    assert child.returncode == 0


def test_one_that_a_command_prepares_is_not_replaced():
    kept = Spares()
    kept.prepare()
    child = kept.take()
    kept.renew()
    assert kept.waiting == []
    let_go(child)
