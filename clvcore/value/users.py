"""What every user is worth: LTV, CAC, CLV, lifetime and forecast in one frame.

LTV is what a user has brought (realised), what is expected within the horizon (forecast), or both.
Money to come is always discounted to now. What has come is taken at its face, or, together with what
is to come, as of each user's acquisition, when CAC was paid: the net present value of winning them.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.errors import ConfigError
from clvcore.messages import listed, say
from clvcore.value.acquisition import Acquisition, Period, acquisition
from clvcore.value.fits import DEFAULT_MODEL
from clvcore.value.forecast import Fitted, Forecast, fitted, forecast
from clvcore.value.ledger import Basis, ledger, lifetime_revenue, worth_at_acquisition
from clvcore.value.lifetime import lifetimes
from clvcore.value.models.repeat import OrderModel
from clvcore.value.notes import bears_money, value_notes
from clvcore.value.segments import value_segments

LtvPart = Literal["realised", "forecast", "both"]
"""Whether LTV is what has come, what is still to come, or both."""

ValuedAt = Literal["now", "acquisition"]
"""The day whose money LTV is in: now (what has come stays at its face) or each user's acquisition."""

STREAMS = ("purchase", "advertising", "service")

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
    col.CAMPAIGN,
    "refunds",
    "refunds_matched",
    "forecast_refunds",
    "discount",
]


MONEY = [
    *("ltv_purchase", "ltv_advertising", "ltv_service", "ltv", "clv", "margin", "discount"),
    *(
        "refunds",
        "refunds_matched",
        "forecast_refunds",
        "forecast",
        "forecast_low",
        "forecast_high",
    ),
    *("forecast_purchase", "forecast_advertising", "forecast_service"),
]
"""All but the cost: columns that are unknown where no event bears money."""


@dataclass(frozen=True, slots=True)
class UserValue:
    """The worth of every user of a data set, and what it rests on."""

    frame: pl.DataFrame
    """`VALUE_COLUMNS`, one row a user, by user_id. Money is exact; null is unknown. ltv by stream,
    ltv and clv are on the stated basis and hold the stated part; forecast by stream is what is still
    to come within the horizon, worth now, whatever ltv holds. refunds (realised) and forecast_refunds
    are in the purchases already, refunds_matched in refunds. discount is what stating money as of the
    acquisition took off ltv, 0 or below for money that came in."""
    data: Dataset
    basis: Basis
    acquisition: Acquisition
    forecast: Forecast
    notes: tuple[str, ...]
    """What a reader has to know about these numbers, a sentence each."""
    part: LtvPart = "realised"
    valued_at: ValuedAt = "now"

    @property
    def has_money(self) -> bool:
        """Whether any event bears money; where none does, what users brought is unknown, not 0."""
        return bears_money(self.data)

    @property
    def is_forecast_known(self) -> bool:
        """Whether all money that is still to come can be told."""
        return self.has_money and self.forecast.is_known


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
    part: LtvPart = "realised",
    valued_at: ValuedAt = "now",
    by_campaign: bool = False,
    lag_days: int = 0,
) -> UserValue:
    """The worth of every user: realised, its cost, and what is still to come.

    Args:
        data: what is known.
        rng: for the intervals.
        basis: of LTV, CLV and forecast.
        horizon_days: of the forecast and of lifetimes.
        discount_rate_annual: of the forecast, and of what has come where ``valued_at`` says so.
        level: of the intervals.
        period: in which acquisition spend is shared out.
        segment_by: a user attribute to use as segment; by default the rules of `value.segments`.
        base: fits of the same data on the same basis, made before with `fitted`, which draws nothing
            from ``rng`` again.
        model: of repeat orders, where there is no ``base``.
        part: what LTV and CLV hold.
        valued_at: the day whose money they are in.
        by_campaign: share acquisition spend within its campaign.
        lag_days: from spend to acquisition.

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
    costs = acquisition(data, period=period, by_campaign=by_campaign, lag_days=lag_days)
    realised = lifetime_revenue(book, basis)
    parts = [
        costs.users.select(col.USER, col.CHANNEL, col.CAMPAIGN, "cohort", "cac", "cac_source"),
        made.users.with_columns(_refunds_ahead(made).alias("forecast_refunds")),
        lifetimes(data, made),
        book.users.select(col.USER, "margin" if book.has_costs else _no_margin()),
        _segments(data, made, realised, segment_by),
    ]
    frame = realised.drop("ltv")
    for one in parts:
        frame = frame.join(one, on=col.USER, how="left", maintain_order="left")
    rate = discount_rate_annual if valued_at == "acquisition" else 0.0
    frame = _with_ltv(frame, data, part, basis, rate)
    if not bears_money(data):
        frame = frame.with_columns(pl.lit(None, dtype=col.MONEY).alias(name) for name in MONEY)
    return UserValue(
        frame=frame.select(VALUE_COLUMNS).sort(col.USER),
        data=data,
        basis=basis,
        acquisition=costs,
        forecast=made,
        notes=(*value_notes(data, made, costs, frame), *made.notes),
        part=part,
        valued_at=valued_at,
    )


def ltv_holding(value: UserValue, part: LtvPart) -> pl.DataFrame:
    """user_id, ltv and discount of every user, as they are where LTV holds that part."""
    if part == value.part or not value.has_money:
        return value.frame.select(col.USER, "ltv", "discount")
    ltv = [f"ltv_{stream}" for stream in STREAMS]
    face = lifetime_revenue(value.forecast.known.book, value.basis).select(col.USER, *ltv)
    rest = value.frame.drop(*ltv, "ltv", "discount", "clv")
    frame = face.join(rest, on=col.USER, how="left", maintain_order="left")
    rate = value.forecast.discount_rate_annual if value.valued_at == "acquisition" else 0.0
    return _with_ltv(frame, value.data, part, value.basis, rate).select(col.USER, "ltv", "discount")


def _with_ltv(
    frame: pl.DataFrame, data: Dataset, part: LtvPart, basis: Basis, rate: float
) -> pl.DataFrame:
    """The frame with LTV by stream, in all, what discounting took off it, and CLV.

    ``frame`` holds realised money at its face, and the forecast.
    """
    ltv = [f"ltv_{stream}" for stream in STREAMS]
    came = frame.select(col.USER, *ltv)
    if rate:
        came = lifetime_revenue(ledger(data, discount_rate_annual=rate), basis).select(came.columns)
    came = came.rename({name: f"came_{name}" for name in ltv})
    known = frame.join(came, on=col.USER, how="left", maintain_order="left").join(
        data.users.select(col.USER, _age(data).alias("age")),
        on=col.USER,
        how="left",
        maintain_order="left",
    )
    face, now = [], []
    for name, stream in zip(ltv, STREAMS, strict=True):
        ahead = pl.col(f"forecast_{stream}")
        late = worth_at_acquisition(ahead, pl.col("age"), rate) if rate else ahead
        held, then = [pl.col(name), ahead], [pl.col(f"came_{name}"), late]
        chosen = {"realised": slice(0, 1), "forecast": slice(1, 2), "both": slice(0, 2)}[part]
        face.append(sum(held[chosen][1:], start=held[chosen][0]))
        now.append(sum(then[chosen][1:], start=then[chosen][0]).alias(name))
    before = sum(face[1:], start=face[0])
    return (
        known.with_columns(*now, before.alias("face"))
        .with_columns(sum(map(pl.col, ltv[1:]), start=pl.col(ltv[0])).alias("ltv"))
        .with_columns(
            (pl.col("ltv") - pl.col("face")).alias("discount"),
            (pl.col("ltv") - pl.col("cac")).alias("clv"),
        )
    )


def _age(data: Dataset) -> pl.Expr:
    """Days from each user's acquisition to now."""
    lived = (pl.lit(data.observed[1]) - pl.col(col.ACQUIRED)).dt.total_seconds() / 86400.0
    return lived.clip(lower_bound=0.0)


def _refunds_ahead(made: Forecast) -> pl.Expr:
    """What the purchases to come lose to refunds, 0 or below; null where all of them come back.

    With r the share of gross purchases that is given back, purchases of 1 - r are what is left of 1.
    """
    rate = made.known.refund_rate
    if rate >= 1.0:
        return pl.lit(None, dtype=col.MONEY)
    back = pl.col("forecast_purchase").cast(pl.Float64) * (-rate / (1.0 - rate))
    return back.round(4, mode="half_away_from_zero").cast(col.MONEY)


def attribute(data: Dataset, name: str) -> pl.DataFrame:
    """user_id and an attribute of the users, as text.

    Raises:
        ConfigError: the users have no such attribute.
    """
    names = col.attributes(data.users, col.USERS)
    if name not in names:
        known = listed(["channel", "campaign", "cohort", "segment", *names])
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
