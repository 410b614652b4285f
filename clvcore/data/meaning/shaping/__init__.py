"""Rows of some exports are laid out anew before their columns are read.

A shop writes an order over several lines with the facts of the order in the first of them only, or
all lines of an order into one row. What is made of them is one row for each line that was bought,
with the money that was paid for it, and one for each refund. Where a file counts days from a day
that it does not tell, day and clock are brought into one cell.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from clvcore.data.dataset import RawTable
from clvcore.data.files.reading import DOUBT
from clvcore.data.meaning.shaping import instacart, journey, matomo, shopify, woocommerce
from clvcore.data.meaning.shaping.rows import Rows

SHAPED = "shaped"
"""Part of `RawTable.reading` that names how the rows were laid out."""
REFUNDS = "refunds"
"""Part of it that counts the refunds which were made rows of their own."""
JOINED = "joined"
"""Part of it that names the known export whose files were joined."""
COUNTS = ("alone", "capped", "lost", "matched", "untimed")
"""Parts of it that count what joining and laying out met."""
JOINED_ON = "joined_on"
"""Part of it that names the columns by which files were joined."""
_MADE = "made"

_READS: Mapping[str, re.Pattern[str]] = {
    "instacart_orders": instacart.READS,
    "journey_purchases": journey.READS,
    "matomo_visits": matomo.READS,
    "shopify_orders": shopify.READS,
    "woocommerce_orders": woocommerce.READS,
}
_SHAPES: Mapping[str, Callable[[RawTable], Rows]] = {
    "instacart_orders": instacart.orders_of,
    "journey_purchases": journey.lines_of,
    "matomo_visits": matomo.rows_of,
    "shopify_orders": shopify.lines_of,
    "woocommerce_orders": woocommerce.lines_of,
}


def shaped(raw: RawTable, shape: str) -> RawTable:
    """The table in this shape; as it is where it was brought into it before."""
    if raw.reading.get(SHAPED) == shape:
        return raw
    rows = _SHAPES[shape](raw)
    told = {
        **{name: str(count) for name, count in rows.told.items()},
        SHAPED: shape,
        REFUNDS: str(rows.refunds),
        _MADE: "\n".join(name for name in rows.frame.columns if name not in raw.frame.columns),
    }
    return replace(
        raw,
        frame=rows.frame,
        numbers=raw.numbers | rows.numbers,
        lines=rows.lines_of(raw),
        origin=None if raw.origin is None else raw.origin.gather(rows.sources),
        reading={**raw.reading, **told},
    )


def own_reading(raw: RawTable) -> dict[str, str]:
    """How the file was read, without what was only counted or made on the way."""
    return {
        name: value
        for name, value in raw.reading.items()
        if name not in {REFUNDS, JOINED_ON, _MADE, DOUBT, "letters", *COUNTS}
    }


def laid_out(raw: RawTable) -> dict[str, str]:
    """What tells how the rows were laid out, for a table that they become a part of."""
    parts = {SHAPED, REFUNDS, _MADE, *COUNTS}
    return {name: value for name, value in raw.reading.items() if name in parts}


def own_columns(raw: RawTable) -> tuple[str, ...]:
    """The columns that stood in the file."""
    made = raw.reading.get(_MADE, "").split("\n")
    return tuple(name for name in raw.frame.columns if name not in made)


def without_role(raw: RawTable, columns: Iterable[str]) -> list[str]:
    """Those of some columns that were not read either to lay out the rows, or to join files."""
    shape, joined = raw.reading.get(SHAPED), raw.reading.get(JOINED_ON, "").split("\n")
    return [
        name
        for name in columns
        if name not in joined and not (shape and _READS[shape].fullmatch(name))
    ]
