import json
from datetime import UTC, datetime

import pytest

from clvcore.data.dataset import ColumnMap, Recipe
from clvcore.data.recipe import from_json, to_json
from clvcore.errors import ConfigError

FULL = Recipe(
    name="shop",
    currency="GBP",
    time_zone="Europe/London",
    domain="media",
    simulated=True,
    source="us",
    licence="CC0-1.0",
    observed_until=datetime(2025, 1, 1, tzinfo=UTC),
    maps={"events": ColumnMap({"user_id": "user"}, {"kind": "play"})},
    options={"not_items": ["POST"]},
)


def test_a_recipe_survives_json():
    assert from_json(json.loads(json.dumps(to_json(FULL))), source="recipe.json") == FULL


def test_a_recipe_needs_a_name_and_a_currency_only():
    assert from_json({"name": "a", "currency": "EUR"}, source="recipe.json") == Recipe("a", "EUR")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"name": ""}, "name"),
        ({"currency": None}, "currency"),
        ({"domain": "bank"}, "domain"),
        ({"simulated": "yes"}, "simulated"),
        ({"observed_until": "soon"}, "observed_until"),
        ({"maps": {"events": ["user"]}}, "maps"),
        ({"options": []}, "options"),
        ({"colour": "red"}, "colour"),
        ({"time_zone": 5}, "time_zone"),
    ],
)
def test_a_part_that_is_not_sound_is_named(change, part):
    with pytest.raises(ConfigError, match=f"recipe.json is not sound: look at '{part}'"):
        from_json(to_json(FULL) | change, source="recipe.json")


def test_a_recipe_bears_the_version_of_its_form_and_one_without_it_still_reads():
    plain = to_json(FULL)
    assert plain.pop("version") == 1
    assert from_json(plain, source="recipe.json") == FULL


@pytest.mark.parametrize("version", [0, True, "1"])
def test_a_version_that_is_none_is_named(version):
    with pytest.raises(ConfigError, match="look at 'version'"):
        from_json(to_json(FULL) | {"version": version}, source="recipe.json")


def test_a_recipe_of_a_later_form_asks_for_a_later_program():
    with pytest.raises(
        ConfigError, match="is of version 2, and this program reads up to version 1"
    ):
        from_json(to_json(FULL) | {"version": 2}, source="recipe.json")
