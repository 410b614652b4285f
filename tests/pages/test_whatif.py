"""The What-if page shows the outcome of its levers, and no change changes nothing."""

import numpy as np
import pytest

from clvcore.charts.numbers import headline_money
from clvcore.runs.workspace import Workspace
from clvcore.scenario.outcome import what_if
from clvcore.scenario.scenario import Scenario
from clvcore.value.users import user_value
from tests.pages.opening import opened_on

pytestmark = pytest.mark.usefixtures("home")
SEED = 0


def page(folder, **link):
    return opened_on(folder, "whatif", **link)


@pytest.fixture
def value(small_shop_folder):
    data = Workspace.default().resolve(str(small_shop_folder))
    return user_value(data, rng=np.random.default_rng(SEED))


def outcome(value, *changes, scope=None):
    scenario = Scenario.of(changes, scope=scope)
    return what_if(value, scenario, rng=np.random.default_rng(SEED), by="channel")


def table(at):
    return next(one.value for one in at.dataframe if "after" in one.value.columns)


def test_levers_at_zero_change_nothing_and_it_says_so(small_shop_folder):
    at = page(small_shop_folder)
    assert not at.exception
    assert at.header[0].value.startswith("Nothing is changed")
    assert (table(at)["change"] == 0).all()


def test_a_lever_in_the_link_moves_value_as_clvcore_says(small_shop_folder, value):
    at = page(small_shop_folder, whatif_retention="5", whatif_cac="-10")
    assert not at.exception
    assert not at.error
    moved = outcome(value, "retention=+5%", "cac=-10%")
    assert table(at)["change"].tolist()[-1] == float(moved.delta.total["clv"].item())
    told = at.header[0].value.replace("\N{NO-BREAK SPACE}", " ")
    assert "retention +5% and CAC -10%" in told
    assert headline_money(moved.delta.total["clv"].item(), value.data.currency) in told


def test_a_lever_for_one_channel_leaves_the_others_alone(small_shop_folder):
    at = page(small_shop_folder, whatif_order_value="10", whatif_scope="email")
    assert not at.exception
    changes = dict(zip(table(at)["group"], table(at)["change"], strict=True))
    assert changes["email"] > 0
    assert all(moved == 0 for group, moved in changes.items() if group not in ("email", "total"))
    assert "for email" in at.header[0].value


def test_moving_a_slider_moves_the_answer(small_shop_folder):
    at = page(small_shop_folder)
    at.slider(key="whatif_order_rate").set_value(-20).run()
    assert not at.exception
    assert "falls" in at.header[0].value


def test_margin_is_a_lever_only_where_value_is_counted_as_margin(small_shop_folder):
    keys = {one.key for one in page(small_shop_folder).slider}
    assert "whatif_margin" not in keys
    keys = {one.key for one in page(small_shop_folder, whatif_basis="margin").slider}
    assert "whatif_margin" in keys


def test_what_cannot_be_reached_is_told_in_one_sentence(small_shop_folder):
    at = page(small_shop_folder, whatif_retention="50", whatif_scope="organic")
    assert not at.exception
    assert len(at.error) + len(at.header) == 1
