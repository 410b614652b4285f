"""What a training will take is told from sizes alone, and grows with what is asked for."""

from dataclasses import replace
from typing import get_args

import pytest

from clvcore.towers.config import Encoder, TowerConfig, TrainConfig
from clvcore.towers.estimate import estimate
from clvcore.towers.model import initialised
from clvcore.towers.store import n_parameters

CONFIG, TRAIN = TowerConfig(max_length=8), TrainConfig(batch_events=400)


@pytest.mark.parametrize("encoder", get_args(Encoder))
def test_the_parameters_are_those_of_the_model(lesson, encoder):
    config = replace(CONFIG, encoder=encoder)
    told = estimate(lesson, config, TRAIN).parameters
    assert told == n_parameters(initialised(lesson, config, seed=0))


def test_the_scores_of_a_full_softmax_cost_three_products_with_every_item(lesson):
    # 200 users with 8 events, each a first encounter; 30 items; 64 numbers, each times and plus
    told = estimate(lesson, CONFIG, TRAIN)
    assert told.scores_flop == 3 * (200 * 8) * 30 * 64 * 2
    some = estimate(lesson, CONFIG, replace(TRAIN, loss="bpr", n_negatives=10))
    assert some.scores_flop == told.scores_flop / 3
    assert told.steps == 4  # 200 rows of 8 events, 400 events a step


@pytest.mark.parametrize("encoder", get_args(Encoder))
def test_more_of_anything_takes_more(lesson, encoder):
    config = replace(CONFIG, encoder=encoder, n_blocks=3)
    told = estimate(lesson, config, TRAIN)
    for more in ({"embedding_size": 128}, {"n_blocks": 6}):
        larger = estimate(lesson, replace(config, **more), TRAIN)
        assert larger.encoder_flop > told.encoder_flop
        assert larger.memory_bytes > told.memory_bytes
    assert estimate(lesson, config, replace(TRAIN, batch_events=800)).memory_bytes > (
        told.memory_bytes
    )


def test_a_machine_twice_as_fast_needs_half_the_time(lesson):
    told = estimate(lesson, CONFIG, TRAIN)
    assert told.epoch_s(2e9) == told.epoch_s(1e9) / 2 > 0
