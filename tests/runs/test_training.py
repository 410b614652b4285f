"""A run goes from its config to an end state, whatever happens, and keeps what serving needs."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clvcore.data import sample
from clvcore.errors import RunError
from clvcore.ranking.metrics import Metric
from clvcore.ranking.recommend import recommend
from clvcore.runs import worker
from clvcore.runs.finished import finished, stored_each, stored_report
from clvcore.runs.folder import State
from clvcore.runs.launch import start, worker_environment
from clvcore.runs.locks import try_to_hold
from clvcore.runs.manifest import MANIFEST, seal
from clvcore.runs.shelf import all_runs, find_run
from clvcore.runs.workspace import Workspace
from clvcore.towers.encode import encode_users, raw_items


@pytest.fixture
def started():
    """Start workers that do not outlive the test, whatever becomes of it."""
    programs = []

    def begin(run):
        programs.append(start(run))
        return programs[-1]

    yield begin
    for program in programs:
        program.kill()
        program.wait()


def wait_for(true, *, seconds=300):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def test_a_run_ends_done_with_a_report_beside_every_baseline(done):
    assert done.status().state is State.DONE
    assert done.status().device
    report = stored_report(done)
    assert set(report.metrics["model"]) == {
        "two_tower",
        "popularity",
        "recent_popularity",
        "own_history",
        "item_knn",
        "ials",
        "ease",
    }
    judged = report.judged[0]
    assert judged.judged + judged.no_history + judged.only_repeats == judged.with_targets
    epochs = [entry for entry in done.progress() if entry["metrics"]]
    assert [entry["epoch"] for entry in epochs] == [1, 2]


def test_a_run_keeps_what_it_came_to_user_by_user(done):
    each, report = stored_each(done), stored_report(done)
    new = each.users.filter(protocol="new")
    assert new.height == report.judged[0].judged
    told = report.metric("two_tower", Metric.NDCG, 10).mean
    assert new["ndcg"].cast(pl.Float64).mean() == pytest.approx(told)


def test_what_is_served_is_what_the_stored_towers_say(done, workspace):
    served = finished(workspace, done.run_id)
    model, material = served.model(), served.material
    users = np.arange(40, dtype=np.int32)
    again = encode_users(
        model, served.lesson, raw_items(model, served.lesson), material.seen, users
    )
    np.testing.assert_allclose(again, served.embeddings.users[users], atol=1e-5)


def test_recommendations_leave_out_what_a_user_had_unless_asked(done, workspace):
    served = finished(workspace, done.run_id)
    seen = served.material.seen
    user = seen.users.term(int(np.diff(seen.start).argmax()))
    new = recommend(served.embeddings, seen, users=[user], n=20)
    assert not new["seen"].any()
    again = recommend(served.embeddings, seen, users=[user], n=20, again=served.scorer())
    assert again["seen"].any()
    assert again["score"].is_sorted(descending=True)


def test_the_same_settings_give_the_same_vectors(done, new_run, workspace):
    twin = new_run()
    worker.main(str(twin.path))
    ours, theirs = (finished(workspace, run.run_id).embeddings for run in (done, twin))
    assert (ours.users == theirs.users).all()
    assert (ours.items == theirs.items).all()


def test_a_run_that_is_cancelled_before_it_learned_has_no_model(new_run, workspace):
    run = new_run()
    run.ask_to_cancel()
    assert worker.main(str(run.path)) is State.CANCELLED
    with pytest.raises(RunError, match="cancelled, so there is nothing to show"):
        finished(workspace, run.run_id)


@pytest.mark.slow
def test_a_run_that_is_cancelled_while_it_learns_keeps_the_best_model(new_run, workspace, started):
    run = new_run(epochs=500, patience=500)
    program = started(run)
    wait_for(lambda: any(entry["metrics"] for entry in run.progress()))
    run.ask_to_cancel()
    program.wait(300)
    assert run.status().state is State.CANCELLED
    assert len(finished(workspace, run.run_id).embeddings.users)


def test_a_killed_worker_is_seen_as_lost_and_never_as_running(new_run, started):
    run = new_run(epochs=500, patience=500)
    program = started(run)
    assert run.status().state in (State.QUEUED, State.RUNNING)
    wait_for(lambda: run.status().state is State.RUNNING)
    os.kill(program.pid, signal.SIGKILL)
    program.wait(300)
    assert run.status().state is State.LOST
    assert "its program was killed" in run.status().message


def test_a_second_run_waits_and_says_so(new_run, started):
    run = new_run()
    with try_to_hold(run.path.parent / "cpu.lock"):
        program = started(run)
        wait_for(lambda: "Waiting for its turn on CPU: place 1" in run.status().message)
        assert run.status().state is State.QUEUED
        run.ask_to_cancel()
        program.wait(300)
    assert run.status().state is State.CANCELLED


def test_a_run_whose_data_is_gone_fails_with_one_sentence(new_run):
    run = new_run()
    config = run.config()
    config["dataset"] |= {"id": "0" * 16, "reference": "nowhere"}
    run.write("config.json", config)
    seal(run.path, ["config.json"])
    assert worker.main(str(run.path)) is State.FAILED
    assert "no longer here or has changed" in run.status().message


def test_an_error_of_the_program_is_told_with_the_place_of_its_log(new_run, monkeypatch, capsys):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("clvcore.runs.training.train_run", broken)
    run = new_run()
    assert worker.main(str(run.path)) is State.FAILED
    assert "error in the program (ZeroDivisionError)" in run.status().message
    assert "log.txt" in run.status().message
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_unknown_run_is_refused_with_the_newest_ones(done, workspace):
    with pytest.raises(RunError, match=r"no run 'nope'\. The newest runs are"):
        find_run(workspace, "nope")
    assert done.run_id == find_run(workspace, done.run_id).run_id
    assert done.run_id in [run.run_id for run in all_runs(workspace)]


def test_a_workspace_without_any_run_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "home", lambda: tmp_path)
    with pytest.raises(RunError, match="no other yet"):
        find_run(Workspace(tmp_path), "nope")


def test_a_damaged_file_of_a_run_is_named(new_run, workspace, done):
    copy = new_run()
    for file in filter(Path.is_file, done.path.iterdir()):
        (copy.path / file.name).write_bytes(file.read_bytes())
    (copy.path / MANIFEST).unlink()  # as runs of earlier versions, which have none
    vectors = copy.path / "embeddings.safetensors"
    vectors.write_bytes(vectors.read_bytes()[:100])
    with pytest.raises(RunError, match="cannot be read"):
        finished(workspace, copy.run_id)
    (copy.path / "report.json").write_text("{", "utf-8")
    with pytest.raises(RunError, match=r"'report\.json' that is missing or damaged"):
        stored_report(copy)


def test_a_line_of_progress_that_is_still_being_written_is_left_for_later(new_run):
    run = new_run()
    run.add_progress({"step": 1})
    with (run.path / "progress.jsonl").open("a") as file:
        file.write(json.dumps({"step": 2})[:5])
    assert run.progress() == [{"step": 1}]


def test_a_worker_may_use_the_accelerator_that_the_pages_leave_alone():
    pages = {"JAX_PLATFORMS": "cpu", "CLV_PAGES_ON_CPU": "1", "HOME": "/home"}
    assert worker_environment(pages) == {"HOME": "/home", "PYTHONUNBUFFERED": "1"}
    asked_for = {"JAX_PLATFORMS": "cpu"}
    assert worker_environment(asked_for)["JAX_PLATFORMS"] == "cpu"
