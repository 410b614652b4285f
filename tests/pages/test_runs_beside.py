"""The Train page sets trainings beside each other, by the link, and says which is the better."""

import json

import polars as pl
import pytest

from clvcore.messages import say
from clvcore.ranking.each import ITEMS, USERS, Each
from clvcore.ranking.groups import SHOWN
from clvcore.runs.folder import State
from clvcore.runs.launch import new_training
from clvcore.runs.training import write_each
from clvcore.runs.workspace import Workspace
from clvcore.towers.presets import preset

BASE = "item_knn"


@pytest.fixture
def judged(home, shop):
    """A finished training with this NDCG of each of its users, and this seed."""

    def write(ndcg, seed):
        tower, train = preset("quick")
        run = new_training(Workspace(home), shop, tower, train, reference=shop.id, preset="quick")
        config = run.config()
        config["train"]["seed"] = seed
        (run.path / "config.json").write_text(json.dumps(config), "utf-8")
        (run.path / "manifest.json").unlink()
        mean = sum(ndcg) / len(ndcg)
        about = {"protocol": "new", "model": "two_tower", "k": 10, "users": len(ndcg)}
        rows = [about | {"metric": one.value, "mean": mean, "low": mean - 0.01, "high": mean + 0.01} for one in SHOWN]  # fmt: skip
        rows.append(about | {"metric": "coverage", "mean": 0.5, "low": None, "high": None})
        lead = about | {"other": BASE, "metric": "ndcg", "mean": 0.1, "low": 0.0, "high": 0.2}
        del lead["users"]
        counts = dict.fromkeys(("with_targets", "no_history", "only_repeats", "targets", "unknown_items"), 0)  # fmt: skip
        told = {"k": [10], "goal": "purchase", "cut": 0, "end": 1, "metrics": rows}
        told |= {"differences": [lead], "judged": [{"protocol": "new", "judged": len(ndcg), **counts}]}  # fmt: skip
        run.write("report.json", told)
        run.write("summary.json", {})
        users = {"protocol": "new", "user": range(len(ndcg)), "taken": 1}
        users |= {metric.value: ndcg for metric in SHOWN}
        write_each(run, Each(pl.DataFrame(users, schema=USERS), pl.DataFrame(schema=ITEMS)))
        run.set_status(State.DONE, "Finished.", "CPU")
        return run.run_id

    return write


def table(at, *columns):
    """The table that has these columns."""
    return next(one.value for one in at.dataframe if set(columns) <= set(one.value.columns))


def said(at):
    return " ".join(one.value for one in at.markdown)


def test_one_training_offers_no_comparison(opened, judged):
    judged([0.1] * 20, 0)
    at = opened("train")
    assert not at.exception
    assert not at.multiselect


def test_the_link_compares_two_trainings_and_the_better_is_marked(opened, judged):
    worse, better = judged([0.1] * 20, 0), judged([0.2] * 20, 1)
    at = opened("train", train_compare=f"{worse},{better}")
    assert not at.exception
    assert "The best is" in said(at)
    assert "0.100 above" in said(at)
    standings = table(at, "standing", "gap")["standing"].to_list()
    assert standings == [say("page_train.compare.is_best"), say("page_train.compare.is_behind")]
    apart = table(at, "setting")
    assert apart[apart["setting"] == "seed"].iloc[0, 1:].to_list() == ["0", "1"]
    assert apart["setting"].to_list() == ["seed"]


def test_trainings_whose_users_disagree_are_not_told_apart(opened, judged):
    one, other = judged([0.0, 1.0] * 10, 0), judged([1.0, 0.0] * 10, 1)
    at = opened("train", train_compare=f"{one},{other}")
    assert "Not told apart" in said(at)


def test_all_metrics_stand_side_by_side(opened, judged):
    runs = [judged([0.1] * 20, 0), judged([0.2] * 20, 1)]
    marks = table(opened("train", train_compare=",".join(runs)), "metric")
    assert marks.shape == (len(SHOWN) + 1, 3)
    assert marks.iloc[0, 1:].to_list() == ["0.1000 (0.0900 to 0.1100)", "0.2000 (0.1900 to 0.2100)"]
    assert marks.iloc[-1, 1:].to_list() == ["0.5000", "0.5000"]


def test_a_training_that_is_not_there_is_named_and_the_others_stay(opened, judged):
    runs = [judged([0.1] * 20, 0), judged([0.2] * 20, 1)]
    at = opened("train", train_compare=",".join([*runs, "f" * 16]))
    assert not at.exception
    assert "f" * 16 in at.warning[0].value
    assert at.multiselect(key="train_compare").value == runs
    assert "The best is" in said(at)


def test_choosing_anew_lets_go_of_what_was_asked_for_in_vain(opened, judged):
    one, other = judged([0.1] * 20, 0), judged([0.2] * 20, 1)
    at = opened("train", train_compare=f"{one},{'f' * 16}")
    assert at.warning
    at.multiselect(key="train_compare").set_value([one, other]).run()
    assert not at.warning
    assert "The best is" in said(at)
    assert at.query_params["train_compare"] in (f"{one},{other}", [f"{one},{other}"])
