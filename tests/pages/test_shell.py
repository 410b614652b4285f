import os
import subprocess
import sys

import pytest

from clvcore.runs.folder import RunFolder, State
from pages.parts.places import PLACES, places
from tests.pages.opening import SHELL

ROOT = SHELL.parents[1]


@pytest.fixture
def run(shop, home) -> str:
    """A run on the small shop that was stopped before it was judged."""
    folder = RunFolder(home / "runs" / "00000000000000aa")
    folder.path.mkdir(parents=True)
    data = {"id": shop.id, "name": shop.name, "reference": shop.id, "simulated": True}
    folder.write("config.json", {"dataset": data, "tower": {"encoder": "gru"}})
    folder.write("summary.json", {})
    folder.set_status(State.CANCELLED)
    return folder.run_id


def warnings(at) -> list[str]:
    return [warning.value for warning in at.warning]


def test_a_link_opens_the_data_set_and_the_run_it_names(opened, shop, run):
    at = opened(run=run)
    assert not at.exception
    assert warnings(at) == []
    assert at.session_state["data"] == shop.id
    assert at.session_state["run"] == run
    assert [box.label for box in at.sidebar.selectbox] == ["Data set", "Model run"]
    assert at.sidebar.selectbox[1].options[0].endswith(", gru")


def test_the_newest_run_is_chosen_where_the_link_names_none(opened, run):
    assert opened().query_params["run"] == run


@pytest.mark.parametrize("asked", ["nowhere", "0123456789abcdef", "/etc", "../.."])
def test_an_unknown_data_set_is_one_sentence_and_the_first_sample_is_shown(opened, asked):
    at = opened(data=asked)
    assert not at.exception
    assert len(warnings(at)) == 1
    assert f"'{asked}'" in warnings(at)[0]
    assert at.session_state["data"] == "storefront"


def test_an_unknown_run_is_one_sentence_and_the_newest_run_is_shown(opened, run):
    at = opened(run="ffffffffffffffff")
    assert not at.exception
    assert len(warnings(at)) == 1
    assert at.session_state["run"] == run


def test_an_unknown_run_where_there_is_none_says_where_to_start_one(opened):
    assert "Train page" in warnings(opened(run="ffffffffffffffff"))[0]


def test_a_path_on_the_server_opens_nothing(opened, small_shop_folder):
    at = opened(data=str(small_shop_folder))
    assert at.session_state["data"] == "storefront"


def test_what_another_session_brought_in_is_not_listed(opened, shop):
    at = opened(data="storefront")
    assert shop.name not in at.sidebar.selectbox[0].options
    assert shop.name in opened().sidebar.selectbox[0].options


def test_another_data_set_is_chosen_in_the_sidebar(opened, run):
    at = opened(run=run)
    at.sidebar.selectbox[0].select("online_retail").run()
    assert not at.exception
    assert at.query_params["data"] == "online_retail"
    assert at.session_state["run"] is None
    assert warnings(at) == []


@pytest.mark.parametrize("place", places(), ids=lambda place: place.name)
def test_every_page_opens_with_its_name_its_question_and_an_answer(opened, place):
    at = opened(place.name)
    assert not at.exception
    assert len(at.title) == 1
    assert at.caption
    assert [error.value for error in at.error] == []


def test_the_navigation_lists_the_pages_that_are_there():
    assert places() == list(PLACES)


FIRST = """
import sys
from streamlit.navigation.page import StreamlitPage
from tests.pages.opening import SHELL
from streamlit.testing.v1 import AppTest

seen, run = [], StreamlitPage.run
def watched(page):
    seen.append(hasattr(sys.modules.get("pandas"), "Series"))
    run(page)
StreamlitPage.run = watched
app = AppTest.from_file(SHELL, default_timeout=120).run()
app.switch_page("train.py").run()
print(seen)
"""


@pytest.mark.slow
def test_a_page_with_charts_begins_when_all_of_pandas_is_there_and_home_does_without(home):
    """A chart that is drawn while another session imports pandas fails within plotly."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST], check=True, capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, "CLV_HOME": str(home)},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[False, True]"
