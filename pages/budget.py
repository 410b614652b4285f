"""Budget: where should the next unit of money go?"""

from decimal import Decimal
from math import ceil, floor
from typing import Any

import numpy as np
import streamlit as st

from clvcore import columns as col
from clvcore.charts import budget as charts
from clvcore.charts import words
from clvcore.charts.numbers import headline_money
from clvcore.errors import ConfigError
from clvcore.messages import listed, say
from clvcore.scenario.budget import (
    Market,
    Plan,
    cost,
    curve_table,
    curves,
    market,
    plan,
    why_no_split,
)
from clvcore.scenario.response import NoCurve, Response
from clvcore.units import cents
from clvcore.value.ledger import Basis
from pages.parts import choice, linked
from pages.parts.drawing import chart
from pages.parts.opening import opening
from pages.parts.tables import called, money_column
from pages.parts.wording import unbroken, why
from pages.parts.worth import SEED, YEAR_DAYS, started


@st.cache_resource(max_entries=6, show_spinner=say("page_budget.computing"))
def drawn(dataset_id: str) -> tuple[Response | NoCurve, ...]:
    """Every channel's curve; the same for every basis."""
    del dataset_id
    return curves(data, rng=np.random.default_rng(SEED))


@st.cache_resource(max_entries=6, show_spinner=False)
def weighed(reference: str, dataset_id: str, basis: Basis) -> Market:
    """The curves, with what users are worth."""
    worth = started(reference, dataset_id, basis, col.CHANNEL)
    return market(drawn(dataset_id), worth, rng=np.random.default_rng(SEED))


@st.cache_resource(max_entries=64, show_spinner=say("page_budget.searching"))
def best(
    start: tuple[str, str, Basis], budget: Decimal, bounds: tuple[tuple[str, Decimal, Decimal], ...]
) -> Plan:
    """The best split of the budget as the controls stand."""
    return plan(weighed(*start), budget, {name: (low, high) for name, low, high in bounds})


def bound(one: Response) -> tuple[Decimal, Decimal]:
    """Least and most of a channel; exact as seen until somebody moves them."""
    low, high = over.seen()[one.channel]
    ends = (floor(low), ceil(high))
    chosen = st.slider(
        words.group(one.channel),
        0,
        ceil(2 * high),
        ends,
        help=say("page_budget.bound_help"),
        key=f"budget_bound_{one.channel}",
    )
    if chosen == ends:
        return low, high
    return Decimal(chosen[0]), Decimal(chosen[1])


def amount(money: Any) -> str:
    """Money in a sentence, which no line ends within."""
    return unbroken(headline_money(money, currency))


def open_with(answer: str) -> None:
    """The head of the page."""
    opening(
        say("pages.budget.title"),
        say("page_budget.question"),
        answer,
        simulated=data.recipe.simulated,
    )


def told(made: Plan) -> str:
    """What the best split gains, in one sentence."""
    is_today = made.channels["today"].to_list() == made.channels["best"].to_list()
    key = "stays" if is_today else "gains" if made.budget == over.today else "other"
    mean, low, high = made.gain
    answer = say(
        f"page_budget.answer_{key}",
        budget=amount(made.budget),
        today=amount(over.today),
        gain=amount(mean),
        low=amount(low),
        high=amount(high),
        level=f"{made.level:.0%}",
    )
    is_unsure = key != "stays" and low < 0 < mean
    return f"{answer} {say('page_budget.unsure')}" if is_unsure else answer


def reasons() -> None:
    """Why channels have no curve, a sentence each."""
    if over.without:
        st.markdown(f"**{say('page_budget.without')}**")
        for one in over.without:
            st.markdown(say("page_budget.why", channel=words.group(one.channel), reason=one.reason))


data = choice.dataset()
currency = data.currency
if data.users.is_empty() or data.spend is None:
    open_with(say("page_budget.empty" if data.users.is_empty() else "scenario.budget.no_spend"))
    st.stop()
head = st.container()
controls, picture = st.columns([1, 1.7], gap="medium")
bases = ["revenue", *(["margin"] if data.items[col.UNIT_COST].is_not_null().any() else [])]
with controls:
    basis: Any = linked.segments(
        say("page_budget.basis"),
        bases,
        default=bases[-1],
        shown=lambda name: say(f"page_value.{name}"),
        key="budget_basis",
    )
with head:
    start = (st.session_state["data"], data.id, basis)
    over = weighed(*start)
if len(over.responses) < 2:
    with head:
        open_with(why_no_split(over))
    reasons()
    st.stop()

with controls:
    asked = st.number_input(
        say("page_budget.budget", currency=currency),
        min_value=0.0,
        value=float(over.today),
        step=float(max(10 ** floor(np.log10(max(float(over.today), 1.0)) - 1), 1)),
        help=say("page_budget.budget_help"),
        key="budget_total",
        bind="query-params",
    )
    kept = linked.some(
        say("page_budget.locked"),
        over.channels,
        shown=words.group,
        key="budget_locked",
        placeholder=say("page_budget.unlocked"),
    )[0]
    today = {one.channel: one.weekly.today for one in over.responses}
    more = st.expander(say("page_budget.bounds"), key="budget_bounds")
    with more:
        free = {one.channel: bound(one) for one in over.responses if one.channel not in kept}
within = free | {name: (today[name], today[name]) for name in kept}
try:
    made = best(start, cents(asked), tuple((name, *ends) for name, ends in within.items()))
except ConfigError as error:
    with head:
        open_with(why(error))
    st.stop()
with head:
    open_with(told(made))

with picture:
    st.markdown(f"**{say('page_budget.split')}**")
    chart(
        charts.split(made.channels, currency=currency),
        called(made.channels, channel=words.group),
        key="budget_split",
        alt=say("page_budget.split_alt"),
        columns={
            "channel": st.column_config.TextColumn(say("page_budget.channel"), width="medium"),
            "today": money_column(say("page_budget.spend_today", currency=currency)),
            "best": money_column(say("page_budget.spend_best", currency=currency)),
            **{
                name: st.column_config.NumberColumn(say(f"page_budget.{name}"), format="%.2f")
                for name in ("users_today", "users_best", "marginal_return")
            },
            **{
                name: money_column(say(f"page_budget.{name}", currency=currency))
                for name in ("value", "cac", "marginal_cac")
            },
            "is_seen": st.column_config.CheckboxColumn(say("page_budget.is_seen")),
        },
        note=say(
            "page_budget.split_note",
            days=YEAR_DAYS,
            basis=say(f"page_whatif.{basis}"),
            residual=f"{made.allocation.kkt_residual:.1g}",
        ),
    )
    guessed = made.channels.filter(~made.channels["is_seen"])["channel"].to_list()
    if guessed:
        names = listed([words.group(name) for name in guessed])
        st.info(say("page_budget.extrapolated", channels=names), icon=":material/info:")

name = linked.select(
    say("page_budget.which"),
    over.channels,
    default=over.channels[0],
    shown=words.group,
    key="budget_channel",
)
one = over.responses[over.channels.index(name)]
here = np.array([float(one.weekly.today)])
users = float(np.median(one.users(here)))
if one.weekly.today:
    average, following = (part[0] for part in cost(one, here))
    ends = np.quantile(following, [0.5 - over.level / 2, 0.5 + over.level / 2])
    title = say(
        "page_budget.curve",
        channel=words.group(name),
        users=f"{users:.1f}",
        spend=amount(one.weekly.today),
        cac=amount(float(np.median(average))),
        marginal=amount(float(np.median(following))),
        level=f"{over.level:.0%}",
        low=amount(float(ends[0])),
        high=amount(float(ends[1])),
    )
else:
    title = say("page_budget.curve_unspent", channel=words.group(name), users=f"{users:.1f}")
st.markdown(f"**{title}**")
table = curve_table(one, over.level)
chart(
    charts.curve(
        table,
        channel=name,
        channels=data.users[col.CHANNEL].drop_nulls().unique().to_list(),
        today=(float(one.weekly.today), users),
        currency=currency,
    ),
    table,
    key="budget_curve",
    alt=say("page_budget.curve_alt"),
    columns={
        "spend": money_column(say("page_budget.spend", currency=currency)),
        **{
            part: st.column_config.NumberColumn(say(f"page_budget.{part}"), format="%.2f")
            for part in ("users", "users_low", "users_high")
        },
        "cac": money_column(say("page_budget.average", currency=currency)),
        "cac_low": money_column(say("page_budget.average_low")),
        "cac_high": money_column(say("page_budget.average_high")),
        "marginal_cac": money_column(say("page_budget.marginal_cac", currency=currency)),
        "marginal_cac_low": money_column(say("page_budget.marginal_low")),
        "marginal_cac_high": money_column(say("page_budget.marginal_high")),
        "is_seen": st.column_config.CheckboxColumn(say("page_budget.is_seen")),
    },
    note=say("page_budget.curve_note", level=f"{over.level:.0%}"),
)
reasons()
