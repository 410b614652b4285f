"""A file that is too large to be held is read in blocks by a child, cleaned in parts, and stored."""

import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import polars as pl
import psutil
import pytest

from clvcore.cli.dataset import overview_of, summary
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.errors import ConfigError, UploadError
from clvcore.runs.parted import bring_in_parts
from clvcore.runs.reading import read_apart, read_blocks_apart
from clvcore.runs.workspace import Workspace

SMALL = 1 << 16


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """Some thousand events, and lines that are none."""
    place = tmp_path_factory.mktemp("files") / "events.csv"
    rows = [
        f"u{n % 500},p{n % 40},2025-01-{1 + n % 28:02d} 10:00,{('view', 'purchase')[n % 2]},{n % 90}.50"
        for n in range(9000)
    ]
    rows[4000:4000] = ["broken", "u1,p1,soon,view,1.00", rows[0]]
    place.write_text("\n".join(["user,item,time,event,amount", *rows]))
    return place


def test_what_is_stored_and_told_is_that_of_the_whole(file, tmp_path):
    recipe, workspace = Recipe("parts", "EUR"), Workspace(tmp_path / "home")
    raw = read_apart(file, "events", file.name)
    whole = bring_in({"events": raw}, recipe).dataset
    with workspace.spilled() as place:
        blocks = read_blocks_apart(file, "events", place, block_bytes=SMALL)
        assert len(blocks.blocks) > 3
        brought = bring_in_parts(blocks, {}, recipe, place / "work", parts=4)
        folder = workspace.add_parted(brought)
        told = summary(overview_of(brought, folder), folder)
    assert not list((workspace.cache / "parted").iterdir())
    stored = workspace.resolve("parts")
    assert stored == whole
    assert stored.events.equals(whole.events)
    expected = summary(stored, folder)
    assert told == expected
    assert told["rows_in"] == 9003


def test_a_small_file_and_one_that_is_no_text_are_one_block(file, tmp_path):
    assert len(read_blocks_apart(file, "events", tmp_path).blocks) == 1
    table = tmp_path / "events.parquet"
    pl.read_csv(file, infer_schema=False, truncate_ragged_lines=True).write_parquet(table)
    blocks = read_blocks_apart(table, "events", tmp_path, block_bytes=100)
    assert len(blocks.blocks) == 1
    assert blocks.rows == 9003


def test_what_is_wrong_with_a_large_file_is_said_by_its_child(tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(b"user,item,time\n" + b"\n" * 1000)
    with pytest.raises(UploadError, match="no rows"):
        read_blocks_apart(wrong, "events", tmp_path, block_bytes=100)


def test_a_data_set_in_parts_may_not_hide_a_sample_either(file, tmp_path):
    workspace = Workspace(tmp_path / "home")
    blocks = read_blocks_apart(file, "events", tmp_path, block_bytes=SMALL)
    brought = bring_in_parts(blocks, {}, Recipe("storefront", "EUR"), tmp_path / "work")
    with pytest.raises(ConfigError, match="storefront"):
        workspace.add_parted(brought)


@pytest.mark.slow
def test_a_file_of_300_megabytes_needs_no_more_memory_than_its_parts(tmp_path, monkeypatch):
    """Parent and child together stay below 1.5 GiB in use; held at once it would need 4."""
    monkeypatch.setenv("CLV_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    large = tmp_path / "large.csv"
    with large.open("w") as out:
        out.write("user,item,time,event,amount,order\n")
        for n in range(5_300_000):
            kind = "purchase" if n % 10 == 0 else "view"
            amount = f"{n % 977}.50" if n % 10 == 0 else ""
            at = f"2025-{1 + n % 12:02d}-{1 + n % 28:02d} {n % 24:02d}:{n % 60:02d}:00"
            out.write(f"user{n % 600_011:07d},item{n % 20_011:05d},{at},{kind},{amount},o{n}\n")
    assert large.stat().st_size > 280_000_000
    code = "from clvcore.cli import main; main()"
    asked = [sys.executable, "-c", code, "data", "import", "--events", str(large)]
    program = psutil.Popen([*asked, "--currency", "EUR"], stdout=subprocess.DEVNULL)
    peak = 0
    while program.poll() is None:
        with suppress(psutil.Error):
            family = [program, *program.children(recursive=True)]
            peak = max(peak, sum(one.memory_info().rss for one in family))
        with suppress(psutil.TimeoutExpired):
            program.wait(0.05)
    assert program.returncode == 0
    assert peak < 3 << 29
    assert Workspace.default().entries()[0].rows == 5_300_000
