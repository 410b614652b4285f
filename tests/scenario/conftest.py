"""A small population with parameters as fitted to CDNOW, in three groups, all streams in use."""

import numpy as np
import pytest

from clvcore.value.cells import history_cells, wait_cells
from clvcore.value.models.beta_geometric import NbdParams
from clvcore.value.models.gamma_gamma import SpendParams
from clvcore.value.models.waiting import WaitParams
from clvcore.value.population import Cells, Population

N_GROUPS = 3

POPULATION = Population(
    orders=NbdParams(r=0.525, alpha=43.3, a=0.891, b=1.614),
    spend=SpendParams(p=6.25, q=3.74, v=15.44),
    first_order=WaitParams(s=0.8, beta=200.0),
    visits=NbdParams(r=0.9, alpha=9.0, a=0.7, b=4.0),
    contract=WaitParams(s=1.2, beta=500.0),
    refund_rate=0.04,
    refund_rate_matched=0.01,
    margin=0.4,
    visit_noise=0.5,
)


def made_cells(seed: int = 0, n_users: int = 30) -> Cells:
    rng = np.random.default_rng(seed)

    def history(mean: float, money: float):
        age = rng.integers(30, 400, n_users).astype(float)
        frequency = rng.poisson(mean, n_users).astype(float)
        recency = np.where(frequency > 0, np.floor(age * rng.random(n_users)), 0.0)
        valued = frequency if mean < 4 else np.ones(n_users)
        value = np.where(valued > 0, money * (0.5 + rng.random(n_users)), 0.0)
        return history_cells(
            frequency, recency, age, valued, value, rng.integers(0, N_GROUPS, n_users)
        )[0]

    def wait(money: float, agreed: float):
        remaining = np.where(rng.random(n_users) < agreed, 40.0, np.inf)
        fee = np.full(n_users, money)
        waited = rng.integers(0, 300, n_users).astype(float)
        return wait_cells(waited, remaining, fee, rng.integers(0, N_GROUPS, n_users))[0]

    return Cells(
        buyers=history(2.0, 30.0),
        prospects=wait(0.0, 0.0),
        visitors=history(8.0, 0.2),
        contracts=wait(0.3, 0.1),
    )


@pytest.fixture(scope="session")
def population() -> Population:
    return POPULATION


@pytest.fixture(scope="session")
def cells() -> Cells:
    return made_cells()
