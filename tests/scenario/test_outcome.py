import numpy as np
import polars as pl
import pytest

from clvcore.errors import ConfigError
from clvcore.scenario.levers import Lever
from clvcore.scenario.outcome import baseline, compare, what_if
from clvcore.scenario.scenario import Scenario
from clvcore.scenario.sides import ENDS, MONEY
from tests.scenario import world

KEYS = ["channel", "country"]
"""One baseline by both serves every grouping, and is compiled once."""


@pytest.fixture(scope="module")
def base(value):
    return baseline(value, KEYS)


def outcome(base, *texts, **options):
    scenario = Scenario.of(texts, **options)
    return compare(base, scenario, rng=np.random.default_rng(5), by="channel")


def total(side):
    return side.total.row(0, named=True)


def test_the_base_is_what_the_values_of_the_users_add_up_to(base, value):
    found = total(outcome(base, "retention=+5%").base)
    frame = value.frame
    assert found["users"] == frame.height
    assert found["ltv_realised"] == frame["ltv"].sum()
    assert found["forecast_purchase"] == frame["forecast_purchase"].sum()
    assert found["cac"] == value.data.spend["amount"].sum()
    assert found["clv"] == found["ltv_realised"] + found["forecast"] - found["cac"]


def test_money_adds_up_in_every_row_and_over_the_groups(base):
    found = outcome(base, "retention=+5%", "channel:ads.cac=+1")
    for side in (found.base, found.after, found.delta):
        for row in [*side.groups.to_dicts(), total(side)]:
            streams = [row[f"forecast_{s}"] for s in ("purchase", "advertising", "service")]
            assert row["forecast"] == sum(streams)
            assert row["ltv"] == row["ltv_realised"] + row["forecast"]
            assert row["clv"] == row["ltv"] - row["cac"]
        for name in MONEY:
            assert side.groups[name].sum() == total(side)[name]


def test_the_difference_is_after_minus_base(base):
    found = outcome(base, "order_value=+10%", "cac=-5%")
    for name in MONEY:
        assert (found.after.groups[name] - found.base.groups[name]).equals(found.delta.groups[name])


def test_what_was_asked_before_makes_no_difference(base, value):
    outcome(base, "retention=+5%", "order_rate=+3%")
    outcome(base, "retention=+5%", scope="country=NL")
    texts = ("retention=+5%", "order_value=+10%")
    first, again = outcome(base, *texts), outcome(base, *texts)
    fresh = outcome(baseline(value, KEYS), *texts)
    for found in (again, fresh):
        assert found.after.groups.equals(first.after.groups)
        assert found.acted == first.acted


def test_spend_that_won_nobody_is_a_row_that_no_scenario_moves(base, value):
    found = outcome(base, "cac=+50%")
    last = found.after.groups.row(-1, named=True)
    assert last["group"] == "unattributed spend"
    assert last["cac"] == value.acquisition.unattributed["amount"].sum() > 0
    assert found.delta.groups["clv"][-1] == 0


def test_groups_are_those_of_the_base_in_the_order_of_their_clv(base):
    found = outcome(base, "channel:ads.order_value=+1000%")
    rows = found.base.groups.head(-1)
    assert rows["clv"].to_list() == sorted(rows["clv"], reverse=True)
    assert rows["group"].to_list() == found.after.groups.head(-1)["group"].to_list()


def test_users_may_be_gathered_by_something_else_than_the_scope(base):
    scenario, rng = Scenario.of(["country:NL.order_value=+10%"]), np.random.default_rng(0)
    found = {by: compare(base, scenario, rng=rng, by=by) for by in ("channel", "country", None)}
    moved = found["country"].delta.groups.filter(pl.col("forecast") != 0)
    assert moved["group"].to_list() == ["NL"]
    assert len({total(one.delta)["forecast"] for one in found.values()}) == 1
    assert found[None].base.groups["group"].to_list() == ["all users", "unattributed spend"]
    assert set(found["country"].base.groups["group"]) >= {"NL", "BE", "unknown"}


def test_intervals_hold_the_forecast_and_those_of_the_whole_are_narrower(base):
    found = outcome(base, "retention=+5%")
    for side in (found.base, found.after):
        rows = pl.concat([side.groups.head(-1), side.total])
        assert (rows["forecast_low"] < rows["forecast"]).all()
        assert (rows["forecast"] < rows["forecast_high"]).all()
        widths = side.groups["forecast_high"] - side.groups["forecast_low"]
        assert total(side)["forecast_high"] - total(side)["forecast_low"] < widths.sum()


def test_the_difference_is_surer_than_either_side(base):
    """Both sides see the same parameters and the same luck."""
    found = outcome(base, "order_value=+10%")
    base_width = total(found.base)["clv_high"] - total(found.base)["clv_low"]
    width = total(found.delta)["clv_high"] - total(found.delta)["clv_low"]
    assert width < base_width / 5


def test_the_same_seed_gives_the_same_outcome(base):
    first, second = outcome(base, "retention=+5%"), outcome(base, "retention=+5%")
    assert first.delta.groups.equals(second.delta.groups)


def test_without_spend_cac_and_clv_are_unknown_and_ltv_is_not():
    value = world.user_value(world.dataset(spend=False))
    found = outcome(baseline(value, KEYS), "retention=+5%")
    for side in (found.base, found.after, found.delta):
        assert total(side)["cac"] is None
        assert total(side)["clv"] is None
        assert total(side)["clv_low"] is None
        assert total(side)["ltv"] is not None
    assert "cac" not in {one.lever.value for one in found.sensitivities}


def test_an_outcome_knows_what_it_acted_on(base):
    found = outcome(base, "retention=+5%", "horizon=180")
    assert [(one.change, one.parameter) for one in found.acted] == [
        ("retention=+5%", "stay_buyers"),
        ("retention=+5%", "stay_visitors"),
        ("retention=+5%", "stay_contracts"),
        ("horizon=180", "horizon"),
    ]
    assert found.horizon_days == (365.0, 180.0)


def test_sensitivities_tell_every_lever_that_acts_on_anything(base):
    found = {one.lever for one in outcome(base, "retention=+5%").sensitivities}
    assert found == set(Lever) - {Lever.MARGIN}


def test_the_value_of_a_percent_of_order_value_is_a_percent_of_purchases(base):
    found = outcome(base)
    by_lever = {one.lever: one for one in found.sensitivities}
    purchases = float(total(found.base)["forecast_purchase"])
    assert by_lever[Lever.ORDER_VALUE].effect == pytest.approx(0.01 * purchases, rel=1e-4)
    assert by_lever[Lever.ORDER_VALUE].elasticity == pytest.approx(
        purchases / float(total(found.base)["clv"]), rel=1e-4
    )


def test_every_money_column_is_exact(base):
    found = outcome(base, "retention=+5%")
    for name in (*MONEY, *ENDS):
        assert found.after.groups.schema[name] == pl.Decimal(38, 4)


def test_an_unknown_grouping_is_refused(value):
    with pytest.raises(ConfigError, match="no attribute 'shoe size'"):
        what_if(value, Scenario.of(["cac=+1"]), rng=np.random.default_rng(0), by="shoe size")


def test_an_elasticity_out_of_range_is_refused():
    with pytest.raises(ConfigError, match="between -10 and 10"):
        Scenario.of(["price=+5%"], elasticity=-11.0)
