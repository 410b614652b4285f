"""Train: is the model better than the baselines?"""

from dataclasses import replace
from typing import get_args

import polars as pl
import streamlit as st

from clvcore.charts import numbers, training, words
from clvcore.data.dataset import Dataset
from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.ranking.evaluate import Protocol, RankingReport
from clvcore.runs import history
from clvcore.runs.finished import stored_report
from clvcore.runs.folder import ENDED, RunFolder, State
from clvcore.runs.launch import new_training
from clvcore.runs.launch import start as start_worker
from clvcore.runs.workspace import Workspace
from clvcore.towers.config import Encoder, Similarity
from clvcore.towers.presets import PRESETS, preset
from pages.parts import choice
from pages.parts.drawing import chart
from pages.parts.opening import opening
from pages.parts.tables import called

MODEL = "two_tower"
LOOK_EVERY_S = 2.0


def answer(run: RunFolder | None) -> str:
    """The page's sentence about a run in any state."""
    if run is None:
        return say("page_train.no_run")
    if (run.path / "summary.json").exists():
        return verdict(stored_report(run))
    state = run.status().state
    return at_work_now(run) if state is State.RUNNING else say(f"page_train.{state.value}")


def at_work_now(run: RunFolder) -> str:
    """How far a running training is."""
    judged = history.curve(run).drop_nulls("ndcg")
    bars = history.baselines(run)
    if judged.is_empty() or not bars:
        return say("page_train.running_first")
    other = max(bars, key=lambda name: bars[name])
    final = any(entry["stage"] != history.SEARCH for entry in run.progress())
    return say(
        "page_train.finishing" if final else "page_train.running",
        epochs=judged.height,
        best=judged["ndcg"].max(),
        other=say(f"cli.ranks.{other}"),
        bar=bars[other],
    )


def verdict(report: RankingReport) -> str:
    """The least lead of the model over a baseline, which is the one over the strongest."""
    pairs = report.differences.filter(
        (pl.col("protocol") == Protocol.NEW.value)
        & (pl.col("model") == MODEL)
        & (pl.col("metric") == "ndcg")
        & (pl.col("k") == 10)
    ).sort("mean")
    if pairs.is_empty():
        return say("page_train.nobody")
    row = pairs.row(0, named=True)
    key = "better" if row["low"] > 0 else "worse" if row["high"] < 0 else "level"
    return say(
        f"page_train.{key}",
        other=say(f"cli.ranks.{row['other']}"),
        mean=row["mean"],
        short=-row["mean"],
        low=row["low"],
        high=row["high"],
    )


def label(run_id: str) -> str:
    """A run as the list names it."""
    run = by_id[run_id]
    config = run.config()
    return say(
        "page_train.run_label",
        started=history.started_at(run),
        encoder=config["tower"]["encoder"],
        preset=config["preset"],
        state=words.state(run.status().state),
    )


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
        made = new_training(
            Workspace.default(),
            dataset,
            tower,
            train,
            reference=said["data"],
            preset=said["train_preset"],
        )
        start_worker(made)
        said["train_run"] = made.run_id
    except ClvError as error:
        said["train_wrong"] = say("page_train.unstarted", why=error)


def use(run_id: str) -> None:
    """Make the run that of all pages."""
    st.session_state["run"] = run_id


def curves(run: RunFolder) -> None:
    """Both curves side by side, and their numbers."""
    frame = history.curve(run)
    if frame.is_empty():
        if run.status().state in ENDED:
            st.caption(say("page_train.no_curve"))
        return
    named = {say(f"cli.ranks.{name}"): bar for name, bar in history.baselines(run).items()}
    left, right = st.columns([3, 2], gap="medium")
    epoch = st.column_config.NumberColumn(say("page_train.col_epoch"), format="%.2f")
    with left:
        st.markdown(f"**{say('page_train.validation_title')}**")
        chart(
            training.validation(frame, named),
            training.validation_numbers(frame, named),
            key="train_validation",
            alt=say("page_train.alt_validation"),
            columns={
                "model": say("page_train.col_model"),
                "epoch": epoch,
                "ndcg": st.column_config.NumberColumn(say("page_train.axis_ndcg"), format="%.4f"),
            },
        )
    with right:
        st.markdown(f"**{say('page_train.loss_title')}**")
        chart(
            training.loss(frame),
            frame.select("epoch", "loss"),
            key="train_loss",
            alt=say("page_train.alt_loss"),
            columns={
                "epoch": epoch,
                "loss": st.column_config.NumberColumn(say("page_train.axis_loss"), format="%.4f"),
            },
        )


def head(sentence: str) -> None:
    """Title, question and answer."""
    opening(
        say("pages.train.title"),
        say("page_train.question"),
        sentence,
        simulated=data.recipe.simulated,
    )


def live(run: RunFolder) -> None:
    """A run at work: how far it is, and a way to stop it."""
    status = run.status()
    if status.state in ENDED:
        st.rerun()
    head(answer(run))
    entries = run.progress()
    if entries:
        last = entries[-1]
        step, total = last["step"], last["total_steps"]
        st.progress(min(1.0, step / total), say("page_train.progress", step=step, total=total))
        left = history.seconds_left(run) or 0.0
        with st.container(horizontal=True):
            st.metric(
                say("page_train.speed"), numbers.headline_count(last["examples_per_s"]), border=True
            )
            st.metric(say("page_train.left"), duration(left), border=True)
    told = f"{status.message} {say('page_train.device')}: {status.device}"
    st.caption(told if status.device else status.message)
    st.caption(say("page_train.survives"))
    if run.is_cancelled():
        st.caption(say("page_train.stopping"))
    else:
        st.button(
            say("page_train.cancel"),
            key="train_cancel",
            help=say("page_train.cancel_help"),
            icon=":material/stop:",
            on_click=run.ask_to_cancel,
        )
    curves(run)


def duration(seconds: float) -> str:
    """A length of time with one unit."""
    if seconds >= 120:
        return say("page_train.minutes", minutes=seconds / 60)
    return say("page_train.seconds", seconds=seconds)


data = choice.dataset()
runs = history.runs_on(Workspace.default(), data.id)
by_id = {one.run_id: one for one in runs}
chosen = st.session_state.get("train_run", st.query_params.get("train_run"))
if chosen not in by_id:
    chosen = next(iter(by_id), None)
run = by_id.get(chosen) if chosen else None
at_work = run is not None and run.status().state not in ENDED

if at_work:
    st.fragment(live, run_every=LOOK_EVERY_S)(run)
else:
    head(answer(run))
wrong = st.session_state.pop("train_wrong", None)
if wrong:
    st.error(wrong, icon=":material/error:")

if run is None:
    st.write(say("page_train.no_run_how"))
else:
    st.session_state["train_run"] = chosen
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            say("page_train.run"),
            list(by_id),
            format_func=label,
            key="train_run",
            help=say("page_train.run_help"),
            width=460,
        )
        if (run.path / "summary.json").exists():
            in_use = st.session_state.get("run") == run.run_id
            st.button(
                say("page_train.in_use" if in_use else "page_train.use"),
                key="train_use",
                icon=":material/check:",
                disabled=in_use,
                on_click=use,
                args=(run.run_id,),
            )
    st.query_params["train_run"] = run.run_id
    if not at_work:
        if not (run.path / "summary.json").exists():
            st.write(run.status().message)
        curves(run)
        if (run.path / "report.json").exists():
            judged = {one.protocol: one.judged for one in stored_report(run).judged}
            st.caption(say("page_train.how", users=judged.get(Protocol.NEW, 0)))

with (
    st.expander(say("page_train.new"), expanded=run is None, icon=":material/add:"),
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
        args=(data,),
    )

if run is not None:
    with st.expander(say("page_train.past"), icon=":material/history:"):
        st.dataframe(
            called(history.table(runs), state=words.state),
            key="train_past",
            hide_index=True,
            column_config={
                "started_at": st.column_config.DatetimeColumn(
                    say("page_train.col_started"), format="YYYY-MM-DD HH:mm", timezone="UTC"
                ),
                "encoder": say("page_train.col_encoder"),
                "preset": say("page_train.col_preset"),
                "epochs": say("page_train.col_epochs"),
                "ndcg": st.column_config.NumberColumn(
                    say("page_train.col_ndcg"),
                    format="%.4f",
                    help=say("page_train.col_ndcg_help"),
                ),
                "state": say("page_train.col_state"),
                "run_id": say("page_train.col_run"),
            },
        )
    with st.expander(say("page_train.settings"), icon=":material/tune:"):
        config = run.config()
        settings = {**config["tower"], **config["train"]}
        st.dataframe(
            {say("page_train.settings"): list(settings), "": [str(v) for v in settings.values()]},
            key="train_settings",
            hide_index=True,
        )
