"""What is in a data set, as small frames: volumes over time, kinds, the items taken most."""

from typing import Literal

import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import Dataset, Domain

Every = Literal["1w", "1mo"]
GOAL: dict[Domain, col.Kind] = {"shop": col.Kind.PURCHASE, "media": col.Kind.PLAY}
"""The kind of event that a data set is about."""
_LONG_DAYS = 550


def step_of(dataset: Dataset) -> Every:
    """Weeks for up to a year and a half, months beyond."""
    first, last = dataset.observed
    return "1w" if (last - first).days <= _LONG_DAYS else "1mo"


def volumes(dataset: Dataset, every: Every) -> pl.DataFrame:
    """Events and money of each kind by ``begin`` of the week or month, in the data's time zone.

    Ordered by begin, then kind. Money is 0 where a kind bears none.
    """
    local = pl.col(col.AT).dt.convert_time_zone(dataset.recipe.time_zone)
    return (
        dataset.events.group_by(
            local.dt.truncate(every).dt.date().alias("begin"), pl.col(col.KIND).cast(pl.String)
        )
        .agg(pl.len().cast(pl.Int64).alias("events"), pl.col(col.AMOUNT).sum().alias("money"))
        .sort("begin", col.KIND)
    )


def kinds(dataset: Dataset) -> pl.DataFrame:
    """Events, share of all events, users and money of each kind, the most frequent first."""
    return (
        dataset.events.group_by(pl.col(col.KIND).cast(pl.String))
        .agg(
            pl.len().cast(pl.Int64).alias("events"),
            (pl.len() / dataset.events.height).alias("share"),
            pl.col(col.USER).n_unique().cast(pl.Int64).alias("users"),
            pl.col(col.AMOUNT).sum().alias("money"),
        )
        .sort("events", col.KIND, descending=[True, False])
    )


def came_back(dataset: Dataset) -> tuple[int, int]:
    """Users who purchased (played) on more than one day, and those who did at all."""
    local = pl.col(col.AT).dt.convert_time_zone(dataset.recipe.time_zone)
    days = (
        dataset.events.filter(pl.col(col.KIND) == GOAL[dataset.recipe.domain].value)
        .group_by(col.USER)
        .agg(local.dt.date().n_unique().alias("days"))
    )
    return int((days["days"] > 1).sum()), days.height


def top_items(dataset: Dataset, *, most: int = 20) -> pl.DataFrame:
    """The items purchased (played) most often, with their users and money."""
    taken = dataset.events.filter(
        (pl.col(col.KIND) == GOAL[dataset.recipe.domain].value) & pl.col(col.ITEM).is_not_null()
    )
    return (
        taken.group_by(col.ITEM)
        .agg(
            pl.len().cast(pl.Int64).alias("events"),
            pl.col(col.USER).n_unique().cast(pl.Int64).alias("users"),
            pl.col(col.AMOUNT).sum().alias("money"),
        )
        .sort("events", col.ITEM, descending=[True, False])
        .head(most)
        .join(
            dataset.items.select(col.ITEM, col.TITLE, col.CATEGORY),
            on=col.ITEM,
            how="left",
            maintain_order="left",
        )
        .select(col.ITEM, col.TITLE, col.CATEGORY, "events", "users", "money")
    )
