"""What there is to tell of two data sets that became one: the sums of both, and what is new."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.data.again import joined as tables
from clvcore.data.again.behaviour import Behaviour
from clvcore.data.cells.table import LINE
from clvcore.data.clean import Intake
from clvcore.data.cleaning.quality import MONEY_IN, WHY, finding, total
from clvcore.data.cleaning.scan import returns_found
from clvcore.data.cleaning.users import FIRST, first_seen
from clvcore.data.dataset import Account, Dataset, Finding, Severity
from clvcore.messages import Said

_OF_THE_WHOLE = ("unlisted_items", "unlisted_users", "late_acquisition", "spend_unknown")
"""Rules about the tables as they stand together, not about the rows of one file."""
_RETURNS = ("returns", "returns_found")
"""What is told of returns, which find their purchases across files."""
_COUNTED = {"rows", "count", "money", "column", "table", "table_id"}
"""Gaps of every finding's sentence."""
_KEPT = {"line", "examples", "zone", "kinds", "names", "named", "currency"}
"""Gaps that tell where and what, for example; those of the first finding stand for all."""


def findings_of_both(
    previous: Intake,
    fresh: Intake,
    events: Behaviour,
    replaced: pl.DataFrame,
    moved: Mapping[str, tuple[int, Decimal]],
) -> list[Finding]:
    """One finding for each thing that either tells, or that only both together tell.

    Args:
        previous: What is there.
        fresh: What further files bring.
        events: The events of both.
        replaced: Rows of spend that the later file replaces.
        moved: table -> rows that stood there or are replaced, and their money.
    """
    old, new = previous.dataset, fresh.dataset
    both = [*old.findings, *new.findings]
    told = [one for one in both if not (one.table == "events" and one.rule in _RETURNS)]
    found = _summed([*told, *_told(old, new, replaced, moved)])
    return [*found, *_returns(events, both, new.currency)]


def _returns(events: Behaviour, told: Sequence[Finding], currency: str) -> list[Finding]:
    """What came back, and what went back without a purchase that was found."""
    gone = events.judged.filter(pl.col(WHY) == "returns")
    found = []
    if gone.height:
        lines = gone[LINE].drop_nulls()
        money = total(gone[MONEY_IN])
        one = finding(
            Severity.NOTE, "returns", "events", rows=gone.height, money=money, currency=currency,
            line=lines[0] if len(lines) else "", examples="",
        )  # fmt: skip
        found.append(one)
    kept = events.judged.filter(pl.col(WHY).is_null() & (pl.col(col.KIND) == "refund"))
    if kept.height:
        turned = 0 if gone.height else sum(_turned(one) for one in told)
        money = total(events.pairs[col.AMOUNT])
        found.append(returns_found(kept, events.pairs.height, money, currency, turned))
    return found


def _turned(one: Finding) -> int:
    """How many refunds stood in the files as purchases below zero, as it was told."""
    if one.rule != "returns_found" or not isinstance(one.text, Said):
        return 0
    return int(str(one.text.values.get("turned", "0")).replace(",", ""))


def _summed(findings: Sequence[Finding]) -> list[Finding]:
    """One finding for each rule, table and column, with the rows and the money of all.

    Findings that tell more numbers than these stay as they are, each about its own files.
    """
    first: dict[tuple[str, str, str | None], Finding] = {}
    apart = []
    for one in findings:
        key = (one.rule, one.table, one.column)
        if one.rule in _OF_THE_WHOLE:
            continue
        if not _gaps(one.text) <= _KEPT | _COUNTED:
            apart.append(one)
        else:
            first[key] = _sum(first[key], one) if key in first else one
    return [*first.values(), *apart]


def _gaps(text: str) -> set[str]:
    return set(text.values) if isinstance(text, Said) else {"-"}


def _sum(one: Finding, other: Finding) -> Finding:
    """Both findings as one, told with the examples of the first."""
    values = one.text.values if isinstance(one.text, Said) else {}
    return finding(
        one.severity,
        one.rule,
        one.table,
        rows=one.rows + other.rows,
        money=one.money + other.money,
        column=one.column,
        currency=str(values.get("currency", "")),
        **{name: value for name, value in values.items() if name in _KEPT - {"currency"}},
    )


def _told(
    previous: Dataset,
    new: Dataset,
    replaced: pl.DataFrame,
    moved: Mapping[str, tuple[int, Decimal]],
) -> list[Finding]:
    """What was there already, and what the later files changed."""
    found = [
        finding(Severity.NOTE, "again_there", table, rows=rows, money=money)
        for table, (rows, money) in moved.items()
        if rows
    ]
    late = tables.corrected(previous.events, new.events)
    if late.height:
        money = total(late[col.AMOUNT])
        found.append(
            finding(Severity.WARNING, "again_corrected", "events", rows=late.height, money=money)
        )
    if new.spend is not None and replaced.height:
        other = tables.changed_spend(replaced, new.spend)
        if other.height:
            before, after = (total(other[name]) for name in ("before", "after"))
            found.append(
                finding(
                    Severity.WARNING,
                    "again_spend",
                    "spend",
                    rows=other.height,
                    money=after - before,
                    before=f"{before:,.2f}",
                    after=f"{after:,.2f}",
                )
            )
    return found


def tables_as_a_whole(
    items: pl.DataFrame,
    users: pl.DataFrame,
    events: pl.DataFrame,
    spend: pl.DataFrame | None,
    accounts: Sequence[Account],
) -> list[Finding]:
    """What is remarkable about the tables as they stand together."""
    listed = {one.table: one.accepted for one in accounts}
    found = [
        finding(Severity.WARNING, f"unlisted_{table}", table, rows=frame.height - listed[table])
        for table, frame in (("items", items), ("users", users))
        if table in listed and frame.height > listed[table]
    ]
    early = users.join(first_seen(events), on=col.USER, how="inner")
    early = early.filter(pl.col(FIRST) < pl.col(col.ACQUIRED))
    if early.height:
        found.append(finding(Severity.WARNING, "late_acquisition", "users", rows=early.height))
    if spend is None:
        found.append(finding(Severity.NOTE, "spend_unknown", "spend", rows=0))
    return found
