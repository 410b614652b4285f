"""Every model that a data set has evidence for, fitted side by side, and what each expects.

Likelihoods compare only where models explain the same data: orders in days, orders in steps, contracts
in days, contracts in whole fee periods. Within each of these the lower AIC = 2 parameters - 2
log-likelihood is the better, and a covariate is worth it where its likelihood ratio says so. Over a
stated horizon, what the models expect compares across all of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
import polars as pl
from jaxtyping import Float

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.errors import FitError
from clvcore.features.opportunities import opportunity_summary
from clvcore.messages import say
from clvcore.units import DAYS_PER_YEAR
from clvcore.value.fits import ENOUGH
from clvcore.value.forecast import Forecast
from clvcore.value.models import bg_bb, contracts, covariates, repeat, waiting
from clvcore.value.models.fit import Fit
from clvcore.value.models.repeat import ORDER_MODELS, OrderModel, OrderParams
from clvcore.value.models.rows import distinct, history_rows
from clvcore.value.precision import double

Vector = Float[np.ndarray, " rows"]

History: TypeAlias = tuple[Vector, Vector, Vector]
"""Frequency, recency and age."""

STEP_DAYS = 7
"""Length of an opportunity to order."""
MOST_VALUES = 20
"""A covariate of more values is refused: each has factors of its own, and few users to tell them."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a model expects of all of its users together within the horizon."""

    p_alive: float
    """Mean P(still here now)."""
    occasions: float
    """Orders, or fee periods that are paid for."""
    days: float
    """Mean days that a user is still here."""
    discounted: float
    """Occasions, each worth less by the discount until it comes."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One model on the data."""

    model: str
    of: str
    """What it explains: orders or contracts."""
    time: str
    """days, or steps of ``step_days``."""
    step_days: float
    known: str | None
    """Covariate on the heterogeneity, None without one."""
    users: int
    fit: Fit[Any] | None
    """None where it could not be fitted."""
    expected: Expected | None
    message: str
    """How the fit ended, which parameters the data can hardly tell, or why there is none."""
    is_weak: bool
    is_used: bool
    """Whether the forecast rests on it."""
    p_value: float | None = None
    """Chance of such a gain in likelihood where the covariate tells nothing."""

    @property
    def aic(self) -> float | None:
        """Akaike's criterion; smaller is better, among models of the same data."""
        return None if self.fit is None else 2 * len(self.fit.params) - 2 * self.fit.log_likelihood


def compared_models(data: Dataset, made: Forecast, *, known: str | None = None) -> list[Compared]:
    """All models of orders and of contracts that the data set has evidence for.

    Args:
        data: what is known.
        made: its forecast, whose horizon, discount and model of orders are taken.
        known: a column of the users to let the heterogeneity of orders depend on: channel, campaign
            or an attribute.
    """
    return [*_orders(made, data, known), *_steps(data, made), *_contracts(made)]


def _orders(made: Forecast, data: Dataset, known: str | None) -> Iterator[Compared]:
    buyers = made.known.buyers
    if buyers.is_empty():
        return
    history = (
        buyers["frequency"].to_numpy(),
        buyers["recency_days"].to_numpy(),
        buyers["age_days"].to_numpy(),
    )
    few = int((buyers["frequency"] > 0).sum()) < ENOUGH
    rows = history_rows(*history, np.ones(buyers.height))

    for model in ORDER_MODELS:

        def attempt(model: OrderModel = model) -> tuple[Fit[Any], Expected]:
            found = repeat.fit(model, rows, few=few)
            return found, _of_orders(found.params, history, made)

        yield _compared(
            *(model, "orders", "days", 1.0, buyers.height, attempt),
            is_used=model == made.fits.model and made.fits.orders is not None,
        )
    if known is not None:
        yield _moderated(made, data, known, history)


def _of_orders(params: OrderParams, history: History, made: Forecast) -> Expected:
    keys, index = distinct(*history)
    users = np.bincount(index).astype(np.float64)
    parts, horizon = keys.T, made.horizon_days
    force = float(np.log1p(made.discount_rate_annual)) / DAYS_PER_YEAR
    orders = repeat.expected_orders(params, *parts, horizon=horizon)
    worth = orders
    if force:
        worth = repeat.discounted_orders(params, *parts, force=force, horizon=horizon)
    days = repeat.expected_days(params, *parts, horizon=horizon)
    here = repeat.chance_here(params, *parts)
    return _added(users, here, orders, days, worth)


def _added(users: Vector, here: Vector, occasions: Vector, days: Vector, worth: Vector) -> Expected:
    n = max(float(users.sum()), 1.0)
    return Expected(
        float(users @ here) / n,
        float(users @ occasions),
        float(users @ days) / n,
        float(users @ worth),
    )


def _moderated(made: Forecast, data: Dataset, known: str, history: History) -> Compared:
    """The model of the forecast, its heterogeneity moved by a covariate."""
    buyers = made.known.buyers.select(col.USER)
    labels = buyers.join(data.users, on=col.USER, how="left", maintain_order="left")[known]
    words = labels.cast(pl.String).fill_null("").to_list()
    values = set(words)
    model = made.fits.model
    gained: list[float] = []

    def attempt() -> tuple[Fit[Any], Expected]:
        if not 1 < len(values) <= MOST_VALUES:
            raise FitError(say("value.bad_covariate", name=known, n=len(values), most=MOST_VALUES))
        z, names = covariates.one_hot(words)
        found = covariates.fit_moderated(model, history, z, names)
        gained.append(found.p_value)
        parts = []
        for one in np.unique(z, axis=0):
            inside = (z == one).all(axis=1)
            x, recency, age = (part[inside] for part in history)
            own = _of_orders(found.params_of(one), (x, recency, age), made)
            parts.append((int(inside.sum()), own))
        return found.fit, _together(parts)

    made_of = _compared(model, "orders", "days", 1.0, len(words), attempt, known=known)
    return replace(made_of, p_value=gained[0]) if gained else made_of


def _together(parts: Sequence[tuple[int, Expected]]) -> Expected:
    n = max(sum(users for users, _ in parts), 1)
    return Expected(
        sum(users * one.p_alive for users, one in parts) / n,
        sum(one.occasions for _, one in parts),
        sum(users * one.days for users, one in parts) / n,
        sum(one.discounted for _, one in parts),
    )


def _steps(data: Dataset, made: Forecast) -> Iterator[Compared]:
    """BG/BB on weeks with and without an order."""
    seen = opportunity_summary(data, step_days=STEP_DAYS)
    if seen.is_empty():
        return
    few = int((seen["frequency"] > 0).sum()) < ENOUGH
    keys, index = distinct(*(seen[name].to_numpy() for name in ("frequency", "recency", "age")))
    users = np.bincount(index).astype(np.float64)
    horizon = int(made.horizon_days // STEP_DAYS)
    rate = (1.0 + made.discount_rate_annual) ** (STEP_DAYS / DAYS_PER_YEAR) - 1.0

    def attempt() -> tuple[Fit[Any], Expected]:
        found = bg_bb.fit(bg_bb.chance_rows(*keys.T, users), few=few)
        own = (found.params, *keys.T)
        return found, _added(
            users,
            bg_bb.p_alive(*own),
            bg_bb.expected_orders(*own, horizon=horizon),
            STEP_DAYS * bg_bb.expected_steps(*own, horizon=horizon),
            bg_bb.discounted_orders(*own, rate=rate, horizon=horizon),
        )

    yield _compared("bg-bb", "orders", "steps", float(STEP_DAYS), seen.height, attempt)


def _contracts(made: Forecast) -> Iterator[Compared]:
    """The Pareto II of the forecast in days, and sBG and BdW in whole fee periods."""
    known = made.known
    frame, period = known.contracts, known.contract_facts.period_days
    if frame.is_empty():
        return
    ended, waited = frame["has_ended"].to_numpy(), frame["waited_days"].to_numpy()
    most = np.where(ended, 0.0, np.minimum(frame["remaining_days"].to_numpy(), made.horizon_days))
    few = int(ended.sum()) < ENOUGH
    force = float(np.log1p(made.discount_rate_annual)) / DAYS_PER_YEAR

    def in_days() -> tuple[Fit[Any], Expected]:
        found = waiting.fit(waiting.wait_rows(waited, ended), few=few)
        days = _days_under_contract(found.params, waited, most, 0.0)
        worth = _days_under_contract(found.params, waited, most, force) if force else days
        here = (~ended).astype(np.float64)
        return found, _added(np.ones(len(here)), here, days / period, days, worth / period)

    yield _compared(
        *("pareto-ii", "contracts", "days", 1.0, frame.height, in_days),
        is_used=made.fits.contract is not None,
    )
    tenure = np.where(ended, np.maximum(np.ceil(waited / period), 1.0), np.floor(waited / period))
    rows = waiting.wait_rows(tenure, ended)
    ahead = np.floor(most / period)
    for model, fit in (("sbg", contracts.fit_sbg), ("bdw", contracts.fit_bdw)):

        def in_periods(fit: Callable[..., Fit[Any]] = fit) -> tuple[Fit[Any], Expected]:
            found = fit(rows, few=few)
            paid, worth = (
                _periods_paid(found.params, tenure, ahead, period * one) for one in (0.0, force)
            )
            here = (~ended).astype(np.float64)
            return found, _added(np.ones(len(here)), here, paid, period * paid, worth)

        yield _compared(model, "contracts", "steps", period, frame.height, in_periods)


def _days_under_contract(params: Any, waited: Vector, most: Vector, force: float) -> Vector:
    """Expected days under contract ahead, each worth e^-(force u); by 48 Gauss-Legendre nodes."""
    with double():
        held, end = jnp.asarray(waited), jnp.asarray(most)
        if not force:
            return np.asarray(waiting.expected_days(params, held, end))
        nodes, weights = np.polynomial.legendre.leggauss(48)
        times = 0.5 * most[:, None] * (nodes + 1.0)
        so_far = jnp.broadcast_to(held[:, None], times.shape)
        here = np.asarray(waiting.survival(params, so_far, jnp.asarray(times)))
    return 0.5 * most * ((here * np.exp(-force * times)) @ weights)


def _periods_paid(params: Any, tenure: Vector, ahead: Vector, force: float) -> Vector:
    """Expected renewals within ``ahead`` whole periods, each worth e^-(force times its number)."""
    keys, index = distinct(tenure, ahead)
    number = np.arange(1.0, keys[:, 1].max(initial=0.0) + 1.0)
    here = contracts.survival(params, keys[:, :1], number) * (number <= keys[:, 1:])
    return (here @ np.exp(-force * number))[index]


def _compared(
    model: str,
    of: str,
    time: str,
    step_days: float,
    users: int,
    attempt: Callable[[], tuple[Fit[Any], Expected]],
    *,
    known: str | None = None,
    is_used: bool = False,
) -> Compared:
    try:
        found, expected = attempt()
    except FitError as error:
        told = error.args[0]
        return Compared(
            model, of, time, step_days, known, users, None, None, told, is_weak=True, is_used=False
        )
    weak = found.message != say("value.converged")
    if isinstance(found.params, OrderParams) and known is None:
        weak = weak or repeat.fit_is_weak(found)
    return Compared(
        *(model, of, time, step_days, known, users, found, expected),
        *(found.message, weak, is_used),
    )
