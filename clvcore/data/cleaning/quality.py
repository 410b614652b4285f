"""What became of every row and every cent, and what is remarkable about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.data.cells import rules
from clvcore.data.cells.stored import as_in_file
from clvcore.data.cells.table import LINE, Cells
from clvcore.data.dataset import Account, Finding, Severity
from clvcore.messages import say

WHY = "_why"
"""Column with the rule that rejects or ignores a row; null where the row is accepted."""
MONEY_IN = "_money"
"""Column with the money of the row as the file has it, 0 where there is none or it is unreadable."""
IGNORING = (
    "after_end",
    "not_happened",
    "repeated_id",
    "other_money",
    "again_there",
    *rules.IGNORING,
)
"""Rules that leave out rows which are whole."""
BROKEN = "cells_missing"
_NONE = Decimal("0.0000")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A table after cleaning."""

    frame: pl.DataFrame
    """Accepted rows with canonical columns, then attributes."""
    account: Account
    findings: tuple[Finding, ...]
    rejects: pl.DataFrame
    """``line``, ``reason`` and the original cells of every rejected row."""
    ignored: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The same of every ignored row, and of the lines that are no rows by intent."""
    apart: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Of events: see `clvcore.data.cleaning.memory`."""
    names: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Of events: how often they told which title or category of an item."""


def total(money: pl.Series) -> Decimal:
    """Exact sum; 0 for no rows."""
    return money.cast(col.MONEY).sum() or _NONE  # ty: ignore[invalid-explicit-return] : a sum of decimals is one


def finding(
    severity: Severity,
    rule: str,
    table: str,
    *,
    rows: int,
    money: Decimal = _NONE,
    column: str | None = None,
    currency: str = "",
    **values: object,
) -> Finding:
    """A finding whose sentences are ``data.<rule>`` and ``data.<rule>_fix``.

    Those of the rules that leave a choice stand under ``data.clean``.
    """
    gaps = {
        "rows": say("units.rows_many", rows=rows),
        "count": f"{rows:,}",
        "money": amount(money, currency),
        "currency": currency,
        "column": column,
        "table": say(f"data.table.{table}"),
        "table_id": table,
    }
    return Finding(
        severity=severity,
        rule=rule,
        table=table,
        rows=rows,
        money=money,
        column=column,
        text=say(f"data.{_place(rule)}", **gaps | values),
        fix=_fix(rule, **gaps | values),
    )


def amount(money: Decimal, currency: str) -> str:
    """Money to the cent, with its currency where that is known."""
    if not currency:
        return f"{money:,.2f}"
    sign = "-" if money < 0 else ""
    return say("units.money", sign=sign, currency=currency, amount=f"{abs(money):,.2f}")


def _fix(rule: str, **values: object) -> str:
    """What mends it; rules that leave a choice are mended by another choice."""
    bare = rule.removesuffix("_found")
    if not _place(rule).startswith("clean.") or bare not in rules.RULES:
        return say(f"data.{_place(rule)}_fix", **values)
    choices = ", ".join(rules.RULES[bare].choices)
    return say("data.clean.rule_fix", rule=bare, choices=choices)


def _place(rule: str) -> str:
    """Where the sentences about a rule stand."""
    bare = rule.removesuffix("_found")
    return f"clean.{rule}" if bare in rules.RULES and rule != "duplicate" else rule


def account_for(cells: Cells, judged: pl.DataFrame, kept: Decimal | None = None) -> Account:
    """The account of a table whose rows carry their verdict and their money.

    Args:
        cells: The table as it was read.
        judged: Its rows with `WHY` and `MONEY_IN`.
        kept: Money of the accepted rows where some of it is ignored though its row is not.
    """
    why = judged[WHY]
    ignored = why.is_in(IGNORING).fill_null(value=False)
    money = judged[MONEY_IN]
    broken, aside = cells.raw.broken.height, cells.raw.aside.height
    money_ok, money_left_out = total(money.filter(why.is_null())), total(money.filter(ignored))
    kept = money_ok if kept is None else kept
    return Account(
        table=cells.raw.name,
        rows_in=judged.height + broken + aside,
        accepted=int(why.is_null().sum()),
        rejected=judged.height - int(why.is_null().sum()) - int(ignored.sum()) + broken,
        ignored=int(ignored.sum()) + aside,
        money_in=total(money),
        money_accepted=kept,
        money_rejected=total(money) - money_ok - money_left_out,
        money_ignored=money_left_out + money_ok - kept,
    )


def left_out(cells: Cells, judged: pl.DataFrame, *, ignored: bool) -> pl.DataFrame:
    """Rows that were rejected, or ignored: line, reason, the original cells, or the text of what was no row."""
    why = judged[WHY]
    wanted = why.is_in(IGNORING) if ignored else why.is_not_null() & ~why.is_in(IGNORING)
    wanted = wanted.fill_null(value=False)
    rows = pl.DataFrame({"_line": judged[LINE].filter(wanted), "_reason": why.filter(wanted)})
    if cells.raw.origin is not None:  # lines are counted in each of several files
        rows = rows.with_columns(_file=cells.raw.origin.filter(wanted))
    rows = rows.hstack(as_in_file(cells.raw.frame.filter(wanted)))
    reasons = {rule: say(f"data.{_reason(rule)}") for rule in rows["_reason"].unique().to_list()}
    rows = rows.with_columns(
        pl.col("_reason").replace_strict(
            list(reasons), list(reasons.values()), default=None, return_dtype=pl.String
        )
    )
    lost = _no_rows(cells, ignored=ignored)
    if not lost.height:
        return by_line(rows)
    return by_line(pl.concat([rows, lost], how="diagonal"))


def by_line(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that were left out as they stood in the file, or in each of the files."""
    keys = [name for name in ("_line", "_file") if name in rows.columns]
    return rows.sort(keys, maintain_order=True)


def _reason(rule: str) -> str:
    place, _, name = _place(rule).rpartition(".")
    return f"{place}.why_{name}" if place else f"why_{name}"


def _no_rows(cells: Cells, *, ignored: bool) -> pl.DataFrame:
    """Lines that are no rows: broken ones, or those that a reader set aside."""
    if not ignored:
        why = say(f"data.why_{BROKEN}", table=cells.raw.name)
        broken = cells.raw.broken
        return broken.select(_line="line", _reason=pl.lit(why), _text="text", **_file(broken))
    aside = cells.raw.aside
    reasons = {one: say(f"data.clean.aside_{one}") for one in aside["why"].unique().to_list()}
    told = pl.col("why").replace_strict(
        list(reasons), list(reasons.values()), default=None, return_dtype=pl.String
    )
    return aside.select(_line="line", _reason=told, _text="text", **_file(aside))


def _file(lines: pl.DataFrame) -> dict[str, str]:
    """The column with the file of each line, where there were several."""
    return {"_file": "file"} if "file" in lines.columns else {}


def first_rule(rules: Sequence[tuple[str, pl.Series]]) -> pl.Series:
    """For each row the first rule that it breaks; null where it breaks none."""
    frame = pl.DataFrame([broken.alias(str(place)) for place, (_, broken) in enumerate(rules)])
    chosen = pl.coalesce(
        pl.when(pl.col(str(place)).fill_null(value=False)).then(pl.lit(rule))
        for place, (rule, _) in enumerate(rules)
    )
    return frame.select(chosen.alias(WHY)).to_series()


def in_range(at: pl.Series) -> pl.Series:
    """Whether moments lie where behaviour can lie: 1970 to 2200."""
    year = at.cast(col.TIME).dt.year()
    return (year >= 1970) & (year < 2200)
