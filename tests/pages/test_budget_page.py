"""The Budget page shows the plan that clvcore makes, and says why where there is none."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from clvcore.data.worlds import STOREFRONT, simulate, write
from clvcore.runs.workspace import Workspace
from clvcore.scenario.budget import curves, market, plan
from clvcore.scenario.outcome import baseline, reported
from clvcore.value.users import user_value
from tests.pages.opening import opened_on

pytestmark = pytest.mark.usefixtures("home")
SEED = 0
CHANNELS = ("search", "social", "email")


@pytest.fixture(scope="session")
def advertised(tmp_path_factory):
    """A shop of 40 weeks that won users by three channels, and some by none."""
    folder = tmp_path_factory.mktemp("advertised") / "advertised"
    kept = tuple(one for one in STOREFRONT.channels if one.name in ("organic", *CHANNELS))
    params = replace(STOREFRONT, channels=kept).sized(arrivals=0.35, n_items=60, weeks=40)
    write(simulate(params, seed=5), folder, seed=5)
    return folder


@pytest.fixture(scope="session")
def data(advertised, tmp_path_factory):
    return Workspace(tmp_path_factory.mktemp("elsewhere")).resolve(str(advertised))


@pytest.fixture(scope="session")
def worth(data):
    rng = np.random.default_rng(SEED)
    value = user_value(data, rng=rng, basis="margin")
    return reported(baseline(value, ["channel"]), rng=rng, by="channel")


@pytest.fixture(scope="session")
def over(data, worth):
    found = curves(data, rng=np.random.default_rng(SEED))
    return market(found, worth, rng=np.random.default_rng(SEED))


def page(folder, **link):
    at = opened_on(folder, "budget", **link)
    assert not at.exception
    return at


def table(at):
    return next(one.value for one in at.dataframe if "best" in one.value.columns)


def test_the_split_is_the_plan_that_clvcore_makes(advertised, over):
    at = page(advertised)
    assert not at.error
    found = plan(over)
    assert table(at)["best"].tolist() == [float(one) for one in found.channels["best"]]
    assert Decimal(str(round(table(at)["best"].sum(), 2))) == over.today
    assert at.header[0].value.startswith("Split anew")


def test_another_budget_is_split_to_the_cent(advertised, over):
    total = round(float(over.today) * 1.2, 2)
    at = page(advertised, budget_total=str(total))
    assert round(table(at)["best"].sum(), 2) == total
    assert "instead of" in at.header[0].value


def test_a_locked_channel_stays_as_today(advertised):
    at = page(advertised, budget_locked="email")
    rows = table(at).set_index("channel")
    assert rows.loc["email", "best"] == rows.loc["email", "today"]


def test_with_all_channels_locked_today_is_the_best(advertised):
    at = page(advertised, budget_locked=",".join(CHANNELS))
    assert at.header[0].value.startswith("Today's split")


def test_a_budget_that_no_split_can_keep_is_one_sentence(advertised):
    at = page(advertised, budget_total="1000000")
    assert "cannot be split within these bounds" in at.header[0].value


def test_the_curve_of_a_channel_is_chosen_in_the_link(advertised, over):
    at = page(advertised, budget_channel="social")
    place = over.channels.index("social")
    told = next(one.value for one in at.markdown if one.value.startswith("**social wins"))
    today = np.array([float(over.responses[place].weekly.today)])
    assert f"{np.median(over.responses[place].users(today)):.1f} users" in told


def test_a_channel_that_was_never_paid_for_says_so(advertised):
    at = page(advertised)
    assert any("organic" in one.value and "Nothing was spent" in one.value for one in at.markdown)


def changed(folder, to, spend):
    """The shop with another spend table, or none."""
    to.mkdir()
    for file in folder.iterdir():
        if file.is_file() and file.stem != "spend":
            (to / file.name).write_bytes(file.read_bytes())
    if spend is not None:
        spend.write_parquet(to / "spend.parquet")
    return to


def test_without_a_spend_table_the_page_says_what_to_bring(advertised, tmp_path):
    at = page(changed(advertised, tmp_path / "bare", None))
    assert at.header[0].value.startswith("There is no spend table")


def test_one_channel_cannot_be_split(advertised, tmp_path):
    spend = pl.read_parquet(advertised / "spend.parquet")
    one = spend.filter(pl.col("channel") == "search")
    at = page(changed(advertised, tmp_path / "single", one))
    assert at.header[0].value.startswith("Only search has a response curve")


def test_constant_spend_tells_nothing_and_the_page_says_how_to_learn(advertised, tmp_path):
    spend = pl.read_parquet(advertised / "spend.parquet")
    same = spend.with_columns(pl.lit(Decimal("5.00")).cast(spend.schema["amount"]).alias("amount"))
    weekly = same.unique(["date", "channel"], keep="first")
    at = page(changed(advertised, tmp_path / "constant", weekly))
    assert "hardly ever changed" in at.header[0].value


def test_a_user_of_a_channel_is_worth_what_its_users_are(over, worth):
    """LTV to date and the forecast, over the users: within what chance moves a mean."""
    groups = worth.side.groups.filter(pl.col("group").is_in(over.channels))
    for row in groups.iter_rows(named=True):
        own = over.value[row["group"]]
        mean = float(row["ltv_realised"] + row["forecast"]) / row["users"]
        assert abs(own.mean() - mean) < own.std(), row["group"]
        assert own.std() < mean
