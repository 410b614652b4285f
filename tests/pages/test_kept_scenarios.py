"""Scenarios are kept on the What-if page, compared, opened, taken away and brought back."""

import pytest

from clvcore.messages import say
from clvcore.runs.scenarios import Scenarios
from clvcore.runs.workspace import Workspace
from tests.pages.opening import opened_on

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def store(small_shop_folder):
    workspace = Workspace.default()
    return Scenarios.of(workspace, workspace.resolve(str(small_shop_folder)).id)


def page(folder, **link):
    return opened_on(folder, "whatif", **link)


def tick(at, store, *rows):
    """Choose rows of the table, as a person does."""
    key = "whatif_kept_" + "_".join(one.id for one in store.all())
    at.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return at.run()


def compared(at):
    return next(one.value for one in at.dataframe if "then" in one.value.columns)


def test_nothing_can_be_kept_where_nothing_is_moved(small_shop_folder):
    at = page(small_shop_folder)
    assert say("page_whatif.kept.none") in [one.value for one in at.caption]
    assert "whatif_kept_save" not in {one.key for one in at.button}


def test_what_the_levers_say_is_kept_under_its_own_words(small_shop_folder, store):
    at = page(small_shop_folder, whatif_retention="5", whatif_cac="-10")
    at.button(key="whatif_kept_save").click().run()
    assert not at.exception
    (one,) = store.all()
    assert (one.name, one.changes) == ("retention +5% and CAC -10%", ("retention=+5%", "cac=-10%"))
    assert any("is kept" in caption.value for caption in at.caption)


def test_scenarios_are_compared_from_one_base(small_shop_folder, store):
    store.keep("Loyal", ("retention=+5%",), basis="revenue")
    store.keep("Cheap", ("cac=-10%",), basis="revenue")
    at = tick(page(small_shop_folder), store, 0, 1)
    assert not at.exception
    shown = compared(at).set_index("name")
    alone = page(small_shop_folder, whatif_retention="5")
    table = next(one.value for one in alone.dataframe if "after" in one.value.columns)
    assert shown.loc["Loyal", "change"] == table["change"].tolist()[-1]
    assert shown.loc["Cheap", "change"] > 0
    assert (shown["then"] - shown["change"]).round(2).nunique() == 1, "one base"


def test_an_opened_scenario_moves_the_levers_and_stands_in_the_link(small_shop_folder, store):
    store.keep("Loyal", ("retention=+7%",), basis="revenue", scope="channel=email")
    at = tick(page(small_shop_folder), store, 0)
    at.button(key="whatif_kept_open").click().run()
    assert not at.exception
    assert at.slider(key="whatif_retention").value == 7
    assert at.query_params["whatif_retention"] in ("7", ["7"])
    assert "retention +7% for email" in at.header[0].value.replace("\N{NO-BREAK SPACE}", " ")


def test_what_is_taken_away_can_be_brought_back(small_shop_folder, store):
    store.keep("Loyal", ("retention=+7%",), basis="revenue")
    at = tick(page(small_shop_folder), store, 0)
    at.button(key="whatif_kept_drop").click().run()
    assert store.all() == []
    at.button(key="whatif_kept_undo").click().run()
    assert not at.exception
    assert [one.name for one in store.all()] == ["Loyal"]


def test_a_scenario_for_users_who_are_not_there_says_so(small_shop_folder, store):
    store.keep("Lost", ("retention=+7%",), basis="revenue", scope="channel=carrier pigeon")
    at = tick(page(small_shop_folder), store, 0)
    assert not at.exception
    assert any("Lost" in one.value for one in at.warning)


def test_a_clone_has_a_name_of_its_own(small_shop_folder, store):
    store.keep("Loyal", ("retention=+7%",), basis="revenue")
    at = tick(page(small_shop_folder), store, 0)
    at.button(key="whatif_kept_clone").click().run()
    assert {one.name for one in store.all()} == {"Loyal", "Loyal 2"}
