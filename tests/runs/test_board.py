"""What is noted of a run for TensorBoard is what the run's own log says."""

import time

import numpy as np
from tensorboardX.proto.event_pb2 import Event

from clvcore.runs import board
from clvcore.runs.folder import RunFolder
from clvcore.towers.train import StepInfo

INFO = StepInfo(
    step=7,
    total_steps=9,
    epoch=1,
    loss=2.5,
    examples_per_s=40.0,
    elapsed_s=1.0,
    metrics={"ndcg@10": 0.25},
)


def points(folder):
    """(name, step, value) of TensorBoard files: length (8 bytes), check (4), event, check (4)."""
    for file in sorted(folder.iterdir()):
        data, place = file.read_bytes(), 0
        while place < len(data):
            length = int.from_bytes(data[place : place + 8], "little")
            event = Event.FromString(data[place + 12 : place + 12 + length])
            yield from ((v.tag, event.step, v.simple_value) for v in event.summary.value)
            place += length + 16


def test_a_run_has_its_curves_for_tensorboard(done):
    told = {(name, step): value for name, step, value in points(done.path / board.FOLDER)}
    for entry in done.progress():
        stage, step = entry["stage"], entry["step"]
        assert np.isclose(told[f"{stage}/loss", step], entry["loss"])
        for name, value in entry["metrics"].items():
            assert np.isclose(told[f"{stage}/{name.replace('@', '_')}", step], value)


def test_without_the_extra_the_run_still_has_its_own_log(tmp_path, monkeypatch):
    monkeypatch.setattr(board, "find_spec", lambda _: None)
    with board.noted(RunFolder(tmp_path)) as note:
        note("search", INFO)
    assert [entry["loss"] for entry in RunFolder(tmp_path).progress()] == [2.5]
    assert not (tmp_path / board.FOLDER).exists()


def test_a_stage_is_not_overwritten_by_one_that_starts_in_the_same_second(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    for stage in ("search", "final"):
        with board.noted(RunFolder(tmp_path)) as note:
            note(stage, INFO)
    told = {name for name, _, _ in points(tmp_path / board.FOLDER)}
    assert {"search/loss", "final/loss"} <= told
