"""What it costs to win users, by channel, campaign and period: paid, blended, and what stays apart.

    paid       spend that won users / users who were paid for
    blended    all spend / all users, those who came by themselves among them

A row is a cell and a reason: users who were paid for, users who were not (and why), spend that won
nobody. Users add up to all users and spend to the spend table, whatever the cells are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from clvcore import columns as col
from clvcore.errors import ConfigError
from clvcore.messages import listed, say
from clvcore.value.acquisition import Acquisition

CostKey = Literal["channel", "campaign", "period"]
COST_KEYS: tuple[CostKey, ...] = ("channel", "campaign", "period")

ROWS = pl.Enum(["paid", "idle", "organic", "unnamed", "unknown", "unattributed"])
"""Sources of a user's cost, and spend that won nobody."""


@dataclass(frozen=True, slots=True)
class CostTable:
    """Users and spend, three ways; spend and ratios are null where there is no spend table."""

    by: tuple[CostKey, ...]
    rows: pl.DataFrame
    """`by`, source, users, spend, cac (spend / users; null without users)."""
    cells: pl.DataFrame
    """`by`, users, users_paid, spend, spend_unattributed, cac_paid, cac_blended."""
    total: pl.DataFrame
    """The same measures in one row; its cac_paid is all spend / users who were paid for."""


def cost_table(costs: Acquisition, by: Sequence[str] = ("channel",)) -> CostTable:
    """Users, spend and CAC of every cell.

    Args:
        costs: of every user, and the spend that won nobody.
        by: any of channel, campaign and period (the first day of that of the spend).

    Raises:
        ConfigError: none of them, an unknown one, or campaigns where spend was shared by channel.
    """
    keys = tuple(key for key in COST_KEYS if key in by)
    if not keys or set(by) - set(COST_KEYS):
        raise ConfigError(say("value.bad_cost_keys", known=listed(COST_KEYS)))
    if "campaign" in keys and costs.is_known and not costs.by_campaign:
        raise ConfigError(say("value.not_by_campaign"))
    users = costs.users.select(
        *keys,
        pl.col("cac_source").cast(ROWS).alias("source"),
        pl.lit(1, dtype=pl.Int64).alias("users"),
        pl.col("cac").alias("spend"),
    )
    lost = costs.unattributed.select(
        *keys,
        pl.lit("unattributed", dtype=ROWS).alias("source"),
        pl.lit(0, dtype=pl.Int64).alias("users"),
        pl.col(col.AMOUNT).alias("spend"),
    )
    told = pl.concat([users, lost]).with_columns(
        pl.when(pl.lit(costs.is_known)).then("spend").alias("spend")
    )
    rows = _summed(told, [*keys, "source"]).with_columns(_over("spend", "users").alias("cac"))
    own = [_over("spend_attributed", "users_paid"), _over("spend", "users")]
    cells = _measured(told, list(keys)).with_columns(
        one.alias(name) for one, name in zip(own, ("cac_paid", "cac_blended"), strict=True)
    )
    total = _measured(told, []).with_columns(
        _over("spend", "users_paid").alias("cac_paid"), _over("spend", "users").alias("cac_blended")
    )
    kept = ("users", "users_paid", "spend", "spend_unattributed", "cac_paid", "cac_blended")
    return CostTable(keys, rows, cells.select(*keys, *kept), total.select(kept))


def _summed(told: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return (
        told.group_by(keys)
        .agg(pl.col("users").sum(), _known_sum(pl.lit(value=True)).alias("spend"))
        .sort(keys, nulls_last=True)
    )


def _measured(told: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    is_lost = pl.col("source") == "unattributed"
    parts = [
        pl.col("users").sum(),
        pl.col("users").filter(pl.col("source") == "paid").sum().alias("users_paid"),
        _known_sum(pl.lit(value=True)).alias("spend"),
        _known_sum(is_lost).alias("spend_unattributed"),
        _known_sum(~is_lost).alias("spend_attributed"),
    ]
    return (
        told.group_by(keys).agg(parts).sort(keys, nulls_last=True) if keys else told.select(parts)
    )


def _known_sum(chosen: pl.Expr) -> pl.Expr:
    """Spend of the chosen rows: unknown, not 0, where it is unknown for all."""
    known = pl.col("spend").is_not_null().any() | (pl.len() == 0)
    return pl.when(known).then(pl.col("spend").filter(chosen).sum())


def _over(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part).cast(pl.Float64) / pl.col(whole))
