import json

import polars as pl
import pytest
from click.testing import CliRunner

from clvcore import columns as col
from clvcore.data.recipe import from_json
from clvcore.data.worlds import STOREFRONT, STREAM, simulate, write
from clvcore.data.worlds.__main__ import main


@pytest.fixture(scope="module", params=[STOREFRONT, STREAM], ids=["storefront", "stream"])
def folder(request, tmp_path_factory):
    tiny = request.param.sized(arrivals=0.05, n_items=80, weeks=5)
    place = tmp_path_factory.mktemp(tiny.name) / "sample"
    write(simulate(tiny, seed=2), place, seed=2)
    return place


def test_every_column_of_the_recipe_is_in_its_file(folder):
    recipe = from_json(json.loads((folder / "recipe.json").read_text("utf-8")), source="test")
    assert recipe.simulated
    assert (recipe.currency, recipe.licence, recipe.time_zone) == ("EUR", "CC0-1.0", "UTC")
    for name, known in recipe.maps.items():
        columns = pl.read_parquet_schema(folder / f"{name}.parquet")
        assert set(known.roles.values()) <= set(columns)
        assert set(known.roles) <= {*col.TABLES[name], col.VECTOR}


def test_the_recipe_ends_where_the_last_week_ends(folder):
    until = json.loads((folder / "recipe.json").read_text("utf-8"))["observed_until"]
    assert until == "2023-02-06T00:00:00+00:00"  # five weeks after 2 January
    events = pl.read_parquet(folder / "events.parquet")
    assert events[col.AT].max().isoformat() < until


def test_the_readme_says_simulated_first_and_how_to_make_it_again(folder):
    text = (folder / "README.md").read_text("utf-8")
    assert text.splitlines()[0].startswith("Simulated")
    assert "--seed 2" in text
    assert "CC0-1.0" in text
    assert "{" not in text


def test_the_command_writes_a_sample(tmp_path, monkeypatch):
    tiny = STREAM.sized(arrivals=0.05, n_items=80, weeks=3)
    monkeypatch.setattr("clvcore.data.worlds.__main__.STREAM", tiny)
    done = CliRunner().invoke(main, ["stream", "--seed", "9", "--out", str(tmp_path / "made")])
    assert done.exit_code == 0, done.output
    made = pl.read_parquet(tmp_path / "made" / "events.parquet")
    assert made.equals(simulate(tiny, seed=9).tables()["events"])
