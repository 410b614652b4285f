"""What are the users worth? In all, by group, and both sides of every sum."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from clvcore import columns as col
from clvcore.charts import value as charts
from clvcore.charts import words
from clvcore.charts.numbers import exact_money, headline_money
from clvcore.messages import again, listed, say
from clvcore.report.cells import count, table
from clvcore.report.story import Block, Chart, Headline, Section, Table
from clvcore.value.breakdown import UNATTRIBUTED, Breakdown
from clvcore.value.reconciliation import Side, reconcile
from clvcore.value.users import UserValue

KNOWN_GROUPINGS = (col.CHANNEL, "cohort", "segment")
MOST_AND_LEAST = 2
"""Groups that are needed to tell the best from the worst."""


def value_section(worth: UserValue, groups: Sequence[Breakdown]) -> Section:
    """The worth of all users, how it comes about, by every grouping, and the checks."""
    total = groups[0].total
    by_group = [_grouped(worth, one, total, is_first=i == 0) for i, one in enumerate(groups)]
    blocks = [_steps(worth, total), *by_group, _checks(worth)]
    return Section(
        "value", say("report.value.title"), _best_and_worst(worth, groups[0]), tuple(blocks)
    )


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
    if not worth.has_money:
        key = "answer_no_money"
    shown = _shown(worth, row)
    return say(f"page_value.{key}", **{name: _unbroken(text) for name, text in shown.items()})


def _best_and_worst(worth: UserValue, groups: Breakdown) -> str:
    """Which group is worth most and which least; what all are worth where there is one group."""
    what = "clv" if groups.total["clv"].item() is not None else "ltv"
    rows = groups.frame.filter(pl.col("group") != UNATTRIBUTED, pl.col(what).is_not_null())
    if rows.height < MOST_AND_LEAST:
        return answer(worth, groups.total)
    ordered = rows.sort(what, "group", descending=[True, False])
    best, worst = (ordered.row(place, named=True) for place in (0, -1))
    currency = worth.data.currency
    return say(
        "report.value.answer",
        by=_word(groups),
        what=say(f"page_value.{what}"),
        best=words.group(best["group"]),
        most=_unbroken(headline_money(best[what], currency)),
        worst=words.group(worst["group"]),
        least=_unbroken(headline_money(worst[what], currency)),
        total=_unbroken(headline_money(groups.total[what].item(), currency)),
    )


def _word(groups: Breakdown) -> str:
    """What the groups are, in the reader's words."""
    return say(f"page_value.word.{groups.by}") if groups.by in KNOWN_GROUPINGS else groups.by


def headlines(worth: UserValue, total: pl.DataFrame) -> tuple[Headline, ...]:
    """The numbers that matter, each with its window and its interval or why it is unknown."""
    row = total.row(0, named=True)
    shown = _shown(worth, row)
    no_cac = None if worth.acquisition.is_known else say("report.cover.no_spend")
    no_money = None if worth.has_money else say("report.cover.no_money")
    ahead_known = row["forecast"] is not None and row["forecast_low"] is not None
    ahead = say("report.cover.forecast" if ahead_known else "report.cover.no_forecast", **shown)
    about = {
        "clv": no_money
        or no_cac
        or say("report.cover.clv" if ahead_known else "report.cover.clv_alone", **shown),
        "ltv": no_money or say(f"report.cover.ltv_{worth.basis}"),
        "cac": no_cac or say("report.cover.cac"),
        "forecast": ahead,
        "users": say("page_value.users_help"),
    }
    return tuple(
        Headline(say(f"page_value.{name}", days=shown["days"]), shown[name], text)
        for name, text in about.items()
    )


def _shown(worth: UserValue, row: dict[str, Any]) -> dict[str, str]:
    currency = worth.data.currency
    ahead = {
        name: None if None in (row["clv"], row[end]) else row["clv"] + row[end]
        for name, end in (
            ("then", "forecast"), ("then_low", "forecast_low"), ("then_high", "forecast_high")
        )
    }  # fmt: skip
    named = {name: row[name] for name in ("ltv", "cac", "clv", "forecast")} | ahead
    return {name: headline_money(amount, currency) for name, amount in named.items()} | {
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


def _grouped(worth: UserValue, groups: Breakdown, total: pl.DataFrame, *, is_first: bool) -> Block:
    """LTV beside CAC of every group, and the exact table.

    The total is one for all groupings: that of another would differ in the chance of its interval.
    """
    word = _word(groups)
    seen = "chart" if worth.acquisition.is_known else "chart_no_cac"
    chart = Chart(
        title=say(f"page_value.{seen}", by=word),
        figure=charts.value_by_group(
            groups.frame, by=word, currency=worth.data.currency, basis=worth.basis
        ),
        alt=say(f"page_value.{seen}_alt", by=word),
        table=_groups_table(worth, pl.concat([groups.frame, total]), word),
    )
    return Block(
        say("report.value.by", by=word),
        say("report.value.faint", n=charts.SMALL) if is_first else "",
        charts=(chart,),
    )


def _groups_table(worth: UserValue, groups: pl.DataFrame, word: str) -> Table:
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
    rows = [row | {"group": words.group(row["group"])} for row in groups.to_dicts()]
    caption = say("report.value.table", by=word)
    return table(caption, rows, columns, has_total=True)


def _checks(worth: UserValue) -> Block:
    """Both sides of every sum, and what has to be said about the money."""
    sides, currency = reconcile(worth), worth.data.currency
    broken = [_side(side) for side in sides if not side.holds]
    if broken:
        told = say("page_value.not_reconciled", names=listed(broken))
    else:
        events = sum((side.table for side in sides if side.name in set(col.Stream)), Decimal(0))
        spend = next((side.table for side in sides if side.name == "spend"), None)
        key = "reconciled" if spend is not None else "reconciled_no_spend"
        told = say(
            f"page_value.{key}",
            events=exact_money(events, currency),
            spend=exact_money(spend, currency),
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
    return Block(
        say("report.value.checks"),
        told,
        tables=(shown,),
        notes=tuple(again(note) for note in worth.notes),
    )


def _side(side: Side) -> str:
    return say(f"report.value.side.{side.name}")
