"""The training step can be built for an NVIDIA GPU, also on a machine that has none."""

import jax
import numpy as np
import pytest
from jax import export

from clvcore.towers.batches import sequences, shuffled_batches, training_windows
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.known import Known
from clvcore.towers.model import initialised
from clvcore.towers.step import first_state, train_step, with_rows


@pytest.mark.parametrize("encoder", ["transformer", "cnn", "gru"])
@pytest.mark.parametrize("n_negatives", [0, 8])
def test_the_training_step_lowers_for_cuda(lesson, encoder, n_negatives):
    config, train = TowerConfig(encoder=encoder, max_length=8), TrainConfig()
    events, rng = sequences(lesson.seen), np.random.default_rng(0)
    windows = training_windows(events, config.max_length)
    batch = next(shuffled_batches(events, windows, max_length=8, batch_events=256, rng=rng))
    model = initialised(lesson, config, seed=0)
    step = jax.jit(
        lambda *arguments: train_step(
            *arguments, graph=model.graph, config=config, weight_decay=train.weight_decay
        )
    )
    exported = export.export(step, platforms=["cuda"])(
        first_state(model, train),
        *with_rows(batch, n_items=len(lesson.seen.items), n_negatives=n_negatives, rng=rng),
        Known.of(lesson.items, lesson.seen_items()),
        Known.of(lesson.users, np.ones(len(lesson.seen.users), bool)),
        np.float32(1e-3),
    )
    assert exported.platforms == ("cuda",)
    assert exported.mlir_module_serialized
