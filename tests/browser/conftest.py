"""Servers with a workspace of their own and a real browser; without Chromium the tests are skipped."""

import pytest
from browsing import CHROMIUM, MISSING, PATIENCE_MS, Overheard, Server, chromium, served


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        pytest.skip(MISSING)
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def warm(browser, tmp_path_factory):
    """The address of a server that all tests visit."""
    del browser  # without one no server is needed
    with served(tmp_path_factory.mktemp("warm") / "home") as address:
        yield address


@pytest.fixture
def server(browser, tmp_path):
    """A server with an empty workspace, still to be started."""
    del browser
    made = Server(tmp_path / "home")
    yield made
    made.stop()


@pytest.fixture
def address(server):
    """The address of a server that nobody has visited yet."""
    return server.start()


@pytest.fixture
def page(browser, warm):
    """A page of a visitor of their own; nothing goes wrong on it, and no other host is asked."""
    context = browser.new_context(viewport={"width": 1440, "height": 1400}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    heard = Overheard(opened)
    yield opened
    assert opened.get_by_test_id("stException").count() == 0
    assert heard.complaints(warm) == []
    context.close()
