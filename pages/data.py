"""Data: can I trust what came in?"""

import polars as pl
import streamlit as st

from clvcore import columns as col
from clvcore.charts import data as charts
from clvcore.charts import numbers, words
from clvcore.messages import say
from clvcore.report import overview
from clvcore.report.sections.data import data_answer
from clvcore.runs import stored
from clvcore.runs.workspace import Workspace
from pages.parts import choice, linked, soundness
from pages.parts.bring import bring
from pages.parts.drawing import chart
from pages.parts.findings import tell
from pages.parts.opening import opening
from pages.parts.tables import called, money_column
from pages.parts.wording import plain

SHOWN = 3
ALL = "all"
"""Every kind of event."""


@st.cache_resource(max_entries=16, show_spinner=say("page_data.reading"))
def volumes(dataset_id: str, every: overview.Every) -> pl.DataFrame:
    """Volumes of the chosen data set; the id is the key."""
    del dataset_id
    return overview.volumes(choice.dataset(), every)


@st.cache_resource(max_entries=16, show_spinner=say("page_data.reading"))
def inside(dataset_id: str) -> tuple[pl.DataFrame, pl.DataFrame, tuple[int, int]]:
    """Kinds, items and users who came back of the chosen data set; the id is the key."""
    del dataset_id
    dataset = choice.dataset()
    return overview.kinds(dataset), overview.top_items(dataset), overview.came_back(dataset)


data = choice.dataset()
top = st.container()
bringing = (
    linked.segments(
        say("page_data.view"),
        ["look", "bring"],
        default="look",
        key="data_view",
        shown=lambda one: say(f"page_data.view_{one}"),
        label_visibility="collapsed",
    )
    == "bring"
)
if bringing:
    top.title(say("pages.data.title"), anchor=False)
    bring()
    st.stop()
with top:
    opening(
        say("pages.data.title"),
        say("page_data.question"),
        data_answer(data),
        simulated=data.recipe.simulated,
    )

said = st.session_state.pop("data_said", None)
if said:
    st.success(said, icon=":material/check:")

first, last = data.observed
st.caption(
    say(
        "page_data.counted",
        users=f"{data.users.height:,}",
        items=f"{data.items.height:,}",
        first=first,
        last=last,
        currency=data.currency,
    )
)
every = overview.step_of(data)
frame = volumes(data.id, every)
step = say(f"page_data.step_{every}")
has_money = bool((frame["money"] != 0).any())
st.markdown(f"**{say('page_data.chart', step=step)}**")
with st.container(horizontal=True):
    measure = linked.segments(
        say("page_data.measure"),
        ["events", "money"] if has_money else ["events"],
        default="events",
        key="data_measure",
        shown=lambda one: say(f"page_data.measure_{one}"),
        label_visibility="collapsed",
    )
    kind = linked.select(
        say("page_data.kind_filter"),
        [ALL, *sorted(set(frame["kind"]))],
        default=ALL,
        key="data_kind",
        shown=lambda one: say("page_data.kind_all" if one == ALL else f"page_data.kind.{one}"),
        label_visibility="collapsed",
        width=200,
    )
shown = frame if kind == ALL else frame.filter(pl.col("kind") == kind)
chart(
    charts.volumes(
        shown,
        measure or "events",
        unit=say(f"page_data.axis_{measure}", currency=data.currency),
        step=say("page_data.axis_week" if every == "1w" else "page_data.axis_month"),
    ),
    called(shown, kind=words.kind),
    key="data_volumes",
    alt=say("page_data.alt_chart", measure=say(f"page_data.measure_{measure}"), step=step),
    columns={
        "begin": say("page_data.col_begin"),
        col.KIND: say("page_data.col_kind"),
        "events": st.column_config.NumberColumn(say("page_data.col_events"), format="localized"),
        "money": money_column(say("page_data.col_money", currency=data.currency)),
    },
)

st.markdown(f"**{say('page_data.findings')}**")
if not data.findings:
    st.caption(say("page_data.trust_none"))
for one in data.findings[:SHOWN]:
    tell(one)
rest = data.findings[SHOWN:]
if rest:
    with st.expander(say("page_data.findings_more", count=len(rest)), key="data_more"):
        for one in rest:
            tell(one)

with st.expander(say("page_data.accounts"), icon=":material/balance:", key="data_accounts"):
    st.caption(say("page_data.accounts_help"))
    st.dataframe(
        pl.DataFrame(
            [
                {
                    "table": words.table(one.table),
                    "in": one.rows_in,
                    "accepted": one.accepted,
                    "rejected": one.rejected,
                    "ignored": one.ignored,
                    "money_in": one.money_in,
                    "money_accepted": one.money_accepted,
                    "money_rejected": one.money_rejected,
                    "money_ignored": one.money_ignored,
                }
                for one in data.accounts
            ]
        ),
        key="data_accounting",
        hide_index=True,
        column_config={
            "table": say("page_data.col_table"),
            "in": st.column_config.NumberColumn(say("page_data.col_in"), format="localized"),
            **{
                name: st.column_config.NumberColumn(
                    say(f"page_data.col_{name}"), format="localized"
                )
                for name in ("accepted", "rejected", "ignored")
            },
            **{
                f"money_{name}": money_column(
                    say(f"page_data.col_money_{name}", currency=data.currency)
                )
                for name in ("in", "accepted", "rejected", "ignored")
            },
        },
    )
    folder = Workspace.default().folder_of(data.id)
    rejected, ignored = (
        sorted(folder.glob(pattern.format(table="*"))) if folder else []
        for pattern in (stored.REJECTS, stored.IGNORED)
    )
    if not rejected:
        st.caption(say("page_data.no_rejects"))
    for key, files in (("page_data.rejects", rejected), ("page_data.clean.ignored", ignored)):
        for file in files:
            st.download_button(
                say(key, table=words.table(file.stem.partition("_")[2])),
                data=file.read_bytes,
                file_name=file.name,
                mime="text/csv",
                key=f"data_{file.stem}",
                on_click="ignore",
            )

with st.expander(say("page_data.inside"), icon=":material/category:", key="data_inside"):
    by_kind, top, (back, everybody) = inside(data.id)
    goal = say(f"page_data.goal_{overview.GOAL[data.recipe.domain].value}")
    if everybody:
        share = numbers.percent(back / everybody)
        told = {"back": f"{back:,}", "all": f"{everybody:,}", "goal": goal, "share": share}
        st.write(say("page_data.came_back", **told))
    else:
        st.write(say("page_data.nobody", goal=goal))
    counts = {
        name: st.column_config.NumberColumn(say(f"page_data.col_{name}"), format="localized")
        for name in ("events", "users")
    } | {"money": money_column(say("page_data.col_money", currency=data.currency))}
    st.dataframe(
        called(by_kind, kind=words.kind),
        key="data_kinds",
        hide_index=True,
        column_config=counts
        | {
            col.KIND: say("page_data.col_kind"),
            "share": st.column_config.NumberColumn(say("page_data.col_share"), format="percent"),
        },
    )
    st.caption(say("page_data.top_items", goal=goal))
    st.dataframe(
        top,
        key="data_items",
        hide_index=True,
        column_config=counts
        | {
            col.ITEM: say("page_data.col_item"),
            col.TITLE: say("page_data.col_title"),
            col.CATEGORY: say("page_data.col_category"),
        },
    )

soundness.sound(data)
soundness.origin(data)

if data.recipe.source:
    st.caption(
        plain(say("page_data.source", source=data.recipe.source, licence=data.recipe.licence))
    )
