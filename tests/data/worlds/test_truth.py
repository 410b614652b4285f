import numpy as np
import polars as pl
import pytest

from clvcore import columns as col
from clvcore.data.worlds import Exploring, go_on, remaining_value, truth
from clvcore.data.worlds.record import NO_MONEY


@pytest.fixture(params=["shop", "service"])
def simulation(request):
    return request.getfixturevalue(request.param)


def test_users_fall_silent_when_the_truth_says_that_they_left(simulation):
    known, events = truth(simulation).users, simulation.tables()["events"]
    left = events.join(known, on=col.USER).filter(pl.col("churned_at").is_not_null())
    assert left.height > 0
    late = left.filter((pl.col(col.AT) > pl.col("churned_at")) & (pl.col(col.KIND) != "refund"))
    assert late.is_empty()


def test_users_who_are_said_to_be_here_still_come(simulation):
    known, events = truth(simulation).users, simulation.tables()["events"]
    recent = events.filter(pl.col(col.AT) > events[col.AT].max() - pl.duration(weeks=4))
    here = known.filter(pl.col("churned_at").is_null())
    assert here.join(recent, on=col.USER, how="semi").height / here.height > 0.4


def test_contracts_end_when_the_truth_says(service, service_tables):
    known = truth(service).users.join(service_tables["users"], on=col.USER)
    ended = known.filter(pl.col(col.ENDED).is_not_null())
    assert ended.height > 0
    assert ended[col.ENDED].equals(ended["churned_at"])


def test_tastes_are_those_that_choices_follow(simulation):
    known = truth(simulation)
    events = simulation.tables()["events"].filter(pl.col(col.KIND).is_in(["purchase", "play"]))
    pairs = events.join(known.users, on=col.USER).join(known.items, on=col.ITEM, suffix="_item")
    users, items = pairs["taste"].to_numpy(), pairs["taste_item"].to_numpy()
    liked = (users * items).sum(axis=1).mean()
    by_chance = (users * np.roll(items, len(items) // 2, axis=0)).sum(axis=1).mean()
    assert liked > by_chance + 0.2


def test_the_truth_is_in_none_of_the_tables(simulation):
    hidden = {"taste", "moods", "quality", "hazard_weekly", "satisfaction", "churned_at"}
    for frame in simulation.tables().values():
        assert hidden.isdisjoint(frame.columns)


def test_remaining_value_is_that_of_the_worlds_that_may_follow(simulation):
    draws = 6
    expected = remaining_value(simulation, policy=Exploring(), seed=1, weeks=8, draws=draws)
    here = truth(simulation).users["churned_at"].is_null()
    assert (expected.filter(~here)["p_alive"] == 0).all()
    assert (expected.filter(here)["p_alive"] > 0).any()
    refunds_only = expected.filter(~here)["expected"]
    assert refunds_only.max() <= 0
    later = go_on(
        simulation,
        policy=Exploring(),
        rng=np.random.default_rng(77),
        weeks=8,
        open_doors=False,
    )
    amounts = np.concatenate([week.events.amount for week in later.state.weeks[30:]])
    total = amounts[amounts != NO_MONEY].sum() / 10_000
    # users are independent here, so the variance of the total is the sum of theirs
    spread = np.sqrt((expected["standard_error"] ** 2).sum() * draws * (1 + 1 / draws))
    assert abs(total - expected["expected"].sum()) < 4 * spread
    assert len(later.state.crowd) == len(simulation.state.crowd)


def test_remaining_value_is_the_same_for_the_same_seed(simulation):
    first, second = (
        remaining_value(simulation, policy=Exploring(), seed=4, weeks=2, draws=2) for _ in range(2)
    )
    assert first.equals(second)
