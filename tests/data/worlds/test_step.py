import numpy as np

from clvcore.data.worlds import (
    STOREFRONT,
    STREAM,
    Exploring,
    Oracle,
    Popular,
    begin,
    create,
    go_on,
    step,
)
from clvcore.data.worlds.simulate import Simulation

SMALL = STOREFRONT.sized(arrivals=0.2, n_items=120, weeks=12)


def after(world, weeks, policy, seed=1, **how):
    start = Simulation(world, begin(world))
    return go_on(start, policy=policy, rng=np.random.default_rng(seed), weeks=weeks, **how)


def test_a_step_leaves_the_state_before_it_untouched():
    world = create(SMALL, seed=1)
    state = after(world, 4, Popular()).state
    owned, satisfaction = state.crowd.owned.copy(), state.crowd.satisfaction.copy()
    step(world, state, Popular(), np.random.default_rng(2))
    assert np.array_equal(state.crowd.owned, owned)
    assert np.array_equal(state.crowd.satisfaction, satisfaction)
    assert (state.week, len(state.weeks)) == (4, 4)


def test_the_same_state_policy_and_chance_give_the_same_week():
    world = create(SMALL, seed=1)
    state = after(world, 3, Exploring()).state
    weeks = [step(world, state, Exploring(), np.random.default_rng(8))[1] for _ in range(2)]
    assert np.array_equal(weeks[0].events.at, weeks[1].events.at)
    assert np.array_equal(weeks[0].shown.item, weeks[1].shown.item)


def test_policies_meet_the_same_people_with_the_same_moods_and_fates():
    world = create(SMALL, seed=1)
    one, other = (after(world, 10, policy).state.crowd for policy in (Popular(), Oracle()))
    assert np.array_equal(one.seed, other.seed)
    assert np.array_equal(one.acquired, other.acquired)
    assert np.array_equal(one.moods, other.moods)
    assert not np.array_equal(one.satisfaction, other.satisfaction)


def test_more_spend_in_one_channel_leaves_the_users_of_the_others_as_they_are():
    world = create(SMALL, seed=1)
    names = [channel.name for channel in SMALL.channels]
    scale = np.where(np.array(names) == "search", 3.0, 1.0)
    usual, more = (
        after(world, 10, Popular(), spend_scale=factor).state.crowd for factor in (None, scale)
    )
    search = names.index("search")
    assert (more.channel == search).sum() > (usual.channel == search).sum()
    for crowd in (usual, more):
        others = crowd.seed[crowd.channel != search]
        assert np.array_equal(others, usual.seed[usual.channel != search])


def test_closed_doors_let_nobody_in_and_cost_nothing():
    world = create(SMALL, seed=1)
    open_world = after(world, 6, Popular())
    later = go_on(
        open_world, policy=Popular(), rng=np.random.default_rng(4), weeks=5, open_doors=False
    )
    assert len(later.state.crowd) == len(open_world.state.crowd)
    assert sum(week.spend.amount.sum() for week in later.state.weeks[6:]) == 0
    assert len(np.concatenate([week.events.user for week in later.state.weeks[6:]])) > 0


def test_a_world_goes_on_after_its_observed_weeks():
    world = create(STREAM.sized(arrivals=0.1, n_items=90, weeks=4), seed=1)
    assert after(world, 9, Exploring()).state.week == 9


def test_visits_of_a_user_never_overlap(shop):
    user = np.concatenate([week.shown.user for week in shop.state.weeks])
    at = np.concatenate([week.shown.at for week in shop.state.weeks])
    visits = np.unique(np.stack([user, at]), axis=1)
    same = visits[0, 1:] == visits[0, :-1]
    assert np.diff(visits[1])[same].min() > 1400  # the longest visit takes 1,360 seconds
