"""Training: steps strung together into epochs, told about twice a second, stopped in time."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from clvcore.errors import FitError
from clvcore.messages import say
from clvcore.towers.batches import n_batches, sequences, shuffled_batches, training_windows
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.known import Known
from clvcore.towers.lesson import Lesson
from clvcore.towers.model import Model, initialised
from clvcore.towers.step import first_state, train_step, with_rows

READ_EVERY_S = 0.5
LAST_SHARE = 0.05
"""Share of the highest step size that is left at the end of the cosine decay."""


@dataclass(frozen=True, slots=True)
class StepInfo:
    """For looking, not for going on: where training stands."""

    step: int
    total_steps: int
    """Steps of all epochs to come, if training does not stop early."""
    epoch: int
    """Whole epochs behind us."""
    loss: float
    """Mean over the epoch so far."""
    examples_per_s: float
    """Events that were learned from, per second of the epoch."""
    elapsed_s: float
    metrics: dict[str, float] = field(default_factory=dict)
    """What the judge said after the epoch; empty within one."""


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """Where training stands and the best model so far."""

    info: StepInfo
    best: Model | None
    """None before the first epoch is complete."""
    best_epoch: int


def step_sizes(config: TrainConfig, total_steps: int) -> optax.Schedule:
    """Step size by step: warm-up, then cosine decay to a small rest."""
    warmup = min(config.warmup_steps, total_steps // 2)
    return optax.schedules.warmup_cosine_decay_schedule(
        init_value=0.0,
        peak_value=config.learning_rate,
        warmup_steps=warmup,
        decay_steps=max(total_steps, warmup + 1),
        end_value=LAST_SHARE * config.learning_rate,
    )


def fit(
    lesson: Lesson,
    config: TowerConfig,
    train: TrainConfig,
    *,
    judge: Callable[[Model], dict[str, float]] | None,
    watch: str = "ndcg@10",
    stop_after: int | None = None,
) -> Iterator[Progress]:
    """Train and yield twice a second and after each epoch; stops when ``watch`` no longer grows.

    The caller may stop at any time by leaving the loop: the last progress has the best model.
    Reproducible on a CPU from (lesson, config, train).

    How long to train is found with a judge on a validation period; to learn from that period as
    well, train anew without a judge and stop after as many epochs.

    Args:
        lesson: what to learn from; nothing behind the validation cut.
        config: the model.
        train: the training.
        judge: what a model reaches on the validation period, by metric; without one the latest
            model is the best.
        watch: the metric that decides; larger is better.
        stop_after: epochs after which to stop in any case; the step sizes are still planned for
            ``train.epochs``.

    Raises:
        FitError: nothing to learn from, or the loss is no longer a number.
    """
    events = sequences(lesson.seen)
    windows = training_windows(events, config.max_length)
    if len(windows.user) == 0 or len(events.item) <= len(np.unique(windows.user)):
        raise FitError(say("towers.no_events"))
    epoch_batches = partial(
        shuffled_batches,
        events,
        windows,
        max_length=config.max_length,
        batch_events=train.batch_events,
    )
    steps_per_epoch = n_batches(
        windows, max_length=config.max_length, batch_events=train.batch_events
    )
    total_steps = steps_per_epoch * train.epochs
    model = initialised(lesson, config, seed=train.seed)
    state = first_state(model, train)
    n_items = len(lesson.seen.items)
    step = partial(
        train_step,
        items=jax.device_put(Known.of(lesson.items, lesson.seen_items())),
        users=jax.device_put(Known.of(lesson.users, np.ones(len(lesson.seen.users), bool))),
        graph=model.graph,
        config=config,
        weight_decay=train.weight_decay,
    )
    sizes = np.asarray(jax.vmap(step_sizes(train, total_steps))(jnp.arange(total_steps)))
    n_negatives = train.n_negatives if train.loss_for(n_items) == "sampled_softmax" else 0
    rng = np.random.default_rng(train.seed)
    began = time.perf_counter()
    best, best_epoch, best_score = None, 0, -np.inf
    last_epoch = min(train.epochs, stop_after or train.epochs)
    for epoch in range(1, last_epoch + 1):
        meter = _Meter(began, epoch - 1, steps_per_epoch, last_epoch)
        for batch in epoch_batches(rng=rng):
            moved, rows = with_rows(batch, n_items=n_items, n_negatives=n_negatives, rng=rng)
            state, loss = step(state, moved, rows, step_size=sizes[meter.step])
            meter.add(loss, int((batch.weight > 0).sum()))
            if meter.is_due():
                yield Progress(meter.read(), best, best_epoch)
        info = meter.read()
        if not np.isfinite(info.loss):
            raise FitError(
                say("towers.diverged", step=info.step, learning_rate=train.learning_rate)
            )
        # the step gives its buffers away, so what is kept must be a copy
        now = Model(config, model.graph, jax.tree.map(jnp.copy, state.params))
        metrics = judge(now) if judge else {}
        score = metrics.get(watch, epoch)
        if score > best_score:
            best, best_epoch, best_score = now, epoch, score
        yield Progress(replace(info, epoch=epoch, metrics=metrics), best, best_epoch)
        if epoch - best_epoch >= train.patience:
            return


class _Meter:
    """Loss and speed of one epoch; reading waits for the device, so it is done twice a second."""

    def __init__(self, began: float, epoch: int, steps_per_epoch: int, last_epoch: int) -> None:
        self.began, self.epoch = began, epoch
        self.step, self.total_steps = epoch * steps_per_epoch, last_epoch * steps_per_epoch
        self.epoch_began = self.last_read = time.perf_counter()
        self.losses: list[Float[Array, ""]] = []
        self.learned = 0

    def add(self, loss: Float[Array, ""], learned: int) -> None:
        """Count a step."""
        self.step += 1
        self.losses.append(loss)
        self.learned += learned

    def is_due(self) -> bool:
        """Whether the last reading is half a second ago."""
        return time.perf_counter() - self.last_read > READ_EVERY_S

    def read(self) -> StepInfo:
        """Where the epoch stands."""
        loss = float(jnp.stack(self.losses).mean())
        self.last_read = time.perf_counter()
        return StepInfo(
            step=self.step,
            total_steps=self.total_steps,
            epoch=self.epoch,
            loss=loss,
            examples_per_s=self.learned / (self.last_read - self.epoch_began),
            elapsed_s=self.last_read - self.began,
        )
