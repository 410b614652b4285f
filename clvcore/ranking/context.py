"""What a judgement takes from the data set beside behaviour: money, traits of items, groups of users."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.features.split import Split
from clvcore.ranking.money import TargetMoney, target_money
from clvcore.value.breakdown import UNKNOWN

MOST_ATTRIBUTES = 5
MOST_VALUES = 12
"""Attributes of users with more values than this are no segments."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a data set knows beside behaviour; nothing of it is needed to judge."""

    traits: csr_array | None = None
    """[items, traits] by which two items are alike or not."""
    traits_of: str = ""
    """Column that the traits come from."""
    money: TargetMoney | None = None
    segments: Mapping[str, pl.Series] = field(default_factory=dict)
    """Attributes of users: the value of every user, in their order."""


def context_of(dataset: Dataset, split: Split) -> Context:
    """The context of a split of a data set.

    Items are compared by category; where fewer than two are known, by tags; else by the vectors
    that the data brought.
    """
    traits_of, traits = _traits(dataset, split)
    return Context(traits, traits_of, target_money(dataset, split), _segments(dataset, split))


def _traits(dataset: Dataset, split: Split) -> tuple[str, csr_array | None]:
    ids = pl.DataFrame({col.ITEM: split.past.items.ids})
    items = ids.join(dataset.items, on=col.ITEM, how="left", maintain_order="left")
    items = items.with_row_index("row")
    for name in (col.CATEGORY, col.TAGS):
        if name not in items.columns:
            continue
        flat = items.select("row", name)
        if name == col.TAGS:
            flat = flat.explode(name)
        flat = flat.drop_nulls().unique().sort("row", name)
        terms = flat[name].unique().sort()
        if len(terms) >= 2:
            place = flat[name].cast(pl.Enum(terms)).to_physical().to_numpy().astype(np.int32)
            shape = (items.height, len(terms))
            rows = flat["row"].to_numpy().astype(np.int32)
            return name, csr_array((np.ones(flat.height), (rows, place)), shape=shape)
    if col.VECTOR in items.columns:
        known = items.drop_nulls(col.VECTOR)
        vectors = np.zeros((items.height, dataset.items[col.VECTOR].dtype.shape[0]))  # ty: ignore[missing-attribute] # pl.Array by contract
        vectors[known["row"].to_numpy()] = known[col.VECTOR].to_numpy()
        return col.VECTOR, csr_array(vectors)
    return "", None


def _segments(dataset: Dataset, split: Split) -> dict[str, pl.Series]:
    """Attributes of users that part them into a few groups, the channel that won them first."""
    ids = pl.DataFrame({col.USER: split.past.users.ids})
    users = ids.join(dataset.users, on=col.USER, how="left", maintain_order="left")
    own = [name for name in col.attributes(users, col.USERS) if users[name].dtype == pl.String]
    few = [
        name
        for name in (col.CHANNEL, *own)
        if 2 <= users[name].drop_nulls().n_unique() <= MOST_VALUES
    ]
    return {name: users[name].fill_null(UNKNOWN) for name in few[:MOST_ATTRIBUTES]}
