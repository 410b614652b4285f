from dataclasses import replace

import numpy as np
import pytest

from clvcore.data.worlds import STOREFRONT
from clvcore.data.worlds.retention import hazard, satisfied
from clvcore.data.worlds.session import Visits

RULES = STOREFRONT.retention


def with_satisfaction(crowd, level):
    return replace(crowd, satisfaction=np.full(len(crowd), level))


def test_satisfied_users_leave_less_often(shop):
    pleased, bored = (
        hazard(STOREFRONT, with_satisfaction(shop.state.crowd, level), 30) for level in (0.6, 0.1)
    )
    ratio = np.log1p(-pleased) / np.log1p(-bored)
    assert np.allclose(ratio, np.exp(-RULES.attachment * 0.5))


def test_channels_differ_in_how_long_their_users_stay(shop):
    crowd = shop.state.crowd
    names = [channel.name for channel in STOREFRONT.channels]
    stays = [
        hazard(STOREFRONT, replace(crowd, channel=np.full(len(crowd), names.index(name))), 30)
        for name in ("social", "email")
    ]
    assert (stays[0] > stays[1]).all()


def test_the_first_weeks_are_the_most_dangerous(shop):
    crowd = replace(shop.state.crowd, acquired=np.zeros(len(shop.state.crowd), dtype=np.int64))
    fresh, old = hazard(STOREFRONT, crowd, 0), hazard(STOREFRONT, crowd, 40)
    ratio = np.log1p(-fresh) / np.log1p(-old)
    assert np.allclose(ratio, 1 + RULES.early, rtol=1e-4)


def test_satisfaction_moves_towards_each_visit_in_turn(shop):
    crowd = with_satisfaction(shop.state.crowd, 0.2)
    two = np.array([3, 3])
    none = np.zeros(2)
    visits = Visits(
        user=two, number=np.array([0, 1]), at=two, first=two > 9, mood=two, taste=none[:, None],
        seed=two.astype(np.uint64),
    )  # fmt: skip
    after = satisfied(STOREFRONT, crowd, visits, np.array([1.0, 0.0]))
    memory = RULES.memory
    assert after[3] == pytest.approx((0.2 + memory * (1.0 - 0.2)) * (1 - memory))
    assert np.delete(after, 3) == pytest.approx(0.2)
