"""Training: steps strung together into epochs, told about twice a second, stopped in time."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, Float32

from clvcore.errors import FitError
from clvcore.messages import say
from clvcore.towers.batches import (
    Batch,
    Sequences,
    Window,
    n_batches,
    sequences,
    shuffled_batches,
    training_windows,
)
from clvcore.towers.config import Loss, TowerConfig, TrainConfig
from clvcore.towers.known import Known
from clvcore.towers.lesson import Lesson
from clvcore.towers.model import Model, initialised
from clvcore.towers.negatives import Drawing, Rows, taken_share, with_rows
from clvcore.towers.standing import Kept, Standing, StepInfo, standing_from
from clvcore.towers.step import Objective, TrainState, first_state, settled, train_step

READ_EVERY_S = 0.5
FEWEST_ITEMS = 2
"""With fewer there is nothing to rank."""
LAST_SHARE = 0.05
"""Share of the highest step size that is left at the end of the cosine decay."""


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """Where training stands and the best model so far."""

    info: StepInfo
    best: Model | None
    """None before the first epoch is complete."""
    best_epoch: int
    standing: Standing
    """What is needed to go on from here: use it before the loop goes on, since the next step gives
    its buffers away."""


def step_sizes(config: TrainConfig, total_steps: int) -> optax.Schedule:
    """Step size by step: warm-up, then constant, or a decay to a small rest."""
    if config.schedule != "cosine":
        level = optax.schedules.warmup_constant_schedule(
            init_value=0.0, peak_value=config.learning_rate, warmup_steps=config.warmup_steps
        )
        if config.schedule == "constant":
            return level
        late = total_steps * 9 // 10
        rest = LAST_SHARE * config.learning_rate
        fall = optax.schedules.linear_schedule(
            config.learning_rate, rest, max(total_steps - late, 1)
        )
        return optax.schedules.join_schedules([level, fall], [late])
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
    resume: Kept | None = None,
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
        resume: a standing of the same training, to go on from; where it stood is told first.

    Raises:
        FitError: nothing to learn from, or the loss is no longer a number.
        RunError: ``resume`` is of another training.
    """
    model = initialised(lesson, config, seed=train.seed)
    course = _Course.of(lesson, config, train, model.graph)
    last_epoch = train.epochs if stop_after is None else min(train.epochs, stop_after)
    now = _start(model, train, course.loss, resume)
    if resume is not None:
        yield _progress(now)
    began = time.perf_counter() - now.info.elapsed_s
    for epoch in range(now.info.epoch + 1, last_epoch + 1):
        if epoch - 1 - now.best_epoch >= train.patience:
            return
        meter = _Meter(began, now.info, course.steps_per_epoch, last_epoch, now.losses)
        state = now.state
        for moved, rows, learned in islice(course.batches(epoch), len(now.losses), None):
            state, loss = course.step(state, moved, rows, step_size=course.sizes[meter.step])
            meter.add(loss, learned)
            if meter.is_due():
                info = meter.read()
                yield _progress(replace(now, info=info, state=state, losses=meter.losses()))
        info = meter.read()
        if not np.isfinite(info.loss):
            raise FitError(
                say("towers.diverged", step=info.step, learning_rate=train.learning_rate)
            )
        state = settled(state, course.sizes[meter.step - 1], weight_decay=train.weight_decay)
        # the step gives its buffers away, so what is kept must be a copy
        latest = Model(config, model.graph, jax.tree.map(jnp.copy, state.params))
        metrics = judge(latest) if judge else {}
        done = replace(info, epoch=epoch, metrics=metrics)
        now = _after(now, done, state, latest, metrics.get(watch, epoch))
        yield _progress(now)


_NO_LOSSES = np.zeros(0, np.float32)


def _start(model: Model, train: TrainConfig, loss: Loss, resume: Kept | None) -> Standing:
    first = first_state(model, train, loss)
    if resume is not None:
        return standing_from(resume, model, first)
    return Standing(StepInfo(0, 0, 0, 0.0, 0.0, 0.0), first, model, 0, -np.inf, _NO_LOSSES)


def _progress(now: Standing) -> Progress:
    return Progress(now.info, now.best if now.best_epoch else None, now.best_epoch, now)


def _after(
    before: Standing, info: StepInfo, state: TrainState, model: Model, score: float
) -> Standing:
    """Where training stands after one more epoch, with the better of two models."""
    if score > before.best_score:
        return Standing(info, state, model, info.epoch, score, _NO_LOSSES)
    return replace(before, info=info, state=state, losses=_NO_LOSSES)


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    """What a training does, epoch by epoch: batches, step sizes and the step itself."""

    events: Sequences
    windows: Window
    drawing: Drawing
    config: TowerConfig
    train: TrainConfig
    steps_per_epoch: int
    sizes: Float32[np.ndarray, " steps"]
    step: Callable[..., tuple[TrainState, Float[Array, ""]]]
    loss: Loss

    @classmethod
    def of(
        cls, lesson: Lesson, config: TowerConfig, train: TrainConfig, graph: nnx.GraphDef
    ) -> "_Course":
        if len(lesson.seen.items) < FEWEST_ITEMS:
            raise FitError(say("towers.one_item"))
        seen = lesson.seen_items()
        events = sequences(lesson.seen)
        windows = training_windows(events, config.max_length)
        if len(windows.user) == 0 or len(events.item) <= len(np.unique(windows.user)):
            raise FitError(say("towers.no_events"))
        n_steps = n_batches(windows, max_length=config.max_length, batch_events=train.batch_events)
        objective = Objective.of(train, config.similarity, int(seen.sum()))
        total = n_steps * train.epochs
        return cls(
            events=events,
            windows=windows,
            drawing=Drawing.of(train, objective.loss, taken_share(events, len(seen)), seen),
            config=config,
            train=train,
            steps_per_epoch=n_steps,
            sizes=np.asarray(jax.vmap(step_sizes(train, total))(jnp.arange(total))),
            step=partial(
                train_step,
                items=jax.device_put(Known.of(lesson.items, seen)),
                users=jax.device_put(Known.of(lesson.users, np.ones(len(lesson.seen.users), bool))),
                graph=graph,
                objective=objective,
                weight_decay=train.weight_decay,
            ),
            loss=objective.loss,
        )

    def batches(self, epoch: int) -> Iterator[tuple[Batch, Rows, int]]:
        """The batches of an epoch, the same whenever it is asked for, and what each teaches."""
        rng = np.random.default_rng((self.train.seed, epoch))
        for batch in shuffled_batches(
            self.events,
            self.windows,
            max_length=self.config.max_length,
            batch_events=self.train.batch_events,
            rng=rng,
        ):
            yield *with_rows(batch, self.drawing, rng=rng), int((batch.weight > 0).sum())


class _Meter:
    """Loss and speed of one epoch; reading waits for the device, so it is done twice a second."""

    def __init__(
        self,
        began: float,
        before: StepInfo,
        steps_per_epoch: int,
        last_epoch: int,
        losses: Float32[np.ndarray, " steps"],
    ) -> None:
        self.began, self.epoch = began, before.epoch
        self.step = before.epoch * steps_per_epoch + len(losses)
        self.total_steps = last_epoch * steps_per_epoch
        self.epoch_began = self.last_read = time.perf_counter()
        self.known = losses.tolist()
        self.fresh: list[Float[Array, ""]] = []
        self.learned = 0

    def add(self, loss: Float[Array, ""], learned: int) -> None:
        """Count a step."""
        self.step += 1
        self.fresh.append(loss)
        self.learned += learned

    def is_due(self) -> bool:
        """Whether the last reading is half a second ago."""
        return time.perf_counter() - self.last_read > READ_EVERY_S

    def losses(self) -> Float32[np.ndarray, " steps"]:
        """The losses of the epoch so far."""
        self.known += [float(loss) for loss in jax.device_get(self.fresh)]
        self.fresh.clear()
        return np.array(self.known, np.float32)

    def read(self) -> StepInfo:
        """Where the epoch stands."""
        loss = float(self.losses().mean(dtype=np.float64))
        self.last_read = time.perf_counter()
        return StepInfo(
            step=self.step,
            total_steps=self.total_steps,
            epoch=self.epoch,
            loss=loss,
            examples_per_s=self.learned / (self.last_read - self.epoch_began),
            elapsed_s=self.last_read - self.began,
        )
