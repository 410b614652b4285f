"""Value: what are our users worth?"""

from copy import deepcopy
from decimal import Decimal
from functools import partial
from pathlib import PurePath
from typing import Any

import polars as pl
import streamlit as st

from clvcore import columns as col
from clvcore.charts import value as charts
from clvcore.charts import words
from clvcore.charts.numbers import UNKNOWN, exact_money, headline_count, headline_money
from clvcore.messages import again, listed, say
from clvcore.report.tables import table_bytes
from clvcore.value.breakdown import UNATTRIBUTED, Breakdown, breakdown
from clvcore.value.breakdown import UNKNOWN as UNKNOWN_GROUP
from clvcore.value.ledger import Basis
from clvcore.value.reconciliation import reconcile
from clvcore.value.users import UserValue
from pages.parts import choice, linked
from pages.parts.drawing import chart
from pages.parts.opening import opening
from pages.parts.tables import called, money_column, plain
from pages.parts.wording import unbroken
from pages.parts.worth import YEAR_DAYS, valued

HORIZONS_DAYS = (90, 180, 365, 730)
SHOWN_USERS = 100


@st.cache_resource(max_entries=24, show_spinner=say("page_value.computing"))
def grouped(reference: str, dataset_id: str, basis: Basis, horizon_days: int, by: str) -> Breakdown:
    """The worth by group."""
    worth, rng = valued(reference, dataset_id, basis, horizon_days)
    return breakdown(worth, by, rng=deepcopy(rng))


def choose_clicked() -> None:
    """Let a click on a bar choose its group."""
    points = st.session_state["value_chart"]["selection"]["points"]
    st.session_state["value_group"] = points[0]["customdata"][0] if points else None


def of_group(worth: UserValue, by: str, group: str) -> pl.DataFrame:
    """The users of a group, the most valuable first."""
    frame = worth.frame
    name = pl.col("cohort").dt.strftime("%Y-%m") if by == "cohort" else pl.col(by).cast(pl.String)
    inside = frame.filter(name.fill_null(UNKNOWN_GROUP) == group)
    return inside.sort(
        pl.coalesce("clv", "ltv"), col.USER, descending=[True, False], nulls_last=True
    )


data = choice.dataset()
currency = data.currency
if data.users.is_empty():
    opening(
        say("pages.value.title"),
        say("page_value.question"),
        say("page_value.empty"),
        simulated=data.recipe.simulated,
    )
    st.stop()
head = st.container()
numbers = st.container(horizontal=True)

channels_known = data.users[col.CHANNEL].is_not_null().any()
groupings = [*(["channel"] if channels_known else []), "cohort", "segment"]
bases = ["revenue", *(["margin"] if data.items[col.UNIT_COST].is_not_null().any() else [])]
with st.container(horizontal=True, vertical_alignment="bottom"):
    by = linked.segments(
        say("page_value.by"),
        groupings,
        default=groupings[0],
        shown=lambda name: say(f"page_value.{name}"),
        key="value_by",
    )
    basis: Any = linked.segments(
        say("page_value.basis"),
        bases,
        default=bases[0],
        shown=lambda name: say(f"page_value.{name}"),
        key="value_basis",
    )
    days = linked.select(
        say("page_value.horizon"),
        HORIZONS_DAYS,
        default=YEAR_DAYS,
        shown=lambda n: say("page_value.days", days=n),
        key="value_days",
        width=160,
    )

with head:
    settings = (st.session_state["data"], data.id, basis, days)
    worth, _ = valued(*settings)
    groups = grouped(*settings, by)
    total = groups.total.row(0, named=True)
    shown = {
        name: headline_money(total[name], currency) for name in ("ltv", "cac", "clv", "forecast")
    } | {
        "low": headline_money(total["forecast_low"], currency),
        "high": headline_money(total["forecast_high"], currency),
        "users": f"{total['users']:,}",
        "days": days,
        "level": f"{worth.forecast.level:.0%}",
    }
    costs_known = total["clv"] is not None
    ahead_known = total["forecast"] is not None and total["forecast_low"] is not None
    answer = {
        (True, True): "answer",
        (True, False): "answer_no_forecast",
        (False, True): "answer_no_cac",
        (False, False): "answer_neither",
    }[costs_known, ahead_known]
    if not worth.has_money:
        answer = "answer_no_money"
    opening(
        say("pages.value.title"),
        say("page_value.question"),
        say(f"page_value.{answer}", **{name: unbroken(text) for name, text in shown.items()}),
        simulated=data.recipe.simulated,
    )

with numbers:
    ratio = total["ltv_to_cac"]
    period = say(f"value.period.{worth.acquisition.period}")
    no_cac = None if worth.acquisition.is_known else say("value.no_spend")
    no_money = None if worth.has_money else say("value.no_money")
    st.metric(
        say("page_value.ltv"),
        shown["ltv"],
        help=no_money or say(f"page_value.ltv_help_{basis}"),
        border=True,
        height="stretch",
    )
    st.metric(
        say("page_value.cac"),
        shown["cac"],
        help=no_cac or say("page_value.cac_help", period=period),
        border=True,
        height="stretch",
    )
    st.metric(
        say("page_value.clv"),
        shown["clv"],
        help=no_money or no_cac or say("page_value.clv_help"),
        border=True,
        height="stretch",
    )
    st.metric(
        say("page_value.ratio"),
        UNKNOWN if ratio is None else f"{ratio:.2f}",
        help=no_money or no_cac or say("page_value.ratio_help"),
        border=True,
        height="stretch",
    )
    st.metric(
        say("page_value.forecast", days=days),
        shown["forecast"],
        help=say("page_value.forecast_help", **shown),
        border=True,
        height="stretch",
    )
    st.metric(
        say("page_value.users"),
        headline_count(total["users"]),
        help=say("page_value.users_help"),
        border=True,
        height="stretch",
    )

word = say(f"page_value.word.{by}")
seen = "chart" if costs_known else "chart_no_cac"
st.markdown(f"**{say(f'page_value.{seen}', by=word)}**")
table = pl.concat([groups.frame, groups.total]).select(
    "group", "users", "clv", "ltv", "cac", "ltv_to_cac", "cac_paid",
    "forecast", "forecast_low", "forecast_high",
)  # fmt: skip
chart(
    charts.value_by_group(groups.frame, by=word, currency=currency, basis=basis),
    called(table, group=words.group),
    key="value_chart",
    alt=say(f"page_value.{seen}_alt", by=word),
    columns={
        "group": st.column_config.TextColumn(say(f"page_value.{by}"), width="medium"),
        "users": st.column_config.NumberColumn(say("page_value.users"), format="localized"),
        "clv": money_column(say("page_value.clv_money", currency=currency)),
        "ltv": money_column(say("page_value.ltv_money", currency=currency)),
        "cac": money_column(say("page_value.cac_money", currency=currency)),
        "ltv_to_cac": st.column_config.NumberColumn(say("page_value.ratio"), format="%.2f"),
        "cac_paid": money_column(say("page_value.cac_paid", currency=currency)),
        "forecast": money_column(say("page_value.forecast_money", days=days, currency=currency)),
        "forecast_low": money_column(say("page_value.low_money")),
        "forecast_high": money_column(say("page_value.high_money")),
    },
    note=say("page_value.small", n=charts.SMALL),
    on_click=choose_clicked,
)

chosen = linked.select(
    say("page_value.whose"),
    groups.frame["group"].to_list(),
    default=None,
    shown=words.group,
    placeholder=say("page_value.whose_placeholder"),
    key="value_group",
    width=360,
)
if chosen == UNATTRIBUTED:
    st.info(say("page_value.nobody"), icon=":material/info:")
elif chosen is not None:
    users = of_group(worth, by, chosen)
    heading = "behind" if users.height <= SHOWN_USERS else "behind_top"
    told = {"group": words.group(chosen), "users": f"{users.height:,}", "shown": SHOWN_USERS}
    st.markdown(f"**{say(f'page_value.{heading}', **told)}**")
    st.dataframe(
        plain(
            called(users.head(SHOWN_USERS), segment=words.group).select(
                col.USER, "clv", "ltv", "cac", "forecast", "p_alive", "segment", "channel", "cohort"
            )
        ),
        key="value_users",
        hide_index=True,
        placeholder=UNKNOWN,
        column_config={
            col.USER: say("page_value.user"),
            "clv": money_column(say("page_value.clv_money", currency=currency)),
            "ltv": money_column(say("page_value.ltv_money", currency=currency)),
            "cac": money_column(say("page_value.cac_money", currency=currency)),
            "forecast": money_column(
                say("page_value.forecast_money", days=days, currency=currency)
            ),
            "p_alive": st.column_config.NumberColumn(say("page_value.p_alive"), format="percent"),
            "segment": say("page_value.segment"),
            "channel": say("page_value.channel"),
            "cohort": st.column_config.DateColumn(say("page_value.cohort"), format="YYYY-MM"),
        },
    )
    st.download_button(
        say("page_value.get_users", users=f"{users.height:,}"),
        data=partial(table_bytes, users, PurePath("users.csv")),
        file_name=f"users-{by}-{chosen}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="value_get_users",
    )

with st.expander(say("page_value.how"), icon=":material/waterfall_chart:"):
    steps = charts.steps_to_value(worth, groups.total)
    what = "clv" if costs_known else "ltv"
    chart(
        charts.waterfall(steps, total=say(f"page_value.{what}"), currency=currency),
        pl.DataFrame(
            {
                "step": [*(step.name for step in steps), say(f"page_value.{what}")],
                "money": [*(step.amount for step in steps), total[what] or Decimal(0)],
            },
            schema={"step": pl.String, "money": col.MONEY},
        ),
        key="value_waterfall",
        alt=say("page_value.how_alt"),
        columns={
            "step": say("page_value.step_name"),
            "money": money_column(say("page_value.axis_money", currency=currency)),
        },
    )

with st.expander(say("page_value.definitions"), icon=":material/menu_book:"):
    st.markdown(
        "\n\n".join(
            [
                say(f"page_value.definition_ltv_{basis}"),
                say("page_value.definition_cac", period=period),
                say("page_value.definition_clv"),
                say("page_value.definition_forecast", days=days, level=shown["level"]),
                say("page_value.definition_unknown"),
            ]
        )
    )
    for note in worth.notes:
        st.markdown(f"- {again(note)}")

sides = reconcile(worth)
broken = [side.name for side in sides if not side.holds]
if broken:
    st.error(say("page_value.not_reconciled", names=listed(broken)), icon=":material/error:")
else:
    events = sum((side.table for side in sides if side.name in set(col.Stream)), Decimal(0))
    spend = next((side.table for side in sides if side.name == "spend"), None)
    key = "reconciled" if spend is not None else "reconciled_no_spend"
    st.caption(
        say(
            f"page_value.{key}",
            events=exact_money(events, currency),
            spend=exact_money(spend or 0, currency),
        )
    )
