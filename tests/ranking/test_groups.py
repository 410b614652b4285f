"""For whom: groups part the judged users, and tell of each what its users alone would tell."""

import numpy as np
import polars as pl
import pytest

from clvcore.ranking.context import Context
from clvcore.ranking.evaluate import Protocol, evaluate
from clvcore.ranking.metrics import Metric
from tests.ranking.behaviour import split

N_USERS, N_ITEMS = 12, 8


class Drawn:
    """Scores by chance, the same for a user whatever the batch."""

    def __init__(self, seed):
        self.table = np.random.default_rng(seed).random((N_USERS, N_ITEMS), dtype=np.float32)

    def scores(self, users):
        return self.table[users]


# users 0 to 9 had 1 to 10 events and take two items; users 10 and 11 are strangers
SPLIT = split(
    [(user, (user + i) % 3, i) for user in range(10) for i in range(user + 1)],
    [(user, item, 101) for user in range(12) for item in (user % 8, (user + 4) % 8)],
    n_users=N_USERS,
    n_items=N_ITEMS,
)
COUNTRY = pl.Series(["de", "fr", "it"] * 4)


@pytest.fixture(scope="module")
def report():
    return evaluate(
        {"model": Drawn(0), "other": Drawn(1)},
        SPLIT,
        rng=np.random.default_rng(0),
        k=(3,),
        context=Context(segments={"country": COUNTRY}),
    )


def rows(report, by, metric="ndcg", protocol="all"):
    return report.groups.filter(by=by, metric=metric, protocol=protocol)


@pytest.mark.parametrize("by", ["history", "user:country"])
@pytest.mark.parametrize("model", ["model", "other"])
def test_groups_of_users_add_up_to_everybody(report, by, model):
    for protocol in Protocol:
        own = rows(report, by, protocol=protocol.value).filter(model=model)
        overall = report.metric(model, Metric.NDCG, 3, protocol).mean
        assert (own["mean"] * own["users"]).sum() / own["users"].sum() == pytest.approx(overall)


def test_histories_are_parted_in_quarters_named_by_their_lengths(report):
    own = rows(report, "history").filter(model="model").sort("place")
    assert own["group"].to_list() == ["1-3", "4-5", "6-8", "9-10"] or own["users"].sum() == 10
    assert own["users"].max() <= 4


def test_items_count_in_the_third_of_their_popularity_and_unliked_ones_apart(report):
    own = rows(report, "popularity", "recall").filter(model="model")
    assert "cold" in own["group"].to_list()
    assert set(own["group"]) <= {"head", "middle", "tail", "cold"}


def test_strangers_are_judged_apart_and_the_same_under_both_protocols(report):
    new, everything = (rows(report, "strangers", protocol=one.value) for one in Protocol)
    assert new["users"].to_list() == [2, 2]
    assert new["mean"].to_list() == everything["mean"].to_list()


def test_the_gap_is_the_first_model_minus_the_other(report):
    for (_, group), part in rows(report, "user:country").group_by("by", "group"):
        first, other = (part.filter(model=name).row(0, named=True) for name in ("model", "other"))
        assert first["gap"] is None, group
        assert other["gap"] == pytest.approx(first["mean"] - other["mean"])
        assert other["gap_low"] <= other["gap"] + 1e-12 <= other["gap_high"] + 2e-12


def test_a_group_without_judged_users_is_not_told(report):
    assert report.groups["users"].min() >= 1
