"""The form that starts a training."""

from dataclasses import replace
from typing import get_args

import streamlit as st

from clvcore.data.dataset import Dataset
from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.runs import launch
from clvcore.runs.workspace import Workspace
from clvcore.towers.config import Encoder, Similarity
from clvcore.towers.presets import PRESETS, preset
from pages.parts import past_runs


def start(dataset: Dataset) -> None:
    """Start the run that the form describes; what is wrong with it is kept to be told."""
    said = st.session_state
    try:
        tower, train = preset(said["train_preset"])
        picked = {"encoder": said["train_encoder"], "similarity": said["train_similarity"]}
        tower = replace(tower, **{name: value for name, value in picked.items() if value})
        epochs = said["train_epochs"]
        train = replace(
            train, seed=said["train_seed"], **({} if epochs is None else {"epochs": epochs})
        )
        made = launch.new_training(
            Workspace.default(),
            dataset,
            tower,
            train,
            reference=said["data"],
            preset=said["train_preset"],
        )
        launch.start(made)
        past_runs.show(made.run_id)
    except ClvError as error:
        said["train_wrong"] = say("page_train.unstarted", why=error)


def draw(dataset: Dataset, *, is_first: bool) -> None:
    """The form, open where it is the first thing to do."""
    with (
        st.expander(say("page_train.new"), expanded=is_first, icon=":material/add:"),
        st.form("train_form", border=False),
    ):
        first, second, third = st.columns(3)
        unset = say("page_train.of_preset")
        first.selectbox(
            say("page_train.preset"),
            list(PRESETS),
            key="train_preset",
            help=say("page_train.preset_help"),
        )
        second.selectbox(
            say("page_train.encoder"),
            get_args(Encoder),
            index=None,
            placeholder=unset,
            key="train_encoder",
            help=say("page_train.encoder_help"),
        )
        third.selectbox(
            say("page_train.similarity"),
            get_args(Similarity),
            index=None,
            placeholder=unset,
            key="train_similarity",
            help=say("page_train.similarity_help"),
        )
        first.number_input(
            say("page_train.epochs"),
            min_value=1,
            max_value=1000,
            value=None,
            placeholder=unset,
            key="train_epochs",
            help=say("page_train.epochs_help"),
        )
        second.number_input(
            say("page_train.seed"),
            min_value=0,
            max_value=2**31 - 1,
            value=0,
            key="train_seed",
            help=say("page_train.seed_help"),
        )
        st.form_submit_button(
            say("page_train.start"),
            key="train_start",
            type="primary",
            on_click=start,
            args=(dataset,),
        )
