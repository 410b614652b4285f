"""The spend table: what was paid to win users, by day and channel."""

from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.data.cells import amounts
from clvcore.data.cells.table import Cells
from clvcore.data.cleaning.currencies import converted
from clvcore.data.cleaning.noticed import told as remark
from clvcore.data.cleaning.quality import (
    MONEY_IN,
    WHY,
    Cleaned,
    account_for,
    finding,
    first_rule,
    in_range,
    left_out,
    total,
)
from clvcore.data.cleaning.verdicts import verdicts
from clvcore.data.dataset import Severity

_COLUMN_OF_RULE = {
    "no_date": col.DATE,
    "bad_time": col.DATE,
    "no_spend": col.AMOUNT,
    "bad_amount": col.AMOUNT,
    "large_amount": col.AMOUNT,
}


def clean_spend(cells: Cells) -> Cleaned:
    """Spend by (date, channel, campaign); a date is one of the files' time zone."""
    times, unread_time = cells.times(col.DATE)
    exact, unread = cells.numbers(col.AMOUNT)
    told = converted(cells, col.AMOUNT, exact, times.at)
    amount = told.money.to_frame("n").select(amounts.as_money(pl.col("n"))).to_series()
    large = (amount.abs() >= amounts.LARGEST).fill_null(value=False)
    counts = [
        cells.numbers(role)[0].cast(pl.Int64, strict=False)
        for role in (col.IMPRESSIONS, col.CLICKS)
    ]
    why = first_rule(
        [
            ("no_date", times.at.is_null() & ~unread_time),
            ("bad_time", unread_time | ~in_range(times.at)),
            ("bad_amount", unread),
            ("other_money", told.other),
            ("no_spend", amount.is_null()),
            ("large_amount", large),
        ]
    )
    judged = pl.DataFrame(
        [
            cells.lines(),
            times.at.dt.convert_time_zone(cells.time_zone).dt.date().alias(col.DATE),
            cells.text(col.CHANNEL).alias(col.CHANNEL),
            cells.text(col.CAMPAIGN).alias(col.CAMPAIGN),
            amount.alias(col.AMOUNT),
            counts[0].alias(col.IMPRESSIONS),
            counts[1].alias(col.CLICKS),
            why,
            amount.set(large, value=None).fill_null(Decimal(0)).cast(col.MONEY).alias(MONEY_IN),
        ]
    )
    frame = judged.filter(pl.col(WHY).is_null()).select(*col.SPEND)
    found = [*verdicts(cells, judged, _COLUMN_OF_RULE), *map(remark, told.noticed)]
    below = frame.filter(pl.col(col.AMOUNT) < 0)
    if below.height:
        money = total(below[col.AMOUNT])
        column = cells.column(col.AMOUNT)
        found.append(
            finding(
                Severity.WARNING,
                "negative_spend",
                "spend",
                rows=below.height,
                money=money,
                column=column,
                currency=cells.currency_code,
            )
        )
    return Cleaned(
        frame=frame.sort(col.DATE, col.CHANNEL, col.CAMPAIGN, maintain_order=True),
        account=account_for(cells, judged),
        findings=tuple(found),
        rejects=left_out(cells, judged, ignored=False),
        ignored=left_out(cells, judged, ignored=True),
    )
