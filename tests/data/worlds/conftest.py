from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from clvcore.data.worlds import STOREFRONT, STREAM, Simulation, WorldParams, simulate


@pytest.fixture(scope="session")
def small_shop() -> WorldParams:
    return replace(STOREFRONT.sized(arrivals=0.5, n_items=240, weeks=30), logged=1.0)


@pytest.fixture(scope="session")
def shop(small_shop) -> Simulation:
    return simulate(small_shop, seed=5)


@pytest.fixture(scope="session")
def shop_tables(shop) -> dict[str, pl.DataFrame]:
    return shop.tables()


@pytest.fixture(scope="session")
def service() -> Simulation:
    return simulate(STREAM.sized(arrivals=0.5, n_items=240, weeks=30), seed=5)


@pytest.fixture(scope="session")
def service_tables(service) -> dict[str, pl.DataFrame]:
    return service.tables()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)
