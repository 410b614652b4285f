"""There is something to learn: who knows the tastes ranks what comes far better than popularity."""

import numpy as np
import pytest

from clvcore.columns import Kind
from clvcore.data.worlds import STOREFRONT, STREAM, Exploring, begin, create, go_on, insight
from clvcore.data.worlds.record import NUMBER_OF
from clvcore.data.worlds.simulate import Simulation
from clvcore.data.worlds.world import recorded

TAKEN = [NUMBER_OF[Kind.PURCHASE], NUMBER_OF[Kind.PLAY]]
WEEKS = 8


def ndcg(score, taken, *, k=10):
    """Mean NDCG@k with binary gains over users; ``score`` and ``taken`` [users, items]."""
    best = np.argsort(-score, axis=1, kind="stable")[:, :k]
    gain = np.take_along_axis(taken, best, axis=1) / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))[np.minimum(taken.sum(axis=1), k) - 1]
    return (gain.sum(axis=1) / ideal).mean()


def personal_and_popular(params):
    """NDCG@10 for items new to the user in the next weeks: true utility, and popularity."""
    world = create(params, seed=20230102)
    rng = np.random.default_rng(1)
    start = Simulation(world, begin(world))
    before = go_on(start, policy=Exploring(), rng=rng, weeks=params.weeks - WEEKS)
    after = go_on(before, policy=Exploring(), rng=rng, weeks=WEEKS)
    owned = before.state.crowd.owned
    taken = after.state.crowd.owned[: len(owned)] & ~owned
    user = np.flatnonzero(taken.any(axis=1))
    barred = owned[user] | (world.catalogue.launch > before.state.week * 604_800)
    recent = recorded(before.state, "at") > (before.state.week - WEEKS) * 604_800
    counted = recent & np.isin(recorded(before.state, "kind"), TAKEN)
    popular = np.bincount(recorded(before.state, "item")[counted], minlength=params.n_items)
    personal = insight(before).utility(user)
    return tuple(
        ndcg(np.where(barred, -np.inf, score), taken[user])
        for score in (personal, np.broadcast_to(popular, barred.shape))
    )


@pytest.mark.parametrize("params", [STOREFRONT, STREAM], ids=["storefront", "stream"])
def test_taste_beats_popularity_even_among_few_items(params):
    personal, popular = personal_and_popular(params.sized(arrivals=0.3, n_items=300, weeks=40))
    assert personal > 1.8 * popular


@pytest.mark.slow
@pytest.mark.parametrize("params", [STOREFRONT, STREAM], ids=["storefront", "stream"])
def test_in_the_shipped_worlds_taste_is_worth_three_times_popularity(params):
    personal, popular = personal_and_popular(params)
    assert personal > 3 * popular
