"""A report of a small shop with hostile names, made once."""

from datetime import UTC, datetime

import pytest

from clvcore.data.sample import from_folder
from clvcore.report.compose import compose
from clvcore.report.html import html_bytes
from tests.report.material import hostile, material

MADE_AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def shop(small_shop_folder):
    return hostile(from_folder(small_shop_folder).dataset)


@pytest.fixture(scope="session")
def told(shop):
    """What the report is made of."""
    return material(shop)


@pytest.fixture(scope="session")
def report(told):
    return compose(told, made_at=MADE_AT)


@pytest.fixture(scope="session")
def page(report):
    """The file, as text."""
    return html_bytes(report).decode()
