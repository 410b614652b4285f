"""A whole world at once: its tables and, apart from them, its truth."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from clvcore.data.worlds.noise import Draw, Floats, bits
from clvcore.data.worlds.policy import Exploring, InformedPolicy, Policy
from clvcore.data.worlds.prior import WorldParams
from clvcore.data.worlds.step import step
from clvcore.data.worlds.tables import (
    events_table,
    impressions_table,
    spend_table,
    users_table,
)
from clvcore.data.worlds.world import State, World, begin, create


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """A world after some weeks under one policy."""

    world: World
    state: State

    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables an analyst would be given, by name."""
        world, state = self.world, self.state
        return {
            "events": events_table(world.params, state.weeks),
            "items": world.items,
            "users": users_table(world.params, world.words, state.crowd),
            "spend": spend_table(world.params, state.weeks),
            "impressions": impressions_table(state.weeks),
        }


def simulate(
    params: WorldParams,
    *,
    seed: int,
    policy: Policy | InformedPolicy | None = None,
    weeks: int | None = None,
    spend_scale: Floats | None = None,
) -> Simulation:
    """The world of ``seed`` after ``weeks`` (all of them) under ``policy`` (exploring).

    Two policies under the same seed meet the same arrivals and chances.

    Example:
        >>> from clvcore.data.worlds import STOREFRONT, Popular
        >>> tiny = STOREFRONT.sized(arrivals=0.1, n_items=60, weeks=2)
        >>> sorted(simulate(tiny, seed=1, policy=Popular()).tables())
        ['events', 'impressions', 'items', 'spend', 'users']
    """
    world = create(params, seed=seed)
    return go_on(
        Simulation(world, begin(world)),
        policy=policy or Exploring(),
        rng=np.random.default_rng(bits(world.key, Draw.ARRIVALS)),
        weeks=params.weeks if weeks is None else weeks,
        spend_scale=spend_scale,
    )


def go_on(
    simulation: Simulation,
    *,
    policy: Policy | InformedPolicy,
    rng: np.random.Generator,
    weeks: int,
    spend_scale: Floats | None = None,
    open_doors: bool = True,
) -> Simulation:
    """The same world ``weeks`` later; arguments as in `clvcore.data.worlds.step.step`."""
    state = simulation.state
    for _ in range(weeks):
        state, _week = step(
            simulation.world, state, policy, rng, spend_scale=spend_scale, open_doors=open_doors
        )
    return Simulation(simulation.world, state)
