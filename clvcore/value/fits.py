"""The models fitted to a data set, each with what has to be said about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import polars as pl

from clvcore.columns import Stream
from clvcore.errors import FitError
from clvcore.messages import say
from clvcore.value.evidence import Evidence
from clvcore.value.models import gamma_gamma, repeat, waiting
from clvcore.value.models.beta_geometric import NbdParams
from clvcore.value.models.fit import Fit
from clvcore.value.models.gamma_gamma import SpendParams
from clvcore.value.models.repeat import OrderModel, OrderParams
from clvcore.value.models.rows import history_rows, spend_rows
from clvcore.value.models.waiting import WaitParams
from clvcore.value.population import Population
from clvcore.value.precision import double

ENOUGH = 50
"""Repeat buyers (or ended contracts, or late first orders) for a fit without a prior."""

DEFAULT_MODEL: OrderModel = "mbg-nbd"

NO_HISTORY = NbdParams(1.0, 1.0, 1.0, 1.0)
NO_SPEND = SpendParams(2.0, 4.0, 1.0)
NO_WAIT = WaitParams(0.0, 1.0)  # it never happens


@dataclass(frozen=True, slots=True)
class Fits:
    """The models of a data set; None where it has nothing of the kind."""

    orders: Fit[OrderParams] | None
    spend: Fit[SpendParams] | None
    first_order: Fit[WaitParams] | None
    visits: Fit[OrderParams] | None
    contract: Fit[WaitParams] | None
    unknown: frozenset[Stream]
    """Streams that have brought money and yet cannot be forecast."""
    notes: tuple[str, ...]
    model: OrderModel = DEFAULT_MODEL
    """Of repeat orders; active days are always MBG/NBD's."""


def fit_all(known: Evidence, model: OrderModel = DEFAULT_MODEL) -> Fits:
    """Every model that the data set has evidence for, by maximum likelihood.

    Too little evidence, or a search that does not end, brings in the model's weak prior, and a note
    says so. A model that cannot be fitted even then is None with a note, and what it would have
    told stays unknown.

    Args:
        known: the evidence.
        model: of repeat orders.
    """
    notes: list[str] = []
    buyers, contracts = known.buyers, known.contracts
    days, came = known.first_waits
    orders = _history(buyers, "orders", notes, model)
    spend = _spend(known, notes) if orders else None
    first_order = None
    if orders and came.any() and not came.all():
        first_order = _fitted("first_order", int(came.sum()), notes, _waits(days, came))
    visits = None
    if known.has_advertising or _only_visit(known):
        visits = _history(known.visitors, "visits", notes)
    contract = None
    if not contracts.is_empty():
        ended = contracts["has_ended"].to_numpy()
        waited = contracts["waited_days"].to_numpy()
        contract = _fitted("contract", int(ended.sum()), notes, _waits(waited, ended))
    unknown = {
        Stream.PURCHASE: not buyers.is_empty() and (orders is None or spend is None),
        Stream.ADVERTISING: known.has_advertising and visits is None,
        Stream.SERVICE: not contracts.is_empty() and contract is None,
    }
    lost = frozenset(stream for stream, is_lost in unknown.items() if is_lost)
    return Fits(orders, spend, first_order, visits, contract, lost, tuple(notes), model)


def population(fits: Fits, known: Evidence) -> Population:
    """The fitted parameters in one value; neutral ones where there is no model."""
    return _population(fits, known, lambda fit, neutral: fit.params if fit else neutral)


def population_draws(
    fits: Fits, known: Evidence, n_draws: int, rng: np.random.Generator
) -> Population:
    """Parameters drawn from the Laplace posterior of every model: each leaf [draws]."""

    def drawn(fit: Fit[Any] | None, neutral: Any) -> Any:
        if fit is None:
            return type(neutral)(*(np.full(n_draws, part) for part in neutral))
        return fit.draws(n_draws, rng)

    one = _population(fits, known, drawn)
    with double():
        return one._replace(
            # below 1 the mean order value would be infinite
            spend=one.spend._replace(q=jnp.maximum(jnp.asarray(one.spend.q), 1.01)),
            refund_rate=jnp.full(n_draws, one.refund_rate),
            refund_rate_matched=jnp.full(n_draws, one.refund_rate_matched),
            margin=jnp.full(n_draws, one.margin),
            visit_noise=jnp.full(n_draws, one.visit_noise),
        )


def _population(fits: Fits, known: Evidence, pick: Callable[[Any, Any], Any]) -> Population:
    return Population(
        orders=pick(fits.orders, NO_HISTORY),
        spend=pick(fits.spend, NO_SPEND),
        first_order=pick(fits.first_order, NO_WAIT),
        visits=pick(fits.visits, NO_HISTORY),
        contract=pick(fits.contract, NO_WAIT),
        refund_rate=known.refund_rate,
        refund_rate_matched=known.refund_rate_matched,
        margin=known.margin_share,
        visit_noise=known.visit_noise,
    )


def _only_visit(known: Evidence) -> bool:
    """Whether some users neither buy nor pay fees, so that only visits tell if they are still here."""
    rest = known.users.filter(pl.col("buyer").is_null() & pl.col("contract").is_null())
    return bool(rest["visitor"].is_not_null().any())


def _history(
    frame: pl.DataFrame, name: str, notes: list[str], model: OrderModel = DEFAULT_MODEL
) -> Fit[OrderParams] | None:
    if frame.is_empty():
        return None
    columns = [frame[part].to_numpy() for part in ("frequency", "recency_days", "age_days")]
    rows = history_rows(*columns, np.ones(frame.height))
    enough = int((frame["frequency"] > 0).sum())
    return _fitted(name, enough, notes, lambda few: repeat.fit(model, rows, few=few))


def _spend(known: Evidence, notes: list[str]) -> Fit[SpendParams] | None:
    valued = known.buyers.filter(pl.col("valued") > 0)
    orders, value = valued["valued"].to_numpy(), valued["money"].to_numpy()
    if valued.is_empty():  # only first orders: their mean is all that is known
        n_orders = float((known.buyers["frequency"] + 1).sum())
        kept = known.purchases.gross - known.purchases.refunds_matched
        if kept <= 0:
            notes.append(say("value.no_order_values"))
            return None
        orders, value = np.ones(1), np.array([float(kept) / n_orders])
    rows = spend_rows(orders, value, np.ones(len(orders)))
    return _fitted("spend", valued.height, notes, lambda few: gamma_gamma.fit(rows, few=few))


def _waits(days: np.ndarray, ended: np.ndarray) -> Callable[..., Fit[WaitParams]]:
    rows = waiting.wait_rows(days, ended)
    return lambda few: waiting.fit(rows, few=few)


def _fitted(
    name: str, enough: int, notes: list[str], attempt: Callable[..., Fit[Any]]
) -> Fit[Any] | None:
    """The model by maximum likelihood, else with its prior, else None; what happened is noted."""
    told = {"model": say(f"value.model_{name}"), "n": enough}
    try:
        found = attempt(few=enough < ENOUGH)
        if enough < ENOUGH:
            notes.append(say("value.few", **told))
        elif not found.converged:
            found = attempt(few=True)
            notes.append(say("value.leaned", **told))
    except FitError as error:
        notes.append(say("value.no_model", reason=error.args[0], **told))
        return None
    if not found.converged:
        notes.append(say("value.no_model", reason=found.message, **told))
        return None
    if isinstance(found.params, OrderParams) and repeat.fit_is_weak(found):
        notes.append(say("value.no_dropout", **told))
    elif found.message != say("value.converged"):
        notes.append(say("value.weak_model", reason=found.message, **told))
    return found
