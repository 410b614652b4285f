"""Users: what would this user want, and why?"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import polars as pl
import streamlit as st

from clvcore import columns as col
from clvcore.charts.numbers import UNKNOWN, headline_count, headline_money, short
from clvcore.charts.ranking import history
from clvcore.data.dataset import Dataset
from clvcore.errors import NotFoundError
from clvcore.features.vocabulary import Vocabulary
from clvcore.messages import say
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.recommend import SIMILARITY, neighbours, recommend
from clvcore.ranking.top_n import NOBODY, top_n
from clvcore.runs.finished import FinishedRun
from pages.parts import choice, linked, take_along
from pages.parts.drawing import chart
from pages.parts.opening import opening
from pages.parts.tables import money_column, plain
from pages.parts.worth import YEAR_DAYS, valued

N = 10  # length of every list on the page; a string below would be drawn
BUSIEST = 20


@st.cache_resource(max_entries=8, show_spinner=say("pages.choice.reading"))
def activity(data_id: str, _data: Dataset) -> pl.DataFrame:
    """user_id and number of events, the busiest first."""
    del data_id
    counts = _data.events.group_by(col.USER).agg(events=pl.len())
    return counts.sort("events", col.USER, descending=[True, False])


@st.cache_resource(max_entries=256, show_spinner=say("page_users.recommending"))
def wanted(run_id: str, user: str, _run: FinishedRun, *, again: bool) -> pl.DataFrame:
    """What the user would want, with what is known of the items and the nearest one they had."""
    del run_id
    seen = _run.material.seen
    scorer = _run.scorer() if again else None
    found = recommend(_run.embeddings, seen, users=[user], n=N, again=scorer)
    number = seen.users.number(user)
    own = np.zeros(len(seen.items), dtype=bool)
    own[seen.item[seen.start[number] : seen.start[number + 1]]] = True
    nearest = [
        neighbours(_run.embeddings, item, n=1, allowed=own)[col.ITEM].to_list() if own.any() else []
        for item in found[col.ITEM]
    ]
    reasons = pl.Series("reason_id", [one[0] if one else None for one in nearest], dtype=pl.String)
    titles = about_items(_run.material.dataset).select(reason_id=col.ITEM, reason=col.TITLE)
    return (
        found.join(
            about_items(_run.material.dataset), on=col.ITEM, how="left", maintain_order="left"
        )
        .with_columns(reasons)
        .join(titles, on="reason_id", how="left", maintain_order="left")
    )


def about_items(data: Dataset) -> pl.DataFrame:
    """What a person calls the items; the id where there is no title."""
    return data.items.select(
        col.ITEM,
        pl.coalesce(col.TITLE, col.ITEM).alias(col.TITLE),
        col.CATEGORY,
        col.TAGS,
        col.PRICE,
    )


def pick(users: list[str]) -> None:
    """Go to one of the users, by chance."""
    st.session_state["users_id"] = users[np.random.default_rng().integers(len(users))]


def columns_of(names: Iterable[str], currency: str) -> dict[str, Any]:
    """How columns look, under the names that a reader knows."""
    number, bar = st.column_config.NumberColumn, st.column_config.ProgressColumn
    how: dict[str, Callable[[str], Any]] = {
        col.PRICE: money_column,
        col.AMOUNT: money_column,
        SIMILARITY: partial(bar, format="%.3f", min_value=0, max_value=1, width=92),
        col.TAGS: st.column_config.ListColumn,
        col.AT: partial(
            st.column_config.DatetimeColumn, format="YYYY-MM-DD HH:mm:ss", timezone="UTC"
        ),
        "rank": partial(number, width=44),
        "reason": partial(st.column_config.Column, width=180),
        "seen": partial(st.column_config.CheckboxColumn, width=75),
    }
    return {
        name: how.get(name, str)(say(f"page_users.column.{name}", currency=currency))
        for name in names
    }


def show_table(rows: pl.DataFrame, key: str, *, currency: str, alt: str | None = None) -> None:
    """Rows in the order given."""
    st.dataframe(
        plain(rows),
        key=key,
        hide_index=True,
        placeholder=UNKNOWN,
        column_config=columns_of(rows.columns, currency),
        alt=alt,
    )


def answer_of(found: pl.DataFrame, user: str, similarity: str) -> str:
    """The first of the list, and why."""
    if found.is_empty():
        return say("page_users.nothing_left", user=user)
    first = found.row(0, named=True)
    if first["seen"]:
        return say("page_users.wants_again", user=user, title=first[col.TITLE])
    key = "wants" if similarity == "cosine" else "wants_product"
    return say(
        f"page_users.{key}" if first["reason"] else f"page_users.{key}_bare",
        user=user,
        title=first[col.TITLE],
        similarity=short(first[SIMILARITY]),
        reason=first["reason"],
    )


def show_wanted(found: pl.DataFrame, user: str, data: Dataset, *, again: bool) -> None:
    """The list itself, no wider than a small screen; what else is known of the items below it."""
    columns = [col.TITLE, "reason", SIMILARITY]
    columns = [*columns, "seen"] if again else ["rank", *columns]
    looks = columns_of(columns, data.currency)
    looks[col.TITLE] = st.column_config.Column(looks[col.TITLE], width=178)
    st.dataframe(
        found.select(columns),
        key="users_list",
        hide_index=True,
        placeholder=UNKNOWN,
        column_config=looks,
        alt=say("page_users.list_alt", user=user),
    )
    about = st.expander(
        say("page_users.about_items"),
        icon=":material/category:",
        key="users_about",
        on_change="rerun",
    )
    if about.open:
        with about:
            show_table(
                found.select(col.TITLE, col.PRICE, col.CATEGORY, col.TAGS),
                "users_about_table",
                currency=data.currency,
            )


def show_history(data: Dataset, user: str) -> None:
    """What the user did, over time."""
    st.subheader(say("page_users.history"), anchor=False)
    events = data.events.filter(pl.col(col.USER) == user)
    if events.is_empty():
        st.write(say("page_users.history_none", user=user))
        return
    events = events.join(about_items(data), on=col.ITEM, how="left", maintain_order="left")
    first, last = events[col.AT][0], events[col.AT][-1]
    st.caption(say("page_users.history_about", events=events.height, first=first, last=last))
    names = {kind.value: say(f"page_users.kind.{kind}") for kind in col.Kind}
    columns = (col.AT, col.KIND, col.TITLE, col.AMOUNT)
    table = events.sort(col.AT, descending=True).select(columns)
    chart(
        history(events, currency=data.currency),
        table.with_columns(pl.col(col.KIND).cast(pl.String).replace(names)),
        key="users_history",
        alt=say("page_users.history_alt", user=user),
        columns=columns_of(columns, data.currency),
    )


def show_near_items(run: FinishedRun, found: pl.DataFrame, data: Dataset) -> None:
    """What lies near a recommended item."""
    titles = dict(found.select(col.ITEM, col.TITLE).iter_rows())
    item = st.selectbox(
        say("page_users.near_item"),
        list(titles),
        format_func=lambda one: titles.get(one, one),
        key="users_near",
    )
    if item is None:
        return
    near = neighbours(run.embeddings, item, n=N)
    rows = near.join(about_items(data), on=col.ITEM, how="left", maintain_order="left")
    columns = [col.TITLE, SIMILARITY, col.PRICE, col.CATEGORY]
    show_table(rows.select(columns), "users_near_table", currency=data.currency)
    st.caption(say("page_users.near_item_about"))


def show_near_users(run: FinishedRun, user: str, data: Dataset) -> None:
    """Who is like the user."""
    ids, vectors = run.embeddings.user_ids, run.embeddings.users
    number = ids.number(user)
    best = top_n(vectors[[number]], vectors, N, seen=ItemLists.of([[number]]))
    there = best.items[0] != NOBODY
    rows = pl.DataFrame(
        {col.USER: ids.terms(best.items[0][there]), SIMILARITY: best.similarity[0][there]}
    )
    for about in (activity(data.id, data), data.users.select(col.USER, col.CHANNEL)):
        rows = rows.join(about, on=col.USER, how="left", maintain_order="left")
    show_table(rows, "users_alike", currency=data.currency)
    st.caption(say("page_users.near_user_about"))


def show_value(data: Dataset, user: str) -> None:
    """What the user is worth; computed once for all users, when asked for."""
    shown = st.session_state.setdefault("users_valued", [])
    if data.id not in shown:
        st.caption(say("page_users.value_about"))
        if not st.button(say("page_users.value_button"), key="users_value"):
            return
    with st.spinner(say("page_users.valuing", name=data.name), show_time=True):
        frame = valued(st.session_state["data"], data.id, "revenue", YEAR_DAYS)[0].frame
    if data.id not in shown:
        shown.append(data.id)
        st.rerun()  # without the button
    row = frame.row(by_predicate=pl.col(col.USER) == user, named=True)
    money = partial(headline_money, currency=data.currency)
    low, high = money(row["forecast_low"]), money(row["forecast_high"])
    with st.container(horizontal=True):
        for name in ("ltv", "cac", "clv", "forecast"):
            is_forecast = name == "forecast" and row[name] is not None
            st.metric(
                say(f"page_users.{name}_label"),
                money(row[name]),
                border=True,
                height="stretch",
                help=say(f"page_users.{name}_help"),
                delta=say("page_users.forecast_range", low=low, high=high) if is_forecast else None,
                delta_color="off",
                delta_arrow="off",
            )
    st.caption(say("page_users.value_note"))


data = choice.dataset()
active = activity(data.id, data)
busiest = active[col.USER].head(BUSIEST).to_list()
ids = Vocabulary.of(data.users[col.USER], "user")
run = choice.run()

first_shown = busiest[0] if busiest else ids.term(0)
if st.session_state.setdefault("users_data", data.id) != data.id:
    st.session_state["users_id"] = first_shown  # it was somebody of the other data set
    st.session_state["users_data"] = data.id

top = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    user = st.text_input(
        say("page_users.choose"),
        first_shown,
        key="users_id",
        bind="query-params",
        help=say("page_users.choose_help"),
        width=240,
    ).strip()
    st.button(
        say("page_users.busy"),
        key="users_busy",
        on_click=pick,
        args=[busiest],
        help=say("page_users.busy_help"),
    )
    st.button(
        say("page_users.anyone"),
        key="users_any",
        on_click=pick,
        args=[ids.ids.to_list()],
        help=say("page_users.anyone_help"),
    )
    again = run is not None and st.toggle(
        say("page_users.again"),
        key="users_again",
        bind="query-params",
        help=say("page_users.again_help"),
    )

found, is_known = None, True
try:
    ids.number(user)
except NotFoundError as unknown:
    is_known, answer = False, unknown.args[0]
else:
    if run is None:
        n_events = active.filter(pl.col(col.USER) == user)["events"].sum()
        answer = say("page_users.no_run", user=user, events=headline_count(int(n_events)))
    else:
        found = wanted(run.run.run_id, user, run, again=again)
        answer = answer_of(found, user, run.embeddings.similarity)
with top:
    opening(
        say("pages.users.title"),
        say("page_users.question"),
        answer,
        simulated=data.recipe.simulated,
    )
if not is_known:
    st.stop()

if found is None:
    st.write(say("page_users.no_run_how"))
    st.page_link(
        "train.py",
        label=say("pages.go.train"),
        icon=":material/model_training:",
        query_params=choice.links(),
    )
else:
    show_wanted(found, user, data, again=again)
show_history(data, user)
if run is not None:
    take_along.draw(run, n=N, again=again)

sections = ["value"] if found is None else ["items", "users", "value"]
section = linked.segments(
    say("page_users.more"),
    sections,
    default=None,
    shown=lambda name: say(f"page_users.tab.{name}"),
    key="users_more",
)
if section == "items" and run is not None and found is not None:
    show_near_items(run, found, data)
elif section == "users" and run is not None:
    show_near_users(run, user, data)
elif section == "value":
    show_value(data, user)
