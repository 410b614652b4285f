"""The samples that ship, each against its own files."""

import json
from decimal import Decimal

import polars as pl
import pytest

from clvcore.data import sample
from clvcore.errors import NotFoundError


@pytest.fixture(scope="module", params=sample.names())
def shipped(request):
    return sample.folder(request.param), sample.load(request.param).dataset


def test_every_row_of_every_file_is_accounted_for(shipped):
    folder, dataset = shipped
    files = sample.table_files(folder)
    assert {one.table for one in dataset.accounts} == set(files)
    for account in dataset.accounts:
        assert account.rows_in == pl.read_parquet(files[account.table]).height
        assert account.rows_in == account.accepted + account.rejected + account.ignored


def test_money_in_is_the_money_of_the_file(shipped):
    folder, dataset = shipped
    accounts = {one.table: one for one in dataset.accounts}
    for table in ("events", "spend"):
        roles = dataset.recipe.maps[table].roles if table in accounts else {}
        if "amount" in roles:
            published = pl.read_parquet(sample.table_files(folder)[table])[roles["amount"]]
            assert accounts[table].money_in == Decimal(published.sum())


def test_events_name_only_known_users_and_items_and_lie_within_observation(shipped):
    _, dataset = shipped
    events = dataset.events
    assert events["user_id"].is_in(dataset.users["user_id"].to_list()).all()
    assert events["item_id"].drop_nulls().is_in(dataset.items["item_id"].to_list()).all()
    first, last = dataset.observed
    assert first <= events["at"][0] <= events["at"][-1] <= last
    assert events["at"].is_sorted()


def test_a_sample_names_its_source_and_its_licence(shipped):
    folder, dataset = shipped
    recipe = json.loads((folder / "recipe.json").read_text())
    assert recipe["name"] == folder.name == dataset.name
    assert dataset.recipe.source
    assert dataset.recipe.licence == "CC0-1.0"
    assert (folder / "README.md").is_file()


def test_a_sample_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(NotFoundError, match="online_retail"):
        sample.folder("online_retial")
