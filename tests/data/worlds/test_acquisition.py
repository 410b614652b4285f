from dataclasses import replace

import numpy as np
import pytest

from clvcore.data.worlds import STOREFRONT, STREAM, Violations, response_curves
from clvcore.data.worlds.acquisition import (
    arrivals,
    carried,
    expected_arrivals,
    hidden_demand,
    planned_spend,
)

WEEKS = range(104)
KEY = 20230102


def spend_by_week(params):
    weeks = [planned_spend(params, KEY, week, scale=None).of_channels() for week in WEEKS]
    return np.stack(weeks)


@pytest.mark.parametrize("params", [STOREFRONT, STREAM], ids=["storefront", "stream"])
def test_spend_varies_threefold_and_more_in_every_paid_channel(params):
    spend = spend_by_week(params)
    for number, channel in enumerate(params.channels):
        paid = spend[spend[:, number] > 0, number]
        if channel.spend:
            assert paid.max() / paid.min() >= 3
            assert channel.spend * 0.5 < paid.mean() < channel.spend * 1.6
        else:
            assert len(paid) == 0


def test_channels_do_not_rise_and_fall_together():
    paid = spend_by_week(STOREFRONT)[:, 1:]
    between = np.corrcoef(paid.T) - np.eye(paid.shape[1])
    assert np.abs(between).max() < 0.5


def test_returns_diminish_as_the_hill_curve_says():
    search = replace(STOREFRONT, channels=(STOREFRONT.channels[1],))
    channel = search.channels[0]
    at_half = expected_arrivals(search, np.array([channel.half]))
    assert at_half == pytest.approx(channel.base + channel.beta / 2)
    steps = np.diff(
        [expected_arrivals(search, np.array([spend]))[0] for spend in (0, 300, 600, 900)]
    )
    assert (steps > 0).all()
    assert (np.diff(steps) < 0).all()


def test_spend_works_on_after_its_week():
    podcast = (replace(STOREFRONT.channels[1], carry=0.5),)
    one_week = carried(podcast, np.array([0.0]), np.array([100.0]))
    later = carried(podcast, one_week, np.array([0.0]))
    assert one_week == pytest.approx([50])
    assert later == pytest.approx([25])
    steady = np.array([0.0])
    for _ in range(60):
        steady = carried(podcast, steady, np.array([100.0]))
    assert steady == pytest.approx([100])  # at steady spend adstock is spend


def test_new_users_have_the_expected_number_on_average():
    usual = np.array([channel.spend for channel in STOREFRONT.channels])
    drawn = np.stack([arrivals(STOREFRONT, usual, key, demand=1.0) for key in range(3000)])
    mean = expected_arrivals(STOREFRONT, usual)
    size = np.array([channel.dispersion for channel in STOREFRONT.channels])
    error = np.sqrt((mean + mean**2 / size) / len(drawn))
    assert (np.abs(drawn.mean(axis=0) - mean) < 4 * error).all()
    assert (drawn.var(axis=0) > mean)[:-1].all()  # more scattered than Poisson


def test_response_curves_start_at_what_comes_by_itself_and_never_fall():
    curves = response_curves(STOREFRONT)
    for channel in STOREFRONT.channels:
        curve = curves.filter(curves["channel"] == channel.name)["expected_users"].to_numpy()
        assert curve[0] == pytest.approx(channel.base)
        assert (np.diff(curve) >= 0).all()
        assert curve[-1] <= channel.base + channel.beta


def test_hidden_demand_moves_spend_only_in_a_confounded_world():
    demand = np.array([hidden_demand(KEY, week) for week in WEEKS])
    assert demand.mean() == pytest.approx(1, abs=0.1)
    broken = replace(STOREFRONT, violations=Violations(confounded_spend=1.0))
    honest, swayed = (spend_by_week(params)[:, 1] for params in (STOREFRONT, broken))
    assert np.allclose(swayed, honest * demand, rtol=0.01)
    assert np.corrcoef(swayed, demand)[0, 1] > np.corrcoef(honest, demand)[0, 1] + 0.15
