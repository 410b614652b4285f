import json
import os
from datetime import UTC, datetime

import polars as pl
import pytest

import clvcore
from clvcore.data import sample
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read
from clvcore.errors import ConfigError, DataError, NotFoundError, UploadError
from clvcore.runs import stored
from clvcore.runs.workspace import Workspace, table_file

EVENTS = (
    "user,item,time,amount\n1,x,2025-01-05,5.00\n=2,y,2025-01-06,-1.50\n,=SUM(A1),2025-01-06,2\n"
)
ITEMS = "id,name,tags,price,vector\nx,Mug,a|b,2.50,0.5 1\ny,Cup,,3,0.25 2\n"
SPEND = "date,channel,cost\n2025-01-01,ads,7\n"
SHOWN = "user,time,item,rank,clicked,propensity\n1,2025-01-05,x,1,yes,0.25\n"


def intake(name="shop", events=EVENTS):
    tables = {"events": events, "items": ITEMS, "spend": SPEND, "impressions": SHOWN}
    raws = {
        table: read(text.encode(), table=table, source=f"{table}.csv")
        for table, text in tables.items()
    }
    until = datetime(2025, 2, 1, tzinfo=UTC)
    return bring_in(raws, Recipe(name, "EUR", observed_until=until))


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "home")


@pytest.fixture
def samples(tmp_path, monkeypatch):
    """One small sample instead of those that ship."""
    folder = tmp_path / "samples" / "corner_shop"
    folder.mkdir(parents=True)
    (folder / "events.csv").write_text(EVENTS)
    (folder / "recipe.json").write_text('{"name": "corner_shop", "currency": "GBP"}')
    monkeypatch.setattr(sample, "home", lambda: tmp_path / "samples")
    return folder


def test_a_stored_data_set_comes_back_as_it_was(workspace):
    before = intake().dataset
    workspace.add(intake())
    after = workspace.resolve(before.id)
    assert after == before
    assert after.recipe == before.recipe
    assert after.accounts == before.accounts
    assert after.findings == before.findings
    assert after.observed == before.observed
    for name, frame in before.tables().items():
        assert after.tables()[name].equals(frame)
        assert after.tables()[name].schema == frame.schema


def test_rejected_rows_lie_beside_the_tables_and_are_no_formulas(workspace):
    folder = workspace.add(intake())
    text = (folder / "rejects_events.csv").read_text()
    assert "4,no user,,'=SUM(A1),2025-01-06,2" in text


def test_a_name_means_the_newest_data_set_of_that_name(workspace):
    workspace.add(intake())
    second = intake(events=EVENTS.replace("5.00", "6.00"))
    workspace.add(second)
    assert workspace.resolve("shop") == second.dataset
    assert workspace.entries()[0].id == second.dataset.id


def test_the_same_files_brought_in_twice_are_one_data_set(workspace):
    workspace.add(intake())
    workspace.add(intake())
    assert len(workspace.entries()) == 1


def test_nothing_half_written_is_left_where_writing_fails(workspace):
    def fail(folder):
        (folder / "half").write_text("x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        stored.put_whole(workspace.datasets / "0123456789abcdef", fail)
    assert list(workspace.datasets.iterdir()) == []


def test_a_data_set_may_not_hide_a_sample(workspace, samples):
    with pytest.raises(ConfigError, match="--name"):
        workspace.add(intake(name=samples.name))


def test_an_unknown_name_is_answered_with_what_there_is_and_what_is_near(workspace, samples):
    del samples
    workspace.add(intake())
    with pytest.raises(NotFoundError, match=r"'shopp'.*corner_shop, shop.*Nearest: shop"):
        workspace.resolve("shopp")


def test_a_damaged_list_entry_does_not_hide_the_others(workspace):
    workspace.add(intake())
    (workspace.datasets / "broken").mkdir()
    assert len(workspace.entries()) == 1


@pytest.mark.parametrize("name", ["events.parquet", "items.parquet", "spend.parquet"])
def test_a_missing_table_is_a_clear_error(workspace, name):
    folder = workspace.add(intake())
    (folder / name).unlink()
    with pytest.raises(DataError, match="is damaged"):
        workspace.resolve("shop")


def test_changed_rows_are_noticed(workspace):
    folder = workspace.add(intake())
    file = folder / "events.parquet"
    pl.read_parquet(file).head(1).write_parquet(file)
    with pytest.raises(DataError, match="its content is not that of its id"):
        workspace.resolve("shop")


def test_a_table_of_other_columns_is_noticed(workspace):
    folder = workspace.add(intake())
    pl.DataFrame({"user_id": ["1"]}).write_parquet(folder / "users.parquet")
    with pytest.raises(DataError, match="columns"):
        workspace.resolve("shop")


def test_a_cut_off_table_is_noticed(workspace):
    folder = workspace.add(intake())
    file = folder / "events.parquet"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(DataError, match="is damaged"):
        workspace.resolve("shop")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": 1}'])
def test_a_broken_fact_sheet_is_a_clear_error(workspace, text):
    folder = workspace.add(intake())
    (folder / stored.FACTS).write_text(text)
    with pytest.raises(DataError, match="is damaged"):
        workspace.resolve(folder.name)


def test_bringing_the_files_in_again_mends_a_damaged_data_set(workspace):
    folder = workspace.add(intake())
    (folder / "events.parquet").unlink()
    workspace.add(intake())
    assert workspace.resolve("shop") == intake().dataset


def test_a_sample_is_read_once_for_each_state_of_its_files(workspace, samples, monkeypatch):
    first = workspace.resolve("corner_shop")
    monkeypatch.setattr(sample, "from_folder", None)  # not to be called again
    assert workspace.resolve("corner_shop") == first
    assert workspace.resolve(first.id) == first
    monkeypatch.undo()
    monkeypatch.setattr(sample, "home", lambda: samples.parent)
    (samples / "events.csv").write_text(EVENTS.replace("5.00", "6.00"))
    assert workspace.resolve("corner_shop") != first
    assert len(list(workspace.cache.iterdir())) == 1


def test_a_damaged_cache_is_made_again(workspace, samples):
    del samples
    first = workspace.resolve("corner_shop")
    for file in workspace.cache.rglob("events.parquet"):
        file.write_bytes(b"junk")
    assert workspace.resolve("corner_shop") == first


def test_samples_are_no_entries_of_the_workspace(workspace, samples):
    del samples
    workspace.resolve("corner_shop")
    assert workspace.entries() == []


def test_a_folder_of_tables_is_a_data_set_under_its_name(workspace, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "events.csv").write_text(EVENTS.replace("5.00", "5.00 CHF"))
    (folder / "items.csv").write_text(ITEMS)
    dataset = workspace.resolve(str(folder))
    assert (dataset.name, dataset.currency) == ("mine", "CHF")
    assert dataset.items["title"].to_list() == ["Mug", "Cup"]


def test_a_stored_folder_can_be_named_by_its_path(workspace):
    folder = workspace.add(intake())
    assert workspace.resolve(str(folder)) == intake().dataset


def test_a_file_of_events_is_a_data_set(workspace, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(EVENTS.replace("5.00", "5.00 CHF"))
    assert workspace.resolve(str(file)).name == "orders"


def test_a_folder_without_tables_is_a_clear_error(workspace, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="holds no data set"):
        workspace.resolve(str(tmp_path / "empty"))


def test_files_that_are_not_there_or_no_files_are_clear_errors(tmp_path):
    with pytest.raises(NotFoundError, match="There is no file"):
        table_file(tmp_path / "none.csv", "events")
    with pytest.raises(UploadError, match="is a folder"):
        table_file(tmp_path, "events")


def test_the_workspace_lies_where_clv_home_says(monkeypatch, tmp_path):
    monkeypatch.setenv("CLV_HOME", str(tmp_path))
    assert Workspace.default().root == tmp_path
    monkeypatch.delenv("CLV_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert Workspace.default().root == tmp_path / "me" / ".clv"


def test_a_workspace_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="cannot be written"):
        Workspace(tmp_path / "home").add(intake())


def test_money_is_stored_exactly(workspace):
    folder = workspace.add(intake())
    facts = json.loads((folder / stored.FACTS).read_text())
    assert facts["accounts"][0]["money_in"] == "5.5000"


def test_what_a_killed_process_left_behind_is_swept_away(workspace):
    abandoned = workspace.datasets / f"{stored.TEMPORARY}killed"
    abandoned.mkdir(parents=True)
    os.utime(abandoned, (0, 0))
    busy = workspace.datasets / f"{stored.TEMPORARY}busy"
    busy.mkdir()
    workspace.add(intake())
    assert not abandoned.exists()
    assert busy.exists()
    assert len(workspace.entries()) == 1


def test_where_a_data_set_came_from_comes_back_with_the_moment_and_the_version(workspace):
    made = intake().dataset
    workspace.add(intake())
    (step,) = workspace.resolve(made.id).lineage
    assert step.origins == made.lineage[0].origins
    assert step.version == clvcore.__version__
    assert step.at is not None


def test_a_data_set_from_before_lineage_and_under_its_first_id_still_loads(workspace):
    made = intake().dataset
    place = workspace.add(intake())
    first = stored._first_id(made)
    facts = json.loads((place / stored.FACTS).read_text())
    del facts["lineage"]
    (place / stored.FACTS).write_text(json.dumps(facts | {"id": first}))
    place.rename(place.with_name(first))
    loaded = workspace.resolve(first)
    assert loaded.id == first != made.id
    assert loaded.lineage == ()
    assert loaded.events.equals(made.events)


def test_files_that_a_person_names_are_read_by_a_child_also_where_a_folder_holds_them(
    workspace, tmp_path, monkeypatch
):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "events.csv").write_text("user,item,time\nu1,i1,2025-01-01\n")
    for name in ("clvcore.data.files.read.read", "clvcore.data.sample.read"):
        monkeypatch.setattr(name, lambda *_, **__: pytest.fail("read here"))
    for named in (folder, folder / "events.csv"):
        assert workspace.resolve(str(named)).events.height == 1
