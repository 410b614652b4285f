"""What the rest of a data set needs to know of its accepted events; what parts gather adds up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.table import Figures, figures_of, stripped
from clvcore.data.cleaning.users import FIRST, first_seen, last_known


@dataclass(frozen=True, slots=True)
class Gathered:
    """Counts, sums, ends and names of the accepted events."""

    rows: int
    ends: tuple[datetime, datetime] | None
    """First and last moment; None where there is no event."""
    items: pl.DataFrame
    """Every item that an event names, once."""
    users: pl.DataFrame
    """Every user with the first moment at which an event names the user."""
    told: pl.DataFrame
    """The last text that the events of each user have for its attributes."""
    figures: Mapping[str, Figures]
    """attribute -> how many of all its texts are numbers"""
    kinds: pl.DataFrame
    """Number of events by kind."""
    money: pl.DataFrame
    """Money by stream."""


def gathered(events: pl.DataFrame, attributes: Mapping[str, str]) -> Gathered:
    """What some accepted events tell.

    Args:
        events: Accepted events in order of time, with the file's columns behind a plus sign.
        attributes: attribute of users -> column of the file
    """
    bearing = events.filter(pl.col(col.AMOUNT).is_not_null())
    ends = (events[col.AT][0], events[col.AT][-1]) if events.height else None
    texts = {name: stripped(events[f"+{column}"]) for name, column in attributes.items()}
    return Gathered(
        rows=events.height,
        ends=ends,
        items=events.select(pl.col(col.ITEM).drop_nulls().unique().sort()),
        users=first_seen(events),
        told=last_known(events, attributes),
        figures={name: figures_of(text) for name, text in texts.items()},
        kinds=events.group_by(col.KIND).len().sort(col.KIND),
        money=bearing.group_by(col.STREAM).agg(_money()).sort(col.STREAM),
    )


def _money() -> pl.Expr:
    return pl.col(col.AMOUNT).sum().cast(col.MONEY)


def joined(parts: Sequence[Gathered]) -> Gathered:
    """What all parts tell together; no user is in two of them."""
    if len(parts) == 1:
        return parts[0]
    ends = [one.ends for one in parts if one.ends is not None]
    first = parts[0]

    kinds = pl.concat([one.kinds for one in parts]).group_by(col.KIND)
    money = pl.concat([one.money for one in parts]).group_by(col.STREAM)
    return Gathered(
        rows=sum(one.rows for one in parts),
        ends=(min(a for a, _ in ends), max(b for _, b in ends)) if ends else None,
        items=pl.concat([one.items for one in parts]).unique().sort(col.ITEM),
        users=pl.concat([one.users for one in parts]).sort(col.USER),
        told=pl.concat([one.told for one in parts]).sort(col.USER),
        figures={
            name: sum((one.figures[name] for one in parts), Figures()) for name in first.figures
        },
        kinds=kinds.agg(pl.col("len").sum()).sort(col.KIND),
        money=money.agg(_money()).sort(col.STREAM),
    )


def by_kind(found: Gathered) -> dict[str, int]:
    """Number of events of each kind."""
    return {str(kind): rows for kind, rows in found.kinds.rows()}


def by_stream(found: Gathered) -> dict[str, Decimal]:
    """Money of each stream."""
    return {str(stream): money for stream, money in found.money.rows()}


def seen_first(found: Gathered, shown: pl.DataFrame | None) -> pl.DataFrame:
    """Each user with the first moment at which an event or an impression names the user."""
    if shown is None:
        return found.users
    both = pl.concat([found.users, first_seen(shown)])
    return both.group_by(col.USER).agg(pl.col(FIRST).min()).sort(col.USER)
