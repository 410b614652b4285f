"""The Value page shows what clvcore computes, and what is unknown it calls unknown."""

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from clvcore.charts.numbers import UNKNOWN, headline_money
from clvcore.charts.value import steps_to_value
from clvcore.runs.workspace import Workspace
from clvcore.value.breakdown import breakdown
from clvcore.value.users import user_value
from tests.pages.opening import opened_on

pytestmark = pytest.mark.usefixtures("home")
SEED = 0


def page(folder, **link):
    return opened_on(folder, "value", **link)


@pytest.fixture
def rng():
    return np.random.default_rng(SEED)


@pytest.fixture
def worth(small_shop_folder, rng):
    return user_value(Workspace.default().resolve(str(small_shop_folder)), rng=rng)


@pytest.fixture
def groups(worth, rng):
    return breakdown(worth, "channel", rng=rng)


def metrics(at):
    return {one.label: one.value for one in at.metric}


def table(at, first):
    return next(one.value for one in at.dataframe if one.value.columns[0] == first)


def test_the_headline_and_the_table_are_those_of_the_breakdown(small_shop_folder, worth, groups):
    at = page(small_shop_folder)
    assert not at.exception
    total = groups.total.row(0, named=True)
    currency = worth.data.currency
    shown = metrics(at)
    assert shown["LTV"] == headline_money(total["ltv"], currency)
    assert shown["CAC"] == headline_money(total["cac"], currency)
    assert shown["CLV"] == headline_money(total["clv"], currency)
    assert shown["CLV"] in at.header[0].value.replace("\N{NO-BREAK SPACE}", " ")
    drawn = table(at, "group")
    assert drawn["group"].tolist() == [*groups.frame["group"], "total"]
    for name in ("clv", "forecast_low", "forecast_high"):
        assert drawn[name].tolist()[-1] == float(total[name]), "as `clv value` has it"
    assert any("Checked" in one.value for one in at.caption)


def test_the_users_behind_a_group_are_its_users_the_most_valuable_first(small_shop_folder, worth):
    at = page(small_shop_folder, value_group="email")
    assert not at.exception
    inside = worth.frame.filter(pl.col("channel") == "email").sort("clv", descending=True)
    drawn = table(at, "user_id")
    assert drawn["clv"].tolist() == inside["clv"].cast(pl.Float64).to_list()[:100]


def test_spend_that_won_nobody_has_no_users_behind_it(small_shop_folder, groups):
    assert "unattributed spend" in groups.frame["group"].to_list()
    at = page(small_shop_folder, value_group="unattributed spend")
    assert not at.exception
    assert "won nobody" in at.info[0].value


@pytest.mark.parametrize("by", ["cohort", "segment"])
def test_it_can_be_told_by_cohort_and_segment_on_margin(small_shop_folder, by, rng):
    at = page(small_shop_folder, value_by=by, value_basis="margin", value_days="90")
    assert not at.exception
    assert not at.error
    data = Workspace.default().resolve(str(small_shop_folder))
    worth = user_value(data, rng=rng, basis="margin", horizon_days=90.0)
    total = breakdown(worth, by, rng=rng).total.row(0, named=True)
    assert metrics(at)["LTV"] == headline_money(total["ltv"], data.currency)
    assert "90 days" in at.header[0].value


def test_without_a_spend_table_cac_and_clv_are_unknown_and_said_to_be(small_shop_folder, tmp_path):
    folder = tmp_path / "no_spend"
    folder.mkdir()
    for file in small_shop_folder.iterdir():
        if file.is_file() and not file.name.startswith("spend"):
            (folder / file.name).write_bytes(file.read_bytes())
    at = page(folder)
    assert not at.exception
    assert metrics(at)["CAC"] == metrics(at)["CLV"] == metrics(at)["LTV : CAC"] == UNKNOWN
    assert "what they cost is unknown" in at.header[0].value


def test_the_steps_to_the_total_add_up_to_clv(worth, groups):
    steps = steps_to_value(worth, groups.total)
    assert sum((step.amount for step in steps), Decimal(0)) == groups.total["clv"].item()
    assert steps[-1].name == "CAC"


def test_where_no_event_bears_money_worth_is_unknown_and_cost_is_told(tmp_path):
    folder = tmp_path / "no_money"
    folder.mkdir()
    (folder / "events.csv").write_text(
        "user_id,at,kind\nann,2024-01-02,view\nann,2024-01-09,view\n"
    )
    (folder / "users.csv").write_text("user_id,acquired_at,channel\nann,2024-01-02,search\n")
    (folder / "spend.csv").write_text("date,channel,amount\n2024-01-02,search,7.00\n")
    (folder / "recipe.json").write_text('{"name": "views", "currency": "EUR"}')
    at = page(folder)
    assert not at.exception
    assert metrics(at)["LTV"] == metrics(at)["CLV"] == metrics(at)["LTV : CAC"] == UNKNOWN
    assert metrics(at)["CAC"] == headline_money(Decimal(7), "EUR")
    assert at.header[0].value == "The events bear no money, so what 1 user is worth is unknown."
