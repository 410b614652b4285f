"""Whom the model serves worst: groups below the mean, and users whose list had nothing they took."""

from functools import partial
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from clvcore import columns as col
from clvcore.charts.numbers import UNKNOWN, percent, short
from clvcore.messages import say
from clvcore.ranking.evaluate import USUAL_LENGTH, Protocol, RankingReport
from clvcore.ranking.left_out import FOUND, Served
from clvcore.report.judged import group_name, grouping_name, worst_groups
from pages.parts import choice
from pages.parts.tables import fold

MOST = 50
GROUPS = 5


def draw(report: RankingReport, protocol: Protocol, found: Served | None) -> None:
    """Groups, then single users, each with a link to them; None where no marks were kept."""
    st.subheader(say("page_quality.worst.title"), anchor=False)
    _groups(report, protocol)
    if found is None:
        st.write(say("page_quality.worst.older_run"))
        return
    n = found.users.height
    if not n:
        return
    st.write(
        say(
            "page_quality.worst.users",
            n=found.in_vain,
            all=n,
            share=percent(found.in_vain / n),
            k=USUAL_LENGTH,
        )
    )
    below = fold(say("page_quality.worst.users_table"), key="quality_worst_users_fold")
    if below.open:
        with below:
            _show_users(found.users.head(MOST))
            st.caption(say("page_quality.worst.users_note", most=min(MOST, n)))


def _show_users(rows: pl.DataFrame) -> None:
    """A row a user, with a link to what they did."""
    links = rows[col.USER].map_elements(_link, return_dtype=pl.String)
    st.dataframe(
        rows.with_columns(links.alias("link")).select(col.USER, "taken", FOUND, "ndcg", "link"),
        key="quality_worst_users",
        hide_index=True,
        placeholder=UNKNOWN,
        column_config={
            col.USER: say("page_quality.worst.user"),
            "taken": st.column_config.NumberColumn(say("page_quality.worst.taken")),
            FOUND: st.column_config.NumberColumn(say("page_quality.worst.found")),
            "ndcg": st.column_config.NumberColumn(
                f"{say('page_quality.metric.ndcg')}@{USUAL_LENGTH}", format="%.4f"
            ),
            "link": st.column_config.LinkColumn(
                say("page_quality.worst.look"), display_text=say("page_quality.worst.open")
            ),
        },
        alt=say("page_quality.worst.users_alt"),
    )


def _link(user: str) -> str:
    """The Users page about a user, below the address of this page."""
    return f"users?{urlencode(choice.links() | {'users_id': user})}"


def _groups(report: RankingReport, protocol: Protocol) -> None:
    found = worst_groups(report, protocol)
    if found.rows.is_empty():
        return
    worst = found.rows.row(0, named=True)
    name, by = group_name(worst["by"], worst["group"]), grouping_name(worst["by"])
    st.write(
        say(
            "page_quality.worst.group" if worst["is_clear"] else "page_quality.worst.no_group",
            group=name if name == by else say("page_quality.worst.group_of", group=name, by=by),
            own=short(worst["mean"]),
            mean=short(found.mean),
            users=worst["users"],
            least=found.least,
            k=USUAL_LENGTH,
        )
    )
    below = fold(say("page_quality.worst.groups_table"), key="quality_worst_groups_fold")
    if below.open:
        with below:
            _show_groups(found.rows.head(GROUPS))


def _show_groups(top: pl.DataFrame) -> None:
    """A row a group, with its interval."""
    shown = top.with_columns(
        # said here: polars would ask for the words in a thread that does not know the language
        pl.Series(
            "name", [group_name(by, group) for by, group in top.select("by", "group").rows()]
        ),
        pl.Series("grouping", [grouping_name(by) for by in top["by"]]),
    )
    number = partial(st.column_config.NumberColumn, format="%.4f")
    st.dataframe(
        shown.select("name", "mean", "low", "high", "users", "grouping"),
        key="quality_worst_groups",
        hide_index=True,
        placeholder=UNKNOWN,
        column_config={
            "name": say("page_quality.column.group"),
            "grouping": say("page_quality.for_whom_by"),
            "mean": number(f"{say('page_quality.metric.ndcg')}@{USUAL_LENGTH}"),
            "low": number(say("page_quality.column.low")),
            "high": number(say("page_quality.column.high")),
            "users": say("page_quality.column.users"),
        },
        alt=say("page_quality.worst.groups_alt"),
    )
