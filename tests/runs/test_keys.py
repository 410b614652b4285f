import json

import pytest

from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read
from clvcore.errors import ConfigError
from clvcore.runs.keys import FILE, key_of
from clvcore.runs.workspace import Workspace


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    first = key_of(tmp_path / "keys")
    assert key_of(tmp_path / "keys") == first
    assert len(first) == 32
    assert (tmp_path / "keys" / FILE).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "keys").iterdir()] == [FILE]
    assert key_of(tmp_path / "others") != first


def test_a_damaged_key_is_told_and_never_made_anew(tmp_path):
    key_of(tmp_path)
    (tmp_path / FILE).write_text("abc")
    with pytest.raises(ConfigError, match="key of this workspace"):
        key_of(tmp_path)
    assert (tmp_path / FILE).read_text() == "abc"


def test_neither_key_nor_addresses_stand_in_what_is_stored(home):
    workspace = Workspace(home)
    key = workspace.key()
    raws = {
        "events": read(b"user,time\nann@shop.org,2025-01-01\n,soon\n", table="events", source="e")
    }
    folder = workspace.add(bring_in(raws, Recipe("x", "EUR"), key=key))
    for file in folder.iterdir():
        content = file.read_bytes()
        assert key.hex().encode() not in content
        assert b"ann@shop" not in content
    assert json.loads((folder / "dataset.json").read_text())["recipe"]["options"]["protect"] == {
        "events.user": "hash"
    }
