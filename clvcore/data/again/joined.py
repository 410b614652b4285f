"""Two tables of the same kind become one, each row once."""

from collections.abc import Sequence

import polars as pl

from clvcore import columns as col
from clvcore.data.cleaning.users import FIRST, with_first_seen

SAME_ACT = (col.USER, col.ITEM, col.AT, col.KIND, col.ORDER)
"""What makes two events the same but for their numbers."""
SAME_SPEND = (col.DATE, col.CHANNEL, col.CAMPAIGN)
"""What makes two rows of spend tell about the same."""
_N = "_n"


def behaviour(
    previous: pl.DataFrame, fresh: pl.DataFrame, same: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of both in order of time, and those of ``fresh`` that were there already.

    Of rows that are the same in all columns of ``same`` as many are kept as the table has that has
    more of them.
    """
    if fresh.is_empty() or previous.is_empty():
        return _in_time(previous, fresh), fresh.clear()
    first, last = fresh[col.AT].min(), fresh[col.AT].max()
    shared = previous.filter(pl.col(col.AT).is_between(first, last))
    there = shared.group_by(same).agg(pl.len().cast(pl.Int64).alias(_N))
    counted = fresh.with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).over(list(same)).alias("_place")
    )
    counted = counted.join(
        there, on=list(same), how="left", nulls_equal=True, maintain_order="left"
    )
    is_there = (pl.col("_place") < pl.col(_N)).fill_null(value=False)
    again = counted.filter(is_there).select(fresh.columns)
    return _in_time(previous, counted.filter(~is_there).select(fresh.columns)), again


def _in_time(previous: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    order = (col.AT, *((col.SLATE, col.POSITION) if col.SLATE in fresh.columns else ()))
    return pl.concat([previous, fresh]).sort(*order, maintain_order=True)


def corrected(previous: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    """New events that differ from one that is there in nothing but amount or quantity."""
    there = previous.select(SAME_ACT).unique()
    numbers = [col.AMOUNT, col.QUANTITY]
    bearing = fresh.filter(pl.any_horizontal(pl.col(numbers).is_not_null()))
    return bearing.join(there, on=SAME_ACT, how="semi", nulls_equal=True)


def spend(
    previous: pl.DataFrame | None, fresh: pl.DataFrame | None
) -> tuple[pl.DataFrame | None, pl.DataFrame]:
    """The spend of both, and the rows of ``previous`` that ``fresh`` replaces."""
    if previous is None or fresh is None:
        only = fresh if previous is None else previous
        return only, pl.DataFrame(schema=col.SPEND)
    told = fresh.select(SAME_SPEND).unique()
    replaced = previous.join(told, on=SAME_SPEND, how="semi", nulls_equal=True)
    kept = previous.join(told, on=SAME_SPEND, how="anti", nulls_equal=True, maintain_order="left")
    return pl.concat([kept, fresh]).sort(*SAME_SPEND, maintain_order=True), replaced


def changed_spend(replaced: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    """Days and channels whose spend is another now: their keys, ``before`` and ``after``."""

    def sums(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        return frame.group_by(SAME_SPEND).agg(pl.col(col.AMOUNT).sum().alias(name))

    both = sums(replaced, "before").join(
        sums(fresh, "after"), on=SAME_SPEND, how="inner", nulls_equal=True
    )
    return both.filter(pl.col("before") != pl.col("after")).sort(*SAME_SPEND)


def by_id(
    previous: pl.DataFrame, fresh: pl.DataFrame, key: str, *, later_counts: bool
) -> pl.DataFrame:
    """A row for each id of either table; an empty cell is filled from the other table.

    Args:
        previous: What is there.
        fresh: What came later.
        key: Column of the ids.
        later_counts: Whether ``fresh`` counts where both say something.
    """
    strong, weak = (fresh, previous) if later_counts else (previous, fresh)
    strong, weak = _alike(strong, weak)
    shared = [name for name in strong.columns if name in weak.columns and name != key]
    both = strong.join(
        weak, on=key, how="full", coalesce=True, suffix="\N{NULL}", maintain_order="left"
    )
    told = [pl.coalesce(name, f"{name}\N{NULL}").alias(name) for name in shared]
    names = [*previous.columns, *(name for name in fresh.columns if name not in previous.columns)]
    return both.with_columns(told).select(names).sort(key)


def _alike(one: pl.DataFrame, other: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both with the same type in shared columns: numbers where both have numbers, else words.

    Vectors of another length are left to the first.
    """
    for name in one.columns:
        kind, twin = one.schema[name], other.schema.get(name)
        if twin is None or kind == twin:
            continue
        if kind.is_nested() or twin.is_nested():
            other = other.drop(name)
        else:
            wide = pl.Float64() if kind.is_numeric() and twin.is_numeric() else pl.String()
            one, other = (frame.with_columns(pl.col(name).cast(wide)) for frame in (one, other))
    return one, other


def told_of(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """Rows that say something about their id."""
    facts = [name for name in frame.columns if name not in (key, col.ACQUIRED)]
    return frame.filter(pl.any_horizontal(pl.col(facts).is_not_null()))


def users(
    previous: pl.DataFrame, fresh: pl.DataFrame, seen: pl.DataFrame, *, later_counts: bool
) -> pl.DataFrame:
    """The users of both; who has no date of acquisition of his own has that of the first sight.

    Args:
        previous: Users that are there, with no date where none was told.
        fresh: The same of what came later.
        seen: When each was seen first.
        later_counts: Whether ``fresh`` counts where both say something.
    """
    return with_first_seen(by_id(previous, fresh, col.USER, later_counts=later_counts), seen)


def without_derived(users: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Users whose date of acquisition is null where it was taken from their first event."""
    first = pl.coalesce(FIRST, pl.lit(seen[FIRST].min(), col.TIME))
    derived = first == pl.col(col.ACQUIRED)
    own = pl.when(~derived).then(col.ACQUIRED)
    joined = users.join(seen, on=col.USER, how="left", maintain_order="left")
    return joined.with_columns(own.alias(col.ACQUIRED)).drop(FIRST)
