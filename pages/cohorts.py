"""Cohorts: do they stay, and when do they pay back?"""

from decimal import Decimal
from typing import Any

import polars as pl
import streamlit as st

from clvcore import columns as col
from clvcore.charts import cohorts as charts
from clvcore.charts import words
from clvcore.charts.numbers import headline_money, percent
from clvcore.charts.value import SMALL
from clvcore.messages import say
from clvcore.value.cohorts import EVERYBODY, Cohorts, cohorts, payback
from clvcore.value.ledger import Basis
from pages.parts import choice, linked
from pages.parts.drawing import chart
from pages.parts.opening import opening
from pages.parts.tables import called, money_column, plain
from pages.parts.wording import unbroken
from pages.parts.worth import YEAR_DAYS, valued

MOST_GROUPS = 24
"""Attributes with more values would be a wall of rows."""
TOLD_MONTH = 12
"""Age of which the headline tells how many stay, where enough users are that old."""


@st.cache_resource(max_entries=24, show_spinner=False)
def grouped(reference: str, dataset_id: str, basis: Basis, by: str) -> Cohorts:
    """What groups of users did and brought; the id renews it where data change."""
    worth, _ = valued(reference, dataset_id, basis, YEAR_DAYS)
    return cohorts(worth, by)


def groupings() -> list[str]:
    """What users can be grouped by here."""
    there = [col.CHANNEL] if data.users[col.CHANNEL].is_not_null().any() else []
    further = [
        name
        for name in col.attributes(data.users, col.USERS)
        if data.users.schema[name] == pl.String and 1 < data.users[name].n_unique() <= MOST_GROUPS
    ]
    return [*there, "cohort", *further]


def by_name(name: str) -> str:
    """A grouping in the reader's words; an attribute keeps its own."""
    return say(f"page_cohorts.{name}") if name in {col.CHANNEL, "cohort"} else name


def headline() -> str:
    """Whether an average user has paid back, and how many still buy."""
    all_users = found.frame.filter(pl.col("group") == EVERYBODY)
    enough = all_users.filter(pl.col("observed") >= min(SMALL, all_users["observed"].max() or 1))
    if enough.is_empty():
        return say("page_cohorts.young")
    row = payback(found).filter(pl.col("group") == EVERYBODY).row(0, named=True)
    told = enough.filter(pl.col("age") <= TOLD_MONTH).tail(1).row(0, named=True)
    words_for = {
        "cac": headline_money(row["cac_per_user"], currency),
        "ltv": headline_money(told["ltv_per_user"], currency),
        "share": percent(told[f"retention_{measures[0]}"]),
        "span": span(row),
    }
    return say(
        f"page_cohorts.answer_{row['state'] if worth.has_money else 'no_money'}",
        months=row["months"] or 0,
        age=told["age"],
        does=say(f"page_cohorts.{measures[0]}"),
        **{name: unbroken(text) for name, text in words_for.items()},
    )


def span(row: dict[str, Any]) -> str:
    """The interval of a payback in words."""
    low, high = row["months_low"], row["months_high"]
    which = "span_open" if high is None else "span_one" if low == high else "span"
    return say(f"page_cohorts.{which}", level=f"{found.level:.0%}", low=low or 0, high=high or 0)


def months_told(row: dict[str, Any]) -> str:
    """When a group pays back, in a cell."""
    low, high = row["months_low"], row["months_high"]
    is_sure = low == high
    which = {
        "paid_back": "months_sure"
        if is_sure
        else "months_open"
        if high is None
        else "months_known",
        "not_yet": "not_yet" if low is None else "not_yet_maybe",
    }.get(row["state"], row["state"])
    return say(f"page_cohorts.{which}", months=row["months"] or 0, low=low or 0, high=high or 0)


def show_curves() -> None:
    """What an average user has brought by age, less the cost."""
    costs_known = found.frame["cac_per_user"].is_not_null().any()
    lost = worth.acquisition.unattributed[col.AMOUNT].sum() or Decimal(0)
    st.markdown(
        f"**{say('page_cohorts.curves' if costs_known else 'page_cohorts.curves_no_cac')}**"
    )
    chart(
        charts.payback(found.frame, currency=currency, basis=basis),
        called(
            found.frame.select(
                "group", "age", "observed", "ltv_per_user", "ltv_low", "ltv_high",
                "retention_buying", "retention_active", "money",
            ),
            group=words.group,
        ),
        key="cohorts_payback",
        alt=say("page_cohorts.curves_alt"),
        columns={
            "group": say("page_cohorts.group"),
            "age": say("page_cohorts.age"),
            "observed": st.column_config.NumberColumn(
                say("page_cohorts.observed"), format="localized"
            ),
            "ltv_per_user": money_column(say("page_cohorts.ltv_per_user", currency=currency)),
            "ltv_low": money_column(say("page_cohorts.low")),
            "ltv_high": money_column(say("page_cohorts.high")),
            "retention_buying": st.column_config.NumberColumn(
                say("page_cohorts.share_buying"), format="percent"
            ),
            "retention_active": st.column_config.NumberColumn(
                say("page_cohorts.share_active"), format="percent"
            ),
            "money": money_column(say("page_cohorts.money", currency=currency)),
        },
        note=say(
            "page_cohorts.note" if lost else "page_cohorts.note_no_lost",
            level=f"{found.level:.0%}",
            n=SMALL,
            lost=unbroken(headline_money(lost, currency)),
        ),
    )  # fmt: skip


def show_months() -> None:
    """When a user of each group pays back."""
    st.markdown(f"**{say('page_cohorts.when')}**")
    rows = payback(found)
    st.dataframe(
        plain(
            called(rows, group=words.group).select(
                "group",
                pl.Series("months", [months_told(row) for row in rows.to_dicts()]),
                "cac_per_user",
                "ltv_per_user",
                "users",
            )
        ),
        key="cohorts_when",
        hide_index=True,
        alt=say("page_cohorts.when_alt"),
        column_config={
            "group": st.column_config.TextColumn(say("page_cohorts.group"), width=85),
            "months": st.column_config.TextColumn(say("page_cohorts.months"), width=110),
            "cac_per_user": st.column_config.NumberColumn(
                say("page_cohorts.cac_money", currency=currency), format="accounting", width=115
            ),
            "ltv_per_user": st.column_config.NumberColumn(
                say("page_cohorts.ltv_money", currency=currency), format="accounting", width=125
            ),
            "users": st.column_config.NumberColumn(
                say("page_cohorts.users"), format="localized", width=60
            ),
        },
    )


data = choice.dataset()
currency = data.currency
if data.users.is_empty():
    opening(
        say("pages.cohorts.title"),
        say("page_cohorts.question"),
        say("page_cohorts.empty"),
        simulated=data.recipe.simulated,
    )
    st.stop()
head = st.container()
bases = [*(["margin"] if data.items[col.UNIT_COST].is_not_null().any() else []), "revenue"]
options = groupings()
with st.container(horizontal=True, vertical_alignment="bottom"):
    by = linked.select(
        say("page_cohorts.by"),
        options,
        default=options[0],
        shown=by_name,
        help=say("page_cohorts.by_help"),
        key="cohorts_by",
        width=220,
    )
    basis: Any = linked.segments(
        say("page_cohorts.basis"),
        bases,
        default=bases[0],
        shown=lambda name: say(f"page_cohorts.{name}"),
        key="cohorts_basis",
    )

settings = (st.session_state["data"], data.id, basis, by)
found = grouped(*settings)
worth, _ = valued(st.session_state["data"], data.id, basis, YEAR_DAYS)
# where nobody pays for anything, staying is doing anything
measures = ["buying", "active"] if found.frame["buying"].sum() else ["active"]
with head:
    opening(
        say("pages.cohorts.title"),
        say("page_cohorts.question"),
        headline(),
        simulated=data.recipe.simulated,
    )

if worth.has_money:
    show_curves()
    show_months()

st.markdown(f"**{say('page_cohorts.stay')}**")
measure: Any = linked.segments(
    say("page_cohorts.measure"),
    measures,
    default=measures[0],
    shown=lambda name: say(f"page_cohorts.{name}"),
    key="cohorts_measure",
)
share = f"retention_{measure}"
chart(
    charts.stayed(found, measure),
    called(
        found.frame.filter(pl.col(share).is_not_null()).pivot(
            "age", index=["group", "users"], values=share
        ),
        group=words.group,
    ),
    key="cohorts_stayed",
    alt=say("page_cohorts.stay_alt"),
    columns={
        "group": say("page_cohorts.group"),
        "users": st.column_config.NumberColumn(say("page_cohorts.users"), format="localized"),
    }
    | {
        str(age): st.column_config.NumberColumn(str(age), format="percent")
        for age in found.frame["age"].unique()
    },
    note=say(
        "page_cohorts.stay_note_cohort" if by == "cohort" else "page_cohorts.stay_note", n=SMALL
    ),
)

with st.expander(say("page_cohorts.definitions"), icon=":material/menu_book:"):
    st.markdown(
        "\n\n".join(
            [
                say("page_cohorts.definition_age"),
                say(f"page_cohorts.definition_ltv_{basis}"),
                say("page_cohorts.definition_payback", level=f"{found.level:.0%}"),
                say("page_cohorts.definition_stay"),
            ]
        )
    )
