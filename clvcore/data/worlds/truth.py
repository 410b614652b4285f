"""The known truth of a simulated world: for tests and evidence, never for the app."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.data.worlds.acquisition import expected_arrivals
from clvcore.data.worlds.basket import discounts
from clvcore.data.worlds.knowledge import Insight, mood_chances
from clvcore.data.worlds.noise import Draw, Floats, bits
from clvcore.data.worlds.people import NONE
from clvcore.data.worlds.policy import InformedPolicy, Policy
from clvcore.data.worlds.prior import WorldParams
from clvcore.data.worlds.record import NO_MONEY
from clvcore.data.worlds.retention import hazard
from clvcore.data.worlds.session import general_utility
from clvcore.data.worlds.simulate import Simulation, go_on
from clvcore.data.worlds.tables import item_ids, times, user_ids


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What the tables hide."""

    users: pl.DataFrame
    """user_id, churned_at (null while alive), hazard_weekly and satisfaction (as they are now, or
    were at the end), taste (the mean over moods of the next visit), moods."""
    items: pl.DataFrame
    """item_id, taste, quality, dearness."""
    response: pl.DataFrame
    """channel, spend_weekly, expected_users: new users a week at steady spend."""


def truth(simulation: Simulation) -> Truth:
    """The truth behind the tables of a simulation."""
    world, crowd = simulation.world, simulation.state.crowd
    everybody = np.arange(len(crowd))
    chance = mood_chances(world.params, crowd, everybody)
    d = world.params.taste.dimensions
    users = pl.DataFrame(
        {
            col.USER: user_ids(everybody),
            "churned_at": times(np.where(crowd.alive, NONE, crowd.left)),
            "hazard_weekly": hazard(world.params, crowd, simulation.state.week),
            "satisfaction": crowd.satisfaction,
            "taste": _vectors((chance[:, :, None] * crowd.moods).sum(axis=1)),
            "moods": pl.Series(crowd.moods, dtype=pl.Array(pl.Float64, (chance.shape[1], d))),
        }
    )
    catalogue = world.catalogue
    items = pl.DataFrame(
        {
            col.ITEM: item_ids(np.arange(len(catalogue.quality))),
            "taste": _vectors(catalogue.taste),
            "quality": catalogue.quality,
            "dearness": catalogue.dearness,
        }
    )
    return Truth(users.sort(col.USER), items.sort(col.ITEM), response_curves(world.params))


def insight(simulation: Simulation) -> Insight:
    """Everybody's expected utility of every item in the week that comes."""
    world, week = simulation.world, simulation.state.week
    category, n_categories = world.catalogue.category, len(world.words.categories)
    discount = discounts(world.params, n_categories, category, world.key, week)
    general = general_utility(world.words, world.catalogue, week, discount)
    return Insight(world, simulation.state.crowd, *general)


def response_curves(params: WorldParams, *, points: int = 31) -> pl.DataFrame:
    """Expected new users a week of every channel at steady weekly spend up to three times usual."""
    share = np.linspace(0, 3, points)
    usual = np.array([channel.spend for channel in params.channels]) * params.arrivals
    grid = share[:, None] * usual
    expected = np.stack([expected_arrivals(params, spend) for spend in grid])
    names = [channel.name for channel in params.channels]
    return pl.DataFrame(
        {
            col.CHANNEL: np.tile(names, points),
            "spend_weekly": grid.ravel(),
            "expected_users": expected.ravel(),
        }
    ).sort(col.CHANNEL, "spend_weekly")


def remaining_value(
    simulation: Simulation,
    *,
    policy: Policy | InformedPolicy,
    seed: int,
    weeks: int = 52,
    draws: int = 16,
) -> pl.DataFrame:
    """Expected money of the next ``weeks`` weeks of every user, by simulating them ``draws`` times.

    Columns: user_id, expected, standard_error (of the mean over draws), p_alive (at the horizon).
    Money is revenue net of refunds from all streams, undiscounted. New users do not come.
    """
    n, before = len(simulation.state.crowd), len(simulation.state.weeks)
    money, alive = np.zeros((draws, n)), np.zeros(n)
    for draw in range(draws):
        rng = np.random.default_rng(bits(seed, Draw.CHURN, draw))
        later = go_on(simulation, policy=policy, rng=rng, weeks=weeks, open_doors=False)
        for week in later.state.weeks[before:]:
            paid = week.events.amount != NO_MONEY
            worth = week.events.amount[paid] / 10_000
            money[draw] += np.bincount(week.events.user[paid], weights=worth, minlength=n)
        alive += later.state.crowd.alive / draws
    error = money.std(axis=0, ddof=1) / np.sqrt(draws) if draws > 1 else np.full(n, np.nan)
    return pl.DataFrame(
        {
            col.USER: user_ids(np.arange(n)),
            "expected": money.mean(axis=0),
            "standard_error": error,
            "p_alive": alive,
        }
    ).sort(col.USER)


def _vectors(rows: Floats) -> pl.Series:
    return pl.Series(rows, dtype=pl.Array(pl.Float64, rows.shape[1]))
