"""How long a user stays: from the first contact to the end of a contract, or to the last sign of life.

Contract: to its end; while it runs, the days so far plus those expected within the horizon, and the
lifetime is censored. Without a contract nobody sees a user leave, so the lifetime is an expectation:
with P = P(alive), a user who has left did so after the last order (or active day), so

    lifetime = days before the first one + P (age + days expected within the horizon) + (1 - P) recency
"""

import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.value.forecast import Forecast


def lifetimes(data: Dataset, made: Forecast) -> pl.DataFrame:
    """user_id, lifetime_days, lifetime_censored; null where there is nothing to tell it from.

    Censored lifetimes hold an expectation; the others are over and known.
    """
    known = made.known
    zone = data.recipe.time_zone
    acquired = pl.col(col.ACQUIRED).dt.convert_time_zone(zone).dt.date().alias("acquired")
    contracts = known.contracts.select(
        col.USER,
        pl.col("first_day").alias("start"),
        pl.col("waited_days").alias("contract_days"),
        "has_ended",
    )
    users = (
        data.users.select(col.USER, acquired)
        .join(contracts, on=col.USER, how="left")
        .join(_history(known.buyers, "buyer"), on=col.USER, how="left")
        .join(_history(known.visitors, "visitor"), on=col.USER, how="left")
        .join(made.users.select(col.USER, "p_alive", "days_ahead"), on=col.USER, how="left")
    )
    ahead = pl.col("days_ahead").fill_null(0.0)
    contract = _before("start") + pl.col("contract_days")
    contract = pl.when("has_ended").then(contract).otherwise(contract + ahead)
    lifetime = pl.coalesce(
        contract,
        _expected("buyer") if made.fits.orders else pl.lit(None, dtype=pl.Float64),
        _expected("visitor") if made.fits.visits else pl.lit(None, dtype=pl.Float64),
    )
    return users.select(
        col.USER,
        lifetime.alias("lifetime_days"),
        (~pl.col("has_ended").fill_null(value=False)).alias("lifetime_censored"),
    ).sort(col.USER)


def _history(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return frame.select(
        col.USER,
        pl.col("first_day").alias(f"{name}_start"),
        pl.col("age_days").alias(f"{name}_age"),
        pl.col("recency_days").alias(f"{name}_recency"),
    )


def _before(start: str) -> pl.Expr:
    """Days from the first contact to the start of what is modelled."""
    return (pl.col(start) - pl.col("acquired")).dt.total_days().cast(pl.Float64).clip(lower_bound=0)


def _expected(name: str) -> pl.Expr:
    here = pl.col("p_alive")
    so_far = here * pl.col(f"{name}_age") + (1.0 - here) * pl.col(f"{name}_recency")
    return _before(f"{name}_start") + so_far + pl.col("days_ahead")
