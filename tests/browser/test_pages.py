"""What only a browser can tell: links to a server just started, and what stays chosen."""

import pytest
from browsing import PATIENCE_MS, Overheard, settle
from playwright.sync_api import expect

from clvcore.messages import say

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["home", "quality"])
def test_a_link_to_a_server_that_nobody_has_visited_opens_its_page(browser, address, name):
    page = browser.new_page()
    heard = Overheard(page)
    page.goto(f"{address}/{'' if name == 'home' else name}?data=storefront")
    settle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(say(f"pages.{name}.title"))
    expect(page.get_by_test_id("stSidebarNav")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert heard.complaints(address) == []
    page.close()


def test_what_was_chosen_stays_chosen_from_page_to_page_and_after_a_refresh(browser, warm):
    page = browser.new_page()
    page.goto(warm)
    settle(page)
    page.get_by_role("button", name=say("pages.home.sample_online_retail")).click()
    page.wait_for_url("**data=online_retail**", timeout=PATIENCE_MS)
    settle(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Quality").click()
    page.wait_for_url("**/quality?**data=online_retail**", timeout=PATIENCE_MS)
    settle(page)
    page.reload()
    settle(page)
    assert "data=online_retail" in page.url
    chosen = page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").first
    assert "online_retail" in (chosen.locator("input").input_value() + chosen.inner_text())
    page.close()
