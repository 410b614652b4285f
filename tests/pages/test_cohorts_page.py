"""The Cohorts page tells when users pay back and how many stay, and says so where it cannot."""

import numpy as np
import polars as pl
import pytest

from clvcore.charts.numbers import percent
from clvcore.messages import say
from clvcore.runs.workspace import Workspace
from clvcore.value.cohorts import EVERYBODY, cohorts, payback
from clvcore.value.users import user_value
from tests.pages.opening import opened_on

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def worth(small_shop_folder):
    data = Workspace.default().resolve(str(small_shop_folder))
    return user_value(data, rng=np.random.default_rng(0), basis="margin")


def table(at, first):
    return next(one.value for one in at.dataframe if first in one.value.columns)


def test_headline_and_tables_are_those_of_the_library(small_shop_folder, worth):
    at = opened_on(small_shop_folder, "cohorts")
    assert not at.exception
    found = cohorts(worth, "channel")
    rows = payback(found)
    shown = table(at, "months")
    assert shown["users"].tolist() == rows["users"].to_list()
    assert shown["cac_per_user"].tolist() == pytest.approx(rows["cac_per_user"].to_list())
    assert table(at, "ltv_low")["observed"].tolist() == found.frame["observed"].to_list()
    month = found.frame.filter(pl.col("group") == EVERYBODY, pl.col("observed") >= 50).tail(1)
    told = percent(month["retention_buying"].item())
    assert f"{told} of the users buy in month {month['age'].item()}" in plain(at.header[0].value)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_link_opens_the_grouping_and_the_basis_that_it_names(small_shop_folder):
    at = opened_on(small_shop_folder, "cohorts", cohorts_by="cohort", cohorts_basis="revenue")
    assert not at.exception
    assert table(at, "months")["group"].tolist()[0].startswith("2023-")
    assert any("not everybody in the cohort" in one.value for one in at.caption)


def test_anything_the_users_table_says_can_be_a_group(small_shop_folder):
    at = opened_on(small_shop_folder, "cohorts", cohorts_by="country")
    assert not at.exception
    assert table(at, "months")["group"].tolist()[-1] == "total"


def test_without_a_spend_table_the_cost_is_unknown(small_shop_folder, tmp_path):
    folder = tmp_path / "costless"
    folder.mkdir()
    for file in small_shop_folder.iterdir():
        if file.is_file() and not file.name.startswith("spend"):
            (folder / file.name).write_bytes(file.read_bytes())
    at = opened_on(folder, "cohorts")
    assert not at.exception
    assert at.header[0].value.startswith("What users cost is unknown")
    assert set(table(at, "months")["months"]) == {say("page_cohorts.unknown")}


def test_a_measure_is_chosen_for_the_matrix(small_shop_folder):
    at = opened_on(small_shop_folder, "cohorts", cohorts_measure="active")
    assert not at.exception
    shown = table(at, "1")
    assert shown["1"].tolist() == [1.0] * len(shown), "all have come by doing something"


def test_where_no_event_bears_money_only_staying_is_told(small_shop_folder, tmp_path):
    folder = tmp_path / "penniless"
    folder.mkdir()
    for file in small_shop_folder.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    events = pl.read_parquet(folder / "events.parquet")
    pennies = pl.lit(None, dtype=events.schema["amount"]).alias("amount")
    events.filter(pl.col("kind") == "view").with_columns(pennies).write_parquet(
        folder / "events.parquet"
    )
    at = opened_on(folder, "cohorts")
    assert not at.exception
    assert at.header[0].value.startswith("No event bears money")
    assert not any("ltv_low" in one.value.columns for one in at.dataframe)
    assert table(at, "1")["1"].tolist()[-1] > 0.5
