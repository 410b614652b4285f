from dataclasses import fields, replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from clvcore import columns as col
from clvcore.data.worlds import (
    STOREFRONT,
    Exploring,
    InformedPolicy,
    Oracle,
    Policy,
    Popular,
    Seen,
    Slates,
    Uniform,
    begin,
    create,
    simulate,
    step,
)
from clvcore.data.worlds.policy import plackett_luce, recent_popularity
from clvcore.errors import ConfigError

NOW = datetime(2023, 3, 6, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
VIEW, PURCHASE = 0, 2


def seen_with(item, kind, at, *, on_sale):
    return Seen(
        week=9,
        now=NOW,
        items=pl.DataFrame({col.ITEM: [f"i{n}" for n in range(len(on_sale))]}),
        on_sale=np.array(on_sale),
        users=pl.DataFrame({col.USER: ["u0"]}),
        user=np.zeros(len(item), dtype=np.int64),
        item=np.array(item),
        kind=np.array(kind),
        at=np.array(at),
    )


def test_the_first_position_follows_the_weights(rng):
    weight = np.array([4.0, 3.0, 2.0, 1.0, 0.0])
    slates = plackett_luce(weight, 20_000, 3, rng)
    share = np.bincount(slates.item[:, 0], minlength=5) / 20_000
    assert np.abs(share - weight / 10).max() < 4 * 0.5 / np.sqrt(20_000)
    assert np.allclose(slates.propensity[:, 0], (weight / 10)[slates.item[:, 0]])


def test_lower_positions_follow_their_propensities_given_the_items_above(rng):
    weight = np.array([4.0, 3.0, 2.0, 1.0])
    slates = plackett_luce(weight, 40_000, 3, rng)
    for first in range(4):
        given = slates.item[:, 0] == first
        for second in set(range(4)) - {first}:
            share = (slates.item[given, 1] == second).mean()
            stated = weight[second] / (10 - weight[first])
            assert abs(share - stated) < 4 * 0.5 / np.sqrt(given.sum())


def test_propensities_of_a_position_sum_to_one_over_what_could_stand_there(rng):
    slates = plackett_luce(np.array([4.0, 3.0, 2.0, 1.0]), 20_000, 3, rng)
    frame = pl.DataFrame(
        {
            "above": [",".join(map(str, row[:2])) for row in slates.item],
            "first": slates.item[:, 0],
            "second": slates.item[:, 1],
            "third": slates.item[:, 2],
            "p0": slates.propensity[:, 0],
            "p1": slates.propensity[:, 1],
            "p2": slates.propensity[:, 2],
        }
    )
    assert frame.unique(["first"])["p0"].sum() == pytest.approx(1)
    second = frame.unique(["first", "second"]).group_by("first").agg(pl.col("p1").sum())
    third = frame.unique(["above", "third"]).group_by("above").agg(pl.col("p2").sum())
    assert second["p1"].to_list() == pytest.approx([1] * 4)
    assert third["p2"].to_list() == pytest.approx([1] * 12)


def test_too_few_items_for_a_slate_are_named(rng):
    with pytest.raises(ConfigError, match="Only 2 items"):
        plackett_luce(np.array([1.0, 1.0, 0.0]), 5, 3, rng)


def test_popularity_counts_what_happened_lately_and_purchases_most():
    day = 86_400
    seen = seen_with(
        item=[0, 0, 1, 2],
        kind=[VIEW, VIEW, PURCHASE, PURCHASE],
        at=[SECONDS - day, SECONDS - day, SECONDS - day, SECONDS - 60 * day],
        on_sale=[True] * 4,
    )
    assert recent_popularity(seen, weeks=8).tolist() == [2, 3, 0, 0]


def test_the_popular_policy_shows_the_same_items_to_everybody_and_only_what_is_on_sale(rng):
    seen = seen_with(
        [1, 1, 2, 0], [PURCHASE] * 4, [SECONDS - 60] * 4, on_sale=[True, False, True, True]
    )
    slates = Popular().slates(seen, np.zeros(3, dtype=np.int64), 2, rng)
    assert slates.item.tolist() == [[0, 2]] * 3
    assert (slates.propensity == 1).all()


def test_the_exploring_policy_prefers_popular_items_but_shows_all(rng):
    on_sale = [True] * 12
    seen = seen_with([3] * 40, [PURCHASE] * 40, [SECONDS - 60] * 40, on_sale=on_sale)
    shown = Exploring(noise=0.3).slates(seen, np.zeros(4000, dtype=np.int64), 4, rng).item[:, 0]
    counts = np.bincount(shown, minlength=12)
    assert counts.argmax() == 3
    assert counts.min() > 0


def test_the_random_policy_prefers_nothing(rng):
    seen = seen_with([3] * 40, [PURCHASE] * 40, [SECONDS - 60] * 40, on_sale=[True] * 8)
    slates = Uniform().slates(seen, np.zeros(8000, dtype=np.int64), 2, rng)
    counts = np.bincount(slates.item[:, 0], minlength=8)
    assert ((counts - 1000) ** 2 / 1000).sum() < 24.3  # chi-square(7) at 0.999
    assert np.allclose(slates.propensity, [1 / 8, 1 / 7])


def test_only_the_oracle_is_told_the_truth():
    assert isinstance(Oracle(), InformedPolicy)
    for policy in (Exploring(), Popular(), Uniform()):
        assert isinstance(policy, Policy)
        assert not isinstance(policy, InformedPolicy)


class Spy:
    """A policy of a user of the library: it keeps what it is shown."""

    name = "spy"

    def __init__(self):
        self.seen = []

    def slates(self, seen, user, k, rng):
        self.seen.append(seen)
        return Exploring().slates(seen, user, k, rng)


def test_a_recommender_sees_tables_and_the_past_and_nothing_else():
    spy = Spy()
    simulation = simulate(STOREFRONT.sized(arrivals=0.1, n_items=80, weeks=8), seed=3, policy=spy)
    assert isinstance(spy, Policy)
    last = spy.seen[-1]
    assert {part.name for part in fields(last)} == {
        "week", "now", "items", "on_sale", "users", "user", "item", "kind", "at",
    }  # fmt: skip
    assert (last.at < last.now.timestamp()).all()
    tables = simulation.tables()
    assert last.items.equals(tables["items"])
    assert last.users.equals(tables["users"])
    before = tables["events"].filter((pl.col(col.AT) < last.now) & pl.col(col.ITEM).is_not_null())
    assert len(last.user) == before.height
    assert [f"u{n:06d}" for n in last.user] == before[col.USER].to_list()


class Stubborn:
    """A policy that returns what it was told to."""

    name = "stubborn"

    def __init__(self, answer):
        self.answer = answer

    def slates(self, seen, user, k, rng):
        del rng
        return self.answer(seen, len(user), k)


def shown(rows):
    return Slates(rows, np.ones(rows.shape))


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda _seen, n, k: shown(np.tile(np.arange(k + 1), (n, 1))), "shape"),
        (
            lambda seen, n, k: shown(np.tile(np.flatnonzero(~seen.on_sale)[:k], (n, 1))),
            "not on sale",
        ),
        (lambda _seen, n, k: shown(np.full((n, k), -1)), "not on sale"),
        (lambda seen, n, k: shown(np.tile(np.flatnonzero(seen.on_sale)[[0] * k], (n, 1))), "twice"),
    ],
    ids=["shape", "not yet on sale", "no item", "doubled"],
)
def test_slates_that_cannot_be_shown_are_refused(answer, complaint):
    world = create(replace(STOREFRONT.sized(arrivals=0.2, n_items=80, weeks=8)), seed=3)
    with pytest.raises(ConfigError, match=complaint):
        step(world, begin(world), Stubborn(answer), np.random.default_rng(1))
