"""What-if: what becomes of value if something were different?"""

from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from clvcore import columns as col
from clvcore.charts import scenario as charts
from clvcore.charts import words
from clvcore.charts.numbers import UNKNOWN, headline_money, percent
from clvcore.messages import listed, say
from clvcore.runs.scenarios import Scenarios
from clvcore.runs.workspace import Workspace
from clvcore.scenario.levers import Lever
from clvcore.scenario.moves import Acted, acts
from clvcore.scenario.outcome import Outcome, outcome
from clvcore.scenario.scenario import Scenario
from clvcore.value.ledger import Basis
from pages.parts import choice, kept_scenarios, linked
from pages.parts.drawing import chart
from pages.parts.opening import opening
from pages.parts.supposed import suppose
from pages.parts.tables import called, money_column
from pages.parts.wording import unbroken
from pages.parts.worth import started

MAIN = (Lever.RETENTION, Lever.ORDER_RATE, Lever.ORDER_VALUE, Lever.MARGIN, Lever.CAC)
FURTHEST_PERCENT = 50
FURTHEST_POINTS = 20
EVERYBODY = "*"


@st.cache_resource(max_entries=64, show_spinner=say("page_whatif.computing"))
def compared(
    start: tuple[str, str, Basis, str],
    changes: tuple[str, ...],
    scope: str | None,
    elasticity: float,
) -> Outcome:
    """The outcome of the levers as they stand."""
    scenario = Scenario.of(changes, scope=scope, elasticity=elasticity)
    return outcome(started(*start), scenario)


def slider(lever: Lever) -> int:
    """How far a lever is moved: percent, or points of the discount rate."""
    is_points = lever == Lever.DISCOUNT_RATE
    return st.slider(
        say(f"page_whatif.lever.{lever.value}"),
        0 if is_points else -FURTHEST_PERCENT,
        FURTHEST_POINTS if is_points else FURTHEST_PERCENT,
        0,
        format=say("page_whatif.format_points") if is_points else "%+d%%",
        help=say(f"page_whatif.help.{lever.value}"),
        key=f"whatif_{lever.value}",
        bind="query-params",
    )


def named(found: Outcome, name: str) -> Outcome:
    """The same outcome under the name that its scenario was kept by."""
    return replace(found, scenario=replace(found.scenario, name=name))


def is_set(key: str) -> bool:
    """Whether a control was moved here, or by the link that led here."""
    return bool(st.session_state.get(key)) or key in st.query_params


def written(moved: dict[Lever, int]) -> tuple[str, ...]:
    """The changes as `Scenario.of` reads them; levers at zero are none."""
    return tuple(
        f"{lever.value}={amount:+d}{'pt' if lever == Lever.DISCOUNT_RATE else '%'}"
        for lever, amount in moved.items()
        if amount
    )


def in_words(moved: dict[Lever, int], group: str) -> str:
    """The changes in a sentence."""
    parts = [
        say(
            "page_whatif.change",
            lever=words.lever(lever.value),
            moved=say("page_whatif.points", n=amount)
            if lever == Lever.DISCOUNT_RATE
            else f"{amount:+d}%",
        )
        for lever, amount in moved.items()
        if amount
    ]
    *first, last = parts
    text = say("page_whatif.both", first=listed(first), last=last) if first else last
    if group == EVERYBODY:
        return text
    return say("page_whatif.for_group", changes=text, group=words.group(group))


def parameter(acted: Acted, number: float | None) -> str:
    """A parameter as people write it."""
    if number is None:
        return UNKNOWN
    if acted.unit == "rate":
        return percent(number)
    if acted.unit == "factor":
        return say("page_whatif.times", factor=number)
    return f"{number:,.0f}" if acted.unit == "days" else f"{number:,.2f}"


def amount(money: Any) -> str:
    """Money in a sentence, which no line ends within."""
    return unbroken(headline_money(money, currency))


data = choice.dataset()
currency = data.currency
if data.users.is_empty():
    opening(
        say("pages.whatif.title"),
        say(f"page_whatif.question_{data.recipe.domain}"),
        say("page_whatif.empty"),
        simulated=data.recipe.simulated,
    )
    st.stop()
head = st.container()
levers, picture = st.columns([1, 1.7], gap="medium")
key = "channel" if data.users[col.CHANNEL].is_not_null().any() else "segment"
bases = ["revenue", *(["margin"] if data.items[col.UNIT_COST].is_not_null().any() else [])]

with levers:
    basis: Any = linked.segments(
        say("page_whatif.basis"),
        bases,
        default=bases[0],
        shown=lambda name: say(f"page_value.{name}"),
        key="whatif_basis",
    )
with head:
    start = (st.session_state["data"], data.id, basis, key)
    base = started(*start).base
with levers:
    groups = base.start.groups[key].unique().sort().to_list()
    group = linked.select(
        say("page_whatif.scope"),
        [EVERYBODY, *groups],
        default=EVERYBODY,
        shown=lambda name: say("page_whatif.everybody") if name == EVERYBODY else words.group(name),
        key="whatif_scope",
    )
    able = [lever for lever in Lever if acts(base.start, lever)]
    moved = {lever: slider(lever) for lever in MAIN if lever in able}
    elasticity = 0.0
    further = [lever for lever in able if lever not in MAIN]
    more = st.expander(say("page_whatif.more"), key="whatif_further", on_change="rerun")
    # what nobody looks at is not drawn, but a slider that is not drawn forgets where it stood
    if more.open or any(is_set(f"whatif_{name}") for name in (*further, "elasticity")):
        with more:
            for lever in further:
                moved[lever] = slider(lever)
                if lever == Lever.PRICE:
                    elasticity = st.slider(
                        say("page_whatif.elasticity"),
                        -3.0,
                        0.0,
                        0.0,
                        step=0.1,
                        help=say("page_whatif.elasticity_help"),
                        key="whatif_elasticity",
                        bind="query-params",
                    )

with head:
    scope = None if group == EVERYBODY else f"{key}={group}"
    changes = written(moved)
    found = compared(start, changes, scope if changes else None, elasticity)
    said = suppose(data.id, changes, scope, elasticity, basis)  # for the report, too
    before, delta = (side.total.row(0, named=True) for side in (found.base, found.delta))
    what = "ltv" if before["clv"] is None or delta["clv"] is None else "clv"
    ends = "clv" if what == "clv" else "forecast"
    days, level = found.horizon_days[1], f"{found.level:.0%}"
    if before[what] is None:
        answer = say("page_whatif.unknown")
    elif not changes:
        low, high = (before[f"{ends}_{end}"] for end in ("low", "high"))
        if what == "ltv" and low is not None:  # all of LTV but its forecast is certain
            low, high = (before["ltv_realised"] + end for end in (low, high))
        answer = say(
            "page_whatif.unchanged",
            what=what.upper(),
            base=amount(before[what]),
            low=amount(low),
            high=amount(high),
            level=level,
            days=f"{days:g}",
        )
    else:
        way = "rises" if delta[what] > 0 else "falls" if delta[what] < 0 else "stays"
        share = float(delta[what] / before[what]) if before[what] else None
        answer = say(
            f"page_whatif.{way}",
            changes=in_words(moved, group),
            what=what.upper(),
            moved=amount(abs(delta[what])),
            share=percent(share, signed=True),
            base=amount(before[what]),
            after=amount(before[what] + delta[what]),
            level=level,
            low=amount(delta[f"{ends}_low"]),
            high=amount(delta[f"{ends}_high"]),
        )
    opening(
        say("pages.whatif.title"),
        say(f"page_whatif.question_{data.recipe.domain}"),
        answer,
        simulated=data.recipe.simulated,
    )

with picture:
    word = say(f"page_whatif.{key}")
    st.markdown(f"**{say('page_whatif.chart', what=what.upper(), by=word)}**")
    rows = [pl.concat([side.groups, side.total]) for side in (found.base, found.after, found.delta)]
    chart(
        charts.before_and_after(found, what=what, currency=currency),
        called(rows[0], group=words.group)
        .select("group", "users", pl.col(what).alias("base"))
        .with_columns(
            rows[1][what].alias("after"),
            rows[2][what].alias("change"),
            rows[2][f"{ends}_low"].alias("low"),
            rows[2][f"{ends}_high"].alias("high"),
            rows[1]["cac"],
        ),
        key="whatif_chart",
        alt=say("page_whatif.chart_alt", by=word),
        columns={
            "group": st.column_config.TextColumn(say("page_whatif.by"), width="medium"),
            "users": st.column_config.NumberColumn(say("page_whatif.users"), format="localized"),
            "base": money_column(say("page_whatif.base_money", currency=currency)),
            "after": money_column(say("page_whatif.after_money", currency=currency)),
            "change": money_column(say("page_whatif.delta_money", currency=currency)),
            "low": money_column(say("page_whatif.low")),
            "high": money_column(say("page_whatif.high")),
            "cac": money_column(say("page_whatif.cac", currency=currency)),
        },
        note=say(
            "page_whatif.definition",
            what=what.upper(),
            less=say("page_whatif.less_cac") if what == "clv" else "",
            days=f"{days:g}",
            basis=say(f"page_whatif.{basis}"),
            level=level,
        ),
    )

st.markdown(f"**{say('page_whatif.tornado')}**")
steps = sorted(found.sensitivities, key=lambda one: -abs(one.effect))
names = {lever.value: say(f"page_whatif.lever.{lever.value}") for lever in Lever}
chart(
    charts.tornado(steps, what=what, currency=currency, words=names),
    pl.DataFrame(
        {
            "lever": [names[one.lever.value] for one in steps],
            "step": [words.step(one.step) for one in steps],
            "effect": [one.effect for one in steps],
            "elasticity": [one.elasticity for one in steps],
        }
    ),
    key="whatif_tornado",
    alt=say("page_whatif.tornado_alt"),
    columns={
        "lever": say("page_whatif.changed"),
        "step": say("page_whatif.step"),
        "effect": money_column(
            say("page_whatif.axis_effect", what=what.upper(), currency=currency)
        ),
        "elasticity": st.column_config.NumberColumn(
            say("page_whatif.elasticity_of", what=what.upper()),
            format="%.3f",
            help=say("page_whatif.elasticity_of_help", what=what.upper()),
        ),
    },
)

kept_scenarios.draw(
    Scenarios.of(Workspace.default(), data.id),
    said,
    in_words(moved, group) if changes else "",
    outcome_of=lambda one: named(compared(start, one.changes, one.scope, one.elasticity), one.name),
    what=what,
    currency=currency,
    basis=basis,
)

if found.acted:
    acted = st.expander(
        say("page_whatif.acted"), icon=":material/tune:", key="whatif_acted_on", on_change="rerun"
    )
    if acted.open:
        acted.dataframe(
            pl.DataFrame(
                {
                    say("page_whatif.changed"): [one.change for one in found.acted],
                    say("page_whatif.acts_on"): [
                        say(f"scenario.acts.{one.parameter}") for one in found.acted
                    ],
                    say("page_whatif.was"): [parameter(one, one.base) for one in found.acted],
                    say("page_whatif.becomes"): [parameter(one, one.after) for one in found.acted],
                }
            ),
            key="whatif_acted",
            hide_index=True,
        )
