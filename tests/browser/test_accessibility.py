"""Every page can be used by those who see little, hear it read, or use no mouse: axe finds nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import PATIENCE_MS, Overheard, settle
from playwright.sync_api import expect

from clvcore.messages import say
from pages.parts.places import places

pytestmark = pytest.mark.slow

NOT_OURS = (
    # Streamlit draws the groups of its navigation as <div> within <ul>; a page has no say in that
    ("list", "[data-testid='stSidebarNavItems']"),
    ("listitem", "[data-testid='stSidebarNavItems'] li"),
)
"""Rule of axe and the elements that cannot be mended here."""
GRAVE = {"moderate", "serious", "critical"}
FURTHER = {
    "data": "&data_view=bring",
    "train": "&train_compare=c4e0d4eb0cf6e1df",
    "whatif": "&whatif_retention=5",
    "users": "&users_more=users",
    "report": "&report_set=order_rate=%2B9999%25",
}
"""What is added to the links of pages to see what they show on demand, or cannot show."""
CONTRAST = """
    const light = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number)
    const luminance = ([red, green, blue]) =>
        0.2126 * light(red / 255) + 0.7152 * light(green / 255) + 0.0722 * light(blue / 255)
    const contrast = (one, other) => {
        const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b)
        return (high + 0.05) / (low + 0.05)
    }
"""
ON_ITS_GROUND = f"""
(button) => {{
    {CONTRAST}
    const ground = getComputedStyle(button).backgroundColor
    return contrast(numbers(getComputedStyle(button.querySelector("p")).color), numbers(ground))
}}
"""
"""Contrast of a button's words with its own colour."""
LABELS = f"""
(plots) => {{
    {CONTRAST}
    const paper = numbers(getComputedStyle(document.querySelector(".stApp")).backgroundColor)
    return plots.flatMap((plot) => [...plot.querySelectorAll("svg text")]).filter(
        (text) => text.textContent.trim() && text.getBoundingClientRect().width
    ).map((text) => {{
        const style = getComputedStyle(text)
        const [red, green, blue, alpha = 1] = numbers(style.fill)
        const strength = alpha * style.fillOpacity * style.opacity
        const seen = [red, green, blue].map((one, i) => strength * one + (1 - strength) * paper[i])
        return [text.textContent, contrast(seen, paper)]
    }})
}}
"""
"""Words in the charts and their contrast with the page, which axe does not measure within SVG."""


def violations(page) -> list[str]:
    """What axe finds grave, but for what is not ours."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:200]} {node['failureSummary']}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
        if not is_spared(page, one["id"], node["target"][-1])
    ]


def is_spared(page, rule: str, target: str) -> bool:
    """Whether what axe found is one of those that cannot be mended here."""
    css = [selector for name, selector in NOT_OURS if name == rule]
    return bool(css) and page.locator(target).first.evaluate(
        "(element, css) => element.matches(css)", css[0]
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_legible_to_all_asks_no_other_host_and_has_no_error(browser, warm, scheme):
    """On every page of a sample with a run, and on those that say what to do where there is none."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    heard = Overheard(page)
    visits = [("storefront", place.name, "") for place in places()]
    visits += [("online_retail", name, "") for name in ("home", "train", "users", "quality")]
    visits += [("storefront", name, more) for name, more in FURTHER.items()]
    found = {}
    for data, name, more in visits:
        page.goto(f"{warm}/{'' if name == 'home' else name}?data={data}{more}")
        settle(page)
        page.wait_for_load_state("networkidle")  # charts and icons ask for their files last
        assert page.get_by_role("heading", level=1).all_inner_texts() == [
            say(f"pages.{name}.title")
        ]
        assert f"data={data}" in page.url
        labels = page.locator(".js-plotly-plot").evaluate_all(LABELS)
        faint = [f"{text!r} {contrast:.1f}:1" for text, contrast in labels if contrast < 4.5]
        broken = ["an exception"] * page.get_by_test_id("stException").count()
        found[f"{name} of {data}{more}"] = violations(page) + faint + broken
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert heard.complaints(warm) == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_main_button_is_legible_also_under_the_mouse_and_the_keyboard(browser, warm, scheme):
    context = browser.new_context(color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{warm}/?data=storefront")
    settle(page)
    button = page.get_by_test_id("stBaseButton-primary").first
    states = {"at rest": lambda: None, "mouse": button.hover, "keyboard": button.focus}
    for state, reach in states.items():
        reach()
        page.wait_for_timeout(500)  # colours fade into each other
        assert button.evaluate(ON_ITS_GROUND) >= 4.5, state
    context.close()


def test_the_document_names_the_language_that_it_is_in(browser, warm):
    context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    heard = Overheard(page)
    page.goto(f"{warm}/?data=storefront&lang=zh")
    settle(page)
    named = page.locator("html")
    expect(named).to_have_attribute("lang", "zh")
    page.get_by_test_id("stSidebar").get_by_text("English").click()
    expect(named).to_have_attribute("lang", "en", timeout=PATIENCE_MS)
    assert heard.complaints(warm) == []
    context.close()


def test_what_is_grave_is_found(browser):
    page = browser.new_page()
    body = "<main><h1>t</h1><h3>A heading of the second rank left out</h3><img src='x'></main>"
    page.set_content(f"<html lang='en'><title>t</title>{body}</html>")
    found = sorted(one.partition(":")[0] for one in violations(page))
    assert found == ["heading-order", "image-alt"]
    page.close()
