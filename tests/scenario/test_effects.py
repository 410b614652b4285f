from decimal import Decimal

import numpy as np
import pytest

from clvcore.errors import ConfigError, NotFoundError
from clvcore.scenario.effects import effects
from clvcore.scenario.levers import parse_change
from clvcore.scenario.moves import order_value
from clvcore.scenario.situation import situation
from tests.scenario import world


def resolved(start, *texts, elasticity=0.0):
    return effects(start, [parse_change(text) for text in texts], elasticity=elasticity)


def factor(found, name):
    return np.asarray(getattr(found.levers, name))[:3]  # of ads, email, organic


def test_no_change_has_no_effect(start):
    found = resolved(start)
    assert all((np.asarray(part) == 1).all() for part in found.levers[:-1])
    assert (found.horizon_days, found.levers.discount_rate_annual) == (365.0, None)
    assert found.cac == tuple(start.groups["cac"])


def test_a_scoped_change_acts_on_its_groups_alone(start):
    found = resolved(start, "channel:email.order_rate=+20%")
    is_email = (start.groups["channel"] == "email").to_numpy()
    assert factor(found, "order_rate") == pytest.approx(np.where(is_email, 1.2, 1.0))


def test_changes_of_one_lever_multiply(start):
    found = resolved(start, "order_rate=+20%", "channel:email.order_rate=-50%")
    is_email = (start.groups["channel"] == "email").to_numpy()
    assert factor(found, "order_rate") == pytest.approx(np.where(is_email, 1.2 * 0.5, 1.2))


def test_an_order_value_set_anew_is_the_expected_value_afterwards(start):
    everybody = np.ones(3, dtype=bool)
    before = order_value(start, everybody, 365.0)
    found = resolved(start, "order_value=50")
    assert factor(found, "order_value") == pytest.approx(np.full(3, 50 / before))
    (acted,) = found.acted
    assert (acted.base, acted.after) == (pytest.approx(before), 50)


def test_expected_order_values_are_near_those_of_the_data(start):
    """Prices are drawn between 10 and 60 and pulled to the model's mean 6.25 x 15.44 / 2.74 = 35."""
    assert 25 < order_value(start, np.ones(3, dtype=bool), 365.0) < 45


def test_the_price_moves_orders_by_its_elasticity(start):
    """f = 1.1 and e = -2: orders come at 1.1^-2 of their rate."""
    found = resolved(start, "price=+10%", elasticity=-2.0)
    assert factor(found, "order_value") == pytest.approx(np.full(3, 1.1))
    assert factor(found, "order_rate") == pytest.approx(np.full(3, 1.1**-2))
    assert factor(found, "margin") == pytest.approx(np.ones(3))


def test_on_margin_a_price_leaves_the_cost_of_goods_alone():
    """Margin m of a unit leaves cost 1 - m; at price 1.1 the margin is (1.1 - (1 - m)) / 1.1."""
    value = world.user_value(world.dataset(), basis="margin")
    start = situation(value, ["channel"])
    margin = value.forecast.population.margin
    found = resolved(start, "price=+10%")
    after = float(margin) * factor(found, "margin")
    assert after == pytest.approx(np.full(3, (1.1 - (1 - margin)) / 1.1))
    assert [one.parameter for one in found.acted] == ["order_value", "order_rate", "margin"]


def test_a_margin_moves_in_points():
    value = world.user_value(world.dataset(), basis="margin")
    start, margin = situation(value, []), value.forecast.population.margin
    (acted,) = resolved(start, "margin=+5pt").acted
    assert (acted.base, acted.after) == pytest.approx((margin, margin + 0.05))


def test_costs_are_exact_and_additions_come_after_factors(start):
    base = start.groups["cac"].to_list()
    users = start.groups["users"].to_list()
    expected = tuple(
        cost * Decimal("0.9") + n * Decimal("1.5") for cost, n in zip(base, users, strict=True)
    )
    assert resolved(start, "cac=+1.5", "cac=-10%").cac == expected
    assert resolved(start, "cac=-10%", "cac=+1.5").cac == expected


def test_costs_have_four_places_however_many_changes_they_went_through(start):
    base = start.groups["cac"].to_list()
    found = resolved(start, "cac=-12.3456789%", "cac=-12.3456789%")
    factor = (1 - Decimal("0.123456789")) ** 2
    assert found.cac == tuple((cost * factor).quantize(Decimal("0.0001")) for cost in base)


def test_a_cost_set_anew_is_that_of_every_user(start):
    users = start.groups["users"].to_list()
    assert resolved(start, "cac=7").cac == tuple(7 * n for n in users)


def test_an_unknown_cost_can_be_set_but_not_changed():
    start = situation(world.user_value(world.dataset(spend=False)), [])
    with pytest.raises(ConfigError, match="such as cac=12"):
        resolved(start, "cac=+10%")
    found = resolved(start, "cac=12")
    assert found.cac == (12 * 48,)
    assert found.acted[0].base is None


def test_the_horizon_and_the_discount_rate_are_the_same_for_everybody(start):
    found = resolved(start, "horizon=+10%", "discount_rate=8%")
    assert found.horizon_days == pytest.approx(365 * 1.1)
    assert found.levers.discount_rate_annual == pytest.approx(0.08)


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["retention=60%", "retention=+5%"], "contradict each other"),
        (["cac=5", "channel:email.cac=6"], "contradict each other"),
        (["refund_rate=+99pt"], "between 0% and 100%"),
        (["refund_rate=+50pt", "refund_rate=+50pt"], "between 0% and 100%"),
        (["horizon=-365"], "between 1 and 3653"),
        (["cac=-1000"], "out of range"),
        (["margin=+5pt"], "--basis margin"),
        (["price=-100%"], "too far"),
        (["retention=99%"], "cannot be moved so far"),
    ],
)
def test_changes_that_cannot_be_are_refused(start, texts, reason):
    with pytest.raises(ConfigError, match=reason):
        resolved(start, *texts)


def test_new_values_for_different_users_do_not_contradict(start):
    found = resolved(start, "channel:ads.cac=5", "channel:email.cac=6")
    assert found.cac[:2] == (5 * 16, 6 * 16)


def test_a_scope_without_users_is_refused_with_the_values_that_there_are(start):
    with pytest.raises(NotFoundError, match="ads, email, organic"):
        resolved(start, "channel:tv.cac=5")


@pytest.mark.parametrize(
    ("without", "text"),
    [
        ("visits", "ad_revenue=+5%"),
        ("contract", "service_revenue=+5%"),
        ("orders", "order_value=+5%"),
        ("orders", "price=+5%"),
    ],
)
def test_a_lever_without_anything_to_act_on_is_refused(value, without, text):
    poorer = world.user_value(value.data, **{without: None})
    with pytest.raises(ConfigError, match="nothing to act on"):
        resolved(situation(poorer, []), text)
