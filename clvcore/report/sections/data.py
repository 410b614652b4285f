"""Can the data be trusted? What became of every row and every cent."""

from dataclasses import asdict
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.charts import data as charts
from clvcore.charts import numbers, words
from clvcore.columns import Kind
from clvcore.data.dataset import Dataset
from clvcore.messages import say
from clvcore.report import overview
from clvcore.report.cells import count, table
from clvcore.report.story import Block, Chart, Section, Table
from clvcore.report.wording import on_page

_STATES = ("accepted", "rejected", "ignored")
_MONEY = ("money_in", *(f"money_{state}" for state in _STATES))
_BEAR_MONEY = ("events", "spend")
"""Tables whose rows bear money; elsewhere there is nothing to sum up."""


def data_section(data: Dataset) -> Section:
    """What came in, what was taken of it, and what was found."""
    accounts = Block(
        say("page_data.accounts"), say("page_data.accounts_help"), tables=(accounts_table(data),)
    )
    blocks = (volumes_block(data), accounts, findings_block(data), _kinds(data))
    return Section("data", say("report.data.title"), data_answer(data), blocks)


def data_answer(data: Dataset) -> str:
    """What became of the rows and the money of the events."""
    events = next((account for account in data.accounts if account.table == "events"), None)
    if events is None or not events.rows_in:
        return say("report.data.no_account", events=count(data.events.height))
    told = say(
        "page_data.answer",
        rows_in=numbers.headline_count(events.rows_in),
        accepted=numbers.headline_count(events.accepted),
        share=numbers.percent(events.accepted / events.rows_in),
        rejected=numbers.headline_count(events.rejected),
        ignored=numbers.headline_count(events.ignored),
    )
    if not events.money_in:
        return told
    money = {
        name: numbers.headline_money(amount, data.currency)
        for name, amount in (("money_in", events.money_in), ("money", events.money_accepted))
    }
    return say("units.both", first=told, second=say("page_data.answer_money", **money))


def volumes_block(data: Dataset) -> Block:
    """Events by week or month, as a chart and as a table."""
    every = overview.step_of(data)
    frame, step = overview.volumes(data, every), say(f"page_data.step_{every}")
    first, last = data.observed
    chart = Chart(
        title=say("page_data.chart", step=step),
        figure=charts.volumes(
            frame,
            "events",
            unit=say("page_data.axis_events"),
            step=say("page_data.axis_week" if every == "1w" else "page_data.axis_month"),
        ),
        alt=say("report.data.alt", step=step),
        table=_volumes_table(frame, step, data.currency),
    )
    told = say(
        "page_data.counted",
        users=count(data.users.height),
        items=count(data.items.height),
        first=first,
        last=last,
        currency=data.currency,
    )
    return Block("", told, charts=(chart,))


def _volumes_table(frame: pl.DataFrame, step: str, currency: str) -> Table:
    """A row a week or month: events of each kind, and the money of all."""
    kinds = [kind.value for kind in Kind if kind.value in set(frame["kind"])]
    events = frame.pivot("kind", index="begin", values="events").sort("begin")
    money = frame.group_by("begin").agg(pl.col("money").sum()).sort("begin")
    wide = events.with_columns(money["money"], pl.col("begin").cast(pl.String))
    wide = wide.with_columns(pl.col(kinds).fill_null(0))
    columns = {"begin": (say("page_data.col_begin"), "word")}
    columns |= {kind: (words.kind(kind), "count") for kind in kinds}
    columns |= {"money": (say("page_data.col_money", currency=currency), "money")}
    return table(say("report.data.volumes_table", step=step), wide, columns, folded=True)


def accounts_table(data: Dataset) -> Table:
    """Rows and money in, accepted, rejected and ignored, by table."""
    columns = {"table": (say("page_data.col_table"), "word")}
    columns["rows_in"] = (say("page_data.col_in"), "count")
    columns |= {name: (say(f"page_data.col_{name}"), "count") for name in _STATES}
    columns |= {
        f"money_{name}": (say(f"page_data.col_money_{name}", currency=data.currency), "money")
        for name in ("in", *_STATES)
    }
    rows = [
        asdict(one)
        | {"table": words.table(one.table)}
        | ({} if one.table in _BEAR_MONEY else dict.fromkeys(_MONEY))
        for one in data.accounts
    ]
    return table(say("report.data.accounts_table"), rows, columns)


def findings_block(data: Dataset) -> Block:
    """Every finding, the gravest first, with what mends it."""
    heading = say("page_data.findings")
    if not data.findings:
        return Block(heading, say("page_data.trust_none"))
    rows = [
        {
            "severity": say(f"page_data.severity_{one.severity.value}"),
            "text": on_page(one.text),
            "rows": one.rows,
            "money": one.money if one.money != Decimal(0) else None,
            "fix": on_page(one.fix),
        }
        for one in data.findings
    ]
    columns = {
        "severity": (say("report.data.severity"), "word"),
        "text": (say("report.data.finding"), "word"),
        "rows": (say("report.data.rows"), "count"),
        "money": (say("page_data.col_money", currency=data.currency), "money"),
        "fix": (say("report.data.fix"), "word"),
    }
    return Block(heading, tables=(table(say("report.data.findings_table"), rows, columns),))


def _kinds(data: Dataset) -> Block:
    frame, (back, everybody) = overview.kinds(data), overview.came_back(data)
    goal = say(f"page_data.goal_{overview.GOAL[data.recipe.domain].value}")
    if everybody:
        told = say(
            "page_data.came_back",
            back=count(back),
            all=count(everybody),
            goal=goal,
            share=numbers.percent(back / everybody),
        )
    else:
        told = say("page_data.nobody", goal=goal)
    kinds = [row | {col.KIND: words.kind(row[col.KIND])} for row in frame.to_dicts()]
    columns = {
        col.KIND: (say("page_data.col_kind"), "word"),
        "events": (say("page_data.col_events"), "count"),
        "share": (say("page_data.col_share"), "share"),
        "users": (say("page_data.col_users"), "count"),
        "money": (say("page_data.col_money", currency=data.currency), "money"),
    }
    shown = table(say("report.data.kinds_table"), kinds, columns)
    return Block(say("report.data.inside"), told, tables=(shown,))
