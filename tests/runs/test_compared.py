"""Runs beside each other: the best is marked, and clearly so only where users tell them apart."""

import numpy as np
import polars as pl
import pytest

from clvcore.errors import RunError
from clvcore.ranking.each import ITEMS, USERS, Each
from clvcore.ranking.groups import SHOWN
from clvcore.runs.compared import compared, differences
from clvcore.runs.folder import RunFolder
from clvcore.runs.training import write_each


@pytest.fixture
def judged(tmp_path):
    """A run that was judged, with this NDCG of every user."""

    def write(run_id, ndcg, *, width=0.01, has_each=True, end=1):
        run = RunFolder(tmp_path / run_id)
        run.path.mkdir()
        row = {"protocol": "new", "model": "two_tower", "metric": "ndcg", "k": 10}
        mean = float(np.mean(ndcg))
        row |= {"mean": mean, "low": mean - width, "high": mean + width, "users": len(ndcg)}
        report = {"k": [10], "goal": "purchase", "cut": 0, "end": end, "judged": []}
        run.write("report.json", report | {"metrics": [row], "differences": []})
        if has_each:
            users = {"protocol": "new", "user": range(len(ndcg)), "taken": 1}
            users |= {metric.value: ndcg for metric in SHOWN}
            write_each(run, Each(pl.DataFrame(users, schema=USERS), pl.DataFrame(schema=ITEMS)))
        return run

    return write


def test_the_best_is_marked_and_what_is_behind_for_every_user_is_clearly_behind(judged):
    """Intervals of .01 to each side overlap, yet each user is served better by b."""
    runs = [judged("a", [0.2] * 30), judged("b", [0.21] * 30)]
    found = compared(runs)
    assert found.best == "b"
    assert found.standings == {"a": "behind", "b": "best"}
    assert found.gaps["a"].interval.mean == pytest.approx(0.01, abs=1e-6)


def test_runs_whose_users_disagree_are_not_told_apart(judged):
    one, other = [1.0, 0.0] * 15, [0.0, 1.0] * 14 + [0.0, 0.0]
    found = compared([judged("a", one), judged("b", other)])
    assert found.standings == {"a": "best", "b": "level"}


def test_a_run_without_marks_of_each_user_is_compared_by_intervals(judged):
    overlapping = judged("a", [0.2] * 30), judged("b", [0.21] * 30, has_each=False)
    assert compared(overlapping).standings == {"a": "level", "b": "best"}
    assert compared([overlapping[0], judged("c", [0.3] * 30, has_each=False)]).standings == {
        "a": "behind",
        "c": "best",
    }


def test_runs_judged_on_other_periods_are_not_compared(judged):
    with pytest.raises(RunError, match="different periods"):
        compared([judged("a", [0.2]), judged("b", [0.2], end=2)])


def test_only_settings_that_differ_are_told():
    one = {"preset": "quick", "tower": {"dim": 32, "encoder": "gru"}, "train": {"seed": 0}}
    other = {"preset": "quick", "tower": {"dim": 64, "encoder": "gru", "heads": 2}, "train": {"seed": 0}}  # fmt: skip
    assert differences({"a": one, "b": other}).rows() == [("dim", "32", "64"), ("heads", None, "2")]
