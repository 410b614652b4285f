"""What if? The scenario beside things as they are, and what matters most."""

from decimal import Decimal
from typing import Any

import polars as pl

from clvcore.charts import scenario as charts
from clvcore.charts import words
from clvcore.charts.numbers import UNKNOWN, headline_money, percent
from clvcore.messages import listed, say
from clvcore.report.cells import money, table
from clvcore.report.story import Block, Chart, Section, Table
from clvcore.scenario.levers import Change, Lever
from clvcore.scenario.moves import Acted
from clvcore.scenario.outcome import Outcome
from clvcore.value.ledger import Basis

KNOWN_GROUPINGS = ("channel", "segment")


def scenario_section(
    outcome: Outcome | None, *, currency: str, basis: Basis, why_none: str | None = None
) -> Section:
    """The outcome of a scenario; without one, why there is none."""
    title = say("report.scenario.title")
    if outcome is None:
        return Section("scenario", title, why_none or say("report.scenario.none"))
    told = _answer(outcome, currency)
    if outcome.base.total[_what(outcome)].item() is None:
        return Section("scenario", title, told)
    blocks = [_moved(outcome, currency, basis), _matters(outcome, currency)]
    if outcome.acted:
        blocks.append(_acted(outcome))
    return Section("scenario", title, told, tuple(blocks))


def in_words(outcome: Outcome) -> str:
    """The changes of a scenario in a sentence."""
    parts = [_change(change) for change in outcome.scenario.changes]
    *first, last = parts
    return say("page_whatif.both", first=listed(first), last=last) if first else last


def _change(change: Change) -> str:
    lever = words.lever(change.lever.value)
    value = str(change).rpartition("=")[2]
    if change.form == "points":
        value = say("page_whatif.points", n=round(100 * change.amount))
    key = "report.scenario.set_to" if change.form == "set" else "page_whatif.change"
    told = say(key, lever=lever, moved=value)
    if change.scope is None:
        return told
    return say("page_whatif.for_group", changes=told, group=words.group(change.scope.value))


def _what(outcome: Outcome) -> str:
    """CLV, or LTV where CAC is unknown."""
    sides = (outcome.base, outcome.delta)
    return "ltv" if any(side.total["clv"].item() is None for side in sides) else "clv"


def _answer(outcome: Outcome, currency: str) -> str:
    base, delta = (side.total.row(0, named=True) for side in (outcome.base, outcome.delta))
    what = _what(outcome)
    if base[what] is None:
        return say("page_whatif.unknown")

    def amount(value: Decimal | None) -> str:
        return headline_money(value, currency).replace(" ", "\N{NO-BREAK SPACE}")

    ends = "clv" if what == "clv" else "forecast"
    moved = delta[what]
    way = "rises" if moved > 0 else "falls" if moved < 0 else "stays"
    return say(
        f"page_whatif.{way}",
        changes=in_words(outcome),
        what=what.upper(),
        moved=amount(abs(moved)),
        share=percent(float(moved / base[what]) if base[what] else None, signed=True),
        base=amount(base[what]),
        after=amount(base[what] + moved),
        level=f"{outcome.level:.0%}",
        low=amount(delta[f"{ends}_low"]),
        high=amount(delta[f"{ends}_high"]),
    )


def _moved(outcome: Outcome, currency: str, basis: Basis) -> Block:
    """Every group before and after."""
    what, by = _what(outcome), outcome.by or "all"
    word = say(f"page_whatif.{by}") if by in KNOWN_GROUPINGS else by
    chart = Chart(
        title=say("page_whatif.chart", what=what.upper(), by=word),
        figure=charts.before_and_after(outcome, what=what, currency=currency),
        alt=say("page_whatif.chart_alt", by=word),
        table=_groups(outcome, what, word, currency),
    )
    told = say(
        "page_whatif.definition",
        what=what.upper(),
        less=say("page_whatif.less_cac") if what == "clv" else "",
        days=f"{outcome.horizon_days[1]:g}",
        basis=say(f"page_whatif.{basis}"),
        level=f"{outcome.level:.0%}",
    )
    return Block(say("report.scenario.moved", by=word), told, charts=(chart,))


def _groups(outcome: Outcome, what: str, word: str, currency: str) -> Table:
    ends = "clv" if what == "clv" else "forecast"
    base, after, delta = (
        pl.concat([side.groups, side.total])
        for side in (outcome.base, outcome.after, outcome.delta)
    )
    rows = [
        {
            "group": words.group(one["group"]),
            "users": one["users"],
            "base": one[what],
            "after": then[what],
            "change": gap[what],
            "low": gap[f"{ends}_low"],
            "high": gap[f"{ends}_high"],
            "cac": then["cac"],
        }
        for one, then, gap in zip(
            *(frame.to_dicts() for frame in (base, after, delta)), strict=True
        )
    ]
    columns = {
        "group": (word, "word"),
        "users": (say("page_whatif.users"), "count"),
        "base": (say("page_whatif.base_money", currency=currency), "money"),
        "after": (say("page_whatif.after_money", currency=currency), "money"),
        "change": (say("page_whatif.delta_money", currency=currency), "money"),
        "low": (say("page_whatif.low"), "money"),
        "high": (say("page_whatif.high"), "money"),
        "cac": (say("page_whatif.cac", currency=currency), "money"),
    }
    return table(say("report.scenario.groups", by=word), rows, columns, has_total=True)


def _matters(outcome: Outcome, currency: str) -> Block:
    """What one step of each lever does."""
    what = _what(outcome).upper()
    named = {lever.value: say(f"page_whatif.lever.{lever.value}") for lever in Lever}
    steps = sorted(outcome.sensitivities, key=lambda one: -abs(one.effect))
    rows = [
        {
            "lever": named[one.lever.value],
            "step": words.step(one.step),
            "effect": one.effect,
            "elasticity": UNKNOWN if one.elasticity is None else f"{one.elasticity:+.3f}",
        }
        for one in steps
    ]
    columns = {
        "lever": (say("page_whatif.changed"), "word"),
        "step": (say("page_whatif.step"), "number"),
        "effect": (say("page_whatif.axis_effect", what=what, currency=currency), "money"),
        "elasticity": (say("page_whatif.elasticity_of", what=what), "number"),
    }
    chart = Chart(
        title=say("page_whatif.tornado"),
        figure=charts.tornado(
            outcome.sensitivities, what=what.lower(), currency=currency, words=named
        ),
        alt=say("page_whatif.tornado_alt"),
        table=table(say("report.scenario.steps"), rows, columns),
    )
    return Block(charts=(chart,))


def _acted(outcome: Outcome) -> Block:
    """The parameters that the changes act on."""
    rows = [
        {
            "change": one.change,
            "acts": say(f"scenario.acts.{one.parameter}"),
            "was": _parameter(one, one.base),
            "becomes": _parameter(one, one.after),
        }
        for one in outcome.acted
    ]
    columns = {
        "change": (say("page_whatif.changed"), "word"),
        "acts": (say("page_whatif.acts_on"), "word"),
        "was": (say("page_whatif.was"), "number"),
        "becomes": (say("page_whatif.becomes"), "number"),
    }
    heading = say("page_whatif.acted")
    return Block(heading, tables=(table(say("report.scenario.acted"), rows, columns),))


def _parameter(acted: Acted, value: Any) -> str:
    if value is None:
        return UNKNOWN
    if acted.unit == "rate":
        return percent(value)
    if acted.unit == "factor":
        return say("page_whatif.times", factor=value)
    return f"{value:,.0f}" if acted.unit == "days" else money(value)
