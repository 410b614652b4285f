"""What the tests of the pages share: a workspace with one small shop, and the app opened on it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from clvcore.data import sample
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Dataset
from clvcore.runs.workspace import Workspace
from tests.pages.opening import unfolded


@pytest.fixture
def shop(home, small_shop_folder) -> Dataset:
    """The small shop, brought into an empty workspace under its id."""
    recipe = replace(sample.recipe_of(small_shop_folder), name="corner_shop")
    intake = bring_in(sample.raw_tables(small_shop_folder), recipe)
    Workspace(home).add(intake)
    return intake.dataset


@pytest.fixture
def opened(shop) -> Callable[..., AppTest]:
    """Open a page by its link on the small shop; further parts of the link by name."""

    def at(page: str | None = None, **link: str) -> AppTest:
        app = unfolded()
        for key, value in {"data": shop.id, **link}.items():
            app.query_params[key] = value
        app.run()
        return app.switch_page(f"{page}.py").run() if page else app

    return at
