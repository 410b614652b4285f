"""What are the users worth? In all, by group, and both sides of every sum."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from clvcore import columns as col
from clvcore.charts import value as charts
from clvcore.charts.numbers import headline_count, headline_money
from clvcore.messages import say
from clvcore.report.cells import count, money, table
from clvcore.report.story import Block, Chart, Headline, Section, Table
from clvcore.value.breakdown import Breakdown
from clvcore.value.reconciliation import Side, reconcile
from clvcore.value.users import UserValue

KNOWN_GROUPINGS = (col.CHANNEL, "cohort", "segment")


def value_section(worth: UserValue, groups: Sequence[Breakdown]) -> Section:
    """The worth of all users, how it comes about, by every grouping, and the checks."""
    total = groups[0].total
    blocks = [_steps(worth, total), *(_grouped(worth, one) for one in groups), _checks(worth)]
    return Section("value", say("report.value.title"), answer(worth, total), tuple(blocks))


def answer(worth: UserValue, total: pl.DataFrame) -> str:
    """What the users are worth, in one sentence."""
    row = total.row(0, named=True)
    costs_known = row["clv"] is not None
    ahead_known = row["forecast"] is not None and row["forecast_low"] is not None
    key = {
        (True, True): "answer",
        (True, False): "answer_no_forecast",
        (False, True): "answer_no_cac",
        (False, False): "answer_neither",
    }[costs_known, ahead_known]
    shown = _shown(worth, row)
    return say(f"page_value.{key}", **{name: _unbroken(text) for name, text in shown.items()})


def headlines(worth: UserValue, total: pl.DataFrame) -> tuple[Headline, ...]:
    """The numbers that matter, those that are known, each with its definition."""
    row = total.row(0, named=True)
    shown = _shown(worth, row)
    no_cac = None if row["clv"] is not None else say("value.no_spend")
    period = worth.acquisition.period
    low_known = row["forecast"] is not None and row["forecast_low"] is not None
    ahead = "page_value.forecast_help" if low_known else "report.value.forecast_unknown"
    return (
        Headline(
            say("page_value.clv"), shown["clv"], no_cac or say("page_value.clv_help")
        ),
        Headline(say("page_value.ltv"), shown["ltv"], say(f"page_value.ltv_help_{worth.basis}")),
        Headline(
            say("page_value.cac"),
            shown["cac"],
            no_cac or say("page_value.cac_help", period=period),
        ),
        Headline(
            say("page_value.forecast", days=shown["days"]), shown["forecast"], say(ahead, **shown)
        ),
        Headline(
            say("page_value.users"), headline_count(row["users"]), say("page_value.users_help")
        ),
    )  # fmt: skip


def _shown(worth: UserValue, row: dict[str, Any]) -> dict[str, str]:
    currency = worth.data.currency
    return {
        name: headline_money(row[name], currency) for name in ("ltv", "cac", "clv", "forecast")
    } | {
        "low": headline_money(row["forecast_low"], currency),
        "high": headline_money(row["forecast_high"], currency),
        "users": count(row["users"]),
        "days": f"{worth.forecast.horizon_days:g}",
        "level": f"{worth.forecast.level:.0%}",
    }


def _unbroken(text: str) -> str:
    """An amount that no line ends within."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _steps(worth: UserValue, total: pl.DataFrame) -> Block:
    """From what users brought to what is left."""
    steps = charts.steps_to_value(worth, total)
    what = "clv" if total["clv"].item() is not None else "ltv"
    name, currency = say(f"page_value.{what}"), worth.data.currency
    rows = [*(step._asdict() for step in steps), {"name": name, "amount": total[what].item()}]
    columns = {
        "name": (say("page_value.step_name"), "word"),
        "amount": (say("report.value.amount", currency=currency), "money"),
    }
    chart = Chart(
        title=say("page_value.how"),
        figure=charts.waterfall(steps, total=name, currency=currency),
        alt=say("page_value.how_alt"),
        table=table(say("page_value.how"), rows, columns, has_total=True),
    )
    return Block(charts=(chart,))


def _grouped(worth: UserValue, groups: Breakdown) -> Block:
    """LTV beside CAC of every group, and the exact table."""
    word = say(f"page_value.{groups.by}").lower() if groups.by in KNOWN_GROUPINGS else groups.by
    chart = Chart(
        title=say("page_value.chart", by=word),
        figure=charts.value_by_group(
            groups.frame, by=word, currency=worth.data.currency, basis=worth.basis
        ),
        alt=say("page_value.chart_alt", by=word),
        table=_groups_table(worth, groups, word),
    )
    return Block(
        say("report.value.by", by=word),
        say("report.value.faint", n=charts.SMALL),
        charts=(chart,),
    )


def _groups_table(worth: UserValue, groups: Breakdown, word: str) -> Table:
    currency, days = worth.data.currency, f"{worth.forecast.horizon_days:g}"
    columns = {
        "group": (word, "word"),
        "users": (say("page_value.users"), "count"),
        "clv": (say("page_value.clv_money", currency=currency), "money"),
        "ltv": (say("page_value.ltv_money", currency=currency), "money"),
        "cac": (say("page_value.cac_money", currency=currency), "money"),
        "ltv_to_cac": (say("page_value.ratio"), "ratio"),
        "cac_paid": (say("page_value.cac_paid", currency=currency), "money"),
        "forecast": (say("page_value.forecast_money", days=days, currency=currency), "money"),
        "forecast_low": (say("page_value.low_money"), "money"),
        "forecast_high": (say("page_value.high_money"), "money"),
    }
    rows = pl.concat([groups.frame, groups.total]).to_dicts()
    rows[-1]["group"] = say("page_value.total")
    caption = say("report.value.table", by=word)
    return table(caption, rows, columns, has_total=True)


def _checks(worth: UserValue) -> Block:
    """Both sides of every sum, and what has to be said about the money."""
    sides, currency = reconcile(worth), worth.data.currency
    broken = [_side(side) for side in sides if not side.holds]
    if broken:
        told = say("page_value.not_reconciled", names=", ".join(broken))
    else:
        events = sum((side.table for side in sides if side.name in set(col.Stream)), Decimal(0))
        spend = next((side.table for side in sides if side.name == "spend"), None)
        key = "reconciled" if spend is not None else "reconciled_no_spend"
        told = say(
            f"page_value.{key}",
            events=f"{currency} {money(events)}",
            spend=f"{currency} {money(spend or Decimal(0))}",
        )
    rows = [
        {
            "name": _side(side),
            "ours": f"{side.ours:,.4f}",
            "table": f"{side.table:,.4f}",
            "equal": say("report.value.equal" if side.holds else "report.value.differs"),
        }
        for side in sides
    ]
    columns = {
        "name": (say("report.value.sum_of"), "word"),
        "ours": (say("report.value.over_users", currency=currency), "number"),
        "table": (say("report.value.over_table", currency=currency), "number"),
        "equal": (say("report.value.check"), "word"),
    }
    shown = table(say("report.value.sides"), rows, columns)
    return Block(say("report.value.checks"), told, tables=(shown,), notes=worth.notes)


def _side(side: Side) -> str:
    return say(f"report.value.side.{side.name}")
