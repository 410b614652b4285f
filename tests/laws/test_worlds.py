"""Laws of the simulated worlds that hold for every seed, every prior draw and every policy."""

from dataclasses import replace

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from clvcore import columns as col
from clvcore.data.worlds import (
    STOREFRONT,
    STREAM,
    Exploring,
    Oracle,
    Popular,
    Prior,
    Uniform,
    Violations,
    simulate,
)
from clvcore.data.worlds.acquisition import expected_arrivals
from clvcore.data.worlds.noise import negative_binomial, poisson
from clvcore.data.worlds.policy import plackett_luce
from clvcore.data.worlds.record import NO_MONEY

seeds = st.integers(0, 2**32)
policies = st.sampled_from([Exploring(), Popular(), Uniform(), Oracle()])
violations = st.builds(
    Violations,
    confounded_slates=st.sampled_from([0.0, 0.5]),
    confounded_spend=st.sampled_from([0.0, 0.8]),
    interference=st.sampled_from([0.0, 0.5]),
    shifted_hazard=st.sampled_from([0.0, 1.0]),
    shift_week=st.just(2),
)


@st.composite
def worlds(draw):
    """A tiny world of the prior, possibly a broken one."""
    centre = draw(st.sampled_from([STOREFRONT, STREAM]))
    tiny = centre.sized(arrivals=0.15, n_items=70, weeks=5)
    params = Prior(tiny).draw(np.random.default_rng(draw(seeds)))
    return replace(params, logged=1.0, violations=draw(violations))


@settings(max_examples=12, deadline=None)
@given(worlds(), seeds, policies)
def test_money_rows_and_time_reconcile_in_every_world(params, seed, policy):
    simulation = simulate(params, seed=seed, policy=policy)
    tables = simulation.tables()
    events, users, items = tables["events"], tables["users"], tables["items"]

    recorded = [week.events for week in simulation.state.weeks]
    money = sum(int(rows.amount[rows.amount != NO_MONEY].sum()) for rows in recorded)
    assert int(events[col.AMOUNT].sum() * 10_000) == money
    assert events.height == sum(len(rows) for rows in recorded)
    assert users.height == sum(int(week.new_users.sum()) for week in simulation.state.weeks)
    spent = sum(int(week.spend.amount.sum()) for week in simulation.state.weeks)
    assert int(tables["spend"][col.AMOUNT].sum() * 10_000) == spent

    assert events.join(users, on=col.USER, how="anti").is_empty()
    known = events.filter(pl.col(col.ITEM).is_not_null())
    assert known.join(items, on=col.ITEM, how="anti").is_empty()
    late = events.join(users, on=col.USER).filter(pl.col(col.AT) < pl.col(col.ACQUIRED))
    assert late.is_empty()


@settings(max_examples=12, deadline=None)
@given(worlds(), seeds, policies)
def test_slates_hold_different_items_and_propensities_are_probabilities(params, seed, policy):
    shown = simulate(params, seed=seed, policy=policy).tables()["impressions"]
    slates = shown.group_by(col.SLATE).agg(
        pl.col(col.ITEM).n_unique().alias("different"),
        pl.col(col.POSITION).max(),
        pl.col(col.USER).n_unique(),
        pl.len(),
    )
    k = params.choice.slate
    assert (slates["different"] == k).all()
    assert (slates["len"] == k).all()
    assert (slates[col.POSITION] == k).all()
    assert (slates[col.USER] == 1).all()
    assert shown[col.PROPENSITY].is_between(0, 1).all()
    if policy.name in {"popular", "oracle"}:
        assert (shown[col.PROPENSITY] == 1).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.01, 100), min_size=4, max_size=12),
    st.integers(1, 4),
    st.integers(0, 2**31),
)
def test_a_propensity_is_the_weight_among_what_is_left(weights, k, seed):
    weight = np.array(weights)
    slates = plackett_luce(weight, 20, k, np.random.default_rng(seed))
    for item, propensity in zip(slates.item, slates.propensity, strict=True):
        left = weight.copy()
        for position in range(k):
            assert np.isclose(propensity[position], left[item[position]] / left.sum())
            left[item[position]] = 0


@given(st.floats(0.01, 5), st.floats(0.01, 5), st.floats(0.001, 0.999))
def test_counts_never_fall_when_their_mean_grows(first, second, chance):
    low, high = sorted([first, second])
    at = np.array([chance])
    counts = [poisson(np.array([mean]), at, most=60)[0] for mean in (low, high)]
    assert counts[0] <= counts[1]
    spread = [negative_binomial(np.array([mean]), np.array([6.0]), at)[0] for mean in (low, high)]
    assert spread[0] <= spread[1]


@given(seeds, st.floats(0, 3000), st.floats(0, 3000))
def test_more_spend_never_wins_fewer_users(seed, one, other):
    params = Prior().draw(np.random.default_rng(seed))
    low, high = sorted([one, other])
    n = len(params.channels)
    fewer, more = (expected_arrivals(params, np.full(n, spend)) for spend in (low, high))
    assert (fewer <= more + 1e-12).all()
