"""The items table: what there is to recommend."""

import polars as pl

from clvcore import columns as col
from clvcore.data.cells import amounts
from clvcore.data.cells.table import LINE, Cells, tags, typed, vectors
from clvcore.data.cleaning.currencies import converted
from clvcore.data.cleaning.quality import (
    MONEY_IN,
    WHY,
    Cleaned,
    account_for,
    finding,
    first_rule,
    left_out,
)
from clvcore.data.cleaning.verdicts import verdicts
from clvcore.data.dataset import Finding, Severity

_TABLE = "items"
_WORDS = (col.TITLE, col.CATEGORY, col.TEXT)


def clean_items(cells: Cells) -> Cleaned:
    """Items with their attributes; of rows with the same id the last one counts."""
    ids = cells.text(col.ITEM)
    price, unread_price = _money(cells, col.PRICE)
    cost, unread_cost = _money(cells, col.UNIT_COST)
    times, unread_time = cells.times(col.AVAILABLE)
    frame = pl.DataFrame(
        [
            ids.alias(col.ITEM),
            *(cells.text(role).alias(role) for role in _WORDS),
            tags(cells.text(col.TAGS)).alias(col.TAGS),
            price.alias(col.PRICE),
            cost.alias(col.UNIT_COST),
            times.at.alias(col.AVAILABLE),
            *attribute_columns(cells, col.ITEMS),
        ]
    )
    judged = judged_by_id(cells, ids, "no_item")
    unread = {
        col.PRICE: unread_price,
        col.UNIT_COST: unread_cost,
        col.AVAILABLE: unread_time,
    }
    return cleaned_entities(cells, frame, judged, unread, "no_item", col.ITEMS, col.ITEM)


def _money(cells: Cells, role: str) -> tuple[pl.Series, pl.Series]:
    """Money with four places, and which cells are no amount that can be meant."""
    exact, unread = cells.numbers(role)
    told = converted(cells, role, exact)
    numbers, unread = told.money, unread | (told.other & exact.is_not_null())
    huge = (numbers.abs() >= amounts.LARGEST).fill_null(value=False)
    sound = numbers.set(huge, value=None).to_frame("n")
    return sound.select(amounts.as_money(pl.col("n"))).to_series(), unread | huge


def attribute_columns(cells: Cells, schema: pl.Schema) -> list[pl.Series]:
    """Columns without a role as attributes, and the vectors where there are some."""
    columns = [
        typed(cells.raw.frame[name], number=name in cells.raw.numbers).alias(name)
        for name in cells.unused()
        if name not in schema and name != col.VECTOR
    ]
    return [*columns, vectors(cells)] if cells.has(col.VECTOR) else columns


def judged_by_id(cells: Cells, ids: pl.Series, rule: str) -> pl.DataFrame:
    """Verdicts on rows that must have an id and be its last."""
    last = ids.to_frame("i").select(pl.col("i").is_last_distinct()).to_series()
    why = first_rule([(rule, ids.is_null()), ("repeated_id", ~last)])
    nothing = pl.lit(0).cast(col.MONEY).alias(MONEY_IN)
    return pl.DataFrame([cells.lines(), why]).with_columns(nothing)


def cleaned_entities(
    cells: Cells,
    frame: pl.DataFrame,
    judged: pl.DataFrame,
    unread: dict[str, pl.Series],
    rule: str,
    schema: pl.Schema,
    key: str,
) -> Cleaned:
    """Items or users by id; a cell that cannot be read is unknown, and its row stays."""
    accepted = judged[WHY].is_null()
    found: list[Finding] = verdicts(cells, judged, {rule: key, "repeated_id": key})
    for role, mask in unread.items():
        rows = int((mask & accepted).sum())
        if rows:
            line = judged[LINE].filter(mask & accepted)[0]
            found.append(
                finding(
                    Severity.WARNING,
                    "unread_cells",
                    cells.raw.name,
                    rows=rows,
                    column=cells.column(role),
                    line=line,
                )
            )
    rest = [name for name in frame.columns if name not in schema]
    return Cleaned(
        frame=frame.filter(accepted).select(*schema, *rest).sort(key),
        account=account_for(cells, judged),
        findings=tuple(found),
        rejects=left_out(cells, judged, ignored=False),
        ignored=left_out(cells, judged, ignored=True),
    )


def with_unlisted(frame: pl.DataFrame, ids: pl.Series, key: str) -> pl.DataFrame:
    """The table with a row of unknowns for every id that it lacks, by id."""
    ids = ids.drop_nulls().unique()
    missing = ids.filter(~ids.is_in(frame[key].to_list())).alias(key).to_frame()
    return pl.concat([frame, missing], how="diagonal").sort(key)
