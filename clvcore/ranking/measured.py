"""All that is measured of lists: per user in one table, its means with intervals, and differences."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Bool, Float64, Int, Int32

from clvcore.ranking.beyond import Catalogue, Overall, coverage, gini, per_list
from clvcore.ranking.interval import percentile_interval, resampled_means
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.metrics import hits_of, per_user
from clvcore.ranking.money import TargetMoney, caught
from clvcore.ranking.significance import sign_flip_p


class Measure(NamedTuple):
    """What a column of a table of measures is."""

    model: str
    metric: str
    k: int
    of: int
    """Column whose sum the column's sum is divided by."""


class Measures(NamedTuple):
    """Values of every judged user, a column a measure."""

    columns: list[Measure]
    values: Float64[np.ndarray, "users measures"]
    bases: Float64[np.ndarray, "users bases"]
    """What sums are divided by: the number of users, and the money that was taken."""


def measured(
    lists: Mapping[str, Int32[np.ndarray, "users n"]],
    taken: ItemLists,
    lengths: tuple[int, ...],
    catalogue: Catalogue,
    money: TargetMoney | None,
) -> Measures:
    """Everything that is told of each user's list, for every model and length of list."""
    shares = money.shares() if money else {}
    rows = taken.rows()
    sums = [np.bincount(rows, one, minlength=len(taken)) for one in shares.values()]
    columns, values = [], []
    for model, ranked in lists.items():
        hits = hits_of(ranked, taken)
        for k in lengths:
            found = {**per_user(hits, taken.lengths(), k), **per_list(ranked, k, catalogue)}
            for metric, column in found.items():
                columns.append(Measure(model, metric.value, k, 0))
                values.append(column)
            for of, (share, one) in enumerate(shares.items(), start=1):
                columns.append(Measure(model, share.value, k, of))
                values.append(caught(ranked, taken, one, k))
    bases = np.column_stack([np.ones(len(taken)), *sums])
    return Measures(columns, np.stack(values, axis=1), bases)


class Drawn(NamedTuple):
    """Means of all measures, or shares of the money, and those of resampled users."""

    means: Float64[np.ndarray, " measures"]
    draws: Float64[np.ndarray, "draws measures"]


def resampled(table: Measures, rng: np.random.Generator, *, draws: int) -> Drawn:
    """Every column's sum over that of its base, for all users and for resampled ones."""
    of: Int[np.ndarray, " measures"] = np.array([one.of for one in table.columns])
    both = np.hstack([table.values, table.bases])
    width = table.values.shape[1]
    means, drawn = both.mean(axis=0), resampled_means(both, rng, draws=draws)
    # a resample in which nobody paid caught nothing of nothing
    base = np.where(drawn[:, width:] > 0, drawn[:, width:], np.inf)
    return Drawn(means[:width] / means[width:][of], drawn[:, :width] / base[:, of])


def summarised(table: Measures, drawn: Drawn) -> pl.DataFrame:
    """Mean (or share of the money) with its interval over resampled users, a row a measure."""
    rows = [
        (one.model, one.metric, one.k, *percentile_interval(drawn.means[at], drawn.draws[:, at]))
        for at, one in enumerate(table.columns)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def compared(table: Measures, drawn: Drawn, rng: np.random.Generator) -> pl.DataFrame:
    """The first model minus each other one: interval and p-value, paired by user.

    A p-value of shares of money is that of the money caught, whose base is the same for both.
    """
    at = {(one.model, one.metric, one.k): place for place, one in enumerate(table.columns)}
    first = table.columns[0].model
    own, other = [], []
    for place, one in enumerate(table.columns):
        if one.model != first:
            own.append(at[first, one.metric, one.k])
            other.append(place)
    schema = {"model": pl.String, "other": pl.String, **_SCHEMA, "p": pl.Float64}
    if not other:
        return pl.DataFrame(schema=schema)
    chance = sign_flip_p(table.values[:, own] - table.values[:, other], rng)
    gaps, moved = drawn.means[own] - drawn.means[other], drawn.draws[:, own] - drawn.draws[:, other]
    rows = []
    for place, one in enumerate(table.columns[b] for b in other):
        interval = percentile_interval(gaps[place], moved[:, place])
        rows.append((first, one.model, one.metric, one.k, *interval, float(chance[place])))
    return pl.DataFrame(rows, schema=schema, orient="row")


def overall(
    lists: Mapping[str, Int32[np.ndarray, "users n"]],
    lengths: tuple[int, ...],
    offered: Bool[np.ndarray, " items"],
) -> pl.DataFrame:
    """What is told of all lists of a model together; there is no interval over users."""
    rows = []
    for model, ranked in lists.items():
        for k in lengths:
            shown = coverage(ranked, k, int(offered.sum()))
            rows.append((model, Overall.COVERAGE.value, k, shown, None, None))
            rows.append((model, Overall.GINI.value, k, gini(ranked, k, offered), None, None))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


_SCHEMA = {
    "model": pl.String,
    "metric": pl.String,
    "k": pl.Int64,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
