"""The Train page starts trainings, follows them, and says whether they paid."""

import json

import pytest

from clvcore.messages import say
from clvcore.runs import history
from clvcore.runs.ended import CHECKPOINTS
from clvcore.runs.folder import State
from clvcore.runs.launch import new_training
from clvcore.runs.locks import held
from clvcore.runs.workspace import Workspace
from clvcore.towers.presets import preset


@pytest.fixture
def asked(home, shop):
    """A training of the small shop that nobody has started."""
    tower, train = preset("quick")
    return new_training(Workspace(home), shop, tower, train, reference=shop.id, preset="quick")


def entry(step, ndcg=None, stage="search"):
    return {
        "stage": stage,
        "step": step,
        "total_steps": 60,
        "epoch": step // 10,
        "loss": 7.0 - step / 60,
        "examples_per_s": 12_345.0,
        "elapsed_s": step / 2,
        "metrics": {} if ndcg is None else {"ndcg@10": ndcg},
    }


def learned(run):
    run.write("baselines.json", {"popularity": {"ndcg@10": 0.03}, "item_knn": {"ndcg@10": 0.06}})
    run.add_progress(entry(10, 0.05))
    run.add_progress(entry(20, 0.08))


def finished_with(run, low, mean, high):
    """Give the run a report with such a lead over the strongest baseline."""
    learned(run)
    lead = {"protocol": "new", "model": "two_tower", "metric": "ndcg", "k": 10}
    metric = lead | {"mean": 0.08, "low": 0.07, "high": 0.09, "users": 90}
    counts = dict.fromkeys(
        ("with_targets", "no_history", "only_repeats", "targets", "unknown_items"), 0
    )
    report = {
        "k": [10],
        "goal": "purchase",
        "cut": 0,
        "end": 1,
        "judged": [{"protocol": "new", "judged": 90, **counts}],
        "metrics": [metric],
        "differences": [
            lead | {"other": "popularity", "mean": 0.5, "low": 0.4, "high": 0.6},
            lead | {"other": "item_knn", "mean": mean, "low": low, "high": high},
        ],
    }
    run.write_bytes("report.json", json.dumps(report).encode())
    run.write("summary.json", {})
    run.set_status(State.DONE, "Finished.", "CPU")


def test_without_a_run_the_page_says_how_to_start_one(opened):
    at = opened("train")
    assert not at.exception
    assert at.header[0].value == say("page_train.no_run")
    assert any(one.value == say("page_train.no_run_how") for one in at.markdown)


def test_the_form_starts_a_run_with_what_was_chosen(opened, home, shop, monkeypatch):
    started = []
    monkeypatch.setattr("clvcore.runs.launch.start", started.append)
    at = opened("train")
    at.selectbox(key="train_encoder").set_value("cnn")
    at.number_input(key="train_epochs").set_value(3)
    at.number_input(key="train_seed").set_value(7)
    at.button(key="train_start").click().run()
    assert not at.exception
    (run,) = history.runs_on(Workspace(home), shop.id)
    config = run.config()
    assert started == [run]
    assert (config["tower"]["encoder"], config["preset"]) == ("cnn", "quick")
    assert (config["train"]["epochs"], config["train"]["seed"]) == (3, 7)
    assert at.session_state["train_run"] == run.run_id


@pytest.mark.parametrize(
    ("interval", "key"),
    [
        ((0.01, 0.02, 0.03), "better"),
        ((-0.01, 0.0, 0.01), "level"),
        ((-0.03, -0.02, -0.01), "worse"),
    ],
)
def test_the_verdict_is_the_lead_over_the_strongest_baseline(opened, asked, interval, key):
    low, mean, high = interval
    finished_with(asked, low, mean, high)
    at = opened("train")
    assert not at.exception
    told = {"mean": mean, "short": -mean, "low": low, "high": high}
    other = say("cli.ranks.item_knn")
    assert at.header[0].value == say(f"page_train.{key}", other=other, **told)


def test_a_run_at_work_shows_how_far_it_is_and_can_be_stopped(opened, asked):
    learned(asked)
    asked.set_status(State.RUNNING, "Learning.", "CPU")
    with held(asked.lock):
        at = opened("train", train_run=asked.run_id)
        assert not at.exception
        assert "after 2 epochs its best validation NDCG@10 is 0.080" in at.header[0].value
        assert [metric.value for metric in at.metric] == [
            "12.3k",
            "20 s",
        ]  # 40 steps of half a second
        at.button(key="train_cancel").click().run()
    assert asked.is_cancelled()


def test_a_lost_run_says_what_that_means(opened, asked):
    at = opened("train", train_run=asked.run_id)
    assert not at.exception
    assert at.header[0].value == say("page_train.lost")
    assert any(one.value.startswith(say("runs.broken.killed")) for one in at.markdown)


def test_a_failed_run_says_why(opened, asked):
    asked.set_status(State.FAILED, "The disk is full.")
    at = opened("train")
    assert at.header[0].value == say("page_train.failed")
    assert any(one.value == "The disk is full." for one in at.markdown)


def test_the_link_to_a_run_that_is_not_there_shows_the_newest(opened, asked):
    at = opened("train", train_run="f" * 16)
    assert not at.exception
    assert at.session_state["train_run"] == asked.run_id
    assert at.query_params["train_run"] == asked.run_id


def test_the_row_that_is_clicked_opens_its_run(opened, home, shop, asked):
    finished_with(asked, 0.01, 0.02, 0.03)
    tower, train = preset("quick")
    newer = new_training(Workspace(home), shop, tower, train, reference=shop.id, preset="quick")
    at = opened("train")
    assert at.session_state["train_run"] == newer.run_id
    at.session_state[f"train_past_{newer.run_id}"] = {"selection": {"rows": [1], "columns": []}}
    at.run()
    assert not at.exception
    assert at.query_params["train_run"] == asked.run_id
    assert at.header[0].value.startswith("Yes")


def test_the_final_model_has_a_curve_of_its_own(opened, asked):
    learned(asked)
    asked.add_progress(entry(15, stage="final"))
    asked.set_status(State.RUNNING, "Learning once more.", "CPU")
    with held(asked.lock):
        at = opened("train", train_run=asked.run_id)
    assert "the final model is being made" in at.header[0].value
    numbers = next(one.value for one in at.dataframe if "stage" in one.value.columns)
    assert numbers["stage"].to_list() == ["search", "search", "final model"]
    assert numbers["epoch"].iloc[-1] == 0.5  # 15 of 60 steps to the second epoch, the best


def test_a_run_that_broke_off_shows_its_log_and_goes_on_at_a_click(opened, asked, monkeypatch):
    (asked.path / "log.txt").write_text("the last words\n", "utf-8")
    taken_up = []
    monkeypatch.setattr("clvcore.runs.launch.start", taken_up.append)
    at = opened("train", train_run=asked.run_id)
    assert [one.value for one in at.code] == ["the last words"]
    at.button(key="train_go_on").click().run()
    assert not at.exception
    assert taken_up == [asked]


def test_what_taking_up_a_run_means_is_told_by_whether_it_has_a_checkpoint(opened, asked):
    button = opened("train", train_run=asked.run_id).button(key="train_go_on")
    assert button.label == say("page_train.begin_anew")
    (asked.path / CHECKPOINTS / "search-000000000020").mkdir(parents=True)
    button = opened("train", train_run=asked.run_id).button(key="train_go_on")
    assert button.label == say("page_train.go_on")
