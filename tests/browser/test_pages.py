"""What only a browser can tell: cold links, errors on the console, and whom a page talks to."""

from urllib.parse import urlsplit

import pytest

from pages.parts.places import places

PROBES = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit asks for these below the page's own path first, and finds them one level up."""
pytestmark = pytest.mark.slow


def settle(page):
    done = page.locator("[data-testid='stApp'][data-test-script-state='notRunning']")
    done.wait_for(timeout=120_000)


@pytest.mark.parametrize("place", places(), ids=lambda place: place.name)
def test_a_cold_link_opens_the_page_without_an_error_or_a_word_to_another_host(
    browser, address, place
):
    context = browser.new_context()
    page = context.new_page()
    asked, failed, said = [], [], []
    page.on("request", lambda request: asked.append(urlsplit(request.url)))
    page.on("response", lambda r: failed.append(urlsplit(r.url).path) if r.status >= 400 else None)
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{address}/{'' if place.name == 'home' else place.name}?data=storefront")
    settle(page)
    heading = page.get_by_role("heading", level=1)
    heading.wait_for(timeout=60_000)
    page.wait_for_timeout(500)  # charts and icons ask for their files after the script has ended

    host = urlsplit(address).netloc
    others = [url.geturl() for url in asked if url.scheme.startswith("http") and url.netloc != host]
    assert others == []
    assert [path for path in failed if not path.endswith(PROBES)] == []
    assert [text for text in said if "404" not in text] == []
    assert heading.count() == 1
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_role("link", name="Home", exact=True).count() == 1
    assert "data=storefront" in page.url
    context.close()


def test_what_was_chosen_stays_chosen_from_page_to_page_and_after_a_refresh(browser, address):
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    settle(page)
    page.get_by_role("button", name="online_retail, a wholesaler of gifts (real)").click()
    page.wait_for_url("**data=online_retail**")
    settle(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Quality").click()
    page.wait_for_url("**/quality?**data=online_retail**")
    settle(page)
    page.reload()
    settle(page)
    assert "data=online_retail" in page.url
    chosen = page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").first
    assert "online_retail" in (chosen.locator("input").input_value() + chosen.inner_text())
    context.close()
