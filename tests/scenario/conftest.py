import pytest

from clvcore.scenario.situation import Situation, situation
from clvcore.value.population import Cells, Population
from clvcore.value.users import UserValue
from tests.scenario import world


@pytest.fixture(scope="session")
def value() -> UserValue:
    """The small shop, on revenue."""
    return world.user_value(world.dataset())


@pytest.fixture(scope="session")
def start(value: UserValue) -> Situation:
    """Its users by channel."""
    return situation(value, ["channel"])


@pytest.fixture(scope="session")
def population(start: Situation) -> Population:
    return start.made.population


@pytest.fixture(scope="session")
def cells(start: Situation) -> Cells:
    return start.cells
