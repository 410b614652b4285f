"""Laws of the split of a budget: never below any other split, equal marginal returns, to the cent."""

from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clvcore.errors import ConfigError
from clvcore.scenario.allocation import Worth, allocate

ZERO = Decimal(0)


def hill(most, half, shape):
    def at(spend):
        part = np.maximum(spend, 0.0) ** shape
        return most * part / (part + half**shape)

    def slope(spend):
        safe = np.maximum(spend, 1e-6)
        part = safe**shape
        return most * shape * half**shape * part / safe / (part + half**shape) ** 2

    return Worth(at, slope)


worths = st.builds(hill, st.floats(10, 2000), st.floats(5, 200), st.floats(0.7, 3.0))
concave = st.builds(hill, st.floats(50, 2000), st.floats(5, 200), st.just(1.0))
cents = st.integers(1_000, 50_000).map(lambda n: Decimal(n) / 100)


def objective(several, split):
    parts = [float(one.at(np.array([float(s)]))[0]) for one, s in zip(several, split, strict=True)]
    return sum(parts) - float(sum(split))


@settings(max_examples=40, deadline=None)
@given(st.lists(worths, min_size=2, max_size=3), st.integers(50, 2000))
def test_no_split_in_steps_is_better(several, n):
    step, steps = Decimal(n) / 100, 12
    budget = steps * step
    found = allocate(several, budget, [(ZERO, budget)] * len(several), steps=steps)
    for counts in product(range(steps + 1), repeat=len(several) - 1):
        if sum(counts) <= steps:
            split = [n * step for n in (*counts, steps - sum(counts))]
            assert found.objective >= objective(several, split) - 1e-9


@settings(max_examples=40, deadline=None)
@given(st.lists(concave, min_size=2, max_size=5), cents)
def test_marginal_returns_are_equal_inside_the_bounds(several, budget):
    found = allocate(several, budget, [(ZERO, budget)] * len(several))
    assert found.kkt_residual < 1e-3
    assert found.gap_to_grid >= -1e-9
    inside = [m for m, s in zip(found.marginal, found.spend, strict=True) if 1 < s < budget - 1]
    if len(inside) > 1:
        assert max(inside) - min(inside) < 1e-2 * max(inside)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_budget_bounds_and_locks_are_kept_to_the_cent(data):
    several = data.draw(st.lists(worths, min_size=2, max_size=5))
    ends = []
    for _ in several:
        low, high = sorted(data.draw(st.tuples(st.integers(0, 9999), st.integers(0, 9999))))
        locked = data.draw(st.booleans())
        ends.append((Decimal(low) / 100, Decimal(low if locked else high) / 100))
    least, most = (int(100 * sum(end[side] for end in ends)) for side in (0, 1))
    budget = Decimal(data.draw(st.integers(least, most))) / 100
    found = allocate(several, budget, ends, steps=40)
    assert sum(found.spend) == budget
    for spend, (low, high) in zip(found.spend, ends, strict=True):
        assert low <= spend <= high
        assert spend == spend.quantize(Decimal("0.01"))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(worths, cents), min_size=2, max_size=4))
def test_a_split_that_is_known_is_never_undercut(pairs):
    several, start = [one for one, _ in pairs], [spend for _, spend in pairs]
    budget = sum(start)
    found = allocate(several, budget, [(ZERO, budget)] * len(pairs), start=start, steps=10)
    assert found.objective >= objective(several, start) - 1e-9


def test_all_money_goes_to_one_of_two_s_curves_where_half_wins_nothing():
    steep = hill(100.0, 80.0, 6.0)
    found = allocate([steep, steep], Decimal(100), [(ZERO, Decimal(100))] * 2)
    assert max(found.spend) > Decimal(99)


@pytest.mark.parametrize("budget", [Decimal(5), Decimal(500)])
def test_a_budget_outside_of_all_bounds_is_refused_with_what_they_allow(budget):
    ends = [(Decimal(10), Decimal(20)), (Decimal(30), Decimal(40))]
    with pytest.raises(ConfigError, match=r"40\.00 to 60\.00"):
        allocate([hill(1, 1, 1)] * 2, budget, ends)
