"""What was written down survives: whole or not at all, and a flipped bit is seen."""

import json
import shutil

import jax
import numpy as np
import pytest
from flax import nnx

from clvcore.runs import durable
from clvcore.runs.checkpoints import Checkpoints
from clvcore.runs.manifest import DamagedError, check_all, read_sealed, seal
from clvcore.towers.config import TowerConfig
from clvcore.towers.model import Model
from clvcore.towers.standing import Standing, StepInfo
from clvcore.towers.step import RANDOM_BITS, TrainState


def standing(step):
    state = TrainState(
        {"w": jax.numpy.full((3, 2), float(step)), "b": jax.numpy.float32(step)},
        {"count": jax.numpy.int32(step)},
        jax.random.key(step, impl=RANDOM_BITS),
    )
    info = StepInfo(step, 100, 0, 0.5, 1.0, 2.0)
    graph, params = nnx.split(nnx.RMSNorm(2, rngs=nnx.Rngs(0)))
    model = Model(TowerConfig(), graph, params)
    return Standing(info, state, model, 0, -np.inf, np.array([0.25, 1 / 3], np.float32))


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Three steps saved; the two latest stay."""
    store = Checkpoints(tmp_path_factory.mktemp("run") / "checkpoints")
    for step in (1, 2, 3):
        store.save("search", standing(step))
    return store


@pytest.fixture
def store(three, tmp_path):
    shutil.copytree(three.folder, tmp_path / "checkpoints")
    return Checkpoints(tmp_path / "checkpoints")


def flip(file, place, bit=0):
    data = bytearray(file.read_bytes())
    data[place] ^= 1 << bit
    file.write_bytes(data)


def test_the_two_latest_steps_are_kept_and_come_back_as_they_were(store):
    assert [path.name for path in store.steps("search")] == [
        "search-000000000002",
        "search-000000000003",
    ]
    kept = store.latest("search")
    assert kept.facts["info"]["step"] == 3
    assert np.array(kept.facts["losses"], np.float32).tolist() == standing(3).losses.tolist()
    leaves = [kept.arrays[f"state.{i}"] for i in range(4)]
    assert [(leaf.dtype.name, leaf.shape) for leaf in leaves[:3]] == [
        ("float32", ()),
        ("float32", (3, 2)),
        ("int32", ()),
    ]
    assert (leaves[1] == 3).all()
    assert (leaves[3] == jax.random.key_data(standing(3).state.key)).all()
    assert store.latest("final") is None


def test_a_flipped_bit_in_any_file_is_refused_and_the_step_before_serves(store, capsys):
    last = store.steps("search")[-1]
    files = [path for path in last.rglob("*") if path.is_file() and path.stat().st_size]
    for file in files:
        flip(file, file.stat().st_size // 2)
        with pytest.raises(DamagedError):
            check_all(last)
        flip(file, file.stat().st_size // 2)
    check_all(last)
    flip(files[0], 0, 7)
    assert store.latest("search").facts["info"]["step"] == 2
    assert "search-000000000003 is damaged" in capsys.readouterr().out
    assert len(store.steps("search")) == 1


def test_a_step_that_could_not_be_written_leaves_the_others_and_no_draft(store, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "_to_disk", full)
    with pytest.raises(OSError, match="No space"):
        store.save("search", standing(4))
    assert [path.name[-1] for path in store.folder.iterdir()] in (["2", "3"], ["3", "2"])


def test_what_a_killed_writer_left_is_swept_before_reading(store):
    (store.folder / f"{durable.DRAFT}half").mkdir()
    store.latest("search")
    assert not list(store.folder.glob(f"{durable.DRAFT}*"))


def test_a_file_is_replaced_whole_or_stays_as_it_was(tmp_path, monkeypatch):
    file = tmp_path / "a.json"
    durable.write_whole(file, b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        durable.write_whole(file, b"new")
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_manifest_notices_a_change_of_any_byte_of_a_file_and_of_itself(tmp_path):
    (tmp_path / "a").write_bytes(b"0123456789")
    (tmp_path / "b").write_bytes(b"free")
    seal(tmp_path, ["a"])
    assert read_sealed(tmp_path, "a") == b"0123456789"
    for place in range(10):
        flip(tmp_path / "a", place)
        with pytest.raises(DamagedError, match="a"):
            read_sealed(tmp_path, "a")
        flip(tmp_path / "a", place)
    flip(tmp_path / "b", 0)
    assert read_sealed(tmp_path, "b") == b"gree"
    manifest = tmp_path / "manifest.json"
    for place in range(manifest.stat().st_size):
        before = json.loads(manifest.read_bytes())
        flip(manifest, place)
        try:
            check_all(tmp_path)
        except DamagedError:
            pass
        else:  # a blank for another, which JSON does not mind
            assert json.loads(manifest.read_bytes()) == before
        flip(manifest, place)
