"""The report opens from disk without a network, draws its charts, and prints them whole."""

from datetime import UTC, datetime

import pytest

from clvcore.data.sample import from_folder
from clvcore.report.compose import compose
from clvcore.report.html import html_bytes
from tests.report.material import hostile, material

pytestmark = pytest.mark.slow
DRAWN = "html[data-drawn=yes]"
A4_PX = 794


@pytest.fixture(scope="session")
def file(small_shop_folder, tmp_path_factory):
    shop = hostile(from_folder(small_shop_folder).dataset)
    report = compose(material(shop), made_at=datetime(2026, 11, 24, tzinfo=UTC))
    place = tmp_path_factory.mktemp("report") / "report.html"
    place.write_bytes(html_bytes(report))
    return place


@pytest.fixture
def opened(browser, file):
    """Open the file without a network; what it asked for and complained about is kept."""
    contexts = []

    def at(**how):
        context = browser.new_context(offline=True, **how)
        contexts.append(context)
        page = context.new_page()
        page.heard = []
        page.on("request", lambda request: page.heard.append(request.url))
        page.on("console", lambda said: page.heard.append(said.text))
        page.on("pageerror", lambda error: page.heard.append(str(error)))
        page.on("dialog", lambda dialog: page.heard.append(dialog.message))
        page.goto(file.as_uri())
        page.locator(DRAWN).wait_for(timeout=60_000, state="attached")
        return page

    yield at
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [1024, 1440])
def test_every_chart_is_drawn_and_nothing_is_asked_for_or_complained_about(opened, file, width):
    page = opened(viewport={"width": width, "height": 900})
    charts = page.locator(".chart")
    assert charts.count() >= 6
    for place in range(charts.count()):
        assert charts.nth(place).locator("svg.main-svg").count() > 0
    assert page.heard == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_names_that_are_markup_stand_in_the_charts_as_they_are_written(opened):
    page = opened()
    labels = " ".join(page.locator(".chart .ytick text").all_text_contents())
    assert '"><img src=x onerror=alert(1)>' in labels
    assert "<script>alert(1)</script>" in labels
    assert page.locator(".chart img, .chart script").count() == 0


def test_text_in_charts_follows_light_and_dark(opened):
    from playwright.sync_api import expect

    page = opened(color_scheme="dark")
    label = page.locator(".chart .ytick text").first
    expect(label).to_have_css("fill", "rgb(230, 233, 237)")
    page.emulate_media(color_scheme="light")
    expect(label).to_have_css("fill", "rgb(31, 35, 40)")


def test_no_chart_is_wider_than_the_paper_or_longer_than_a_page(opened):
    page = opened(viewport={"width": 1440, "height": 900})
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    sizes = page.evaluate(
        "[...document.querySelectorAll('.chart .main-svg')].map(s => [s.clientWidth, s.clientHeight])"
    )
    assert sizes
    assert all(width <= A4_PX - 110 and height <= 990 for width, height in sizes)


def test_a_frame_of_it_is_cut_off_from_the_page_around_it(opened, file):
    from clvcore.report.html import framed

    page = opened()
    page.set_content(framed(file.read_bytes(), about="the report"))
    inside = page.frame_locator("iframe")
    inside.locator(DRAWN).wait_for(timeout=60_000, state="attached")
    assert inside.locator(".chart svg.main-svg").count() > 0
    frame = page.frames[1]
    assert frame.evaluate("self.origin") == "null"
