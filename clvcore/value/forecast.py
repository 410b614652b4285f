"""What every user is expected to bring within a horizon, and how sure that is.

Expectations are taken at the fitted parameters; intervals carry both what is unknown about the
parameters (draws from their Laplace posterior) and what chance will do.
"""

from dataclasses import dataclass

import jax
import numpy as np
import polars as pl
from jaxtyping import Float, Int

from clvcore.data.dataset import Dataset
from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.value.cells import cells_of
from clvcore.value.condensed import Situated, drawn_totals, ratio
from clvcore.value.evidence import Evidence, evidence
from clvcore.value.fits import DEFAULT_MODEL, Fits, fit_all, population, population_draws
from clvcore.value.ledger import Basis
from clvcore.value.models.repeat import OrderModel
from clvcore.value.population import Cells, Moments, Population, Totals, unmoved
from clvcore.value.posterior import averages, simulated_totals
from clvcore.value.precision import double
from clvcore.value.user_forecast import Horizon, user_forecast

USER_DRAWS = 16
"""Draws behind a user's own interval, in which chance weighs far more than the parameters."""
NEARLY_ONE = (0.9, 1.1)
"""As far as totals of groups are moved to meet that of all; further apart, they all but cancel."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast of a data set, with everything needed to evaluate it again."""

    users: pl.DataFrame
    """user_id, p_alive, days_ahead, orders_ahead, forecast_purchase, forecast_advertising,
    forecast_service, forecast, forecast_low, forecast_high; null where unknown. By user_id."""
    horizon_days: float
    discount_rate_annual: float
    level: float
    """Probability that an interval holds, 0.8 for one in ten on either side."""
    basis: Basis
    known: Evidence
    fits: Fits
    population: Population
    draws: Population
    total: Totals
    """Moments of the total of all users under each draw, by stream: leaves [draws]."""
    notes: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        """Whether every stream of money that the data set has can be forecast."""
        return self.fits.unknown == frozenset()


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is known and fitted, whatever the horizon: the dear part of a forecast."""

    basis: Basis
    known: Evidence
    fits: Fits
    population: Population
    draws: Population


def fitted(
    data: Dataset,
    *,
    rng: np.random.Generator,
    basis: Basis = "revenue",
    n_draws: int = 64,
    model: OrderModel = DEFAULT_MODEL,
) -> Fitted:
    """The fits of all streams of a data set.

    Args:
        data: what is known.
        rng: draws parameters for the intervals.
        basis: revenue, or contribution margin of purchases.
        n_draws: parameter draws.
        model: of repeat orders.
    """
    known = evidence(data, basis)
    fits = fit_all(known, model)
    return Fitted(
        basis, known, fits, population(fits, known), population_draws(fits, known, n_draws, rng)
    )


def forecast(
    base: Fitted,
    *,
    horizon_days: float = 365.0,
    discount_rate_annual: float = 0.0,
    level: float = 0.8,
) -> Forecast:
    """What every user of a data set will bring within the horizon.

    Purchases: orders (MBG/NBD unless another model was fitted) times Gamma-Gamma order value, less refunds that order values do not
    hold yet; users without an order may place a first one. Advertising: MBG/NBD active days times
    the user's revenue of an active day. Services: fee a day times days under contract. The streams
    add up to the forecast of a user.

    Args:
        base: what is known and fitted.
        horizon_days: how far ahead.
        discount_rate_annual: 0.08 makes money of next year worth 1 / 1.08.
        level: of the intervals.

    Raises:
        ConfigError: a horizon or a rate out of range.
    """
    _check(horizon_days, discount_rate_annual, level)
    nobody = np.zeros(base.known.users.height, dtype=np.int64)
    cells, rows = cells_of(base.known, nobody)
    at = situated(base.population, float(horizon_days), discount_rate_annual, 1)
    with double():
        few = jax.tree.map(lambda part: part[:USER_DRAWS], base.draws)
        spread = averages(few, cells, at.levers, at.horizon_days)
    span = Horizon(horizon_days, discount_rate_annual, level)
    total = drawn_totals(at, base.draws, cells, 1)
    return Forecast(
        users=user_forecast(base.known, base.fits, rows, at.expected(cells), spread, span),
        horizon_days=horizon_days,
        discount_rate_annual=discount_rate_annual,
        level=level,
        basis=base.basis,
        known=base.known,
        fits=base.fits,
        population=base.population,
        draws=base.draws,
        total=jax.tree.map(lambda part: part[:, 0], total),
        notes=base.fits.notes,
    )


@dataclass(frozen=True, slots=True)
class GroupIntervals:
    """Low and high of each group's total to come, and of the total over all groups."""

    low: Float[np.ndarray, " groups"]
    high: Float[np.ndarray, " groups"]
    total_low: float
    total_high: float


def group_intervals(
    made: Forecast, group: Int[np.ndarray, " users"], n_groups: int, rng: np.random.Generator
) -> GroupIntervals:
    """Intervals of group totals; ``group`` is the number of every user's group, by user_id.

    Under each draw of parameters users are independent, so a group's total has the sum of their
    means and of their variances; it is simulated as a Gamma variable with these two moments. That
    of all users together is the same whatever the groups are.
    """
    cells, _ = cells_of(made.known, group)
    found = group_draws(made, cells, n_groups)
    mean, variance = (np.sum([getattr(one, name) for one in found], 0) for name in Moments._fields)
    whole = [np.sum([getattr(one, name) for one in made.total], axis=0) for name in Moments._fields]
    tails = [0.5 - made.level / 2, 0.5 + made.level / 2]
    total = np.quantile(simulated_totals(*whole, rng), tails)
    groups = simulated_totals(mean[:, :n_groups], variance[:, :n_groups], rng)
    low, high = np.quantile(groups, tails, axis=0)
    return GroupIntervals(low, high, float(total[0]), float(total[1]))


def group_draws(made: Forecast, cells: Cells, n_groups: int) -> Totals:
    """Moments of every group's total under each draw, by stream: leaves [draws, slots].

    ``cells`` are those of the forecast's users by group. Groups are condensed apart; together they
    bring what all bring.
    """
    at = situated(made.population, float(made.horizon_days), made.discount_rate_annual, n_groups)
    return jax.tree.map(
        lambda part, whole: part * np.clip(ratio(whole, part.sum(1)), *NEARLY_ONE)[:, None],
        drawn_totals(at, made.draws, cells, n_groups),
        made.total,
    )


def situated(
    here: Population, horizon_days: float, discount_rate_annual: float, n_groups: int
) -> Situated:
    """Where a forecast is evaluated as things are."""
    with double():
        return Situated(here, unmoved(n_groups, discount_rate_annual), horizon_days)


def _check(horizon_days: float, discount_rate_annual: float, level: float) -> None:
    if not 0 < horizon_days <= 36525:
        raise ConfigError(say("value.bad_horizon", days=horizon_days))
    if not -0.5 < discount_rate_annual <= 10:
        raise ConfigError(say("value.bad_discount", rate=discount_rate_annual))
    if not 0 < level < 1:
        raise ConfigError(say("value.bad_level", level=level))
