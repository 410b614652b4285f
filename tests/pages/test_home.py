"""Home says where one is, leads through the finished demo, and tells what is new."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from clvcore.charts.numbers import UNKNOWN, headline_count, headline_money
from clvcore.cli.dataset import summary
from clvcore.messages import say
from clvcore.runs.launch import new_training
from clvcore.runs.shelf import shipped_runs
from clvcore.runs.workspace import Workspace
from clvcore.towers.presets import preset
from pages.parts import tour

SHELL = Path(__file__).parents[2] / "pages" / "shell.py"


def links(at):
    return {link.proto.label: link.proto.query_string for link in at.get("page_link")}


@pytest.fixture
def fresh(home) -> AppTest:
    """The app in a workspace in which nobody has done anything."""
    del home
    return AppTest.from_file(SHELL, default_timeout=120)


def test_home_tells_what_the_data_set_holds(opened, shop):
    at = opened()
    facts = summary(shop)
    shown = {metric.label: metric.value for metric in at.metric}
    assert not at.exception
    assert shown["Users"] == headline_count(facts["users"])
    assert shown["Items"] == headline_count(facts["items"])
    assert shown["Events"] == headline_count(shop.events.height)
    money = headline_money(sum(facts["money_by_stream"].values()), shop.currency)
    assert shown["Revenue"] == money
    assert money in at.header[0].value
    assert shown["Acquisition spend"] == headline_money(facts["spend"], shop.currency)


def test_home_says_what_needs_a_model_where_there_is_none(opened):
    assert any("No model has been trained" in text.value for text in opened().markdown)


def test_home_leads_to_another_sample(opened):
    at = opened()
    at.button(key="home_online_retail").click().run()
    assert not at.exception
    assert at.session_state["data"] == "online_retail"
    assert at.query_params["data"] == "online_retail"
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown["Acquisition spend"] == UNKNOWN
    assert list(at.warning) == []


def test_home_links_to_every_other_page_and_stays_about_the_same(opened, shop):
    shown = links(opened())
    pages = {"See what users are worth", "Train a model"}
    assert shown.keys() >= pages
    assert all(shop.id in shown[label] for label in pages)


def test_an_upload_is_one_click_away(opened):
    assert "data_view=bring" in links(opened())[say("pages.home.bring")]


def test_a_fresh_workspace_offers_the_finished_demo_and_leads_through_it(fresh):
    at = fresh.run()
    assert [one.key for one in at.button if one.proto.type == "primary"] == ["home_demo"]
    at.button(key="home_demo").click().run()
    (run,) = shipped_runs()
    assert at.session_state["run"] == run.run_id
    assert say("pages.tour.title") in [one.value for one in at.subheader]
    assert [one.key for one in at.button if one.proto.type == "primary"] == ["home_next"]
    at.switch_page("quality.py").run()
    assert not at.exception
    assert at.query_params["tour"] == "home.quality"
    assert "the strongest baseline, EASE" in at.header[0].value
    assert say("pages.tour.next", page="Data") in links(at)


def test_the_link_of_somebody_at_the_end_of_the_demo_says_so(fresh):
    fresh.query_params["tour"] = ".".join(["home", *tour.STEPS, "nonsense"])
    at = fresh.run()
    assert not at.exception
    assert say("pages.tour.over") in [one.value for one in at.markdown]


def test_what_is_new_are_own_data_sets_and_runs_but_none_on_the_data_of_others(opened, home, shop):
    tower, train = preset("quick")
    new_training(Workspace(home), shop, tower, train, reference=shop.id, preset="quick")
    told = links(opened())
    assert sum(label.startswith("A training on corner_shop") for label in told) == 1
    assert sum(label.startswith("corner_shop was brought in") for label in told) == 1
    elsewhere = links(opened(data="storefront"))
    assert not any("corner_shop" in label for label in elsewhere)
