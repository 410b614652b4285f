"""A file that is made to harm ends the child that reads it, and nothing else."""

import gzip
import io
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest
import zstandard
from corpus.cases import GOOD, REFUSED, TABLE, book, parquet

from clvcore.data.files.read import read
from clvcore.data.files.reading import Reading
from clvcore.errors import ClvError, NotFoundError, UploadError
from clvcore.messages import languages
from clvcore.messages.languages import speaking
from clvcore.runs import reading, spare
from clvcore.runs.folders import own_folder
from clvcore.runs.locks import held
from clvcore.runs.reading import Asked, first_rows, read_apart, read_each, sweep

GAVE_UP = "took more memory or time than a table of its size needs"


def apart(content, source="file", **how):
    return read_apart(content, "events", source, Reading(**how))


def is_tidy():
    return not list(Path(tempfile.gettempdir()).glob("clv-reading-*"))


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def same(one, other):
    assert one.frame.equals(other.frame)
    assert one.broken.equals(other.broken)
    assert one.aside.equals(other.aside)
    assert one.reading == other.reading
    assert one.files == other.files
    assert one.numbers == other.numbers


def test_what_comes_out_of_the_child_is_what_the_reader_reads():
    content = book(("S", [["Report"], ["user", "n"], ["007", 1.5], ["008", 2], ["Total", 3.5]]))
    there = apart(content)
    here = read(content, table="events", source="file")
    same(there, here)
    assert there.lines.to_list() == here.lines.to_list() == [3, 4]
    assert is_tidy()


def test_an_error_of_the_child_is_said_by_us_and_in_the_language_of_whoever_asks():
    content = gzip.compress(TABLE)[:-12]
    with pytest.raises(UploadError, match="file is a compressed file that is damaged or cut off"):
        apart(content)
    with speaking("zh"), pytest.raises(UploadError, match="压缩文件"):
        apart(content)
    assert is_tidy()


def test_a_sheet_of_two_far_cells_kills_the_child_and_becomes_one_sentence():
    import xlsxwriter

    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "b")
    with pytest.raises(UploadError, match=f"Reading bomb.xlsx {GAVE_UP}"):
        apart(held.getvalue(), "bomb.xlsx")
    assert is_tidy()


def test_a_child_that_takes_too_long_is_ended():
    with pytest.raises(UploadError, match=GAVE_UP):
        read_apart(gzip.compress(TABLE), "events", "slow", timeout_s=0.01)
    assert is_tidy()


def test_what_a_dying_child_said_is_logged(monkeypatch, caplog):
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from clvcore.runs import reading_child;"
        "reading_child._answer = lambda *_, **__: exec(\"raise SystemError('a bug of ours')\");"
        "reading_child.wait()"
    )
    monkeypatch.setattr(spare, "_CODE", code)
    with pytest.raises(UploadError, match=GAVE_UP):
        apart(gzip.compress(TABLE))
    assert "a bug of ours" in caplog.text


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(monkeypatch, tmp_path):
    monkeypatch.setattr(reading, "MOST_BYTES", 1 << 20)
    large = tmp_path / "large.csv"
    large.write_bytes(TABLE * 40_000)
    with pytest.raises(UploadError, match=r"large.csv has 2 MB, and 1 MB can be read at once"):
        read_apart(large, "events", large.name)


def test_a_path_that_leads_nowhere_is_said(tmp_path):
    with pytest.raises(NotFoundError, match="There is no file"):
        read_apart(tmp_path / "none.csv", "events", "none.csv")


def test_the_child_loads_nothing_heavy():
    code = (
        "import sys, clvcore.runs.reading_child, clvcore.data.files.read;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True)
    heavy = {"jax", "flax", "streamlit", "plotly", "scipy", "pandas", "pyarrow"}
    assert not heavy & set(done.stdout.decode().split())


@pytest.mark.slow
@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, "zip"])
def test_an_archive_that_swells_becomes_one_sentence(pack):
    swollen = b"user,item\n" + b"1,2\n" * (600 << 20)
    if pack == "zip":
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", swollen)
        content = held.getvalue()
    else:
        content = pack(swollen)
    assert len(content) < 4 << 20
    with pytest.raises(UploadError, match=f"{GAVE_UP}|more than 2,048 MB"):
        apart(content)
    assert is_tidy()


@pytest.mark.slow
def test_parquet_that_swells_becomes_one_sentence():
    content = parquet(pl.DataFrame({"a": pl.repeat(7, 300_000_000, eager=True)}))
    with pytest.raises(UploadError, match=GAVE_UP):
        apart(content)


@pytest.mark.slow
def test_damaged_parquet_never_ends_the_parent():
    rng = random.Random(7)  # noqa: S311 - no secret, a way to break files
    sound = parquet(pl.DataFrame({"user": ["u1", "u2"] * 40, "n": range(80), "x": [0.5] * 80}))
    for _ in range(60):
        damaged = bytearray(sound)
        for _ in range(rng.randint(1, 8)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            raw = apart(bytes(damaged[: rng.choice([len(damaged)] * 3 + [len(damaged) // 2])]))
        except ClvError as error:
            raw = None
            told = str(error)
        assert raw is not None or "\n" not in told
    assert is_tidy()


@pytest.mark.slow
@pytest.mark.parametrize("case", [*GOOD, *REFUSED], ids=lambda case: case.name)
def test_every_nasty_file_comes_out_of_a_child_as_it_does_here(case):
    content = case.content()
    if case.refused:
        with pytest.raises(ClvError) as there:
            apart(content)
        with pytest.raises(ClvError) as here:
            read(content, table="events", source="file")
        assert str(there.value) == str(here.value)
        return
    same(apart(content), read(content, table="events", source="file"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits are those of Unix")
def test_the_child_of_a_small_file_may_not_take_all_memory():
    code = (
        "from clvcore.runs.reading_child import limit; limit(10);"
        "import resource; print(resource.getrlimit(resource.RLIMIT_AS)[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert int(done.stdout) < 4 << 30


def test_what_a_killed_reader_left_is_swept_and_what_belongs_to_the_living_stays():
    folder = Path(tempfile.gettempdir())
    for name in ("dead", "alive", "young", "old", "other"):
        (folder / f"clv-reading-{name}").mkdir()
    (folder / "clv-reading-dead" / "held").touch()
    (folder / "clv-reading-dead" / "file").write_text("of somebody")
    os.utime(folder / "clv-reading-old", (0, 0))
    (folder / "clv-reading-other").rename(folder / "somebody-else")
    with held(folder / "clv-reading-alive" / "held"):
        assert sweep() == 2
    left = {one.name for one in folder.iterdir()}
    assert left >= {"clv-reading-alive", "clv-reading-young", "somebody-else"}
    assert not left & {"clv-reading-dead", "clv-reading-old"}


def test_a_folder_in_the_making_is_nobodys_to_sweep_until_it_is_old():
    folder = Path(tempfile.gettempdir())
    young, old = folder / "making-clv-reading-young", folder / "making-clv-reading-old"
    for one in (young, old):
        one.mkdir()
        (one / "held").touch()  # its owner has not taken the lock yet
    os.utime(old, (0, 0))
    assert sweep() == 1
    assert young.exists()
    assert not old.exists()


def test_many_may_read_and_sweep_at_once_and_none_loses_its_folder():
    def work(_):
        sweep()
        with own_folder(Path(tempfile.gettempdir()), "clv-reading-") as place:
            (place / "file").touch()
            sweep()
            return (place / "file").exists()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(400)))
    assert is_tidy()


def test_reading_clears_away_what_an_earlier_server_left():
    left = Path(tempfile.gettempdir()) / "clv-reading-left"
    left.mkdir()
    (left / "held").touch()
    apart(gzip.compress(TABLE))
    assert is_tidy()


def test_the_first_rows_of_a_large_text_are_those_of_the_whole():
    lines = [f"u{place:07d},p{place % 50},2025-01-01 10:00:00" for place in range(300_000)]
    content = ("user,item,time\n" + "\n".join(lines)).encode()
    begun = first_rows(content, "events", "file.csv")
    assert begun is not None
    assert begun.frame.equals(
        read(content, table="events", source="file.csv").frame.head(begun.frame.height)
    )
    assert begun.frame.height == 20


@pytest.mark.parametrize("content", [b"user,item\na,b\n", b"PAR1" + bytes(9 << 20)])
def test_small_files_and_foreign_formats_are_told_by_the_whole(content):
    assert first_rows(content, "events", "file.csv") is None


def asked(content, source):
    return Asked(lambda: content, len(content), source, Reading())


def test_of_several_files_each_says_in_its_place_what_came_of_it():
    found = list(
        read_each(
            [asked(TABLE, "one.csv"), asked(b"%PDF-1.4", "bad.pdf"), asked(TABLE, "two.csv")],
            "events",
        )
    )
    assert [getattr(one, "source", None) for one in found] == ["one.csv", None, "two.csv"]
    assert isinstance(found[1], UploadError)
    assert "bad.pdf" in str(found[1])
    assert is_tidy()


def test_what_is_wrong_is_said_in_the_language_of_whoever_asks():
    here = threading.get_ident()
    languages.ask(lambda: "zh" if threading.get_ident() == here else None)
    (wrong,) = read_each([asked(b"%PDF-1.4", "bad.pdf")], "events")
    languages.ask(lambda: None)
    assert re.search("[\u4e00-\u9fff]", str(wrong))


@pytest.mark.parametrize(("n_bytes", "most"), [(1, 2), (65 << 20, 1)])
def test_two_files_are_read_at_a_time_and_large_ones_alone(monkeypatch, n_bytes, most):
    both, at_work, seen = threading.Barrier(2), set(), []

    def meet(content, table, source, how):
        del content, table, how
        at_work.add(source)
        seen.append(len(at_work))
        if most == 2:
            both.wait(timeout=30)  # each waits until the other has begun
        at_work.remove(source)
        return source

    monkeypatch.setattr("clvcore.runs.reading.read_apart", meet)
    files = [Asked(bytes, n_bytes, f"{n}.csv", Reading()) for n in range(4)]
    assert list(read_each(files, "events")) == ["0.csv", "1.csv", "2.csv", "3.csv"]
    assert max(seen) == most
