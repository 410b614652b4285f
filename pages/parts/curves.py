"""How a training went, as curves."""

import streamlit as st

from clvcore.charts import training
from clvcore.messages import say
from clvcore.runs import history
from clvcore.runs.folder import ENDED, RunFolder
from pages.parts.drawing import chart


def draw(run: RunFolder) -> None:
    """Both curves side by side, each with its numbers."""
    search, final = history.curve(run), history.final_curve(run)
    if search.is_empty():
        if run.status().state in ENDED:
            st.caption(say("page_train.no_curve"))
        return
    named = {say(f"cli.ranks.{name}"): bar for name, bar in history.baselines(run).items()}
    left, right = st.columns([3, 2], gap="medium")
    columns = {
        "model": say("page_train.col_model"),
        "stage": say("page_train.col_stage"),
        "epoch": st.column_config.NumberColumn(say("page_train.col_epoch"), format="%.2f"),
        "ndcg": st.column_config.NumberColumn(say("page_train.axis_ndcg"), format="%.4f"),
        "loss": st.column_config.NumberColumn(say("page_train.axis_loss"), format="%.4f"),
    }
    with left:
        st.markdown(f"**{say('page_train.validation_title')}**")
        chart(
            training.validation(search, named),
            training.validation_numbers(search, named),
            key="train_validation",
            alt=say("page_train.alt_validation"),
            columns=columns,
        )
    with right:
        st.markdown(f"**{say('page_train.loss_title')}**")
        chart(
            training.loss(search, final),
            training.loss_numbers(search, final),
            key="train_loss",
            alt=say("page_train.alt_loss"),
            columns=columns,
        )
    if not final.is_empty():
        st.caption(say("page_train.stages"))
