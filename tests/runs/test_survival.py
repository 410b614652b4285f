"""A run that broke off says why, can be taken up again, and comes to the same model."""

import os
import signal
import time
from pathlib import Path

import pytest

from clvcore.errors import RunError
from clvcore.messages import say
from clvcore.runs import durable, ended, worker
from clvcore.runs.checkpoints import Checkpoints
from clvcore.runs.finished import stored_report
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.launch import can_go_on, new_training, resume, start
from clvcore.runs.learning import FINAL, SEARCH
from clvcore.runs.locks import try_to_hold
from clvcore.runs.queue import TICKET, accelerators, environment_for, turn
from clvcore.towers.config import TowerConfig, TrainConfig


class BrokenError(Exception):
    """Stands for whatever ends a program."""


def files_of(run):
    """What the same training comes to each time: the model, its vectors, its repeats."""
    names = ("model.safetensors", "embeddings.safetensors", "again.json")
    return {name: (run.path / name).read_bytes() for name in names}


@pytest.fixture(scope="session")
def frequent(workspace, small_shop_folder, new_run):
    """Make a run that writes down where it stands at every look."""

    def make():
        run = new_run()
        config = run.config()
        return new_training(
            workspace,
            workspace.resolve(str(small_shop_folder)),
            *settings_of(config),
            reference=str(small_shop_folder),
            preset="quick",
            checkpoint_every_s=0.0,
        )

    return make


def settings_of(config):
    return TowerConfig(**config["tower"]), TrainConfig(**config["train"])


def breaks_at(monkeypatch, stage, nth, error=BrokenError):
    """Let the nth saving of a stage be the last thing that the run does."""
    saved, save = [], Checkpoints.save

    def saving(self, name, standing):
        save(self, name, standing)
        saved.append(name)
        if saved.count(stage) == nth:
            raise error

    monkeypatch.setattr(Checkpoints, "save", saving)


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "nth"), [(SEARCH, 1), (FINAL, 1)])
def test_a_run_that_broke_off_in_either_stage_comes_to_the_same_model(
    done, frequent, monkeypatch, stage, nth
):
    run = frequent()
    with monkeypatch.context() as patch:
        breaks_at(patch, stage, nth)
        assert worker.main(str(run.path)) is State.FAILED
    assert can_go_on(run)
    assert "BrokenError" in run.status().message
    assert worker.main(str(run.path)) is State.DONE
    assert files_of(run) == files_of(done)
    told = [(entry["stage"], entry["step"]) for entry in run.progress() if entry["metrics"]]
    assert told == [(e["stage"], e["step"]) for e in done.progress() if e["metrics"]]
    assert stored_report(run).metrics.equals(stored_report(done).metrics)
    assert not (run.path / "checkpoints").exists()
    with pytest.raises(RunError, match="nothing to go on with"):
        resume(run)


def test_a_run_that_was_killed_after_its_results_were_whole_needs_only_say_so(done):
    status = done.status()
    done.set_status(State.RUNNING, "Judging.", status.device)
    assert done.status().state is State.LOST
    assert worker.main(str(done.path)) is State.DONE
    assert done.status().message == status.message


@pytest.mark.slow
@pytest.mark.parametrize("nth", [3, 8, 12])
def test_a_full_disk_ends_a_run_with_one_sentence_and_what_was_written_stays(
    done, frequent, monkeypatch, nth
):
    run, calls, write = frequent(), [], durable.write_whole

    def full(file, data):
        calls.append(file.name)
        if len(calls) == nth:
            raise OSError(28, "No space left on device")
        write(file, data)

    with monkeypatch.context() as patch:
        patch.setattr("clvcore.runs.folder.write_whole", full)
        assert worker.main(str(run.path)) is State.FAILED
    assert run.status().message == say("runs.no_space", folder=run.path)
    assert not list(run.path.glob(f"{durable.DRAFT}*"))
    assert worker.main(str(run.path)) is State.DONE
    assert files_of(run) == files_of(done)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "runs.no_memory"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes"), "runs.no_memory"),
        (OSError(28, "No space left on device"), "runs.no_space"),
        (OSError(122, "Disk quota exceeded"), "runs.no_space"),
    ],
)
def test_what_ran_out_is_told_by_name(tmp_path, error, told):
    assert ended.failure(error, tmp_path) == say(told, folder=tmp_path)


def test_how_a_program_ended_is_told_by_what_it_left(tmp_path, monkeypatch):
    run = RunFolder(tmp_path)
    (tmp_path / "log.txt").write_text("Fatal Python error: of an earlier try\n", "utf-8")
    run.write(ended.WORKER, ended.circumstances(tmp_path))
    run.set_status(State.RUNNING, "Learning.")
    assert run.status().message.startswith(say("runs.broken.killed"))
    with (tmp_path / "log.txt").open("a") as log:
        log.write("Fatal Python error: Segmentation fault\n")
    assert "(Segmentation fault)" in run.status().message
    with monkeypatch.context() as patch:
        patch.setattr(ended, "_oom_kills", lambda: 10**9)
        assert run.status().message.startswith(say("runs.broken.out_of_memory"))
    monkeypatch.setattr(ended, "_BOOT", Path("/nowhere"))
    assert run.status().message.startswith(say("runs.broken.restarted"))


def test_a_run_that_broke_off_tells_whether_it_has_a_checkpoint(tmp_path):
    run = RunFolder(tmp_path)
    run.set_status(State.RUNNING, "Learning.")
    assert run.status().message.endswith(say("runs.broken.begins_anew"))
    store = tmp_path / ended.CHECKPOINTS
    (store / f"{durable.DRAFT}0").mkdir(
        parents=True
    )  # whoever wrote it was killed before it was whole
    assert run.status().message.endswith(say("runs.broken.begins_anew"))
    (store / "search-000000000020").mkdir()
    assert run.status().message.endswith(say("runs.broken.goes_on"))


def test_the_end_of_a_long_log_is_what_is_shown(tmp_path):
    (tmp_path / "log.txt").write_text("".join(f"line {i}\n" for i in range(50_000)), "utf-8")
    assert ended.last_lines(tmp_path, 2) == "line 49998\nline 49999"
    assert ended.last_lines(tmp_path / "nowhere", 2) == ""


def test_a_damaged_state_is_said_and_never_guessed(tmp_path):
    run = RunFolder(tmp_path)
    run.set_status(State.DONE, "Finished after 12 epochs.")
    file = tmp_path / "status.json"
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert run.status().message in (
            "Finished after 12 epochs.",
            say("runs.damaged", run=run.run_id, file="status.json"),
        )


def waiting(runs, name, since):
    run = RunFolder(runs / (name * 16))
    run.path.mkdir()
    run.set_status(State.QUEUED)
    (run.path / TICKET).write_text(f"{since:020d}", "utf-8")
    return run


def test_who_came_first_has_the_first_turn_and_the_dead_block_nobody(tmp_path):
    first, dead = waiting(tmp_path, "a", 1), waiting(tmp_path, "b", 2)
    ours = RunFolder(tmp_path / ("c" * 16))
    ours.path.mkdir()
    told = []

    def look():
        told.append(ours.status().message)
        if len(told) == 1:
            holder.close()  # it died: the system lets go of its lock
            alive.close()

    assert not dead.is_alive()
    with try_to_hold(ours.lock), try_to_hold(tmp_path / "cpu.lock") as holder:
        holder.write("f" * 16)
        holder.flush()
        alive = try_to_hold(first.lock)
        with turn(ours, ["cpu"], give_up=look) as name:
            assert name == "cpu"
            assert (tmp_path / "cpu.lock").read_text("utf-8") == ours.run_id
    assert told == [say("runs.waiting", accelerator="CPU", place=2, holders="f" * 16)]
    assert not (ours.path / TICKET).exists()


def test_a_second_accelerator_is_taken_where_the_first_is_at_work(tmp_path):
    run = RunFolder(tmp_path / ("a" * 16))
    run.path.mkdir()
    with try_to_hold(tmp_path / "gpu-0.lock"), turn(run, ["gpu-0", "gpu-1"], give_up=int) as name:
        assert name == "gpu-1"
        assert environment_for(name) == {"CUDA_VISIBLE_DEVICES": "1"}


def test_accelerators_are_those_that_jax_can_use(tmp_path, monkeypatch):
    (tmp_path / "nvidia0").touch()
    (tmp_path / "nvidia1").touch()
    (tmp_path / "nvidiactl").touch()
    monkeypatch.setattr("clvcore.runs.queue.find_spec", lambda _: None)
    assert accelerators({}, tmp_path) == ["cpu"]
    monkeypatch.setattr("clvcore.runs.queue.find_spec", lambda name: name)
    assert accelerators({}, tmp_path) == ["gpu-0", "gpu-1"]
    assert accelerators({"CUDA_VISIBLE_DEVICES": "1"}, tmp_path) == ["gpu-1"]
    assert accelerators({"JAX_PLATFORMS": "cpu"}, tmp_path) == ["cpu"]
    assert accelerators({}, tmp_path / "none") == ["cpu"]


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_comes_to_the_same_model(done, frequent):
    run = frequent()
    program = start(run)
    for stage in (SEARCH, FINAL):
        until = time.monotonic() + 300
        while not any(entry["stage"] == stage for entry in run.progress()):
            assert time.monotonic() < until
            time.sleep(0.01)
        os.kill(program.pid, signal.SIGKILL)
        program.wait(60)
        assert run.status().message.startswith(say("runs.broken.killed"))
        program = resume(run)
    program.wait(300)
    assert run.status().state is State.DONE
    assert files_of(run) == files_of(done)
