"""From a query to PostgreSQL to a data set that all pages are about, in a real browser."""

import pytest
from browsing import PATIENCE_MS, Overheard, Server, settle
from playwright.sync_api import expect
from postgres import PASSWORD

from clvcore.messages import say

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(postgres):
    """A table of orders that the reader may read."""
    postgres.run(
        "CREATE TABLE orders AS SELECT 'c' || n % 50 AS customer, 'sku-' || n % 20 AS sku,"
        " timestamptz '2025-01-01' + n * interval '7 hours' AS sold_at,"
        " (n % 90 + 0.99)::numeric(12, 2) AS total FROM generate_series(1, 600) AS n;"
        " GRANT SELECT ON orders TO reader"
    )
    yield postgres
    postgres.run("DROP TABLE orders")


@pytest.fixture
def address(browser, shop, tmp_path, monkeypatch):
    """A server to which the shop's database has been named."""
    del browser  # without one no server is needed
    monkeypatch.setenv("CLV_DATABASE_SHOP", shop.uri())
    server = Server(tmp_path / "home")
    yield server.start()
    server.stop()


def test_rows_of_postgresql_come_in_and_no_password_goes_out(browser, address, tmp_path):
    context = browser.new_context(viewport={"width": 1440, "height": 1400}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    heard, sent = Overheard(page), []

    def keep(frame) -> None:  # playwright takes no method of a list
        sent.append(frame)

    page.on("websocket", lambda one: one.on("framereceived", keep))
    page.goto(f"{address}/data?data_view=bring&data_db=true")
    settle(page)
    page.get_by_role("combobox", name=say("page_data.db.table")).click()
    page.get_by_role("option", name="orders", exact=True).click()
    settle(page)
    query = page.get_by_role("textbox", name=say("page_data.db.sql"))
    expect(query).to_have_value('SELECT *\nFROM "orders"')
    query.fill("SELECT * FROM orders WHERE sold_at >= :since AND total > :least")
    query.press("Control+Enter")
    for name, value in ((":since", "2025-02-01"), (":least", "5")):
        box = page.get_by_role("textbox", name=name)
        box.fill(value)
        box.press("Enter")
        settle(page)
    page.get_by_role("button", name=say("page_data.db.preview")).click()
    expect(page.get_by_text(say("page_data.db.first", rows=20))).to_be_visible()
    page.get_by_role("button", name=say("page_data.db.take")).click()
    expect(page.get_by_role("button", name=say("page_data.db.drop"))).to_be_visible()
    settle(page)
    page.get_by_text("EUR", exact=True).click()
    settle(page)
    page.get_by_role("button", name=say("page_data.bring.check"), exact=True).click()
    accept = page.get_by_role("button", name=say("page_data.bring.accept"), exact=True)
    accept.click()
    expect(page.get_by_text(say("page_data.bring.accepted", name="shop"))).to_be_visible()
    settle(page)
    assert page.get_by_test_id("stException").count() == 0
    assert heard.complaints(address) == []
    told = b"".join(part if isinstance(part, bytes) else part.encode() for part in sent)
    assert b"orders" in told
    kept = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert kept
    for secret in (PASSWORD.encode(), b"s3cr%23t"):
        assert secret not in told
        assert not any(secret in content for content in kept)
    context.close()
