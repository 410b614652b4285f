"""Tables written down in a test become an intake."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from clvcore.data.clean import Intake, bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read


@pytest.fixture
def bring() -> Callable[..., Intake]:
    """Bring in CSV texts by the name of their table; ``recipe`` sets parts of the recipe."""

    def bring(recipe=None, **tables):
        raws = {
            name: read(text.encode(), table=name, source=f"{name}.csv")
            for name, text in tables.items()
        }
        return bring_in(raws, replace(Recipe("test", "EUR"), **(recipe or {})), key=b"key" * 8)

    return bring
