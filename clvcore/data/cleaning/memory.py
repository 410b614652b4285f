"""What the next file has to know of the files before it, beyond the clean tables.

A clean table no longer tells a purchase that came back from one that never was, a fee from a row
without an item, or how often an item was called what. These are kept: the rows that could be used
and do not stand among the events as they were read, how often each name was told of each item, and
which ids the catalogue and the table of users named themselves. With them a file that comes later
is judged as if it had come together with the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from clvcore import columns as col
from clvcore.columns import Kind
from clvcore.data.cells.table import LINE, Cells
from clvcore.data.cleaning.quality import MONEY_IN, WHY
from clvcore.data.cleaning.returns import pairs
from clvcore.data.cleaning.scan import ROW, Scan, patterns_of

PLACE, STANDS, CODE, FILE = "_place", "_stands", "_code", "_file"
AGAIN = "again_there"
"""Why a row is left out that an earlier file has brought already."""
SAME = (
    col.USER, CODE, col.AT, col.KIND, col.QUANTITY, col.AMOUNT, col.ORDER, col.RATING,
)  # fmt: skip
"""What makes two rows of two files the same: all that makes them the same within one file."""
_KEPT = [name for name in col.EVENTS if name != col.ITEM]
ROWS = pl.Schema(
    {
        PLACE: pl.Int64(),  # number of the events that stand before it
        STANDS: pl.Boolean(),  # whether the event at that place is it, with other numbers or no item
        CODE: pl.String(),  # item as the file names it
        **{name: col.EVENTS[name] for name in _KEPT},
        MONEY_IN: col.MONEY,
        WHY: pl.String(),  # rule that left it out
        LINE: pl.Int64(),
        FILE: pl.String(),
    }
)
ROLE, VALUE, TIMES = "role", "value", "n"
NAMES = pl.Schema({col.ITEM: pl.String(), ROLE: pl.String(), VALUE: pl.String(), TIMES: pl.Int64()})


def _none(schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What is kept beside the clean tables of a data set."""

    rows: pl.DataFrame = field(default_factory=lambda: _none(ROWS))
    """Refunds, and usable rows that do not stand among the events as they were read, by time."""
    names: pl.DataFrame = field(default_factory=lambda: _none(NAMES))
    """How often the events told which title or category of an item."""
    listed: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """table (items, users) -> the ids that its files named, with what events could tell too."""


def apart(rows: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """The usable rows that do not stand among the events as they were read, and all refunds.

    A refund may find its purchase later; it is then told by its line and file.

    Args:
        rows: Rows as they were read, `WHY` null where they can be used, with `CODE`, `LINE`, `FILE`.
        judged: The same rows after all decisions, in the same order.

    Returns:
        Rows with the columns of `ROWS`, and `ROW`.
    """
    fate, item = judged[WHY], judged[col.ITEM]
    other = item.ne_missing(rows[CODE])
    for name in (col.AMOUNT, col.QUANTITY):
        other = other | judged[name].ne_missing(rows[name])
    back = rows[col.KIND].cast(pl.String) == Kind.REFUND.value
    wanted = rows[WHY].is_null() & (fate.is_not_null() | other | back)
    if not wanted.any():
        return _none(ROWS).with_columns(pl.lit(None, rows[ROW].dtype).alias(ROW))
    # a price on a view is no money, see `clvcore.data.cleaning.events`
    money = pl.when(pl.col(col.STREAM).is_not_null()).then(col.AMOUNT).cast(col.MONEY)
    same = [
        name
        for name in ROWS
        if name in rows.columns and name not in (WHY, col.AMOUNT, STANDS, PLACE)
    ]
    whole = rows.select(
        *same,
        money.alias(col.AMOUNT),
        fate.alias(WHY),
        fate.is_null().alias(STANDS),
        ROW,
        wanted.alias("_wanted"),
    )
    ordered = whole.filter(rows[WHY].is_null()).sort(col.AT, maintain_order=True)
    place = pl.col(STANDS).cast(pl.Int64).cum_sum() - pl.col(STANDS).cast(pl.Int64)
    return ordered.with_columns(place.alias(PLACE)).filter("_wanted").select(*ROWS, ROW)


def usable(events: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Every row that could be used, as it was read, in order of time; `WHY` names what left it out.

    ``_lost`` tells the rows that are about no item although they name one. Lines and files are
    known of the kept rows only.
    """
    standing = kept.filter(pl.col(STANDS))
    plain = events.with_row_index(PLACE).with_columns(
        pl.col(PLACE).cast(pl.Int64),
        pl.col(col.ITEM).alias(CODE),
        pl.lit(value=False).alias("_lost"),
        pl.col(col.AMOUNT).fill_null(0).cast(col.MONEY).alias(MONEY_IN),
        pl.lit(None, pl.String).alias(WHY),
        pl.lit(None, pl.Int64).alias(LINE),
        pl.lit(None, pl.String).alias(FILE),
        pl.lit(value=True).alias(STANDS),
    )
    columns = [*ROWS, "_lost"]
    if kept.is_empty():
        return plain.select(columns)
    lost = events[col.ITEM].gather(standing[PLACE]).is_null()
    standing = standing.with_columns(lost.alias("_lost") & pl.col(CODE).is_not_null())
    left = kept.filter(~pl.col(STANDS)).with_columns(pl.lit(value=False).alias("_lost"))
    rest = plain.filter(~pl.col(PLACE).is_in(standing[PLACE].to_list()))
    parts = [part.select(columns) for part in (left, standing, rest)]
    return pl.concat(parts).sort(PLACE, STANDS, maintain_order=True)


def there_already(rows: pl.DataFrame, there: pl.DataFrame) -> pl.Series:
    """Which rows an earlier file has brought: of equal rows as many as stood there.

    Args:
        rows: Rows with the columns of `SAME`, and `WHY` null where they can be used.
        there: Rows of earlier files with the columns of `SAME`.
    """
    place = pl.int_range(pl.len(), dtype=pl.Int64).over(list(SAME))
    keyed = rows.select(*SAME, WHY).with_row_index("_at").filter(pl.col(WHY).is_null())
    stood = there.filter(pl.col(col.AT).is_between(keyed[col.AT].min(), keyed[col.AT].max()))
    counts = stood.group_by(SAME).agg(pl.len().cast(pl.Int64).alias("_n"))
    keyed = keyed.with_columns(place.alias("_nth")).join(
        counts, on=list(SAME), how="inner", nulls_equal=True
    )
    found = keyed.filter(pl.col("_nth") < pl.col("_n"))["_at"].sort()
    mask = pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
    return mask.scatter(found, values=True) if len(found) else mask


def without_those_there(seen: Scan, there: pl.DataFrame) -> Scan:
    """The scan in which rows that an earlier file has brought are left out."""
    plain = pl.when(pl.col(col.STREAM).is_not_null()).then(col.AMOUNT).cast(col.MONEY)
    again = there_already(seen.rows.with_columns(plain.alias(col.AMOUNT)), there)
    if not again.any():
        return seen
    why = pl.when(pl.lit(again)).then(pl.lit(AGAIN)).otherwise(WHY)
    rows = seen.rows.with_columns(why.alias(WHY))
    return replace(
        seen,
        rows=rows,
        pairs=pairs(rows.filter(pl.col(WHY).is_null())),
        patterns=patterns_of(rows),
    )


def origin_of(cells: Cells) -> pl.Expr | pl.Series:
    """Name of the file of each row."""
    raw = cells.raw
    return pl.lit(raw.source) if raw.origin is None else raw.origin


def names_told(rows: pl.DataFrame, roles: Sequence[str]) -> pl.DataFrame:
    """How often the rows tell which value of each role of their item."""
    known = [
        rows.filter(pl.col(col.ITEM).is_not_null() & pl.col(role).is_not_null())
        .group_by(col.ITEM, pl.col(role).alias(VALUE))
        .agg(pl.len().cast(pl.Int64).alias(TIMES))
        .select(col.ITEM, pl.lit(role).alias(ROLE), VALUE, TIMES)
        for role in roles
    ]
    return pl.concat([_none(NAMES), *known]).sort(col.ITEM, ROLE, VALUE)


def names_of_both(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """How often the rows of both tell which value."""
    both = pl.concat([one, other]).group_by(col.ITEM, ROLE, VALUE).agg(pl.col(TIMES).sum())
    return both.sort(col.ITEM, ROLE, VALUE)


def most_told(names: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Role -> for each item the value that was told most; of equals the first by alphabet."""
    ranked = names.sort(col.ITEM, ROLE, TIMES, VALUE, descending=[False, False, True, False])
    first = ranked.unique([col.ITEM, ROLE], keep="first", maintain_order=True)
    return {
        str(role): part.select(col.ITEM, pl.col(VALUE).alias(str(role)))
        for (role,), part in first.partition_by(ROLE, as_dict=True).items()
    }


def with_names(items: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Items whose empty titles and categories are those that their events told most."""
    for role, told in most_told(names).items():
        beside = told.rename({role: f"+{role}"})
        items = items.join(beside, on=col.ITEM, how="left", maintain_order="left")
        items = items.with_columns(pl.coalesce(role, f"+{role}").alias(role)).drop(f"+{role}")
    return items
