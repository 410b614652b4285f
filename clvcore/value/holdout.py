"""Would the forecast have been right? Fit on what was known at a cut, judge on what came after.

Beside the model stand three baselines that need no model: everybody goes on at the rate of their
whole history (rate), everybody brings again what they brought in the last period of the same length
(persistence), nobody brings anything (nothing). MAE alone rewards predicting too little, so read it
beside the bias of the total and the ordering.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from jaxtyping import Float
from scipy.stats import rankdata

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.value.fits import DEFAULT_MODEL
from clvcore.value.forecast import Forecast, fitted, forecast, group_intervals
from clvcore.value.models.repeat import OrderModel

Vector = Float[np.ndarray, " users"]


@dataclass(frozen=True, slots=True)
class Holdout:
    """The model and the baselines against what came."""

    scores: pl.DataFrame
    """One row each for model, rate, persistence and nothing: total, bias (share of the actual
    total), mae and spearman over users. Money of all streams, net of refunds."""
    users: pl.DataFrame
    """user_id, actual, model, low, high, rate, persistence: users known at the cut, by user_id."""
    actual_total: float
    total_within: bool | None
    """Whether the actual total lies within the interval of the model's total; None if unknown."""
    interval_share: float
    """Share of users whose actual value lies within their own interval."""
    cut: datetime
    horizon_days: float
    made: Forecast


def known_at(data: Dataset, cut: datetime) -> Dataset:
    """The data set as it stood at a moment: later events, users, spend and ends are not known.

    Raises:
        ConfigError: the moment lies outside of what was observed.
    """
    first, last = data.observed
    if not first < cut < last:
        raise ConfigError(
            say("value.cut_outside", cut=cut.date(), first=first.date(), last=last.date())
        )
    day = (
        pl.Series([cut], dtype=col.TIME)
        .dt.convert_time_zone(data.recipe.time_zone)
        .dt.date()
        .item()
    )
    ended = pl.when(pl.col(col.ENDED) <= cut).then(pl.col(col.ENDED)).alias(col.ENDED)
    shown = data.impressions
    return replace(
        data,
        id=f"{data.id}-{cut:%Y%m%d%H%M}",
        events=data.events.filter(pl.col(col.AT) <= cut),
        users=data.users.filter(pl.col(col.ACQUIRED) <= cut).with_columns(ended),
        spend=None if data.spend is None else data.spend.filter(pl.col(col.DATE) <= day),
        impressions=None if shown is None else shown.filter(pl.col(col.AT) <= cut),
        observed=(first, cut),
        accounts=(),
        findings=(),
    )


def holdout(
    data: Dataset, cut: datetime, *, rng: np.random.Generator, model: OrderModel = DEFAULT_MODEL
) -> Holdout:
    """Forecast from the cut to the end of observation, against what came.

    Raises:
        ConfigError: the cut lies outside of what was observed.
    """
    before = known_at(data, cut)
    span = data.observed[1] - cut
    horizon = span / timedelta(days=1)
    made = forecast(fitted(before, rng=rng, model=model), horizon_days=horizon)
    frame = made.users.select(col.USER, "forecast", "forecast_low", "forecast_high")
    money = pl.col(col.AMOUNT).is_not_null()
    parts = {
        "actual": data.events.filter(money & (pl.col(col.AT) > cut)),
        "past": before.events.filter(money),
        "persistence": before.events.filter(money & (pl.col(col.AT) > cut - span)),
    }
    for name, events in parts.items():
        sums = events.group_by(col.USER).agg(pl.col(col.AMOUNT).sum().alias(name))
        frame = frame.join(sums, on=col.USER, how="left", maintain_order="left")
    age = (pl.lit(cut) - pl.col(col.ACQUIRED)).dt.total_seconds() / 86400.0
    ages = before.users.select(col.USER, age.clip(lower_bound=1.0).alias("age"))
    names = {"forecast": "model", "forecast_low": "low", "forecast_high": "high"}
    users = (
        frame.join(ages, on=col.USER, how="left")
        .rename(names)
        .with_columns(pl.col(*names.values(), *parts).cast(pl.Float64).fill_null(0.0))
        .with_columns((pl.col("past") / pl.col("age") * horizon).alias("rate"))
        .select(col.USER, "actual", "model", "low", "high", "rate", "persistence")
        .sort(col.USER)
    )
    return _judged(users, made, cut, horizon, rng)


def _judged(
    users: pl.DataFrame, made: Forecast, cut: datetime, horizon: float, rng: np.random.Generator
) -> Holdout:
    actual = users["actual"].to_numpy()
    guesses = {name: users[name].to_numpy() for name in ("model", "rate", "persistence")} | {
        "nothing": np.zeros(users.height)
    }
    scores = pl.DataFrame([_score(name, guess, actual) for name, guess in guesses.items()])
    within = None
    if made.is_known:
        ends = group_intervals(made, np.zeros(users.height, dtype=np.int64), 1, rng)
        within = bool(ends.total_low <= actual.sum() <= ends.total_high)
    covered = (users["low"] <= users["actual"]) & (users["actual"] <= users["high"])
    return Holdout(
        scores=scores,
        users=users,
        actual_total=float(actual.sum()),
        total_within=within,
        interval_share=float(covered.to_numpy().mean()) if users.height else 0.0,
        cut=cut,
        horizon_days=horizon,
        made=made,
    )


def _score(name: str, guess: Vector, actual: Vector) -> dict[str, float | str | None]:
    total = float(actual.sum())
    return {
        "method": name,
        "total": float(guess.sum()),
        "bias": float(guess.sum()) / total - 1.0 if total else None,
        "mae": float(np.abs(guess - actual).mean()) if len(actual) else None,
        "spearman": _spearman(guess, actual),
    }


def _spearman(guess: Vector, actual: Vector) -> float | None:
    """Rank correlation with ties averaged; None where one side is constant."""
    if len(guess) < 2 or np.ptp(guess) == 0 or np.ptp(actual) == 0:
        return None
    return float(np.corrcoef(rankdata(guess), rankdata(actual))[0, 1])
