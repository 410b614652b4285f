"""The progress of a run for TensorBoard too, where its extra is installed."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from typing import Protocol

from clvcore.runs.folder import RunFolder
from clvcore.towers.train import StepInfo

FOLDER = "tensorboard"
"""Of a run's folder; ``tensorboard --logdir`` on the runs shows them side by side."""


class Note(Protocol):
    """Writes down where a stage of the training stands."""

    def __call__(self, stage: str, info: StepInfo) -> None:
        """Add one point to every curve."""
        ...


@contextmanager
def noted(run: RunFolder) -> Generator[Note, None, None]:
    """Note progress in progress.jsonl and, where it is installed, for TensorBoard."""
    if find_spec("tensorboardX") is None:
        yield lambda stage, info: _append(run, stage, info)
        return
    from tensorboardX import SummaryWriter

    # it names files by the second alone: a stage shorter than that would be overwritten by the next
    own = f".{time.time_ns()}"
    with SummaryWriter(str(run.path / FOLDER), flush_secs=5, filename_suffix=own) as writer:

        def note(stage: str, info: StepInfo) -> None:
            _append(run, stage, info)
            values = {"loss": info.loss, "examples_per_s": info.examples_per_s, **info.metrics}
            for name, value in values.items():
                # TensorBoard allows no @ in a name
                writer.add_scalar(f"{stage}/{name.replace('@', '_')}", value, info.step)

        yield note


def _append(run: RunFolder, stage: str, info: StepInfo) -> None:
    run.add_progress({"stage": stage, **asdict(info)})
