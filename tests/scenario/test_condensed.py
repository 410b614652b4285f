"""Few histories that stand for all."""

import jax
import numpy as np
import pytest

from clvcore.scenario.effects import effects
from clvcore.scenario.levels import base_levels, levels
from clvcore.scenario.levers import parse_change
from clvcore.scenario.situation import situation
from clvcore.value.boxes import boxes
from clvcore.value.condensed import Situated, condensed, ratio
from clvcore.value.forecast_core import group_totals, outlook
from clvcore.value.population import Levers, unmoved
from clvcore.value.posterior import total_draws
from clvcore.value.precision import double

HORIZON = 365.0


def neutral(population):
    return Situated(population, Levers(discount_rate_annual=None), HORIZON)


def totals(population, cells, levers, n_groups=3):
    with double():
        view = outlook(population, cells, levers, HORIZON)
        found = group_totals(view, cells, n_groups)
    return jax.tree.map(np.asarray, found)


@pytest.fixture(autouse=True, scope="module")
def coarse():
    """Boxes so few that there is something to condense."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clvcore.value.condensed.MOST_BOXES", 24)
        yield


@pytest.fixture(scope="module")
def few(population, cells):
    return condensed(neutral(population), cells, 3)


def n_rows(cells):
    return [int((np.asarray(cell.users) > 0).sum()) for cell in cells]


def test_few_histories_bring_what_all_bring_in_every_group_and_stream(population, cells, few):
    assert sum(n_rows(few)) < sum(n_rows(cells))
    neutral = Levers(discount_rate_annual=None)
    exact, rough = (totals(population, some, neutral) for some in (cells, few))
    for one, other in zip(exact, rough, strict=True):
        assert other.mean == pytest.approx(one.mean, rel=1e-9)


@pytest.mark.parametrize(
    "levers",
    [
        Levers(dropout=0.7, activity_dropout=0.7, discount_rate_annual=None),
        Levers(order_rate=1.5, activity_rate=0.6, discount_rate_annual=None),
        Levers(discount_rate_annual=0.1),
    ],
)
def test_few_histories_move_as_all_do(population, cells, few, levers):
    neutral = Levers(discount_rate_annual=None)
    for stream in ("purchase", "advertising"):
        exact, rough = (
            getattr(totals(population, some, levers), stream).mean
            / getattr(totals(population, some, neutral), stream).mean
            for some in (cells, few)
        )
        assert rough == pytest.approx(exact, rel=0.02)


def test_users_who_stay_are_counted_by_few_histories_too(population, cells):
    at = neutral(population)
    few = condensed(at, cells, 3, stand_for="staying")
    here = [
        float((np.asarray(unit.stays) * np.asarray(cell.users)).sum())
        for held in (cells, few)
        for unit, cell in zip(at.expected(held), held, strict=True)
    ]
    assert here[4:] == pytest.approx(here[:4], rel=1e-9)


def test_few_histories_tell_how_a_scenario_varies_from_draw_to_draw(value):
    start = situation(value, ["channel"])
    as_is = effects(start, ())
    _, anchor = base_levels(start, as_is)
    assert sum(n_rows(anchor.few)) < sum(n_rows(start.cells))
    moved = effects(start, [parse_change("retention=+4%"), parse_change("order_rate=-10%")])
    with double():
        drawn = total_draws(value.forecast.draws, start.cells, moved.levers, HORIZON, start.n_slots)
    found = levels(start, anchor, moved)
    for name in ("mean", "variance"):
        exact = sum(np.asarray(getattr(part, name)) for part in drawn.values())[:, : start.n_groups]
        assert getattr(found, name) == pytest.approx(exact, rel=0.03)


@pytest.mark.parametrize(
    "changes",
    [
        ["order_value=+20%", "refund_rate=-50%"],
        ["channel:ads.order_value=-30%", "ad_revenue=+10%", "service_revenue=+5%"],
        ["price=+10%"],
    ],
)
def test_what_things_are_worth_multiplies_every_draw_exactly(value, changes):
    start = situation(value, ["channel"])
    _, anchor = base_levels(start, effects(start, ()))
    moved = effects(start, [parse_change(one) for one in changes])
    at = Situated(start.made.population, moved.levers, HORIZON)
    as_it_is = at._replace(levers=unmoved(start.n_groups))
    found = levels(start, anchor, moved)
    whole = at.totals(start.cells, start.n_slots)
    assert found.streams == pytest.approx(
        np.stack([part.mean[: start.n_groups] for part in whole]), rel=1e-9
    )
    few, before = (one.drawn(start.made.draws, anchor.few, start.n_slots) for one in (at, as_it_is))
    for name in ("mean", "variance"):
        expected = sum(
            getattr(all_, name) * ratio(getattr(after, name), getattr(was, name))
            for all_, after, was in zip(anchor.drawn, few, before, strict=True)
        )
        assert getattr(found, name) == pytest.approx(expected[:, : start.n_groups], rel=1e-9)


def test_as_things_are_every_draw_is_that_of_the_forecast(value):
    start = situation(value, ["channel"])
    as_is = effects(start, ())
    exact, anchor = base_levels(start, as_is)
    again = levels(start, anchor, as_is)
    for one, other in zip(exact, again, strict=True):
        assert other == pytest.approx(one, rel=1e-9)
    whole = [
        sum(getattr(part, name) for part in value.forecast.total) for name in ("mean", "variance")
    ]
    assert exact.mean.sum(1) == pytest.approx(whole[0], rel=1e-9)
    assert exact.variance.sum(1) == pytest.approx(whole[1], rel=1e-9)


def test_boxes_have_equal_weights_and_stay_within_a_group():
    rng = np.random.default_rng(2)
    group, weight = rng.integers(0, 3, 4000), rng.exponential(size=4000)
    box = boxes(group, rng.normal(size=(2, 4000)), weight, 3)
    assert np.unique(box).tolist() == list(range(24))
    assert all(len(np.unique(group[box == one])) == 1 for one in range(24))
    by_group = np.bincount(group, weight)
    for one in range(24):
        share = weight[box == one].sum() / by_group[group[box == one][0]]
        assert share == pytest.approx(1 / 8, abs=0.01)


def test_what_does_not_differ_is_one_box():
    box = boxes(np.zeros(10, dtype=np.int64), np.ones((2, 10)), np.ones(10), 4)
    assert len(np.unique(box)) <= 16
    assert len(np.unique(boxes(np.arange(5), np.ones((1, 5)), np.ones(5), 4))) == 5
