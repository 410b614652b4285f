"""What is told of a test: groups that are served worst."""

from dataclasses import replace

import polars as pl
import pytest

from clvcore.columns import Kind
from clvcore.ranking.evaluate import DIFFERENCES, GROUPS, METRICS, Protocol, RankingReport
from clvcore.ranking.groups import POPULARITY
from clvcore.report.judged import LEAST_USERS, worst_groups


def report(*groups):
    """A model with an NDCG of .1 and these groups: name, mean, half of the interval, users."""
    whole = {"protocol": "new", "model": "two_tower", "metric": "ndcg", "mean": 0.1}
    metrics = pl.DataFrame([whole | {"k": 10, "low": 0.09, "high": 0.11, "users": 500}])
    rows = [
        whole
        | {"by": "user:channel", "group": name, "place": 0, "users": users, "mean": mean}
        | {"low": mean - half, "high": mean + half}
        for name, mean, half, users in groups
    ]
    found = pl.DataFrame(rows, schema=GROUPS)
    return RankingReport(
        (10,), Kind.PURCHASE, 0, 1, (), metrics.select(METRICS.names()),
        pl.DataFrame(schema=DIFFERENCES), found,
    )  # fmt: skip


def test_a_group_is_clearly_worse_where_its_interval_lies_below_the_mean():
    found = worst_groups(report(("a", 0.05, 0.02, 90), ("b", 0.02, 0.2, 90)), Protocol.NEW)
    assert found.mean == pytest.approx(0.1)
    assert found.rows.select("group", "is_clear").rows() == [("a", True), ("b", False)]


def test_small_groups_and_those_above_the_mean_are_left_out():
    groups = (("small", 0.0, 0.01, LEAST_USERS - 1), ("good", 0.2, 0.01, 90))
    assert worst_groups(report(*groups), Protocol.NEW).rows.is_empty()


def test_groups_by_what_was_taken_are_no_groups_of_users():
    told = report(("tail", 0.01, 0.005, 90))
    by_item = told.groups.with_columns(by=pl.lit(POPULARITY))
    assert worst_groups(replace(told, groups=by_item), Protocol.NEW).rows.is_empty()
