"""Train: is the model better than the baselines?"""

import streamlit as st

from clvcore.charts import numbers
from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.runs import history, launch
from clvcore.runs.ended import has_checkpoint, last_lines
from clvcore.runs.folder import ENDED, RunFolder, State
from clvcore.runs.workspace import Workspace
from pages.parts import choice, curves, new_training, past_runs, runs_beside
from pages.parts.opening import opening
from pages.parts.verdicts import answer, judged_on

LOOK_EVERY_S = 2.0
LOG_LINES = 30


def head(sentence: str) -> None:
    """Title, question and answer."""
    opening(
        say("pages.train.title"),
        say("page_train.question"),
        sentence,
        simulated=data.recipe.simulated,
    )


def use(run_id: str) -> None:
    """Make the run that of all pages."""
    st.session_state["run"] = run_id


def go_on(run: RunFolder) -> None:
    """Take the run up again; what is wrong with that is kept to be told."""
    try:
        launch.resume(run)
    except ClvError as error:
        st.session_state["train_wrong"] = say("page_train.unstarted", why=error)


def duration(seconds: float) -> str:
    """A length of time with one unit."""
    if seconds >= 120:
        return say("page_train.minutes", minutes=seconds / 60)
    return say("page_train.seconds", seconds=seconds)


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
        stage = "final" if history.is_in_final_stage(run) else "search"
        st.progress(
            min(1.0, step / total), say(f"page_train.progress_{stage}", step=step, total=total)
        )
        left = history.seconds_left(run) or 0.0
        with st.container(horizontal=True):
            st.metric(
                say("page_train.speed"),
                numbers.short(last["examples_per_s"]),
                border=True,
                height="stretch",
            )
            st.metric(say("page_train.left"), duration(left), border=True, height="stretch")
    st.caption(status.message)
    if status.device:
        st.caption(say("page_train.device", device=status.device))
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
    curves.draw(run)


data = choice.dataset()
runs = history.runs_on(Workspace.default(), data.id)
run = past_runs.shown(runs)
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
    new_training.draw(data, is_first=True)
    st.stop()

has_model = (run.path / "summary.json").exists()
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(past_runs.told(run), width="content")
    if has_model:
        if st.session_state.get("run") == run.run_id:
            st.caption(say("page_train.in_use"), width="content")
        else:
            st.button(
                say("page_train.use"),
                key="train_use",
                icon=":material/check:",
                on_click=use,
                args=(run.run_id,),
            )
if not at_work:
    if run.status().state is not State.DONE:
        st.write(run.status().message)
    if launch.can_go_on(run):
        is_anew = not has_checkpoint(run.path)
        st.button(
            say("page_train.begin_anew" if is_anew else "page_train.go_on"),
            key="train_go_on",
            help=say("page_train.begin_anew_help" if is_anew else "page_train.go_on_help"),
            icon=":material/replay:" if is_anew else ":material/play_arrow:",
            on_click=go_on,
            args=(run,),
        )
    curves.draw(run)
    if (run.path / "report.json").exists():
        st.caption(judged_on(run))
with st.expander(say("page_train.settings"), icon=":material/tune:"):
    config = run.config()
    settings = {**config["tower"], **config["train"]}
    st.dataframe(
        {
            say("page_train.setting"): list(settings),
            say("page_train.setting_value"): [str(v) for v in settings.values()],
        },
        key="train_settings",
        hide_index=True,
    )
log = last_lines(run.path, LOG_LINES)
if log:
    with st.expander(say("page_train.log", n=LOG_LINES), icon=":material/terminal:"):
        st.code(log, language=None, wrap_lines=True)
past_runs.draw(runs, run)
runs_beside.draw(runs, data)
new_training.draw(data, is_first=False)
