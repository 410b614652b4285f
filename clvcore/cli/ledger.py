"""The tables of ``clv value`` beside the groups: the ledger, what users cost, and when that comes back."""

from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore.messages import say

if TYPE_CHECKING:
    from clvcore.value.costs import CostTable
    from clvcore.value.statement import Statement

SHOWN_ROWS = 60
SUMS = ("ltv", "clv")
"""Lines of the ledger that those above add up to."""


def amount(money: Decimal | float | None) -> str:
    """Money to two places; a dash where it is unknown or there is nothing to divide by."""
    return "-" if money is None else f"{money:,.2f}"


def tell_ledger(console: Console, made: "Statement") -> None:
    """From what was bought to CLV."""
    parts = ("realised", "forecast", "both")
    table = _table("", *(say(f"cli.column.{part}") for part in parts))
    for row in made.frame.iter_rows(named=True):
        told = say(f"value.line.{row['line']}")
        style = "bold" if row["line"] in SUMS else None
        table.add_row(told, *(amount(row[part]) for part in parts), style=style)
    console.print(table)
    if made.users and made.users_unknown:
        told = say("value.cli_ltv_unknown_users", n=made.users_unknown)
        console.print(Text(told, style="dim"))
    console.print()


def tell_costs(console: Console, costs: "CostTable") -> None:
    """Users and spend of every cell, by how the users came."""
    from clvcore.charts import words
    from clvcore.value.breakdown import UNKNOWN

    keys = [*costs.by]
    table = _table(
        *(say(f"cli.column.{key}") for key in (*keys, "why", "users", "spend", "cac_each")),
        words=len(keys) + 1,
    )
    for row in costs.rows.head(SHOWN_ROWS).iter_rows(named=True):
        table.add_row(
            *(Text(words.group(UNKNOWN if row[key] is None else str(row[key]))) for key in keys),
            say(f"value.source.{row['source']}"),
            f"{row['users']:,}",
            amount(row["spend"]),
            amount(row["cac"]),
        )
    console.print(table)
    _more(console, costs.rows)
    total = costs.total.row(0, named=True)
    told = say(
        "value.cli_costs", paid=amount(total["cac_paid"]), blended=amount(total["cac_blended"])
    )
    console.print(Text(told, style="dim"))
    console.print()


def tell_payback(console: Console, rows: pl.DataFrame, by: str) -> None:
    """What every group cost and brought, and when the one met the other."""
    from clvcore.charts import words

    measures = ("users", "cac", "brought", "missing", "forecast", "payback_months", "state")
    table = _table(by, *(say(f"cli.column.{name}") for name in measures))
    for row in rows.head(SHOWN_ROWS).iter_rows(named=True):
        months = row["months"]
        table.add_row(
            Text(words.group(row["group"])),
            f"{row['users']:,}",
            *(amount(row[name]) for name in ("cac", "brought", "missing", "forecast")),
            "-" if months is None else f"{months:,}",
            say(f"value.payback.{row['state']}"),
        )
    console.print(table)
    _more(console, rows)
    console.print(Text(say("value.cli_payback"), style="dim"))
    console.print()


def _table(*names: str, words: int = 1) -> Table:
    """A table whose first columns are words and whose others are numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(names):
        table.add_column(name, justify="left" if place < words else "right")
    return table


def _more(console: Console, rows: pl.DataFrame) -> None:
    if rows.height > SHOWN_ROWS:
        hidden = rows.height - SHOWN_ROWS
        console.print(Text(say("value.cli_more_groups", n=hidden), style="dim"))
