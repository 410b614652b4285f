"""How sound a data set is: plain facts about every table and column, and no score."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Literal

import polars as pl

from clvcore import columns as col
from clvcore.columns import Kind
from clvcore.data.again.joined import told_of
from clvcore.data.again.measures import BEARING
from clvcore.data.cleaning.users import FIRST, first_seen
from clvcore.data.dataset import Account, Dataset, Finding
from clvcore.report.overview import step_of

Dimension = Literal["uniqueness", "timeliness", "consistency"]
_WAVERING = 0.005
"""Share of empty cells from which on, and up to which, a column wavers over time."""
_MOST = 5


@dataclass(frozen=True, slots=True)
class Column:
    """How full one column is."""

    table: str
    name: str
    type: str
    """text, number, money, time, list, vector, yes_no or kind."""
    rows: int
    """Rows that can bear a value: an amount belongs to purchases and refunds, not to views."""
    filled: int
    distinct: int | None
    """Different values; None for lists and vectors."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One number about the tables."""

    dimension: Dimension
    name: str
    value: int
    of: int | None = None
    """What it is a part of; None where it is a number of its own."""


@dataclass(frozen=True, slots=True)
class Check:
    """Two sums that have to be equal."""

    name: str
    table: str
    one: Decimal
    other: Decimal

    @property
    def holds(self) -> bool:
        """Whether they are."""
        return self.one == self.other


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """All that is known of the soundness of a data set."""

    data: Dataset
    findings: tuple[Finding, ...]
    accounts: tuple[Account, ...]
    columns: tuple[Column, ...]
    facts: tuple[Fact, ...]
    checks: tuple[Check, ...]
    observed: tuple[datetime, datetime]
    empty: pl.DataFrame
    """``begin``, ``column`` and ``share`` of empty cells by week or month, of the columns of the
    events that waver most."""


def quality_of(data: Dataset) -> Quality:
    """What is known of the soundness of a data set."""
    columns = tuple(
        _column(table, frame, name)
        for table, frame in data.tables().items()
        for name in frame.columns
    )
    return Quality(
        data=data,
        findings=data.findings,
        accounts=data.accounts,
        columns=columns,
        facts=(*_uniqueness(data), *_timeliness(data), *_consistency(data)),
        checks=_checks(data),
        observed=data.observed,
        empty=empty_over_time(data),
    )


def _column(table: str, frame: pl.DataFrame, name: str) -> Column:
    kinds = BEARING.get(name) if table == "events" else None
    values = (frame if kinds is None else frame.filter(pl.col(col.KIND).is_in(kinds)))[name]
    nested = values.dtype.is_nested()
    return Column(
        table=table,
        name=name,
        type=_type(values.dtype),
        rows=len(values),
        filled=len(values) - values.null_count(),
        distinct=None if nested else values.drop_nulls().n_unique(),
    )


def _type(kind: pl.DataType) -> str:
    named = {
        "list": isinstance(kind, pl.List),
        "vector": isinstance(kind, pl.Array),
        "money": kind.is_decimal(),
        "number": kind.is_numeric(),
        "time": kind.is_temporal(),
        "yes_no": kind == pl.Boolean,
        "kind": isinstance(kind, pl.Enum),
    }
    return next((name for name, fits in named.items() if fits), "text")


def _uniqueness(data: Dataset) -> list[Fact]:
    events, items = data.events, data.items
    again = sum(one.rows for one in data.findings if one.rule == "again_there")
    titles = items[col.TITLE].drop_nulls()
    return [
        Fact("uniqueness", "same_events", events.height - events.n_unique(), events.height),
        Fact("uniqueness", "again", again, sum(one.rows_in for one in data.accounts)),
        Fact("uniqueness", "same_titles", len(titles) - titles.n_unique(), len(titles)),
    ]  # fmt: skip


def _timeliness(data: Dataset) -> list[Fact]:
    zone = data.recipe.time_zone
    days = data.events[col.AT].dt.convert_time_zone(zone).dt.date().unique().sort().to_list()
    silent = [(later - earlier).days - 1 for earlier, later in pairwise(days)]
    after = (data.observed[1].date() - data.events[col.AT].dt.date().sort()[-1]).days
    span = (days[-1] - days[0]).days + 1
    return [
        Fact("timeliness", "days", span),
        Fact("timeliness", "silent_days", sum(silent), span),
        Fact("timeliness", "longest_silence", max(silent, default=0)),
        Fact("timeliness", "days_after", max(after, 0)),
    ]


def _consistency(data: Dataset) -> list[Fact]:
    users, items = data.users, data.items
    seen = users.join(first_seen(data.events), on=col.USER, how="inner")
    net = data.events.group_by(col.USER).agg(pl.col(col.AMOUNT).sum().alias("net"))
    taken = items[col.ITEM].is_in(data.events[col.ITEM].drop_nulls().unique().to_list())
    facts = [
        Fact("consistency", "bare_items", items.height - told_of(items, col.ITEM).height, items.height),
        Fact("consistency", "idle_items", items.height - int(taken.sum()), items.height),
        Fact("consistency", "no_channel", users[col.CHANNEL].null_count(), users.height),
        Fact("consistency", "early_events", seen.filter(pl.col(FIRST) < pl.col(col.ACQUIRED)).height, users.height),
        Fact("consistency", "below_zero", net.filter(pl.col("net") < 0).height, users.height),
    ]  # fmt: skip
    if data.spend is not None:
        paid, won = (set(one[col.CHANNEL].drop_nulls()) for one in (data.spend, users))
        facts += [
            Fact("consistency", "spend_without_users", len(paid - won), len(paid)),
            Fact("consistency", "users_without_spend", len(won - paid), len(won)),
        ]
    return facts


def _checks(data: Dataset) -> tuple[Check, ...]:
    """Rows and money of every table from both sides."""
    found = []
    for one in data.accounts:
        rows = one.accepted + one.rejected + one.ignored
        found.append(Check("rows", one.table, Decimal(one.rows_in), Decimal(rows)))
        parts = one.money_accepted + one.money_rejected + one.money_ignored
        if one.table in ("events", "spend"):
            total = data.tables()[one.table][col.AMOUNT].sum() or Decimal(0)
            found.append(Check("money", one.table, one.money_in, parts))
            found.append(Check("table", one.table, one.money_accepted, Decimal(total)))
    return tuple(found)


def empty_over_time(data: Dataset) -> pl.DataFrame:
    """Share of empty cells of columns of the events by week or month: those that waver most."""
    every = step_of(data)
    local = pl.col(col.AT).dt.convert_time_zone(data.recipe.time_zone)
    framed = data.events.with_columns(local.dt.truncate(every).dt.date().alias("begin"))
    parts = []
    for name in (col.ITEM, col.QUANTITY, col.AMOUNT, col.ORDER, col.RATING, col.CHANNEL):
        kinds = BEARING.get(name, tuple(Kind))
        own = framed.filter(pl.col(col.KIND).is_in([str(kind) for kind in kinds]))
        if own.height and _WAVERING < own[name].null_count() / own.height < 1 - _WAVERING:
            share = pl.col(name).is_null().mean().alias("share")
            parts.append(own.group_by("begin").agg(share).with_columns(column=pl.lit(name)))
    if not parts:
        return pl.DataFrame(schema={"begin": pl.Date, "column": pl.String, "share": pl.Float64})
    parts.sort(key=lambda one: -one.select(pl.col("share").std().fill_null(0.0)).item())
    return pl.concat(parts[:_MOST]).select("begin", "column", "share").sort("column", "begin")
