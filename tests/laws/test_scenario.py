"""What holds of every scenario, whatever is moved and by how much."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clvcore.scenario.levers import Change, Lever, Scope, parse_change
from clvcore.scenario.outcome import baseline, compare
from clvcore.scenario.scenario import Scenario
from tests.scenario import world


@pytest.fixture(scope="module")
def base():
    return baseline(world.user_value(world.dataset()), ["channel", "country"])


def compared(base, *changes, elasticity=0.0):
    scenario = Scenario("tried", tuple(changes), elasticity)
    return compare(base, scenario, rng=np.random.default_rng(3), by="channel")


def delta(base, *changes, **options):
    return compared(base, *changes, **options).delta.total.row(0, named=True)


SCOPES = st.sampled_from([None, Scope("channel", "ads"), Scope("channel", "email")])
RELATIVE = [
    Lever.ORDER_RATE,
    Lever.ORDER_VALUE,
    Lever.PRICE,
    Lever.REFUND_RATE,
    Lever.AD_REVENUE,
    Lever.SERVICE_REVENUE,
    Lever.CAC,
    Lever.HORIZON,
]


@st.composite
def changes(draw):
    """A relative change that is within reach of every lever."""
    lever = draw(st.sampled_from([*RELATIVE, Lever.RETENTION]))
    amount = draw(st.floats(-0.3, 0.08))
    scope = None if lever == Lever.HORIZON else draw(SCOPES)
    return Change(lever, "relative", amount, scope)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(RELATIVE), SCOPES)
def test_a_change_by_nothing_changes_nothing_at_all(base, lever, scope):
    scope = None if lever == Lever.HORIZON else scope
    found = delta(base, Change(lever, "relative", 0.0, scope))
    assert all(value == 0 for name, value in found.items() if name not in ("group", "users"))


def test_a_retention_changed_by_nothing_changes_nothing_at_all(base):
    found = delta(base, parse_change("retention=+0%"))
    assert all(value == 0 for name, value in found.items() if name not in ("group", "users"))


@settings(max_examples=12, deadline=None)
@given(st.lists(changes(), min_size=2, max_size=3))
def test_changes_commute(base, made):
    first, second = delta(base, *made), delta(base, *reversed(made))
    for name in ("forecast", "cac", "clv"):
        assert float(first[name]) == pytest.approx(float(second[name]), abs=0.001)


@settings(max_examples=12, deadline=None)
@given(st.lists(changes(), min_size=1, max_size=3))
def test_the_total_is_the_sum_of_the_groups(base, made):
    found = compared(base, *made)
    for side in (found.base, found.after, found.delta):
        for name in ("forecast", "ltv", "cac", "clv"):
            assert side.groups[name].sum() == side.total[name].item()


@settings(max_examples=8, deadline=None)
@given(st.floats(0.0, 0.1), st.floats(0.0, 0.1), SCOPES)
def test_more_retention_never_lowers_the_forecast(base, less, more, scope):
    low, high = sorted((less, more))
    first, second = (
        delta(base, Change(Lever.RETENTION, "relative", amount, scope)) for amount in (low, high)
    )
    for stream in ("purchase", "advertising", "service"):
        name = f"forecast_{stream}"
        assert first[name] >= 0
        assert second[name] >= first[name]


@settings(max_examples=8, deadline=None)
@given(st.floats(-0.9, 3.0), st.floats(-0.9, 3.0))
def test_the_forecast_grows_with_the_value_of_an_order(base, less, more):
    low, high = sorted((less, more))
    first, second = (
        delta(base, Change(Lever.ORDER_VALUE, "relative", amount)) for amount in (low, high)
    )
    assert second["forecast_purchase"] >= first["forecast_purchase"]


@settings(max_examples=12, deadline=None)
@given(st.decimals(0, 50, places=2), SCOPES)
def test_a_cost_moves_clv_by_exactly_its_amount(base, amount, scope):
    found = delta(base, Change(Lever.CAC, "added", float(amount), scope))
    users = base.start.groups["users"].to_numpy()[base.start.members(scope)].sum()
    assert found["clv"] == -Decimal(int(users)) * amount


@pytest.mark.parametrize("elasticity", [0.0, -1.5])
@pytest.mark.parametrize("lever", [*RELATIVE, Lever.RETENTION])
def test_sensitivities_equal_the_effect_of_a_small_step(base, lever, elasticity):
    """Central difference of +- 0.5 %; money is exact to 1e-4, so 1e-3 of the effect is asked for."""
    step = 0.005
    up, down = (
        delta(base, Change(lever, "relative", size), elasticity=elasticity)
        for size in (step, -step)
    )
    slope = float(up["clv"] - down["clv"]) / (2 * step)
    found = compared(base, elasticity=elasticity).sensitivities
    (one,) = [part for part in found if part.lever == lever]
    assert one.effect * 100 == pytest.approx(slope, rel=1e-3, abs=0.05)


def test_the_sensitivity_to_the_discount_rate_equals_the_effect_of_a_small_step(base):
    up = delta(base, Change(Lever.DISCOUNT_RATE, "points", 1e-4))["clv"]
    (one,) = [p for p in compared(base).sensitivities if p.lever == Lever.DISCOUNT_RATE]
    assert one.effect * 1e-4 * 100 == pytest.approx(float(up), rel=5e-3, abs=1e-3)
