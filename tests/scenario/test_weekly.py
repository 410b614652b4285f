"""Spend and users by week are those that happened in the world that the tables tell of."""

from decimal import Decimal

import numpy as np
import pytest

from benchmarks.budget import history
from clvcore.data.dataset import Dataset
from clvcore.data.worlds import STOREFRONT, simulate, write
from clvcore.runs.workspace import Workspace
from clvcore.scenario.weekly import weekly
from tests.scenario import world

PARAMS = STOREFRONT.sized(arrivals=0.35, n_items=60, weeks=6)
SEED = 5


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Dataset:
    folder = tmp_path_factory.mktemp("weekly") / "shop"
    write(simulate(PARAMS, seed=SEED), folder, seed=SEED)
    return Workspace(folder.parent / "home").resolve(str(folder))


def test_weeks_are_those_of_the_world(data):
    spend, users = history(PARAMS, SEED)
    found = {one.channel: one for one in weekly(data)}
    for place, channel in enumerate(PARAMS.channels):
        one = found[channel.name]
        np.testing.assert_allclose(one.spend, spend[:, place])
        np.testing.assert_array_equal(one.users, users[:, place])


def test_today_is_the_mean_of_the_weeks_to_the_cent(data):
    for one in weekly(data):
        assert one.today == Decimal(str(one.spend.mean())).quantize(Decimal("0.01"))


def test_without_a_spend_table_there_are_no_weeks():
    assert weekly(world.dataset(spend=False)) == ()
