"""For whom recommendations are good: metrics by segment, length of history and popularity of items."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Bool, Int, Int32

from clvcore.features.split import Split
from clvcore.ranking.beyond import Catalogue
from clvcore.ranking.interval import percentile_interval, resampled_means
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.metrics import Metric, hits_of, per_user

HISTORY = "history"
POPULARITY = "popularity"
STRANGERS = "strangers"
ATTRIBUTE = "user:"
"""Before the name of a user attribute, so that no attribute is taken for one of the above."""
THIRDS = ("head", "middle", "tail", "cold")
"""Items with the first, second and last third of all likes, and those that nobody liked before."""
QUARTERS = 4
SHOWN = (Metric.NDCG, Metric.HIT_RATE, Metric.RECALL)
"""What is told of groups."""

SCHEMA = pl.Schema(
    {
        "by": pl.String(),
        "group": pl.String(),
        "place": pl.Int64(),
        "model": pl.String(),
        "metric": pl.String(),
        "mean": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "gap": pl.Float64(),
        "gap_low": pl.Float64(),
        "gap_high": pl.Float64(),
        "users": pl.Int64(),
    }
)
"""``place`` is that of the group among the others; ``gap`` is the first model minus this one."""


class Group(NamedTuple):
    """Some of the judged users, and which of what they took counts."""

    by: str
    name: str
    place: int
    taken: ItemLists
    """Empty for a user who does not belong to the group."""


def groups_of(
    split: Split,
    catalogue: Catalogue,
    segments: Mapping[str, pl.Series],
    users: Int32[np.ndarray, " judged"],
    taken: ItemLists,
) -> Iterator[Group]:
    """All groups of judged users, by history, by popularity of what they took, by attribute."""
    lengths = np.diff(split.past.start)[users]
    for place, (name, inside) in enumerate(_quarters(lengths)):
        yield Group(HISTORY, name, place, _only(taken, inside))
    third = catalogue.thirds()[taken.item]
    for place, name in enumerate(THIRDS):
        yield Group(POPULARITY, name, place, taken.where(third == place))
    for attribute, values in segments.items():
        own = values.gather(users)
        for place, name in enumerate(own.unique().sort().to_list()):
            inside = (own == name).to_numpy()
            yield Group(f"{ATTRIBUTE}{attribute}", str(name), place, _only(taken, inside))


def judged_groups(
    lists: Mapping[str, Int32[np.ndarray, "users n"]],
    groups: Iterable[Group],
    *,
    k: int,
    rng: np.random.Generator,
    draws: int,
) -> pl.DataFrame:
    """`SHOWN` of every model at ``k`` for every group that has users.

    Args:
        lists: of all judged users by model; the first one is compared with the others.
        groups: groups of these users.
        k: ranks that count.
        rng: draws the users of the bootstrap.
        draws: resamples of the bootstrap.
    """
    rows: list[tuple[object, ...]] = []
    for group in groups:
        inside = np.flatnonzero(group.taken.lengths()).astype(np.int32)
        if not len(inside):
            continue
        own = group.taken.take(inside)
        columns = []
        for ranked in lists.values():
            found = per_user(hits_of(ranked[inside, :k], own), own.lengths(), k)
            columns.extend(found[metric] for metric in SHOWN)
        values = np.stack(columns, axis=1)
        drawn = resampled_means(values, rng, draws=draws)
        for at, model in enumerate(lists):
            for which, metric in enumerate(SHOWN):
                mine, first = at * len(SHOWN) + which, which
                interval = percentile_interval(values[:, mine].mean(), drawn[:, mine])
                gap = percentile_interval(
                    (values[:, first] - values[:, mine]).mean(), drawn[:, first] - drawn[:, mine]
                )
                apart = gap if at else (None, None, None)
                key = (group.by, group.name, group.place, model, metric.value)
                rows.append((*key, *interval, *apart, len(inside)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _quarters(
    lengths: Int[np.ndarray, " users"],
) -> Iterator[tuple[str, Bool[np.ndarray, " users"]]]:
    """Users by events they had before, in up to four groups of about the same size: "3-7"."""
    marks = np.quantile(lengths, np.arange(1, QUARTERS) / QUARTERS, method="lower")
    bounds = np.unique([*marks, lengths.max()])
    for low, high in zip([-1, *bounds[:-1]], bounds, strict=True):
        inside = (lengths > low) & (lengths <= high)
        own = lengths[inside]
        yield f"{own.min()}-{own.max()}", inside


def _only(taken: ItemLists, inside: Bool[np.ndarray, " users"]) -> ItemLists:
    return taken.where(inside[taken.rows()])
