"""What the catalogue never shows: how much of it, what that brought, and how places are spread."""

import polars as pl
import streamlit as st

from clvcore import columns as col
from clvcore.charts.numbers import UNKNOWN, percent, short
from clvcore.data.dataset import Dataset
from clvcore.messages import say
from clvcore.ranking.beyond import Overall
from clvcore.ranking.evaluate import USUAL_LENGTH, Protocol, RankingReport
from clvcore.ranking.left_out import EVENTS, NET, Shown
from clvcore.report.judged import one_metric
from clvcore.report.material import MODEL
from pages.parts.tables import fold, money_column, plain

MOST = 50


def draw(report: RankingReport, data: Dataset, protocol: Protocol, found: Shown | None) -> None:
    """The sentence, and the items left out that brought most; None where no marks were kept."""
    st.subheader(say("page_quality.never.title"), anchor=False)
    if found is None:
        st.write(say("page_quality.never.older_run"))
        return
    never = found.never.height
    told = {"n": never, "all": found.items, "k": USUAL_LENGTH}
    if not never:
        st.write(say("page_quality.never.none", **told))
    elif found.net_share is None:
        st.write(say("page_quality.never.some", **told, share=percent(never / found.items)))
    else:
        st.write(
            say(
                "page_quality.never.some_of_money",
                **told,
                share=percent(never / found.items),
                money=percent(found.net_share),
            )
        )
    st.write(
        say(
            "page_quality.never.spread",
            top=percent(found.top_tenth),
            gini=short(_gini(report, protocol)),
        )
    )
    if not never:
        return
    below = fold(say("page_quality.never.table"), key="quality_never_fold")
    if below.open:
        with below:
            _show_items(found.never, data, has_money=found.net_share is not None)


def _show_items(never: pl.DataFrame, data: Dataset, *, has_money: bool) -> None:
    """A row an item, with what it brought."""
    rows = never.head(MOST).with_columns(pl.coalesce(col.TITLE, col.ITEM).alias(col.TITLE))
    columns = [col.TITLE, *([NET] if has_money else []), EVENTS, col.PRICE, col.CATEGORY]
    st.dataframe(
        plain(rows.select(columns)),
        key="quality_never_shown",
        hide_index=True,
        placeholder=UNKNOWN,
        column_config={
            col.TITLE: say("page_quality.never.item"),
            col.CATEGORY: say("page_quality.never.category"),
            col.PRICE: money_column(say("page_quality.never.price", currency=data.currency)),
            EVENTS: say("page_quality.never.events"),
            NET: money_column(say("page_quality.never.net", currency=data.currency)),
        },
        alt=say("page_quality.never.alt"),
    )
    st.caption(
        say(
            "page_quality.never.note" if has_money else "page_quality.never.note_no_money",
            most=min(MOST, never.height),
        )
    )


def _gini(report: RankingReport, protocol: Protocol) -> float | None:
    rows = one_metric(report, protocol, Overall.GINI.value, USUAL_LENGTH)
    own = rows.filter(pl.col("model") == MODEL)["mean"]
    return own[0] if len(own) else None
