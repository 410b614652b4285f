"""A world (what does not change) and its state (what does)."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from clvcore.columns import Kind
from clvcore.data.worlds.catalogue import Catalogue, draw_catalogue
from clvcore.data.worlds.lexicon import Lexicon, lexicon
from clvcore.data.worlds.noise import Draw, Floats, Ints, bits
from clvcore.data.worlds.people import Crowd, newcomers
from clvcore.data.worlds.prior import WorldParams
from clvcore.data.worlds.record import Rows, Week
from clvcore.data.worlds.tables import items_table


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Parameters, items, and the key from which everything else is drawn."""

    params: WorldParams
    key: int
    words: Lexicon
    catalogue: Catalogue
    items: pl.DataFrame
    """The canonical items table."""


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where a world stands. ``week`` is the number of weeks that are over."""

    week: int
    crowd: Crowd
    uptake: Floats
    """[countries, items] recent purchases or plays, a tenth of them forgotten every week."""
    adstock: Floats
    """By channel, in units of the currency per week."""
    pending: Rows
    """Refunds that are still on their way."""
    n_visits: int
    weeks: tuple[Week, ...]
    """Everything that was recorded so far."""


def create(params: WorldParams, *, seed: int) -> World:
    """The world of these parameters and this seed."""
    key = int(bits(seed, Draw.LATENT, *params.name.encode())[0])
    words = lexicon(params.lexicon)
    catalogue = draw_catalogue(params, words, key)
    return World(params, key, words, catalogue, items_table(params, words, catalogue, key))


def begin(world: World) -> State:
    """The state before the first week: nobody is here yet, spend has run at its usual level."""
    params = world.params
    none = np.zeros(len(params.channels), dtype=np.int64)
    weights = np.zeros((len(params.channels), 1))
    empty = np.zeros(0, dtype=np.int64)
    return State(
        week=0,
        crowd=newcomers(params, world.words, world.catalogue, none, weights, world.key, 0),
        uptake=np.zeros((len(world.words.countries), params.n_items)),
        adstock=np.array([channel.spend for channel in params.channels]) * params.arrivals,
        pending=Rows.of(Kind.REFUND, empty, empty),
        n_visits=0,
        weeks=(),
    )


def recorded(state: State, name: str) -> Ints:
    """One column of all events so far, in order of time."""
    parts = [getattr(week.events, name) for week in state.weeks]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
