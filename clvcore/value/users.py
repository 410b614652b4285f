"""What every user is worth: LTV, CAC, CLV, lifetime and forecast in one frame."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.errors import ConfigError
from clvcore.messages import listed, say
from clvcore.value.acquisition import Acquisition, Period, acquisition
from clvcore.value.fits import DEFAULT_MODEL
from clvcore.value.forecast import Fitted, Forecast, fitted, forecast
from clvcore.value.ledger import Basis, lifetime_revenue
from clvcore.value.lifetime import lifetimes
from clvcore.value.models.repeat import OrderModel
from clvcore.value.segments import value_segments

VALUE_COLUMNS = [
    col.USER,
    "ltv_purchase",
    "ltv_advertising",
    "ltv_service",
    "ltv",
    "cac",
    "clv",
    "lifetime_days",
    "p_alive",
    "forecast",
    "forecast_low",
    "forecast_high",
    "margin",
    "segment",
    col.CHANNEL,
    "cohort",
    "cac_source",
    "lifetime_censored",
    "forecast_purchase",
    "forecast_advertising",
    "forecast_service",
    "orders_ahead",
]


@dataclass(frozen=True, slots=True)
class UserValue:
    """The worth of every user of a data set, and what it rests on."""

    frame: pl.DataFrame
    """`VALUE_COLUMNS`, one row a user, by user_id. Money is exact; null is unknown. ltv, cac and clv
    are realised to date on the stated basis; the forecast comes on top, within the horizon."""
    data: Dataset
    basis: Basis
    acquisition: Acquisition
    forecast: Forecast
    notes: tuple[str, ...]
    """What a reader has to know about these numbers, a sentence each."""


def user_value(
    data: Dataset,
    *,
    rng: np.random.Generator,
    basis: Basis = "revenue",
    horizon_days: float = 365.0,
    discount_rate_annual: float = 0.0,
    level: float = 0.8,
    period: Period = "week",
    segment_by: str | None = None,
    base: Fitted | None = None,
    model: OrderModel = DEFAULT_MODEL,
) -> UserValue:
    """The worth of every user: realised, its cost, and what is still to come.

    Args:
        data: what is known.
        rng: for the intervals.
        basis: of LTV, CLV and forecast.
        horizon_days: of the forecast and of lifetimes.
        discount_rate_annual: of the forecast.
        level: of the intervals.
        period: in which acquisition spend is shared out.
        segment_by: a user attribute to use as segment; by default the rules of `value.segments`.
        base: fits of the same data on the same basis, made before with `fitted`, which draws nothing
            from ``rng`` again.
        model: of repeat orders, where there is no ``base``.

    Raises:
        ConfigError: a setting out of range, no costs for a margin, or no such attribute.
    """
    made = forecast(
        base or fitted(data, rng=rng, basis=basis, model=model),
        horizon_days=horizon_days,
        discount_rate_annual=discount_rate_annual,
        level=level,
    )
    book = made.known.book
    ltv, costs = lifetime_revenue(book, basis), acquisition(data, period=period)
    parts = [
        costs.users.select(col.USER, col.CHANNEL, "cohort", "cac", "cac_source"),
        made.users,
        lifetimes(data, made),
        book.users.select(col.USER, "margin" if book.has_costs else _no_margin()),
        _segments(data, made, ltv, segment_by),
    ]
    frame = ltv
    for part in parts:
        frame = frame.join(part, on=col.USER, how="left", maintain_order="left")
    frame = frame.with_columns((pl.col("ltv") - pl.col("cac")).alias("clv"))
    return UserValue(
        frame=frame.select(VALUE_COLUMNS).sort(col.USER),
        data=data,
        basis=basis,
        acquisition=costs,
        forecast=made,
        notes=(*_notes(made, costs, frame), *made.notes),
    )


def attribute(data: Dataset, name: str) -> pl.DataFrame:
    """user_id and an attribute of the users, as text.

    Raises:
        ConfigError: the users have no such attribute.
    """
    names = col.attributes(data.users, col.USERS)
    if name not in names:
        known = listed(["channel", "cohort", "segment", *names])
        raise ConfigError(say("value.no_attribute", name=name, known=known))
    return data.users.select(col.USER, pl.col(name).cast(pl.String))


def _no_margin() -> pl.Expr:
    return pl.lit(None, dtype=col.MONEY).alias("margin")


def _segments(
    data: Dataset, made: Forecast, ltv: pl.DataFrame, segment_by: str | None
) -> pl.DataFrame:
    if segment_by is None:
        return value_segments(made.known, ltv).with_columns(pl.col("segment").cast(pl.String))
    return attribute(data, segment_by).rename({segment_by: "segment"})


def _notes(made: Forecast, costs: Acquisition, frame: pl.DataFrame) -> list[str]:
    """What has to be said about the money of this data set."""
    notes = []
    if not costs.is_known:
        notes.append(say("value.no_spend"))
    counts = dict(frame["cac_source"].cast(pl.String).value_counts().iter_rows())
    notes += [
        say(f"value.cac_{source}", n=counts[source], period=say(f"value.period.{costs.period}"))
        for source in ("organic", "idle", "unnamed")
        if counts.get(source)
    ]
    book = made.known.book
    if made.basis == "margin" and book.unpriced_rows:
        n_blind = int(frame["ltv"].is_null().sum())
        notes.append(
            say("value.unpriced", rows=book.unpriced_rows, money=book.unpriced_money, users=n_blind)
        )
    if made.known.contract_facts.ends == "inferred" and not made.known.contracts.is_empty():
        notes.append(say("value.inferred_ends", days=round(made.known.contract_facts.period_days)))
    unmatched = made.known.purchases.refunds_unmatched
    if unmatched:
        notes.append(say("value.unmatched_refunds", money=unmatched))
    return notes
