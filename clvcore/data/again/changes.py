"""How the next files differ from what is there: every difference with its numbers and its weight."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import polars as pl

from clvcore import columns as col
from clvcore.data.again import measures, usual
from clvcore.data.again.headers import known_columns
from clvcore.data.dataset import Dataset, Finding, RawTable, Severity
from clvcore.data.meaning.shaping import own_columns
from clvcore.messages import listed, say

Unit = Literal["share", "per_day", "money", "days"]
_NAMES_MATTER = 0.05
"""Share of the events from which on names that are new, or gone, are a warning."""
_REJECTED_MORE, _REJECTED_MANY = 0.01, 0.05
"""Further share of rejected rows that is a warning, and an error."""
_NEVER_EMPTY = (col.USER, col.AT, col.KIND, col.STREAM)
_LIFTED = {"unknown_kind": Severity.WARNING, "other_currency": Severity.ERROR}
"""Findings about the rows that are differences too, with their weight."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was compared."""

    severity: Severity
    """NOTE where it is usual, or news of no weight."""
    rule: str
    table: str
    column: str | None
    value: str | None
    """The kind of event that it is about; None where it is about no single one."""
    before: float | None
    after: float | None
    unit: Unit | None
    """None where the difference is one of names."""
    usual: tuple[float, float] | None
    """From where to where it goes from month to month; None where that cannot be told."""
    text: str
    fix: str

    @property
    def is_news(self) -> bool:
        """Whether it is more than a number that is as usual."""
        return self.severity is not Severity.NOTE or self.unit is None


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that was compared, the gravest first."""

    all: tuple[Change, ...]

    @property
    def news(self) -> tuple[Change, ...]:
        """What differs."""
        return tuple(one for one in self.all if one.is_news)

    @property
    def alarming(self) -> tuple[Change, ...]:
        """Errors and warnings."""
        return tuple(one for one in self.all if one.severity is not Severity.NOTE)


def changes(previous: Dataset, fresh: Dataset, raws: Mapping[str, RawTable]) -> Changes:
    """What differs between a data set and further files that were brought in by its recipe.

    Numbers are compared with the part of the files that is later than the data set, or with all of
    them where nothing is later. What is usual, and what is how grave, see `clvcore.data.again.usual`.

    Args:
        previous: What is there.
        fresh: The data set of the further files alone.
        raws: The files as they were read; events need not be among them.
    """
    later = fresh.events.filter(pl.col(col.AT) > previous.events[col.AT].max())
    part = later if later.height else fresh.events
    found = [
        *_columns(previous, fresh, raws),
        *_lifted(fresh.findings),
        *_happened(previous, fresh, part),
        *_names(previous, fresh, part),
        *_gaps(previous, fresh, part),
        *_rejected(previous, fresh),
    ]
    order = list(Severity)
    return Changes(
        tuple(sorted(found, key=lambda one: (order.index(one.severity), not one.is_news)))
    )


def _change(
    rule: str,
    severity: Severity,
    *,
    table: str = "events",
    column: str | None = None,
    value: str | None = None,
    before: float | None = None,
    after: float | None = None,
    unit: Unit | None = None,
    usual: tuple[float, float] | None = None,
    **values: Any,
) -> Change:
    """A change whose sentences are ``data.again_<rule>`` and ``data.again_<rule>_fix``."""
    gaps = {
        "table": say(f"data.table.{table}"),
        "column": column,
        "before": shown(before, unit),
        "after": shown(after, unit),
        **values,
    }
    text = say(f"data.again_{rule}", **gaps)
    if usual is not None:
        low, high = (shown(end, unit) for end in usual)
        text = say("units.both", first=text, second=say("data.again_usual", low=low, high=high))
    return Change(
        severity=severity,
        rule=rule,
        table=table,
        column=column,
        value=value,
        before=before,
        after=after,
        unit=unit,
        usual=usual,
        text=text,
        fix=say(f"data.again_{rule}_fix", **gaps),
    )


def shown(value: float | None, unit: Unit | None) -> str:
    """A number as a sentence says it: shares in percent, rates with three significant digits."""
    if value is None:
        return say("data.again_unknown")
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,.0f}" if unit == "days" or abs(value) >= 100 else f"{value:,.3g}"


def _measured(
    rule: str,
    found: measures.Measured,
    judge: Callable[[Sequence[float], float | None, float], usual.Judged],
    unit: Unit,
    **values: Any,
) -> Change:
    told = judge(found.months, found.before, found.after)
    return _change(
        rule,
        told.severity,
        before=told.before,
        after=found.after,
        unit=unit,
        usual=told.usual,
        **values,
    )


def _columns(previous: Dataset, fresh: Dataset, raws: Mapping[str, RawTable]) -> Iterator[Change]:
    """Columns that are new, gone, or read under another name than before."""
    for table, raw in raws.items():
        before, there = known_columns(previous.lineage, table), own_columns(raw)
        old, new = (
            dict(one.recipe.maps[table].roles) if table in one.recipe.maps else {}
            for one in (previous, fresh)
        )
        moved = {old[role]: new[role] for role in old if new.get(role, old[role]) != old[role]}
        lost = [old[role] for role in old if role not in new]
        for one, name in moved.items():
            yield _change("column_renamed", Severity.NOTE, table=table, column=one, name=name)
        if lost:
            yield _change("columns_lost", Severity.WARNING, table=table, names=listed(lost))
        fresh_names = [name for name in there if name not in (*before, *moved.values())]
        gone = [name for name in before if name not in (*there, *moved, *lost)]
        if before and fresh_names:
            yield _change("columns_new", Severity.NOTE, table=table, names=listed(fresh_names))
        if gone:
            yield _change("columns_gone", Severity.NOTE, table=table, names=listed(gone))


def _lifted(findings: Sequence[Finding]) -> Iterator[Change]:
    for one in findings:
        if one.rule in _LIFTED:
            yield Change(
                severity=_LIFTED[one.rule],
                rule=one.rule,
                table=one.table,
                column=one.column,
                value=None,
                before=None,
                after=None,
                unit=None,
                usual=None,
                text=one.text,
                fix=one.fix,
            )


def _happened(previous: Dataset, fresh: Dataset, part: pl.DataFrame) -> Iterator[Change]:
    """When things happened, how many and of which kinds; nothing where no event was brought."""
    if part.height:
        yield from _span(previous, fresh)
        yield from _rates(previous, part)
        yield from _kinds(previous, part)


def _span(previous: Dataset, fresh: Dataset) -> Iterator[Change]:
    """Where the files begin and end beside what is there."""
    (start, end), (first, last) = (_ends(one.events[col.AT]) for one in (previous, fresh))
    told: dict[str, Any] = {"first": first, "last": last, "end": end}
    silent = (first.date() - end.date()).days - 1
    if last <= end and first >= start:
        yield _change("inside", Severity.WARNING, **told)
    elif last < start:
        yield _change("earlier", Severity.WARNING, **told)
    elif first <= end:
        yield _change("overlap", Severity.NOTE, **told)
    else:
        longest = measures.longest_silence(previous)
        weight = Severity.WARNING if silent > max(2, longest) else Severity.NOTE
        yield _change(
            "gap", weight, before=float(longest), after=float(max(silent, 0)), unit="days", **told
        )


def _ends(times: pl.Series) -> tuple[datetime, datetime]:
    ordered = times.sort()
    return ordered[0], ordered[-1]


def _rates(previous: Dataset, part: pl.DataFrame) -> Iterator[Change]:
    months = measures.full_months(previous)
    found = measures.rate(months, previous, part, pl.len())
    yield _measured("volume", found, usual.level, "per_day")
    found = measures.rate(months, previous, part, pl.col(col.AMOUNT).sum())
    if found.before or found.after:
        yield _measured("money", found, usual.level, "money", currency=previous.currency)
    for key, rule in ((col.USER, "known_users"), (col.ITEM, "known_items")):
        known = measures.known(months, previous, part, key)
        if part[key].null_count() < part.height:
            yield _measured(rule, known, usual.share, "share")


def _kinds(previous: Dataset, part: pl.DataFrame) -> Iterator[Change]:
    months = measures.full_months(previous)
    sides = [set(frame[col.KIND].cast(pl.String)) for frame in (previous.events, part)]
    for kind in sorted(sides[0] | sides[1]):
        found = measures.share(
            months, previous.events, part, pl.col(col.KIND).cast(pl.String) == kind
        )
        named: dict[str, Any] = {
            "kind": say(f"page_data.kind.{kind}"),
            "column": col.KIND,
            "value": kind,
        }
        if kind not in sides[0]:
            yield _change("kind_new", Severity.WARNING, after=found.after, unit="share", **named)
        elif kind not in sides[1]:
            grave = max(found.before or 0, *found.months, 0) > _NAMES_MATTER
            weight = Severity.WARNING if grave else Severity.NOTE
            yield _change(
                "kind_gone", weight, before=found.before, after=0.0, unit="share", **named
            )
        else:
            yield _measured("kind_share", found, usual.share, "share", **named)


def _names(previous: Dataset, fresh: Dataset, part: pl.DataFrame) -> Iterator[Change]:
    """Categories and channels that are new or gone, by the share of events that bear them."""
    titled = [one.items.select(col.ITEM, col.CATEGORY) for one in (previous, fresh)]
    catalogue = pl.concat(titled).drop_nulls().unique(col.ITEM, keep="last", maintain_order=True)
    for column in (col.CATEGORY, col.CHANNEL):
        before, after = (
            (
                frame.join(catalogue, on=col.ITEM, how="left", maintain_order="left")
                if column == col.CATEGORY
                else frame
            )
            .select(pl.col(column).drop_nulls())
            .to_series()
            .value_counts(normalize=True, name="share")
            for frame in (previous.events, part)
        )
        if before.is_empty() or after.is_empty():
            continue
        for rule, one, other in (("names_new", after, before), ("names_gone", before, after)):
            only = one.filter(~pl.col(column).is_in(other[column].to_list()))
            only = only.sort("share", column, descending=[True, False])
            total = float(only["share"].sum())
            if only.height:
                weight = Severity.WARNING if total > _NAMES_MATTER else Severity.NOTE
                names, share = listed(only[column].to_list(), most=5), f"{total:.1%}"
                yield _change(rule, weight, column=column, names=names, share=share)


def _gaps(previous: Dataset, fresh: Dataset, part: pl.DataFrame) -> Iterator[Change]:
    """How often a cell is empty, for every column that holds something on either side."""
    months = measures.full_months(previous)
    for column in col.EVENTS:
        kinds = measures.BEARING.get(column)
        which = pl.lit(value=True) if kinds is None else pl.col(col.KIND).is_in(kinds)
        sides = [one.filter(which) for one in (previous.events, part)]
        told_of = [one for one in sides if one[column].null_count() < one.height]
        if all(one.height for one in sides) and told_of and column not in _NEVER_EMPTY:
            empty = {at: one.filter(which) for at, one in months.items()}
            found = measures.share(
                {at: one for at, one in empty.items() if one.height},
                sides[0],
                sides[1],
                pl.col(column).is_null(),
            )
            yield _measured("missing", found, usual.share, "share", column=column)
    told = {account.table for account in fresh.accounts}
    for table in ("items", "users"):
        old, new = previous.tables()[table], fresh.tables()[table]
        for column in [name for name in old.columns if name in new.columns and table in told]:
            shares = [frame[column].null_count() / max(frame.height, 1) for frame in (old, new)]
            if min(shares) < 1:
                found = usual.share([], *shares)
                yield _change(
                    "missing", found.severity, table=table, column=column,
                    before=shares[0], after=shares[1], unit="share",
                )  # fmt: skip


def _rejected(previous: Dataset, fresh: Dataset) -> Iterator[Change]:
    before = {one.table: one for one in previous.accounts}
    for account in fresh.accounts:
        old = before.get(account.table)
        if old is None or not old.rows_in or not account.rows_in:
            continue
        shares = old.rejected / old.rows_in, account.rejected / account.rows_in
        more = shares[1] - shares[0]
        weight = Severity.WARNING if more > _REJECTED_MORE else Severity.NOTE
        yield _change(
            "rejected", Severity.ERROR if more > _REJECTED_MANY else weight,
            table=account.table, before=shares[0], after=shares[1], unit="share",
        )  # fmt: skip
