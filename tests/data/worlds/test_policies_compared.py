"""Better recommendations lengthen lifetimes: policies compared in the same worlds."""

import numpy as np
import pytest

from clvcore.data.worlds import STOREFRONT, STREAM, Oracle, Popular, Uniform, simulate
from clvcore.data.worlds.clock import WEEK
from clvcore.data.worlds.record import NO_MONEY

SEEDS = (1, 2)


def lived_and_earned(simulation):
    """Weeks from the first visit to leaving (or the end), and money, for every user."""
    crowd, end = simulation.state.crowd, simulation.state.week * WEEK
    weeks = (np.where(crowd.alive, end, crowd.left) - crowd.acquired) / WEEK
    money = np.zeros(len(crowd))
    for week in simulation.state.weeks:
        paid = week.events.amount != NO_MONEY
        np.add.at(money, week.events.user[paid], week.events.amount[paid] / 10_000)
    return weeks, money


@pytest.fixture(scope="module", params=[STOREFRONT, STREAM], ids=["storefront", "stream"])
def runs(request):
    """For each policy and seed what `lived_and_earned` says."""
    params = request.param.sized(arrivals=0.3, n_items=300, weeks=44)
    policies = (Uniform(), Popular(), Oracle())
    return {
        policy.name: [
            lived_and_earned(simulate(params, seed=seed, policy=policy)) for seed in SEEDS
        ]
        for policy in policies
    }


def paired(runs, better, worse, which):
    """Mean difference over the users of all worlds and its standard error."""
    pairs = zip(runs[better], runs[worse], strict=True)
    gain = np.concatenate([one[which] - other[which] for one, other in pairs])
    return gain.mean(), gain.std() / np.sqrt(len(gain))


def test_the_same_users_come_whatever_is_recommended(runs):
    counts = {name: [len(weeks) for weeks, _ in worlds] for name, worlds in runs.items()}
    assert len(set(map(tuple, counts.values()))) == 1


@pytest.mark.parametrize("which", [0, 1], ids=["lifetime", "value"])
@pytest.mark.parametrize(("better", "worse"), [("oracle", "popular"), ("popular", "random")])
def test_the_better_policy_is_better_for_lifetimes_and_value(runs, better, worse, which):
    mean, error = paired(runs, better, worse, which)
    assert mean > error


@pytest.mark.slow
@pytest.mark.parametrize("params", [STOREFRONT, STREAM], ids=["storefront", "stream"])
def test_in_full_worlds_the_order_is_beyond_doubt(params):
    full = params.sized(arrivals=0.8, n_items=params.n_items, weeks=78)
    policies = (Uniform(), Popular(), Oracle())
    runs = {
        policy.name: [lived_and_earned(simulate(full, seed=seed, policy=policy)) for seed in SEEDS]
        for policy in policies
    }
    for better, worse in (("oracle", "popular"), ("popular", "random")):
        for which in (0, 1):
            mean, error = paired(runs, better, worse, which)
            assert mean > 3 * error, (better, worse, which)


def test_the_oracle_wins_in_every_world(runs):
    for oracle, popular in zip(runs["oracle"], runs["popular"], strict=True):
        assert oracle[0].mean() > popular[0].mean()
        assert oracle[1].mean() > popular[1].mean()


def test_pairing_takes_most_of_the_noise_out_of_a_difference(runs):
    """Common random numbers: lifetimes under two policies belong to the same fates."""
    for popular, random in zip(runs["popular"], runs["random"], strict=True):
        assert np.corrcoef(popular[0], random[0])[0, 1] > 0.8
