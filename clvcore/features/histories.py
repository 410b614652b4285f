"""What every user did with items, in order, as flat arrays."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from jaxtyping import Bool, Float32, Int8, Int32, Int64

from clvcore import columns as col
from clvcore.columns import Kind
from clvcore.data.dataset import Dataset
from clvcore.errors import DataError
from clvcore.features.vocabulary import Vocabulary
from clvcore.messages import say

KINDS: tuple[str, ...] = tuple(kind.value for kind in Kind)
"""The kind of an event by its number in `Histories.kind`."""

LIKING = {
    Kind.PURCHASE: 1.0,
    Kind.PLAY: 1.0,
    Kind.CART: 0.5,
    Kind.VIEW: 0.2,
    Kind.REFUND: -1.0,
}
"""How much an event says that the user likes the item. A rating says it by its height."""

GOALS = (Kind.PURCHASE, Kind.PLAY, Kind.RATING, Kind.CART, Kind.VIEW)
"""What recommendations are for, the most wanted first: the first kind that the data has."""


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Events of all users with items, user after user, each in order of time (stable).

    The events of user u are ``item[start[u]:start[u + 1]]`` and so on.
    """

    users: Vocabulary
    items: Vocabulary
    start: Int64[np.ndarray, " offsets"]
    item: Int32[np.ndarray, " events"]
    kind: Int8[np.ndarray, " events"]
    """Number in `KINDS`."""
    at: Int64[np.ndarray, " events"]
    """Microseconds since 1970, UTC."""
    weight: Float32[np.ndarray, " events"]
    """Liking: above zero for a like, below for a dislike."""
    extent: Float32[np.ndarray, " events"] | None = None
    """How much of it, from -2 to 2: a rating above or below what the user had given so far, or the
    logarithm of an amount over the usual one of the item; 0 where unknown, None where always."""

    @property
    def user(self) -> Int32[np.ndarray, " events"]:
        """The user of each event."""
        return np.repeat(np.arange(len(self.users), dtype=np.int32), np.diff(self.start))

    def where(self, keep: Bool[np.ndarray, " events"]) -> "Histories":
        """The same users and items with only some of the events."""
        lengths = np.add.reduceat(np.append(keep, 0), self.start[:-1]) * (np.diff(self.start) > 0)
        return Histories(
            users=self.users,
            items=self.items,
            start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            item=self.item[keep],
            kind=self.kind[keep],
            at=self.at[keep],
            weight=self.weight[keep],
            extent=None if self.extent is None else self.extent[keep],
        )

    def before(self, cut: int) -> "Histories":
        """The events before a moment (microseconds)."""
        return self.where(self.at < cut)


def histories(dataset: Dataset) -> Histories:
    """The histories of all users of a data set.

    Raises:
        DataError: no event names an item.
    """
    users = Vocabulary.of(dataset.users[col.USER], "user")
    items = Vocabulary.of(dataset.items[col.ITEM], "item")
    events = dataset.events.filter(pl.col(col.ITEM).is_not_null())
    if events.is_empty():
        raise DataError(say("features.no_behaviour", name=dataset.name))
    flat = pl.DataFrame(
        {
            "user": users.numbers(events[col.USER]),
            "item": items.numbers(events[col.ITEM]),
            "kind": events[col.KIND].cast(pl.Enum(KINDS)).to_physical().cast(pl.Int8),
            "at": events[col.AT].dt.timestamp("us"),
            "weight": _liking(events),
            "rating": _column(events, col.RATING),
            "amount": _column(events, col.AMOUNT),
        }
    ).sort("user", "at", maintain_order=True)
    counts = np.bincount(flat["user"].to_numpy(), minlength=len(users))
    return Histories(
        users=users,
        items=items,
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        item=flat["item"].to_numpy(),
        kind=flat["kind"].to_numpy(),
        at=flat["at"].to_numpy(),
        weight=flat["weight"].to_numpy(),
        extent=_extent(flat),
    )


def fresh_history(events: pl.DataFrame, dataset: Dataset, like: Histories) -> Histories:
    """The history of one user who may be new, as it would be if it stood in the data set.

    Args:
        events: columns of the events table: item_id, at, kind, and amount and rating where known;
            in any order. Events with items that are unknown are left out.
        dataset: what ``like`` was made of; it says what an item usually costs.
        like: the histories of all.
    """
    known = events.with_columns(
        pl.lit("").alias(col.USER),
        pl.Series("item", like.items.numbers(events[col.ITEM], missing="negative")),
    ).filter(pl.col("item") >= 0)
    flat = pl.DataFrame(
        {
            "user": np.zeros(known.height, np.int32),
            "item": known["item"],
            "kind": known[col.KIND]
            .cast(pl.String)
            .cast(pl.Enum(KINDS))
            .to_physical()
            .cast(pl.Int8),
            "at": known[col.AT].dt.timestamp("us"),
            "weight": _liking(
                known
                if col.RATING in known.columns
                else known.with_columns(pl.lit(None, pl.Float64).alias(col.RATING))
            ),
            "rating": _column(known, col.RATING),
            "amount": _column(known, col.AMOUNT),
        }
    ).sort("at", maintain_order=True)
    own = dataset.events.filter(pl.col(col.ITEM).is_in(known[col.ITEM].unique().to_list()))
    paid = _column(own, col.AMOUNT).abs()
    usual = (
        pl.DataFrame({"item": like.items.numbers(own[col.ITEM]), "paid": paid})
        .filter(pl.col("paid") > 0)
        .group_by("item")
        .agg(usual=pl.col("paid").median())
    )
    extent = None if like.extent is None else _extent(flat, usual)
    if extent is None and like.extent is not None:
        extent = np.zeros(flat.height, np.float32)
    at = flat["at"].to_numpy()
    return Histories(
        users=Vocabulary.of(pl.Series([""]), "user"),
        items=like.items,
        start=np.array([0, flat.height], np.int64),
        item=flat["item"].to_numpy(),
        kind=flat["kind"].to_numpy(),
        at=at if like.at.any() else np.zeros_like(at),
        weight=flat["weight"].to_numpy(),
        extent=extent,
    )


def goal(seen: Histories) -> Kind:
    """The kind of event that recommendations are judged by: the most wanted one that occurs."""
    present = set(np.unique(seen.kind).tolist())
    return next((kind for kind in GOALS if KINDS.index(kind) in present), Kind.VIEW)


def _liking(events: pl.DataFrame) -> pl.Series:
    """Liking by kind; a rating is a like where it is not below the user's own mean (centred)."""
    height = pl.col(col.RATING) - pl.col(col.RATING).mean().over(col.USER)
    return events.select(
        pl.when(pl.col(col.RATING).is_not_null())
        .then(pl.when(height >= 0).then(1.0).otherwise(-1.0))
        .otherwise(
            pl.col(col.KIND)
            .cast(pl.String)
            .replace_strict(
                {k.value: w for k, w in LIKING.items()}, default=0.0, return_dtype=pl.Float64
            )
        )
        .cast(pl.Float32)
        .alias("weight")
    )["weight"]


def _column(events: pl.DataFrame, name: str) -> pl.Series:
    known = name in events.columns
    return (events[name] if known else pl.Series([None] * len(events))).cast(pl.Float64)


def _extent(
    flat: pl.DataFrame, usual: pl.DataFrame | None = None
) -> Float32[np.ndarray, " events"] | None:
    """How much of it (see `Histories.extent`), from nothing that came later in the history."""
    rating, paid = pl.col("rating"), pl.col("amount").abs()
    so_far = rating.cum_sum().over("user") / rating.cum_count().over("user")
    if usual is None:
        flat = flat.with_columns(usual=paid.filter(paid > 0).median().over("item"))
    else:
        flat = flat.join(usual, on="item", how="left", maintain_order="left")
    extent = pl.coalesce(rating - so_far, pl.when(paid > 0).then((paid / pl.col("usual")).log()))
    found = flat.select(extent.clip(-2, 2).fill_null(0.0).cast(pl.Float32)).to_series().to_numpy()
    return found if found.any() else None
