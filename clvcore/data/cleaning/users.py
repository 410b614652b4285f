"""The users table: who there is, since when, and who won them."""

from collections.abc import Mapping

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.table import Cells, stripped
from clvcore.data.cleaning.items import attribute_columns, cleaned_entities, judged_by_id
from clvcore.data.cleaning.quality import Cleaned

FIRST = "_first"
"""Column with the first moment at which a user was seen."""


def clean_users(cells: Cells) -> Cleaned:
    """Users with their attributes; of rows with the same id the last one counts."""
    ids = cells.text(col.USER)
    acquired, unread_acquired = cells.times(col.ACQUIRED)
    ended, unread_ended = cells.times(col.ENDED)
    frame = pl.DataFrame(
        [
            ids.alias(col.USER),
            acquired.at.alias(col.ACQUIRED),
            cells.text(col.CHANNEL).alias(col.CHANNEL),
            cells.text(col.CAMPAIGN).alias(col.CAMPAIGN),
            ended.at.alias(col.ENDED),
            *attribute_columns(cells, col.USERS),
        ]
    )
    judged = judged_by_id(cells, ids, "no_user")
    unread = {col.ACQUIRED: unread_acquired, col.ENDED: unread_ended}
    return cleaned_entities(cells, frame, judged, unread, "no_user", col.USERS, col.USER)


def first_seen(*tables: pl.DataFrame | None) -> pl.DataFrame:
    """Each user of the tables with the first moment at which one of them names the user."""
    parts = [table.select(col.USER, col.AT) for table in tables if table is not None]
    return pl.concat(parts).group_by(col.USER).agg(pl.col(col.AT).min().alias(FIRST)).sort(col.USER)


def with_first_seen(users: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Users acquired at their first event where the data does not tell, by id.

    A user who is in no event and has no date was acquired at an unknown time: such a row is kept
    with the earliest moment of the table.
    """
    first = pl.coalesce(col.ACQUIRED, FIRST, pl.lit(seen[FIRST].min(), col.TIME))
    return (
        users.join(seen, on=col.USER, how="left", maintain_order="left")
        .with_columns(first.alias(col.ACQUIRED))
        .drop(FIRST)
        .sort(col.USER)
    )


def last_known(events: pl.DataFrame, attributes: Mapping[str, str]) -> pl.DataFrame:
    """For each user the last text in columns that the events carry.

    Args:
        events: Accepted events in order of time, with the file's columns behind a plus sign.
        attributes: attribute -> column of the file
    """
    columns = [stripped(events[f"+{column}"]).alias(name) for name, column in attributes.items()]
    known = pl.DataFrame([events[col.USER], *columns])
    last = [pl.col(name).drop_nulls().last() for name in attributes]
    return known.group_by(col.USER, maintain_order=True).agg(last).sort(col.USER)
