"""The whole way of an analyst with data of their own, and what others see of it meanwhile."""

import re
from pathlib import Path

import polars as pl
import pytest
from browsing import PATIENCE_MS, says, settle
from playwright.sync_api import expect

from clvcore import columns as col
from clvcore.charts import words
from clvcore.messages import say
from clvcore.report.tables import table_bytes
from pages.parts.places import is_there

pytestmark = pytest.mark.slow
NAME = "winter_customers"


@pytest.fixture(scope="module")
def events(small_shop_folder) -> bytes:
    """Events as a shop might write them, with a name for the user that nobody can guess."""
    frame = pl.read_parquet(small_shop_folder / "events.parquet")
    told = {col.USER: "shopper", "time": "date and time", col.AMOUNT: "total"}
    return table_bytes(frame.rename(told, strict=False), small_shop_folder / "x.csv")


def go(page, name: str) -> None:
    """To another page by the navigation."""
    title = say(f"pages.{name}.title")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title, timeout=PATIENCE_MS)
    settle(page)


def choose(page, label: str, option: str) -> None:
    """An option of a box."""
    page.get_by_role("combobox", name=label).first.click()
    page.get_by_role("option", name=option, exact=True).click()
    settle(page)


def listed(page) -> list[str]:
    """Names of the data sets that a visitor can choose."""
    page.get_by_test_id("stSidebar").get_by_role("combobox").first.click()
    names = page.get_by_role("option").all_inner_texts()
    page.keyboard.press("Escape")
    return names


def bring_in(page, warm, events: bytes) -> str:
    """From Home to a stored data set; returns the link's part that names it."""
    page.goto(warm)
    settle(page)
    page.get_by_role("link", name=say("pages.home.bring")).click()
    file = {"name": f"{NAME}.csv", "mimeType": "text/csv", "buffer": events}
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(file)
    says(page, "rows were read")
    choose(page, words.role(col.USER), "shopper")
    page.get_by_text("EUR", exact=True).click()
    settle(page)
    page.get_by_role("button", name=say("page_data.bring.check"), exact=True).click()
    says(page, "Ready to accept")
    page.get_by_role("button", name=say("page_data.bring.accept"), exact=True).click()
    says(page, "Every row is accounted for")
    page.wait_for_url(re.compile("data=[0-9a-f]{16}"))
    return re.search("data=[0-9a-f]{16}", page.url)[0]


def train(page, *, epochs: int) -> None:
    """Start a training of so many epochs."""
    button = page.get_by_role("button", name=say("page_train.start"))
    if not button.is_visible():
        page.get_by_text(say("page_train.new"), exact=True).click()
    page.get_by_role("spinbutton", name=say("page_train.epochs")).fill(str(epochs))
    button.click()


def test_from_a_file_to_what_if(browser, page, warm, events):
    link = bring_in(page, warm, events)

    go(page, "train")
    train(page, epochs=2)
    page.wait_for_url(re.compile("train_run=[0-9a-f]{16}"))
    asked = re.search("train_run=([0-9a-f]{16})", page.url)[1]
    page.reload()
    settle(page)
    assert asked in page.url, "a refresh finds the training again"

    stranger = browser.new_context(locale="en-GB").new_page()
    stranger.goto(warm)
    settle(stranger)
    assert NAME in listed(page)
    assert listed(stranger) == ["online_retail", "storefront", "stream"]
    assert stranger.get_by_text(NAME).count() == 0
    stranger.goto(f"{warm}/data?{link}")  # whoever was given the link may look
    settle(stranger)
    assert NAME in listed(stranger)
    stranger.context.close()

    finished = page.get_by_text(say("page_train.in_use")).or_(
        page.get_by_role("button", name=say("page_train.use"))
    )
    expect(finished.first).to_be_visible(timeout=PATIENCE_MS)
    assert re.search("run=([0-9a-f]{16})", page.url)

    go(page, "users")
    says(page, "would most likely want|would like to have")
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    page.get_by_text(say("page_users.take.title"), exact=True).click()
    page.get_by_role("button", name="Work out lists").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name=say("page_users.take.lists_as", ending="CSV")).click()
    assert "similarity" in Path(taken.value.path()).read_text("utf-8").partition("\n")[0]

    go(page, "quality")
    says(page, "model")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()

    go(page, "value")
    says(page, "users brought")
    bar = page.locator(".js-plotly-plot .bars .point path").first
    bar.hover(force=True)  # plotly lays a sheet over its marks that takes the mouse
    bar.click(force=True)
    page.wait_for_url(re.compile("value_group="))
    expect(page.get_by_role("button", name=re.compile("users as CSV"))).to_be_visible()

    go(page, "whatif")
    says(page, "Nothing is changed")
    page.get_by_role("slider").first.press("ArrowRight")
    page.wait_for_url(re.compile("whatif_[a-z_]+=1"))
    says(page, "rises|falls")

    if is_there("report"):
        go(page, "report")
        with page.expect_download() as taken:
            page.get_by_test_id("stDownloadButton").get_by_role("button").first.click()
        assert taken.value.suggested_filename.endswith(".html")
