"""Where a scenario starts: what is known and forecast, as sufficient statistics by group of users."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from jaxtyping import Bool

from clvcore import columns as col
from clvcore.errors import NotFoundError
from clvcore.messages import listed, say
from clvcore.scenario.expected import Expected, expected
from clvcore.scenario.levers import Scope
from clvcore.scenario.memory import Memory
from clvcore.value.breakdown import UNKNOWN
from clvcore.value.cells import cells_of
from clvcore.value.condensed import condensed
from clvcore.value.forecast import Forecast, situated
from clvcore.value.population import Cells, slots
from clvcore.value.users import UserValue, attribute

MONEY_COLUMNS = ("ltv", "cac", "forecast_purchase", "forecast_advertising", "forecast_service")
"""Summed over the users of a group; ltv is realised."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A forecast with its users gathered in groups, so that their number no longer matters."""

    value: UserValue = field(repr=False)
    keys: tuple[str, ...]
    """Columns that tell the groups apart."""
    groups: pl.DataFrame = field(repr=False)
    """One row a group, in order of its number: the keys (String), users, and `MONEY_COLUMNS`, null
    where unknown."""
    cells: Cells = field(repr=False)
    stayers: Cells = field(repr=False)
    """Few histories that stand for all where it matters how many users stay."""
    at_horizon: Expected = field(repr=False)
    """What is expected of every group within the forecast's horizon."""
    loosenings: Memory = field(default_factory=Memory, repr=False, compare=False)
    """How far leaving was loosened, by change and horizon: costly to find, and asked for again with
    every other lever that is moved beside it."""

    @property
    def made(self) -> Forecast:
        """The forecast."""
        return self.value.forecast

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return self.groups.height

    @property
    def n_slots(self) -> int:
        """Groups that programs are compiled for."""
        return slots(self.n_groups)

    def expected(self, horizon_days: float) -> Expected:
        """What is expected of every group within a horizon."""
        if horizon_days == self.at_horizon.horizon_days:
            return self.at_horizon
        return expected(self.made, self.cells, self.n_groups, horizon_days)

    def members(self, scope: Scope | None) -> Bool[np.ndarray, " groups"]:
        """Groups in scope; ``scope.column`` has to be among the keys.

        Raises:
            NotFoundError: nobody is in scope; the values that there are, are named.
        """
        if scope is None:
            return np.ones(self.n_groups, dtype=bool)
        found = (self.groups[scope.column] == scope.value).to_numpy()
        if not found.any():
            there = self.groups[scope.column].unique().sort().to_list()
            raise NotFoundError(
                say("scenario.nobody", column=scope.column, value=scope.value, known=listed(there))
            )
        return found


def situation(value: UserValue, keys: Sequence[str]) -> Situation:
    """The users gathered by ``keys``: channel, cohort, segment or attributes of the users.

    Raises:
        ConfigError: the users have no such attribute.
    """
    names = list(dict.fromkeys(keys))
    own = value.frame.with_columns(_key(value, name) for name in names)
    groups = own.group_by(names).agg(_sums()) if names else own.select(_sums())
    groups = groups.sort(names) if names else groups
    numbered = groups.select(names).with_row_index("number")
    number = (
        own.select(names).join(numbered, on=names, how="left", maintain_order="left")["number"]
        if names
        else pl.repeat(0, own.height, eager=True)
    )
    cells, _ = cells_of(value.forecast.known, number.cast(pl.Int64).to_numpy())
    made = value.forecast
    at = situated(made.population, float(made.horizon_days), 0.0, groups.height)
    stayers = condensed(at, cells, groups.height, stand_for="staying")
    ahead = expected(made, cells, groups.height, float(made.horizon_days))
    return Situation(value, tuple(names), groups, cells, stayers, ahead)


def _key(value: UserValue, name: str) -> pl.Series:
    """The value of a key for every user, by user_id, as text."""
    if name == "cohort":
        found = value.frame[name].dt.strftime("%Y-%m")
    elif name in (col.CHANNEL, "segment"):
        found = value.frame[name].cast(pl.String)
    else:
        found = attribute(value.data, name).sort(col.USER)[name]
    return found.fill_null(UNKNOWN).alias(name)


def _sums() -> list[pl.Expr]:
    """Users, and sums of money, null where unknown for all of them."""
    sums = [
        pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
        for name in MONEY_COLUMNS
    ]
    return [pl.len().cast(pl.Int64).alias("users"), *sums]
