"""What the runs on a data set came to."""

import pytest

from clvcore.runs import history
from clvcore.runs.folder import State


def test_only_runs_on_the_data_set_are_listed(done, workspace, small_shop_folder):
    dataset = workspace.resolve(str(small_shop_folder))
    assert done.run_id in [run.run_id for run in history.runs_on(workspace, dataset.id)]
    assert history.runs_on(workspace, "f00dfeedf00dfeed") == []


def test_the_table_says_what_a_finished_run_came_to(done):
    row = history.table([done]).row(0, named=True)
    judged = [entry["metrics"]["ndcg@10"] for entry in done.progress() if entry["metrics"]]
    assert row["ndcg"] == max(judged)
    assert row["epochs"] == 2
    assert row["state"] == State.DONE
    assert row["started_at"].utcoffset().total_seconds() == 0


def test_a_run_without_an_epoch_has_unknowns_rather_than_zeros(new_run):
    run = new_run()
    row = history.table([run]).row(0, named=True)
    assert row["epochs"] is None
    assert row["ndcg"] is None
    assert history.curve(run).is_empty()
    assert history.baselines(run) == {}
    assert history.seconds_left(run) is None


def test_the_curve_ends_at_the_last_epoch_of_the_search(done):
    curve = history.curve(done)
    assert curve["epoch"][-1] == pytest.approx(2)
    assert curve["ndcg"].drop_nulls().len() == 2


def test_time_left_follows_the_pace_so_far(new_run):
    run = new_run()
    run.add_progress(
        {"stage": "search", "step": 10, "total_steps": 40, "elapsed_s": 5.0, "metrics": {}}
    )
    assert history.seconds_left(run) == 15.0  # thirty steps at half a second each


def test_the_curve_of_the_final_model_goes_as_far_as_the_search_was_best(done):
    best = done.read("summary.json")["best_epoch"]
    final = history.final_curve(done)
    assert final["epoch"][-1] == pytest.approx(best)
    assert final["ndcg"].null_count() == final.height > 0
    assert history.is_in_final_stage(done)


def test_no_final_model_has_a_curve_before_the_search_has_an_epoch(new_run):
    run = new_run()
    assert history.final_curve(run).is_empty()
    assert not history.is_in_final_stage(run)
