"""What a training will take on this machine, told before it learns and refused where it cannot fit."""

import time
from dataclasses import asdict
from statistics import median

import jax
import jax.numpy as jnp
import psutil

from clvcore.errors import RunError
from clvcore.messages import say
from clvcore.runs.folder import RunFolder
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.estimate import Estimate, estimate
from clvcore.towers.lesson import Lesson

SIZE = 1024
"""Rows and columns of the product whose speed stands for the machine's."""
TRIES = 5


def planned(run: RunFolder, lesson: Lesson, tower: TowerConfig, train: TrainConfig) -> str:
    """What the training will take, in one sentence; it is also kept with the run.

    Raises:
        RunError: it needs more memory than is free.
    """
    needs, free = estimate(lesson, tower, train), free_memory()
    epoch_s = needs.epoch_s(product_speed())
    run.write("estimate.json", {**asdict(needs), "epoch_s": epoch_s, "free_bytes": free})
    if needs.memory_bytes > free:
        raise RunError(
            say("runs.too_large", needs=gibibytes(needs.memory_bytes), free=gibibytes(free))
        )
    return learning(needs, epoch_s, train.epochs)


def learning(needs: Estimate, epoch_s: float, epochs: int) -> str:
    """The sentence on a training of at most ``epochs`` epochs, which is then repeated."""
    return say(
        "runs.learning",
        parameters=needs.parameters,
        epoch=spoken(epoch_s),
        epochs=epochs,
        total=spoken(2 * epochs * epoch_s),
        memory=gibibytes(needs.memory_bytes),
    )


def spoken(seconds: float) -> str:
    """A span of time as one would say it, rounded up."""
    unit, size = next(
        ((name, size) for name, size in (("hours", 3600), ("minutes", 60)) if seconds >= 2 * size),
        ("seconds", 1),
    )
    return say(f"runs.span.{unit}", n=max(1, -int(-seconds // size)))


def gibibytes(n_bytes: int) -> float:
    """Bytes in units of 2^30."""
    return n_bytes / 2**30


def free_memory() -> int:
    """Bytes that a training may take: of the accelerator where there is one, else of the machine."""
    stats = None if jax.default_backend() == "cpu" else jax.devices()[0].memory_stats()
    return int(stats["bytes_limit"]) if stats else psutil.virtual_memory().available


def product_speed() -> float:
    """Operations a second of a matrix product here and now, with whatever else is at work."""
    product = jax.jit(jnp.matmul)
    square = jnp.ones((SIZE, SIZE))
    product(square, square).block_until_ready()
    spans = []
    for _ in range(TRIES):
        began = time.perf_counter()
        product(square, square).block_until_ready()
        spans.append(time.perf_counter() - began)
    return 2 * SIZE**3 / median(spans)
