"""From moments by distinct history back to one line for every user."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import polars as pl
from jaxtyping import Float

from clvcore import columns as col
from clvcore.columns import Stream
from clvcore.value.evidence import Evidence
from clvcore.value.fits import Fits
from clvcore.value.interval import Interval, sum_interval, value_interval
from clvcore.value.models import waiting
from clvcore.value.population import Outlook, Unit
from clvcore.value.posterior import Average
from clvcore.value.precision import double

Vector = Float[np.ndarray, " users"]


class Horizon(NamedTuple):
    """How far ahead, how money of later counts, and how sure an interval is to be."""

    days: float
    discount_rate_annual: float
    level: float


class _Stream(NamedTuple):
    """One stream's forecast for all users; zeros for users who are not in it."""

    mean: Vector
    interval: Interval
    count: Vector
    p_alive: Vector
    days: Vector


def user_forecast(
    known: Evidence,
    fits: Fits,
    rows: dict[str, np.ndarray],
    view: Outlook,
    spread: list[Average],
    span: Horizon,
) -> pl.DataFrame:
    """One line a user: p_alive, days_ahead, orders_ahead, and the money to come by stream."""
    names = ["buyer", "prospect", "visitor", "contract"]
    parts = {
        name: _stream(name, known, fits, rows[name], unit, average, span)
        for name, unit, average in zip(names, view, spread, strict=True)
    }
    total = sum_interval([part.interval for part in parts.values()])
    buys = parts["buyer"].mean + parts["prospect"].mean
    alive, days = _clock(known, fits, parts)
    frame = pl.DataFrame(
        {
            col.USER: known.users[col.USER],
            "p_alive": alive,
            "days_ahead": days,
            "orders_ahead": parts["buyer"].count + parts["prospect"].count,
            "forecast_purchase": buys,
            "forecast_advertising": parts["visitor"].mean,
            "forecast_service": parts["contract"].mean,
            "forecast_low": total.low,
            "forecast_high": total.high,
        }
    )
    return _as_money(frame, fits).sort(col.USER)


def _stream(
    name: str,
    known: Evidence,
    fits: Fits,
    row: np.ndarray,
    unit: Unit,
    average: Average,
    span: Horizon,
) -> _Stream:
    z = _money(name, known)
    offset, slope = np.asarray(unit.offset), np.asarray(unit.slope)[row]
    mean = np.asarray(unit.mean)[row] * (offset + slope * z)
    if name == "contract":
        interval = _contract_interval(known, fits, mean, np.asarray(unit.count)[row], span)
    else:
        first, second = np.asarray(average.mean)[:, row], np.asarray(average.square)[:, row]
        square = second[0] + second[1] * z + second[2] * z**2
        nothing = np.asarray(average.nothing)[row]
        interval = value_interval(first[0] + first[1] * z, square, nothing, span.level)
    member = known.users[name].is_not_null().to_numpy()
    picked = known.users[name].drop_nulls().to_numpy().astype(np.int64)

    def everyone(values: np.ndarray) -> np.ndarray:
        full = np.zeros(len(member))
        full[member] = values[picked]
        return full

    return _Stream(
        everyone(mean),
        Interval(*map(everyone, interval)),
        *(everyone(np.asarray(part)[row]) for part in (unit.count, unit.p_alive, unit.days)),
    )


def _money(name: str, known: Evidence) -> Vector:
    """Each member's own money figure."""
    if name == "prospect":
        return np.zeros(known.prospects.height)
    if name == "contract":
        return known.contracts["fee_per_day"].to_numpy()
    return (known.buyers if name == "buyer" else known.visitors)["money"].to_numpy()


def _contract_interval(
    known: Evidence, fits: Fits, mean: Vector, days: Vector, span: Horizon
) -> Interval:
    """Fees up to the days by which a tenth (say) of such contracts have ended, and nine tenths."""
    frame = known.contracts
    if fits.contract is None or frame.is_empty():
        return Interval(mean, mean)
    most = np.where(frame["has_ended"], 0.0, np.minimum(frame["remaining_days"], span.days))
    waited = frame["waited_days"].to_numpy()
    worth = mean / np.maximum(days, 1e-300)  # money of a day, today
    tails = (0.5 - span.level / 2, 0.5 + span.level / 2)
    with double():
        held = jnp.asarray(waited)
        ends = [np.asarray(waiting.days_quantile(fits.contract.params, held, t)) for t in tails]
    low, high = (np.minimum(end, most) * worth for end in ends)
    return Interval(np.minimum(low, mean), np.maximum(high, mean))


def _clock(known: Evidence, fits: Fits, parts: dict[str, _Stream]) -> tuple[pl.Series, pl.Series]:
    """P(alive) and expected days still to come: by contract, else by orders, else by visits."""
    models = {"contract": fits.contract, "buyer": fits.orders, "visitor": fits.visits}
    alive = np.full(known.users.height, np.nan)
    days = np.full(known.users.height, np.nan)
    ended = np.zeros(known.users.height, dtype=bool)
    if not known.contracts.is_empty():
        over = known.contracts["has_ended"].to_numpy()
        rows = known.users["contract"]
        ended[rows.is_not_null().to_numpy()] = over[rows.drop_nulls().to_numpy().astype(np.int64)]
    for name, model in models.items():
        if model is None:
            continue
        open_ = known.users[name].is_not_null().to_numpy() & np.isnan(alive)
        still = (
            np.where(ended, 0.0, parts[name].p_alive) if name == "contract" else parts[name].p_alive
        )
        alive[open_], days[open_] = still[open_], parts[name].days[open_]
    return (
        pl.Series(alive).fill_nan(None),
        pl.Series(days).fill_nan(None),
    )


def _as_money(frame: pl.DataFrame, fits: Fits) -> pl.DataFrame:
    """Money to four places; null for streams that cannot be forecast, and then for the total."""
    streams = {
        "forecast_purchase": Stream.PURCHASE,
        "forecast_advertising": Stream.ADVERTISING,
        "forecast_service": Stream.SERVICE,
    }
    exact = [pl.col(name).cast(col.MONEY) for name in (*streams, "forecast_low", "forecast_high")]
    nothing = pl.lit(None, dtype=col.MONEY)
    lost = [nothing.alias(name) for name, stream in streams.items() if stream in fits.unknown]
    if fits.unknown:
        lost += [nothing.alias("forecast_low"), nothing.alias("forecast_high")]
    if Stream.PURCHASE in fits.unknown:
        lost.append(pl.lit(None, dtype=pl.Float64).alias("orders_ahead"))
    total = (
        pl.col("forecast_purchase") + pl.col("forecast_advertising") + pl.col("forecast_service")
    )
    return (
        frame.with_columns(exact)
        .with_columns(lost)
        .with_columns(total.alias("forecast"))
        .select(
            col.USER,
            "p_alive",
            "days_ahead",
            "orders_ahead",
            *streams,
            "forecast",
            "forecast_low",
            "forecast_high",
        )
    )
