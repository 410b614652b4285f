"""The training step can be built for an NVIDIA GPU, also on a machine that has none."""

import jax
import numpy as np
import pytest
from jax import export

from clvcore.towers.batches import sequences, shuffled_batches, training_windows
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.known import Known
from clvcore.towers.model import initialised
from clvcore.towers.negatives import Drawing, taken_share, with_rows
from clvcore.towers.step import Objective, first_state, train_step


@pytest.mark.parametrize("encoder", ["transformer", "cnn", "gru"])
@pytest.mark.parametrize("loss", ["full_softmax", "mixed_softmax"])
def test_the_training_step_lowers_for_cuda(lesson, encoder, loss):
    config, train = TowerConfig(encoder=encoder, max_length=8), TrainConfig(loss=loss)
    seen = lesson.seen_items()
    objective = Objective.of(train, config.similarity, int(seen.sum()))
    events, rng = sequences(lesson.seen), np.random.default_rng(0)
    windows = training_windows(events, config.max_length)
    batch = next(shuffled_batches(events, windows, max_length=8, batch_events=256, rng=rng))
    model = initialised(lesson, config, seed=0)
    step = jax.jit(
        lambda *arguments: train_step(
            *arguments, graph=model.graph, objective=objective, weight_decay=train.weight_decay
        )
    )
    exported = export.export(step, platforms=["cuda"])(
        first_state(model, train, loss),
        *with_rows(batch, Drawing.of(train, loss, taken_share(events, len(seen)), seen), rng=rng),
        Known.of(lesson.items, lesson.seen_items()),
        Known.of(lesson.users, np.ones(len(lesson.seen.users), bool)),
        np.float32(1e-3),
    )
    assert exported.platforms == ("cuda",)
    assert exported.mlir_module_serialized
