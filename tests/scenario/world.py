"""A small shop with all streams, whose forecast has parameters that are set by hand.

Nothing is fitted, so that tests are quick and do not depend on how a fit goes.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import jax
import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.columns import STREAM_OF_KIND, Kind
from clvcore.data.dataset import Dataset, Recipe
from clvcore.value.acquisition import acquisition
from clvcore.value.cells import cells_of
from clvcore.value.evidence import Evidence, evidence
from clvcore.value.fits import Fits
from clvcore.value.forecast import Forecast
from clvcore.value.ledger import Basis, lifetime_revenue
from clvcore.value.models.beta_geometric import NbdParams
from clvcore.value.models.fit import Fit
from clvcore.value.models.gamma_gamma import SpendParams
from clvcore.value.models.waiting import WaitParams
from clvcore.value.population import Levers, Population, Totals
from clvcore.value.posterior import total_draws
from clvcore.value.precision import double
from clvcore.value.users import UserValue

START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2024, 12, 31, tzinfo=UTC)
CHANNELS = ("ads", "email", "organic")
HORIZON = 365.0

ORDERS = NbdParams(r=0.525, alpha=43.3, a=0.891, b=1.614)
SPEND = SpendParams(p=6.25, q=3.74, v=15.44)
FIRST_ORDER = WaitParams(s=0.8, beta=200.0)
VISITS = NbdParams(r=0.9, alpha=9.0, a=0.7, b=4.0)
CONTRACT = WaitParams(s=1.2, beta=500.0)


def dataset(*, seed: int = 0, n_users: int = 48, spend: bool = True) -> Dataset:
    """Users won over half a year by three channels: some buy, some look at ads, some subscribe."""
    rng = np.random.default_rng(seed)
    events, users = [], []
    for number in range(n_users):
        user = f"u{number:02d}"
        acquired = START + timedelta(days=int(rng.integers(0, 180)))
        users.append(
            {col.USER: user, col.ACQUIRED: acquired, col.CHANNEL: CHANNELS[number % 3]}
            | {"country": ("NL", "BE", None)[number // 3 % 3]}
        )
        for order in range(int(rng.poisson(3))):
            at = acquired + timedelta(days=int(rng.integers(0, (END - acquired).days)))
            price = int(rng.integers(10, 60))
            events.append((user, "tea", at, Kind.PURCHASE, price, f"{user}-{order}"))
            if rng.random() < 0.15:
                events.append((user, "tea", END, Kind.REFUND, -price, f"{user}-{order}"))
        for _ in range(int(rng.poisson(4))):
            at = acquired + timedelta(days=int(rng.integers(0, (END - acquired).days)))
            events.append((user, None, at, Kind.AD, "0.05", None))
        if number % 5 == 0:
            months = range(0, (END - acquired).days, 30)
            events += [
                (user, None, acquired + timedelta(days=m), Kind.SUBSCRIPTION, 8, None)
                for m in months
            ]
    return Dataset.of(
        events=_events(events),
        items=pl.DataFrame([{col.ITEM: "tea", col.UNIT_COST: Decimal(12)}], schema=col.ITEMS),
        users=pl.DataFrame(users, schema={**col.USERS, "country": pl.String}).sort(col.USER),
        spend=_spend(rng) if spend else None,
        observed=(START, END),
        recipe=Recipe(name="small", currency="EUR", simulated=True),
    )


def _events(rows: list) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                col.USER: user,
                col.ITEM: item,
                col.AT: at,
                col.KIND: kind.value,
                col.QUANTITY: 1.0,
                col.AMOUNT: Decimal(str(amount)),
                col.ORDER: order,
                col.STREAM: STREAM_OF_KIND[kind].value,
            }
            for user, item, at, kind, amount, order in rows
        ],
        schema=col.EVENTS,
    ).sort(col.AT, maintain_order=True)


def _spend(rng: np.random.Generator) -> pl.DataFrame:
    """Every other week some spend, so that some of it wins nobody."""
    rows = [
        {col.DATE: date(2024, 1, 1) + timedelta(weeks=week), col.CHANNEL: channel}
        | {col.AMOUNT: Decimal(int(rng.integers(20, 90)))}
        for week in range(0, 26, 2)
        for channel in ("ads", "email")
    ]
    return pl.DataFrame(rows, schema=col.SPEND).sort(col.DATE, col.CHANNEL)


def fitted(params):
    """A fit with these parameters, of which only they are asked."""
    n = len(params)
    return Fit(params, 0.0, True, params, "", np.eye(n), lambda points: np.zeros(len(points)), 1)  # noqa: FBT003  converged


def user_value(data: Dataset, *, basis: Basis = "revenue", **without: None) -> UserValue:
    """What `clvcore.value.users.user_value` makes, from parameters set by hand.

    ``without`` takes fits away: ``visits=None``.
    """
    known = evidence(data, basis)
    fits = {
        "orders": fitted(ORDERS),
        "spend": fitted(SPEND),
        "first_order": fitted(FIRST_ORDER),
        "visits": fitted(VISITS),
        "contract": fitted(CONTRACT),
    } | without
    population = Population(
        ORDERS,
        SPEND,
        FIRST_ORDER,
        VISITS,
        CONTRACT,
        known.refund_rate,
        known.refund_rate_matched,
        known.margin_share,
        known.visit_noise,
    )
    made = Forecast(
        users=pl.DataFrame(),
        horizon_days=HORIZON,
        discount_rate_annual=0.0,
        level=0.8,
        basis=basis,
        known=known,
        fits=Fits(**fits, unknown=frozenset(), notes=()),
        population=population,
        draws=_draws(population),
        total=_total(known, population),
        notes=(),
    )
    costs = acquisition(data)
    frame = (
        lifetime_revenue(known.book, basis)
        .join(costs.users, on=col.USER, how="left", maintain_order="left")
        .with_columns(
            **_forecasts(made),
            segment=pl.lit("all"),
        )
    )
    return UserValue(frame, data, basis, costs, made, ())


def _draws(population: Population) -> Population:
    """Four draws about the parameters; facts of the data stay."""
    rng = np.random.default_rng(9)
    fitted_parts = jax.tree.map(lambda one: one * np.exp(0.05 * rng.standard_normal(4)), population)
    facts = ("refund_rate", "refund_rate_matched", "margin", "visit_noise")
    return fitted_parts._replace(**{name: np.full(4, getattr(population, name)) for name in facts})


def _total(known: Evidence, population: Population) -> Totals:
    """What all users bring under each draw."""
    cells, _ = cells_of(known, np.zeros(known.users.height, dtype=np.int64))
    with double():
        streams = total_draws(_draws(population), cells, Levers(), HORIZON, 1)
    return jax.tree.map(lambda part: np.asarray(part)[:, 0], Totals(**streams))


def _forecasts(made: Forecast) -> dict[str, pl.Series]:
    """The expected money of every user by stream, exact."""
    n_users = made.known.users.height
    cells, _ = cells_of(made.known, np.arange(n_users))
    one = jax.tree.map(np.atleast_1d, made.population)
    with double():
        streams = total_draws(one, cells, Levers(), HORIZON, n_users)
    return {
        f"forecast_{name}": pl.Series(np.asarray(part.mean)[0]).cast(col.MONEY)
        for name, part in streams.items()
    }


def remade(data: Dataset, events: pl.DataFrame, users: pl.DataFrame) -> Dataset:
    """The data set with other events and users."""
    return Dataset.of(
        events=events,
        items=data.items,
        users=users,
        spend=data.spend,
        observed=data.observed,
        recipe=data.recipe,
    )
