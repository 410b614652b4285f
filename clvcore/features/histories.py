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

OTHERS = 5.0
"""What somebody gives is compared with what they gave before, and as if they had also given so many
ratings of the mean of all: who rates for the first time has no habit yet."""

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
    """How much of it, from -2 to 2: a rating above or below what was to be expected of the user, or
    the logarithm of an amount over the usual one of the item; 0 where unknown, None where always."""

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
            "rating": _column(events, col.RATING),
            "amount": _column(events, col.AMOUNT),
        }
    ).sort("at", maintain_order=True)
    flat = _with_height(flat, _mean_before(flat["rating"])).sort("user", "at", maintain_order=True)
    counts = np.bincount(flat["user"].to_numpy(), minlength=len(users))
    return Histories(
        users=users,
        items=items,
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        item=flat["item"].to_numpy(),
        kind=flat["kind"].to_numpy(),
        at=flat["at"].to_numpy(),
        weight=_liking(flat),
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
            "rating": _column(known, col.RATING),
            "amount": _column(known, col.AMOUNT),
        }
    ).sort("at", maintain_order=True)
    flat = _with_height(flat, _mean_until(flat["at"], dataset.events))
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
        weight=_liking(flat),
        extent=extent,
    )


def goal(seen: Histories) -> Kind:
    """The kind of event that recommendations are judged by: the most wanted one that occurs."""
    present = set(np.unique(seen.kind).tolist())
    return next((kind for kind in GOALS if KINDS.index(kind) in present), Kind.VIEW)


def _liking(flat: pl.DataFrame) -> Float32[np.ndarray, " events"]:
    """Liking by kind; a rating is a like where it is not below what was to be expected."""
    by_kind = [LIKING.get(Kind(kind), 0.0) for kind in KINDS]
    plain = np.array(by_kind, np.float32)[flat["kind"].to_numpy()]
    height = flat["height"].to_numpy()
    return np.where(np.isnan(height), plain, np.where(height >= 0, 1, -1)).astype(np.float32)


def _mean_before(rating: pl.Series) -> pl.Series:
    """Mean of all ratings before each event, in order of time; null before the first."""
    total, count = rating.fill_null(0.0).cum_sum(), rating.is_not_null().cum_sum()
    return (total / count).fill_nan(None).shift(1)


def _mean_until(at: pl.Series, events: pl.DataFrame) -> pl.Series:
    """Mean of what all others had given before each moment; null where nobody had."""
    given = pl.DataFrame(
        {"at": events[col.AT].dt.timestamp("us"), "rating": _column(events, col.RATING)}
    ).drop_nulls()
    given = given.sort("at").select(
        "at", mean=pl.col("rating").cum_sum() / pl.int_range(1, pl.len() + 1)
    )
    return (
        at.to_frame("at")
        .join_asof(given, on="at", strategy="backward", allow_exact_matches=False)
        .get_column("mean")
    )


def _with_height(flat: pl.DataFrame, all_others: pl.Series) -> pl.DataFrame:
    """With each rating's height over what was to be expected; NaN for what is no rating.

    Nothing that comes later counts, so that a cut in time leaks nothing: expected is the mean of
    what the user gave before and of ``OTHERS`` ratings like ``all_others``, and the rating itself
    where nobody gave any before.
    """
    rating = pl.col("rating")
    before = rating.fill_null(0.0).cum_sum().over("user") - rating
    n_before = rating.is_not_null().cum_sum().over("user") - 1
    mean = pl.coalesce(all_others.alias("all_others"), rating)
    expected = (OTHERS * mean + before) / (OTHERS + n_before)
    return flat.with_columns(height=(rating - expected).cast(pl.Float32).fill_null(float("nan")))


def _column(events: pl.DataFrame, name: str) -> pl.Series:
    known = name in events.columns
    return (events[name] if known else pl.Series([None] * len(events))).cast(pl.Float64)


def _extent(
    flat: pl.DataFrame, usual: pl.DataFrame | None = None
) -> Float32[np.ndarray, " events"] | None:
    """How much of it (see `Histories.extent`)."""
    paid = pl.col("amount").abs()
    if usual is None:
        flat = flat.with_columns(usual=paid.filter(paid > 0).median().over("item"))
    else:
        flat = flat.join(usual, on="item", how="left", maintain_order="left")
    height = pl.col("height").fill_nan(None)
    extent = pl.coalesce(height, pl.when(paid > 0).then((paid / pl.col("usual")).log()))
    found = flat.select(extent.clip(-2, 2).fill_null(0.0).cast(pl.Float32)).to_series().to_numpy()
    return found if found.any() else None
