"""A training outlives a refresh, is seen in a second browser, and outlives the server."""

import time
from dataclasses import replace

import pytest
from browsing import settle
from playwright.sync_api import TimeoutError as TooLate

from clvcore.charts import words
from clvcore.messages import say
from clvcore.runs.ended import has_checkpoint
from clvcore.runs.folder import State
from clvcore.runs.launch import new_training, start
from clvcore.runs.shelf import all_runs, is_shipped
from clvcore.runs.workspace import Workspace
from clvcore.towers.presets import preset

pytestmark = pytest.mark.slow


def stop_button(page):
    """Ours; while a script runs, Streamlit shows one of the same name in its header."""
    return page.get_by_test_id("stButton").get_by_role("button", name=say("page_train.cancel"))


def is_at_work(page):
    stop_button(page).wait_for(timeout=120_000)


def steps(page):
    """Wait for a step to be told; how many were done."""
    bar = page.get_by_test_id("stProgress").get_by_text("step ", exact=False).first
    bar.wait_for(timeout=300_000)
    return int(bar.inner_text().split("step ")[1].split(" of")[0].replace(",", ""))


def choose_preset(page, name):
    """Choose in the list, which closes where the page is drawn anew in the meantime."""
    box = page.get_by_test_id("stSelectbox").filter(has_text=say("page_train.preset"))
    for _ in range(5):
        box.locator("input").click()
        try:
            return page.get_by_role("option", name=name).click(timeout=10_000)
        except TooLate:
            page.keyboard.press("Escape")
    return pytest.fail("the list of presets does not stay open")


def test_a_training_survives_refresh_a_second_browser_and_the_end_of_the_server(
    browser, server, tmp_path
):
    first = browser.new_context().new_page()
    first.goto(f"{server.start()}/train?data=storefront")
    first.get_by_text(say("page_train.new")).wait_for(timeout=120_000)
    settle(first)
    first.get_by_text(say("page_train.new")).click()
    choose_preset(first, "standard")  # it takes long enough
    first.get_by_role("button", name=say("page_train.start")).click()
    is_at_work(first)
    (run,) = [one for one in all_runs(Workspace(tmp_path / "home")) if not is_shipped(one)]
    try:
        first.wait_for_url(f"**train_run={run.run_id}**")
        before = steps(first)
        first.reload()
        settle(first)
        is_at_work(first)
        assert steps(first) >= before

        second = browser.new_context().new_page()
        second.goto(first.url)
        settle(second)
        is_at_work(second)

        address = first.url.split("/train")[1]
        server.stop()
        assert run.status().state in (State.QUEUED, State.RUNNING)
        second.goto(f"{server.start()}/train{address}")
        settle(second)
        is_at_work(second)
        assert steps(second) >= before

        stop_button(second).click()
        second.get_by_text(f", {words.state('cancelled')}.").wait_for(timeout=300_000)
        assert second.get_by_text("Stopped on request").count() == 1
        assert run.status().state is State.CANCELLED
    finally:
        run.ask_to_cancel()


def test_a_training_that_is_killed_says_why_and_goes_on_at_a_click(browser, server, tmp_path):
    home = Workspace(tmp_path / "home")
    page = browser.new_context().new_page()
    page.goto(f"{server.start()}/train?data=storefront")
    page.get_by_text(say("page_train.new")).wait_for(timeout=120_000)
    settle(page)
    tower, train = preset("quick")
    run = new_training(
        home, home.resolve("storefront"), tower, replace(train, epochs=3),
        reference="storefront", preset="quick", checkpoint_every_s=1.0,
    )  # fmt: skip
    worker = start(run)
    try:
        page.goto(f"{page.url.split('?')[0]}?data=storefront&train_run={run.run_id}")
        is_at_work(page)
        until = time.monotonic() + 300
        while not has_checkpoint(run.path):
            assert time.monotonic() < until, "no checkpoint was written"
            time.sleep(0.1)
        worker.kill()
        worker.wait()
        why = f"{say('runs.broken.killed')} {say('runs.broken.goes_on')}"
        page.get_by_text(why).wait_for(timeout=120_000)
        told = len(run.progress())
        page.get_by_role("button", name=say("page_train.go_on")).click()
        page.get_by_text(f", {words.state('done')}.").wait_for(timeout=300_000)
        settle(page)
        assert page.get_by_test_id("stException").count() == 0
        assert page.locator(".js-plotly-plot").count() == 2
        assert run.status().state is State.DONE
        assert len(run.progress()) > told
    finally:
        run.ask_to_cancel()
        worker.kill()
