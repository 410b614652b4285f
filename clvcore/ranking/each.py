"""What a model's lists came to user by user and item by item, where a report has only means."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from clvcore.features.split import Split
from clvcore.ranking.evaluate import USUAL_LENGTH, Protocol, ranked_lists, taken_items
from clvcore.ranking.groups import SHOWN
from clvcore.ranking.interval import Interval, percentile_interval, resampled_means
from clvcore.ranking.metrics import Metric, hits_of, per_user
from clvcore.ranking.scorers import Scorer
from clvcore.ranking.significance import sign_flip_p

USERS = pl.Schema(
    {
        "protocol": pl.String(),
        "user": pl.Int32(),
        "taken": pl.Int32(),
        **{metric.value: pl.Float32() for metric in SHOWN},
    }
)
ITEMS = pl.Schema({"protocol": pl.String(), "item": pl.Int32(), "lists": pl.Int32()})


@dataclass(frozen=True, slots=True, eq=False)
class Each:
    """One model on the test period, at the usual length of list; users and items by their number."""

    users: pl.DataFrame
    """protocol, user, taken (items that count), ndcg, hit_rate, recall: a row a judged user."""
    items: pl.DataFrame
    """protocol, item, lists: in how many lists of judged users an item stands; every item once."""


def each_of(scorer: Scorer, split: Split) -> Each:
    """What each user's list came to, and how often each item is shown, under both protocols."""
    model = "model"
    ranked = ranked_lists({model: scorer}, split, split.targets.user, USUAL_LENGTH, None)
    users, items = [], []
    for protocol in Protocol:
        taken, rows = taken_items(split, protocol)
        label = pl.lit(protocol.value).alias("protocol")
        lists = ranked[protocol][model][rows]
        found = per_user(hits_of(lists, taken), taken.lengths(), USUAL_LENGTH)
        own = {"user": split.targets.user[rows], "taken": taken.lengths()}
        own |= {metric.value: found[metric] for metric in SHOWN}
        users.append(pl.DataFrame(own).with_columns(label))
        counts = np.bincount(lists[lists >= 0], minlength=len(split.past.items))
        shown = pl.DataFrame({"item": np.arange(len(counts)), "lists": counts})
        items.append(shown.with_columns(label))
    return Each(
        pl.concat(users).select(USERS.names()).cast(dict(USERS)),
        pl.concat(items).select(ITEMS.names()).cast(dict(ITEMS)),
    )


@dataclass(frozen=True, slots=True)
class Gap:
    """How far a model is above another on the same users."""

    interval: Interval
    p: float
    """Chance of a gap at least as large, see `sign_flip_p`."""

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval.low > 0 or self.interval.high < 0


def gap(
    one: Each,
    other: Each,
    rng: np.random.Generator,
    *,
    metric: Metric = Metric.NDCG,
    protocol: Protocol = Protocol.NEW,
) -> Gap | None:
    """One model minus the other, paired by user; None where they judged other users, or nobody."""
    mine, theirs = (
        each.users.filter(pl.col("protocol") == protocol.value).sort("user")
        for each in (one, other)
    )
    if mine.is_empty() or not mine.select("user", "taken").equals(theirs.select("user", "taken")):
        return None
    apart = (mine[metric.value].cast(pl.Float64) - theirs[metric.value]).to_numpy()[:, None]
    drawn = resampled_means(apart, rng)[:, 0]
    return Gap(percentile_interval(apart.mean(), drawn), float(sign_flip_p(apart, rng)[0]))
