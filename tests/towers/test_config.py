"""A setting out of range is refused in one sentence that names the range."""

import pytest

from clvcore.errors import ConfigError
from clvcore.towers.config import TowerConfig, TrainConfig
from clvcore.towers.presets import PRESETS, preset


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: TowerConfig(embedding_size=0), "'embedding_size' is 0.*between 4 and 4096"),
        (lambda: TowerConfig(dropout=1.5), "'dropout' is 1.5"),
        (lambda: TowerConfig(encoder="lstm"), "'lstm'.*cnn, gru, transformer"),
        (lambda: TowerConfig(embedding_size=50, n_heads=4), "4 attention heads do not divide"),
        (lambda: TrainConfig(epochs=0), "'epochs' is 0"),
        (lambda: TrainConfig(epochs=1.5), "'epochs' is 1.5"),
        (lambda: TrainConfig(seed=-1), "'seed' is -1"),
        (lambda: TrainConfig(loss="hinge"), "'hinge'.*full_softmax.*gbce, bpr"),
        (lambda: TrainConfig(schedule="steps"), "'steps'.*cosine, constant, late_decay"),
        (lambda: TrainConfig(precision="int8"), "'int8'.*float32, bfloat16"),
        (lambda: TrainConfig(calibration=2), "'calibration' is 2"),
        (lambda: preset("huge"), "'huge'.*quick, standard, large"),
    ],
)
def test_a_setting_out_of_range_is_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


def test_every_setting_says_what_it_does():
    for config in (TowerConfig, TrainConfig):
        source = __import__("inspect").getsource(config)
        for name in config.__dataclass_fields__:
            described = source.split(f"    {name}: ")[1].split("\n")[1]
            assert described.strip().startswith('"""'), name


def test_a_catalogue_of_any_size_has_its_loss():
    assert TrainConfig().loss_for(100) == "full_softmax"
    assert TrainConfig().loss_for(10**6) == "sampled_softmax"
    assert set(PRESETS) == {"quick", "standard", "large"}
