"""Kept scenarios survive a restart, are never overwritten, and can be brought back."""

import json
from pathlib import Path

import pytest

from clvcore.errors import ConfigError, NotFoundError
from clvcore.runs.scenarios import LONGEST_NAME, Scenarios
from clvcore.runs.workspace import Workspace

CHANGES = ("retention=+5%", "cac=-10%")


@pytest.fixture
def store(tmp_path):
    return Scenarios.of(Workspace(tmp_path), "abc")


def kept(store, name="Autumn", **more):
    return store.keep(name, CHANGES, basis="margin", **more)


def test_what_was_kept_is_there_after_a_restart(store, tmp_path):
    one = kept(store, scope="channel=email", elasticity=-1.5, made_by="Ann")
    again = Scenarios.of(Workspace(tmp_path), "abc").get(one.id)
    assert again == one
    assert [str(change) for change in again.scenario().changes] == [
        "channel:email.retention=+5%",
        "channel:email.cac=-10%",
    ]


def test_the_newest_stands_first_and_other_data_sets_do_not_see_it(store, tmp_path):
    first, second = kept(store, "First"), kept(store, "Second")
    assert [one.id for one in store.all()] == [second.id, first.id]
    assert Scenarios.of(Workspace(tmp_path), "other").all() == []


@pytest.mark.parametrize("name", ["", "   ", "x" * (LONGEST_NAME + 1)])
def test_a_name_has_to_be_one(store, name):
    with pytest.raises(ConfigError, match="needs a name"):
        kept(store, name)


def test_no_two_have_the_same_name_and_a_free_one_is_found(store):
    one = kept(store)
    with pytest.raises(ConfigError, match="Autumn already"):
        kept(store)
    assert store.name_for("Autumn") == "Autumn 2"
    assert store.rename(one.id, "Autumn") == one, "its own name is no clash"
    long = kept(store, "y" * LONGEST_NAME)
    assert store.name_for(long.name) == "y" * (LONGEST_NAME - 2) + " 2"


def test_a_scenario_that_moves_nothing_or_cannot_be_read_is_not_kept(store):
    with pytest.raises(ConfigError, match="Nothing is changed"):
        store.keep("Still", (), basis="revenue")
    with pytest.raises(ConfigError, match="lever"):
        store.keep("Odd", ("luck=+5%",), basis="revenue")
    assert store.all() == []


def test_what_was_taken_away_can_be_brought_back_until_the_next_is(store):
    first, second = kept(store, "First"), kept(store, "Second")
    store.drop(first.id)
    assert store.all() == [second]
    assert store.undo() == first
    assert {one.name for one in store.all()} == {"First", "Second"}
    store.drop(first.id)
    store.drop(second.id)
    assert store.undo() == second
    assert store.undo() is None
    with pytest.raises(NotFoundError, match="deleted"):
        store.get(first.id)


def test_taking_away_what_somebody_else_took_away_is_no_error(store):
    one = kept(store)
    store.drop(one.id)
    store.drop(one.id)
    assert store.all() == []


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"id": 1}', b"\xff"])
def test_a_damaged_file_hides_no_other_scenario(store, damage):
    one = kept(store)
    (store.folder / "bad.json").write_bytes(damage)
    assert store.all() == [one]


def test_a_file_of_a_later_version_is_left_alone(store):
    one = kept(store)
    file = next(Path(store.folder).glob("*.json"))
    file.write_text(json.dumps(json.loads(file.read_text()) | {"mood": "bright"}))
    assert store.all() == []
    assert file.exists()
    assert one.id in file.name
