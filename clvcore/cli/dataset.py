"""A data set as JSON and as text: what is in it, and what became of its rows and its money."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore import columns as col
from clvcore.data import lineage
from clvcore.data import recipe as recipes
from clvcore.data.cleaning.gathered import by_kind, by_stream
from clvcore.data.dataset import Account, Dataset, Finding, Origin, Recipe, Severity, Step
from clvcore.messages import listed, say
from clvcore.runs import stored
from clvcore.runs.piles import Brought

STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


def mark(*, simulated: bool) -> str:
    """The label behind the name of data that no real user made."""
    return f" ({say('cli.simulated')})" if simulated else ""


def as_stored(dataset: Dataset, folder: Path) -> Dataset:
    """The data set that was just stored, with the moment at which it was."""
    return replace(dataset, lineage=lineage.from_json(stored.facts_of(folder)["lineage"]))


@dataclass(frozen=True, slots=True)
class Overview:
    """What is told of a data set, whether or not somebody holds its events."""

    id: str
    recipe: Recipe
    observed: tuple[datetime, datetime]
    accounts: tuple[Account, ...]
    findings: tuple[Finding, ...]
    lineage: tuple[Step, ...]
    users: int
    items: int
    events: int
    kinds: Mapping[str, int]
    """kind -> number of events"""
    money: Mapping[str, Decimal]
    """stream -> money"""
    spend: Decimal | None

    @property
    def name(self) -> str:
        """Name of the data set."""
        return self.recipe.name

    @property
    def currency(self) -> str:
        """ISO 4217 code of its money."""
        return self.recipe.currency


def overview(dataset: Dataset) -> Overview:
    """What is told of a data set."""
    return Overview(
        **_told(dataset),
        users=dataset.users.height,
        items=dataset.items.height,
        events=dataset.events.height,
        kinds=_by_kind(dataset),
        money=_by_stream(dataset),
        spend=_spend(dataset.spend),
    )


def overview_of(brought: Brought, folder: Path) -> Overview:
    """What is told of a data set that was just stored, whose events nobody holds."""
    steps = lineage.from_json(stored.facts_of(folder)["lineage"])
    told: dict[str, Any] = {**_told(brought), "lineage": steps}
    return Overview(
        **told,
        users=brought.whole.users.height,
        items=brought.whole.items.height,
        events=brought.found.rows,
        kinds=by_kind(brought.found),
        money=by_stream(brought.found),
        spend=_spend(brought.whole.spend),
    )


def _told(dataset: stored.Described) -> dict[str, Any]:
    parts = ("id", "recipe", "observed", "accounts", "findings", "lineage")
    return {part: getattr(dataset, part) for part in parts}


def summary(dataset: Dataset | Overview, folder: Path | None = None) -> dict[str, Any]:
    """What is in a data set and what became of its rows, as plain values for JSON."""
    dataset = overview(dataset) if isinstance(dataset, Dataset) else dataset
    tables = {}
    for account in dataset.accounts:
        tables[account.table] = {k: v for k, v in asdict(account).items() if k != "table"}
    rows = tables.get("events", {})
    return {
        "id": dataset.id,
        "name": dataset.name,
        "currency": dataset.currency,
        "time_zone": dataset.recipe.time_zone,
        "domain": dataset.recipe.domain,
        "simulated": dataset.recipe.simulated,
        "source": dataset.recipe.source,
        "licence": dataset.recipe.licence,
        "folder": str(folder) if folder else None,
        "observed": list(dataset.observed),
        **{name: rows.get(name) for name in ("rows_in", "accepted", "rejected", "ignored")},
        "users": dataset.users,
        "items": dataset.items,
        "events_by_kind": dict(dataset.kinds),
        "money_by_stream": dict(dataset.money),
        "spend": dataset.spend,
        "tables": tables,
        "maps": recipes.to_json(dataset.recipe)["maps"],
        "options": dict(dataset.recipe.options),
        "findings": [asdict(finding) for finding in dataset.findings],
        "lineage": lineage.to_json(dataset.lineage),
    }


def _by_kind(dataset: Dataset) -> dict[str, int]:
    counts = dataset.events.group_by(col.KIND).len().sort(col.KIND)
    return {str(kind): rows for kind, rows in counts.rows()}


def _by_stream(dataset: Dataset) -> dict[str, Decimal]:
    bearing = dataset.events.filter(pl.col(col.AMOUNT).is_not_null())
    sums = bearing.group_by(col.STREAM).agg(pl.col(col.AMOUNT).sum()).sort(col.STREAM)
    return {str(stream): money for stream, money in sums.rows()}


def _spend(spend: pl.DataFrame | None) -> Decimal | None:
    return None if spend is None else Decimal(spend[col.AMOUNT].sum())


def tell(console: Console, dataset: Dataset | Overview, folder: Path | None) -> None:
    """Print a data set for people."""
    dataset = overview(dataset) if isinstance(dataset, Dataset) else dataset
    first, last = dataset.observed
    recipe = dataset.recipe
    heading = Text(dataset.name, style="bold")
    heading.append(mark(simulated=recipe.simulated), style="bold yellow")
    heading.append(f"  {dataset.id}", style="dim")
    console.print(heading)
    if recipe.source:
        console.print(Text(say("data.told_source", source=recipe.source, licence=recipe.licence)))
    console.print(Text(say("data.told_observed", first=_clock(first), last=_clock(last))))
    console.print(
        Text(
            say(
                "data.told_size",
                users=f"{dataset.users:,}",
                items=f"{dataset.items:,}",
                events=f"{dataset.events:,}",
            )
        )
    )
    kinds = {say(f"page_data.kind.{name}"): n for name, n in dataset.kinds.items()}
    console.print(Text(_list(kinds, "{:,}")))
    streams = {say(f"cli.stream.{name}"): sum_ for name, sum_ in dataset.money.items()}
    money = _list(streams, "{:,.2f}")
    if money:
        console.print(Text(say("data.told_money", currency=dataset.currency, money=money)))
    spend = dataset.spend
    told = "data.told_no_spend" if spend is None else "data.told_spend"
    console.print(Text(say(told, currency=dataset.currency, spend=f"{spend or 0:,.2f}")))
    console.print()
    console.print(_accounting(dataset))
    _tell_findings(console, dataset.findings)
    _tell_lineage(console, dataset.lineage)
    for key, pattern in (
        ("data.told_rejects", stored.REJECTS),
        ("data.told_ignored", stored.IGNORED),
    ):
        for file in sorted(folder.glob(pattern.format(table="*"))) if folder else []:
            console.print(Text(say(key, file=file)))


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _list(values: Mapping[str, Any], form: str) -> str:
    parts = [
        say("cli.amount_of", name=name, amount=form.format(value)) for name, value in values.items()
    ]
    return listed(parts, most=len(parts))


def _accounting(dataset: Overview) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(say("cli.column.table"))
    kept = ("rejected", "ignored")
    for name in ("rows_in", "accepted", *kept, "money_accepted", *kept):
        heading = say(f"cli.column.{name}", currency=dataset.currency)
        table.add_column(heading, justify="right")
    for account in dataset.accounts:
        rows = (account.rows_in, account.accepted, account.rejected, account.ignored)
        amounts = (account.money_accepted, account.money_rejected, account.money_ignored)
        bears = account.table in {"events", "spend"}
        table.add_row(
            say(f"data.table.{account.table}"),
            *(f"{count:,}" for count in rows),
            *(f"{amount:,.2f}" if bears else "" for amount in amounts),
        )
    return table


def _tell_lineage(console: Console, steps: Sequence[Step]) -> None:
    """Which files it was made of, and when; nothing where that is not known."""
    for step in steps:
        console.print()
        when = _clock(step.at) if step.at else say("data.again_not_stored")
        told = "data.again_step" if step.parent is None else "data.again_step_added"
        console.print(Text(say(told, when=when, version=step.version, parent=step.parent)))
        for origin in step.origins:
            console.print(Text(f"  {origin_line(origin)}", style="dim"))


def origin_line(origin: Origin) -> str:
    """One table of a step: its rows and files, in a sentence."""
    files = [
        say("data.again_file", name=file.name, size=f"{file.n_bytes:,}", digest=file.sha256[:12])
        for file in origin.files
    ]
    return say(
        "data.again_origin",
        table=say(f"data.table.{origin.table}"),
        rows=f"{origin.account.rows_in:,}",
        accepted=f"{origin.account.accepted:,}",
        files=listed(files, most=len(files)) or origin.source,
    )


def _tell_findings(console: Console, findings: Sequence[Finding]) -> None:
    for finding in findings:
        console.print()
        grave = say(f"page_data.severity_{finding.severity.value}")
        line = Text(say("cli.finding", grave=grave), style=STYLES[finding.severity])
        line.append(finding.text, style="default")
        console.print(line)
        console.print(Text(f"  {finding.fix}", style="dim"))
