"""``clv train``: start a training run and follow it."""

import subprocess
import time
from dataclasses import replace
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from clvcore.cli.dataset import mark
from clvcore.cli.output import answer, as_json, working
from clvcore.errors import ConfigError, RunError
from clvcore.messages import say
from clvcore.runs.folder import ENDED, RunFolder, State
from clvcore.runs.launch import CHECKPOINT_EVERY_S
from clvcore.runs.shelf import find_run
from clvcore.runs.workspace import Workspace

LOOK_EVERY_S = 0.2


@click.command(help=say("cli.train.help"), short_help=say("cli.train.short"))
@click.argument("data", required=False)
@click.option("--preset", default="quick", show_default=True, help=say("cli.train.preset"))
@click.option(
    "--encoder",
    type=click.Choice(["cnn", "gru", "transformer"]),
    help=say("cli.train.encoder"),
)
@click.option(
    "--similarity",
    type=click.Choice(["cosine", "dot", "euclidean"]),
    help=say("cli.train.similarity"),
)
@click.option("--epochs", type=int, help=say("cli.train.epochs"))
@click.option("--seed", type=int, default=0, show_default=True, help=say("cli.train.seed"))
@click.option("--resume", metavar="RUN", help=say("cli.train.resume"))
@click.option(
    "--checkpoint-every",
    type=click.FloatRange(min=0),
    default=CHECKPOINT_EVERY_S,
    show_default=True,
    metavar="SECONDS",
    help=say("cli.train.checkpoint_every"),
)
@as_json
def train(
    data: str | None,
    preset: str,
    encoder: str | None,
    similarity: str | None,
    epochs: int | None,
    seed: int,
    resume: str | None,
    checkpoint_every: float,
    *,
    as_json: bool,
) -> None:
    """Start a run in its own program, or take it up again, follow it, and tell what came out."""
    if (data is None) == (resume is None):
        raise ConfigError(say("cli.train.what"))
    workspace = Workspace.default()
    if data is None:
        run = go_on(workspace, resume or "")
    else:
        run = launch(
            workspace,
            data,
            preset=preset,
            encoder=encoder,
            similarity=similarity,
            epochs=epochs,
            seed=seed,
            checkpoint_every_s=checkpoint_every,
        )
    answer(told(run), as_json=as_json, text=lambda console: tell(run, console))


def launch(
    workspace: Workspace,
    data: str,
    *,
    preset: str,
    encoder: str | None = None,
    similarity: str | None = None,
    epochs: int | None = None,
    seed: int = 0,
    checkpoint_every_s: float = CHECKPOINT_EVERY_S,
) -> RunFolder:
    """A run from start to end, with a progress bar where somebody watches.

    Raises:
        ClvError: the data or a setting is wrong, or the run failed.
    """
    # what a person may have got wrong is told before a program is started
    from clvcore.towers.presets import preset as named

    tower, training = named(preset)
    chosen = {"encoder": encoder, "similarity": similarity}
    tower = replace(tower, **{name: value for name, value in chosen.items() if value})
    training = replace(training, seed=seed, **({"epochs": epochs} if epochs is not None else {}))
    with working("cli.reading", data=data):
        dataset = workspace.resolve(data)
    from clvcore.runs.launch import new_training, start

    run = new_training(
        workspace,
        dataset,
        tower,
        training,
        reference=data,
        preset=preset,
        checkpoint_every_s=checkpoint_every_s,
    )
    return _ended(run, start(run))


def go_on(workspace: Workspace, run_id: str) -> RunFolder:
    """A run that broke off, taken up again and followed to its end.

    Raises:
        RunError: there is no such run, there is nothing to go on with, or it has no model again.
    """
    from clvcore.runs.launch import resume

    run = find_run(workspace, run_id)
    return _ended(run, resume(run))


def _ended(run: RunFolder, worker: "subprocess.Popen[bytes]") -> RunFolder:
    follow(run, worker, Console(stderr=True))
    status = run.status()
    if status.state in (State.FAILED, State.LOST):
        raise RunError(say("cli.train.broke_off", why=status.message, run=run.run_id))
    if not (run.path / "summary.json").exists():
        raise RunError(
            say(
                "runs.unfinished",
                run=run.run_id,
                state=say(f"runs.state.{status.state}"),
                message=status.message,
            )
        )
    return run


def follow(run: RunFolder, worker: "subprocess.Popen[bytes]", console: Console) -> None:
    """Show how far the run is until it ends; Ctrl-C asks it to stop and keeps what it has."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn(say("cli.train.left")),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task, told_plan = bar.add_task(run.status().message, total=None), False
        while worker.poll() is None and run.status().state not in ENDED:
            try:
                _show(run, bar, task)
                if not told_plan and (run.path / "estimate.json").exists():
                    told_plan = True
                    console.print(run.status().message)
                time.sleep(LOOK_EVERY_S)
            except KeyboardInterrupt:
                run.ask_to_cancel()
        worker.wait()


def _show(run: RunFolder, bar: Progress, task: Any) -> None:
    entries = run.progress()
    if not entries:
        bar.update(task, description=run.status().message, total=None)
        return
    last = entries[-1]
    best = max((entry["metrics"]["ndcg@10"] for entry in entries if entry["metrics"]), default=None)
    bar.update(
        task,
        completed=last["step"],
        total=last["total_steps"],
        description=say(
            "cli.train.bar",
            epoch=last["epoch"],
            loss=last["loss"],
            speed=last["examples_per_s"],
            best="-" if best is None else f"{best:.4f}",
        ),
    )


def told(run: RunFolder) -> dict[str, Any]:
    """What a program wants to know of a finished run."""
    from clvcore.cli.ranks import metrics_json
    from clvcore.runs.finished import stored_report

    config, status = run.config(), run.status()
    return {
        "run_id": run.run_id,
        "state": status.state.value,
        "device": status.device,
        "data": config["dataset"],
        "preset": config["preset"],
        "tower": config["tower"],
        "train": config["train"],
        **run.read("summary.json"),
        "validation": {
            "two_tower": _best_validation(run),
            **{name: bars["ndcg@10"] for name, bars in run.read("baselines.json").items()},
        },
        **metrics_json(stored_report(run)),
    }


def _best_validation(run: RunFolder) -> float:
    return max(entry["metrics"]["ndcg@10"] for entry in run.progress() if entry["metrics"])


def tell(run: RunFolder, console: Console) -> None:
    """What a person wants to know of a finished run; the run's id comes last, to be copied."""
    from clvcore.cli.ranks import print_metrics
    from clvcore.runs.finished import stored_report

    config, summary, status = run.config(), run.read("summary.json"), run.status()
    console.print(
        say(
            "cli.train.done",
            name=config["dataset"]["name"] + mark(simulated=config["dataset"]["simulated"]),
            encoder=config["tower"]["encoder"],
            parameters=summary["parameters"],
            seconds=summary["training_s"],
            message=status.message,
            device=status.device,
        )
    )
    print_metrics(stored_report(run), console)
    console.print(say("cli.train.run", run=run.run_id))
