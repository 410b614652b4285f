"""A world that breaks an assumption really breaks it, and only that one."""

from dataclasses import replace

import numpy as np
import pytest

from clvcore.data.worlds import STOREFRONT, Violations, begin, create, simulate, step
from clvcore.data.worlds.policy import Exploring
from clvcore.data.worlds.retention import hazard

SMALL = STOREFRONT.sized(arrivals=0.4, n_items=200, weeks=16)


def broken(**kinds):
    return replace(SMALL, logged=1.0, violations=Violations(**kinds))


def shown_liking(simulation):
    """Cosine of what was shown with the best-suiting mood of users who come often."""
    crowd, taste = simulation.state.crowd, simulation.world.catalogue.taste
    user = np.concatenate([week.shown.user for week in simulation.state.weeks])
    item = np.concatenate([week.shown.item for week in simulation.state.weeks])
    often = crowd.rate[user] > 0.7
    user, item = user[often], item[often]
    return np.einsum("nmd,nd->nm", crowd.moods[user], taste[item]).max(axis=1).mean()


def test_a_confounded_log_shows_valuable_users_what_they_like_and_does_not_say_so():
    honest, confounded = (simulate(broken(confounded_slates=share), seed=4) for share in (0.0, 0.8))
    assert shown_liking(confounded) > shown_liking(honest) + 0.2
    first = [one.state.weeks[0].shown.propensity for one in (honest, confounded)]
    assert np.array_equal(*first)


def test_confounded_spend_makes_organic_users_come_when_money_is_spent():
    def organic_and_paid(swing):
        params = replace(broken(confounded_spend=swing).sized(arrivals=4.0, n_items=60, weeks=70))
        world = create(params, seed=6)
        from clvcore.data.worlds.acquisition import arrivals, hidden_demand, planned_spend

        spend = [
            planned_spend(params, world.key, week, scale=None).of_channels() for week in range(70)
        ]
        adstock = np.array([channel.spend for channel in params.channels]) * params.arrivals
        organic = [
            arrivals(params, adstock, week, demand=hidden_demand(world.key, week))[0]
            for week in range(70)
        ]
        return np.corrcoef(organic, np.sum(spend, axis=1))[0, 1]

    assert organic_and_paid(1.0) > organic_and_paid(0.0) + 0.2


@pytest.mark.parametrize("strength", [0.0, 1.5])
def test_users_follow_their_compatriots_only_where_there_is_interference(strength):
    world = create(broken(interference=strength), seed=8)
    state, rng = begin(world), np.random.default_rng(3)
    for _ in range(6):
        state, _ = step(world, state, Exploring(), rng)
    crowd_around = state.uptake.copy()
    crowd_around[:, :20] += 30.0
    hype = replace(state, uptake=crowd_around)
    (_, plain), (_, hyped) = (
        step(world, one, Exploring(), np.random.default_rng(5)) for one in (state, hype)
    )
    followed = [(week.events.item[week.events.kind == 0] < 20).mean() for week in (plain, hyped)]
    if strength:
        assert followed[1] > followed[0] + 0.05
    else:
        assert followed[1] == followed[0]


def test_the_hazard_of_an_unsteady_world_shifts_in_the_stated_week():
    params = broken(shifted_hazard=np.log(2), shift_week=8)
    crowd = simulate(params, seed=4, weeks=6).state.crowd
    honest = broken()
    assert np.array_equal(hazard(params, crowd, 7), hazard(honest, crowd, 7))
    doubled = np.log1p(-hazard(params, crowd, 8)) / np.log1p(-hazard(honest, crowd, 8))
    assert np.allclose(doubled, 2)


def test_more_users_leave_after_the_shift():
    steady, unsteady = (
        simulate(broken(shifted_hazard=shift, shift_week=6), seed=4).state.crowd
        for shift in (0.0, 1.0)
    )
    assert len(steady) == len(unsteady)
    assert unsteady.alive.mean() < steady.alive.mean() - 0.05
