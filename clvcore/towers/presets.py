"""Named settings."""

from typing import Literal

from clvcore.errors import ConfigError
from clvcore.messages import listed, say
from clvcore.towers.config import TowerConfig, TrainConfig

PresetName = Literal["quick", "standard", "large"]

PRESETS: dict[PresetName, tuple[TowerConfig, TrainConfig]] = {
    "quick": (TowerConfig(encoder="gru", n_blocks=1), TrainConfig(epochs=6, patience=3)),
    "standard": (TowerConfig(max_length=128), TrainConfig(epochs=40, patience=5)),
    "large": (
        TowerConfig(embedding_size=256, n_blocks=4, n_heads=4, max_length=200),
        TrainConfig(epochs=100, patience=8, learning_rate=1e-3, batch_events=16_384),
    ),
}
"""Named settings: a first answer in a minute, a good model, and a large one for an accelerator.

Quick takes the recurrent encoder: of the three it learned most in six epochs of the storefront
(NDCG@10 on new items .088 to .093 with three seeds; convolutions .089 to .091, a transformer .083;
measured while the layer that mixes attributes still read the id).
"""


def preset(name: str) -> tuple[TowerConfig, TrainConfig]:
    """The settings of a preset.

    Raises:
        ConfigError: there is no preset of that name.
    """
    if name not in PRESETS:
        raise ConfigError(say("towers.one_of", name="preset", value=name, known=listed([*PRESETS])))
    return PRESETS[name]
