import numpy as np
import pytest

from clvcore.errors import ConfigError
from clvcore.scenario.retention import Staying, loosened, scoped, staying, users_of
from clvcore.value.models import beta_geometric as family
from clvcore.value.models import waiting
from clvcore.value.models.dropout import dropout_nodes, look_ahead
from clvcore.value.models.mbg_nbd import TOSSES
from clvcore.value.precision import double

ALL = np.ones(3, dtype=bool)


def here(population, cells, log_factors, horizon=365.0):
    with double():
        found = staying(population, cells, np.asarray(log_factors), horizon, 3)
        return Staying(*(np.asarray(part) for part in found))


def test_survival_is_that_of_the_models_themselves(population, cells):
    """Buyers: P(alive) times P(no stop within the horizon); contracts: S(waited + h) / S(waited)."""
    found = here(population, cells, np.zeros((3, 3)))
    with double():
        seen, pair = cells.buyers, cells.buyers.pair
        frequency, age = seen.pair_frequency, seen.pair_age
        params = population.orders
        nodes = dropout_nodes(params.a + 0 * frequency, params.b + frequency + TOSSES)
        ahead = look_ahead(nodes, params.r + frequency, 365.0 / (params.alpha + age))
        now = family.p_alive(params, frequency[pair], seen.recency, age[pair], TOSSES)
        buyers = float((seen.users * now * ahead.stays[pair]).sum())
        run = cells.contracts
        open_end = np.isinf(run.remaining)
        stays = waiting.survival(population.contract, run.waited, 365.0 + 0 * run.waited)
        contracts = float((run.users * stays * open_end).sum())
    assert found.buyers.sum() == pytest.approx(buyers, rel=1e-9)
    assert found.contracts.sum() == pytest.approx(contracts, rel=1e-9)


@pytest.mark.parametrize("wanted", [lambda s: 1.05 * s, lambda s: s + 0.03, lambda s: 0.8 * s])
def test_survival_at_the_horizon_moves_to_what_is_wanted(population, cells, wanted):
    found = loosened(scoped(population, cells, ALL, 365.0), wanted)
    assert [row.way for row in found] == ["buyers", "visitors", "contracts"]
    for row in found:
        assert row.after == pytest.approx(wanted(row.base), abs=1e-8)
    factors = np.array([[row.log_factor] * 3 for row in found])
    before, after = here(population, cells, np.zeros((3, 3))), here(population, cells, factors)
    for old, new, users in zip(before, after, users_of(cells, 3), strict=True):
        assert new.sum() / users.sum() == pytest.approx(wanted(old.sum() / users.sum()), abs=2e-8)


def test_only_the_groups_in_scope_decide_how_much_is_loosened(population, cells):
    members = np.array([False, True, False])
    found = loosened(scoped(population, cells, members, 365.0), lambda s: 1.1 * s)
    factors = np.array([[row.log_factor] * 3 for row in found])
    before, after = here(population, cells, np.zeros((3, 3))), here(population, cells, factors)
    for old, new in zip(before, after, strict=True):
        assert new[1] == pytest.approx(1.1 * old[1], rel=1e-9)
        assert new[0] != pytest.approx(1.1 * old[0], rel=1e-6)


def test_the_slope_is_that_of_a_small_step(population, cells):
    buyers = loosened(scoped(population, cells, ALL, 365.0), lambda s: s)[0]
    assert (buyers.log_factor, buyers.after) == (0.0, buyers.base)
    up, down = (here(population, cells, np.full((3, 3), x)).buyers.sum() for x in (1e-4, -1e-4))
    users = users_of(cells, 3).buyers.sum()
    slope = scoped(population, cells, ALL, 365.0).slopes(np.zeros(3))[0]
    assert slope == pytest.approx((up - down) / 2e-4 / users, rel=1e-5)


def test_users_who_have_left_cannot_be_kept(population, cells):
    with pytest.raises(
        ConfigError, match=r"of the buyers, 99.0% would have to be here in 365 days"
    ):
        loosened(scoped(population, cells, ALL, 365.0), lambda _: 0.99)


def test_ways_of_staying_without_users_are_left_out(population, cells):
    nobody = cells.visitors._replace(users=np.zeros_like(cells.visitors.users))
    found = loosened(
        scoped(population, cells._replace(visitors=nobody), ALL, 365.0), lambda s: 1.01 * s
    )
    assert [row.way for row in found] == ["buyers", "contracts"]


def test_contracts_that_all_end_before_the_horizon_are_left_out(population, cells):
    agreed = cells.contracts._replace(remaining=np.full_like(cells.contracts.remaining, 40.0))
    found = loosened(
        scoped(population, cells._replace(contracts=agreed), ALL, 365.0), lambda s: 1.01 * s
    )
    assert [row.way for row in found] == ["buyers", "visitors"]
