import numpy as np
import polars as pl
import pytest

from clvcore.errors import ConfigError
from clvcore.scenario.levers import Scope
from clvcore.scenario.situation import situation
from tests.scenario import world


def test_groups_hold_every_user_and_every_cent(value):
    found = situation(value, ["channel", "country"])
    assert found.groups["users"].sum() == value.frame.height
    for name in ("ltv", "cac", "forecast_purchase"):
        assert found.groups[name].sum() == value.frame[name].sum()


def test_users_of_whom_a_key_is_not_known_are_a_group_too(value):
    found = situation(value, ["country"])
    assert found.groups["country"].to_list() == ["BE", "NL", "unknown"]


def test_without_keys_there_is_one_group(value):
    assert situation(value, []).groups["users"].to_list() == [48]


def test_statistics_of_the_groups_add_up_to_the_users(value):
    found = situation(value, ["channel"])
    known = value.forecast.known
    assert np.asarray(found.cells.buyers.users).sum() == known.buyers.height
    assert np.asarray(found.cells.contracts.users).sum() == known.contracts.height


def test_twenty_times_the_users_with_the_same_histories_are_no_more_rows(value):
    """What a scenario costs depends on distinct histories, so on time observed, not on users."""
    data = value.data
    copies = pl.DataFrame({"copy": [f"-{number}" for number in range(20)]})

    def copied(frame):
        return (
            frame.join(copies, how="cross")
            .with_columns(pl.col("user_id") + pl.col("copy"))
            .drop("copy")
        )

    more = world.remade(data, copied(data.events).sort("at"), copied(data.users).sort("user_id"))
    few, many = situation(value, []), situation(world.user_value(more), [])
    assert many.groups["users"].item() == 20 * few.groups["users"].item()
    for once, twenty in zip(few.cells, many.cells, strict=True):
        assert once.users.size == twenty.users.size
        assert np.asarray(twenty.users).sum() == 20 * np.asarray(once.users).sum()


def test_a_scope_names_its_groups(value):
    found = situation(value, ["channel"])
    assert found.members(Scope("channel", "email")).tolist() == [False, True, False]
    assert found.members(None).all()


def test_an_unknown_key_is_refused(value):
    with pytest.raises(ConfigError, match="no attribute 'shoe size'"):
        situation(value, ["shoe size"])
