"""What a two-tower model is and how it is trained: every choice, with its reason and its range."""

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, no_type_check

from clvcore.errors import ConfigError
from clvcore.messages import listed, say

Encoder = Literal["cnn", "gru", "transformer"]
Similarity = Literal["cosine", "dot", "euclidean"]
Loss = Literal["full_softmax", "sampled_softmax", "mixed_softmax", "gbce", "bpr"]
Precision = Literal["float32", "bfloat16"]
Schedule = Literal["cosine", "constant", "late_decay"]

FULL_SOFTMAX_ITEMS = 20_000
"""Up to so many items the whole catalogue is scored in every step, which learns fastest."""


@no_type_check  # a wrong value is an analyst's, and has a sentence of its own
@dataclass(frozen=True, slots=True)
class TowerConfig:
    """The model: what turns a history into a vector, and an item into one."""

    encoder: Encoder = "transformer"
    """Encoder of the history: dilated causal convolutions, a gated recurrent unit, or a causal
    transformer with biases for distance in events and in time."""
    similarity: Similarity = "cosine"
    """How near a user and an item are: cosine of the angle, dot product, or minus the squared
    Euclidean distance."""
    embedding_size: int = 64
    """Length of the vectors of users and items."""
    n_blocks: int = 2
    """Layers of the encoder."""
    n_heads: int = 2
    """Attention heads (transformer)."""
    time_bias: bool = True
    """Whether attention is drawn to events by the time between them, beside their distance
    (transformer)."""
    max_length: int = 64
    """Events of a history that the encoder sees: the latest ones."""
    dropout: float = 0.2
    """Share of activations that are dropped while training."""
    input_dropout: float = 0.0
    """Share of what enters the encoder that is dropped while training; SASRec has it equal to
    ``dropout`` (Kang and McAuley 2018, section III.D). Sparse catalogues need it."""
    item_dropout: float = 0.0
    """Share of the vector of an item's id that is dropped while training, wherever the item stands:
    in a history, as what was taken, among what it is told apart from. As RecTools' SASRec has it."""
    id_dropout: float = 0.1
    """Share of items that are shown without their id while training, so that attributes alone can
    place an item nobody has bought yet (Volkovs et al. 2017, DropoutNet)."""

    def __post_init__(self) -> None:
        _within(self, "embedding_size", 4, 4096)
        _within(self, "n_blocks", 1, 32)
        _within(self, "n_heads", 1, 64)
        _within(self, "max_length", 2, 4096)
        _within(self, "dropout", 0.0, 0.9)
        _within(self, "input_dropout", 0.0, 0.9)
        _within(self, "item_dropout", 0.0, 0.9)
        _within(self, "id_dropout", 0.0, 0.9)
        _one_of("time_bias", self.time_bias, (True, False))
        _one_of("encoder", self.encoder, get_args(Encoder))
        _one_of("similarity", self.similarity, get_args(Similarity))
        if self.embedding_size % self.n_heads:
            raise ConfigError(
                say("towers.heads", heads=self.n_heads, embedding_size=self.embedding_size)
            )


@no_type_check  # a wrong value is an analyst's, and has a sentence of its own
@dataclass(frozen=True, slots=True)
class TrainConfig:
    """The training: how long, how fast, on what."""

    epochs: int = 20
    """Passes over all histories at the most; training stops earlier where it no longer pays."""
    patience: int = 3
    """Epochs without a better validation NDCG@10 before training stops."""
    batch_events: int = 2048
    """Events in one step, padding included."""
    learning_rate: float = 2e-3
    """Step size of AdamW at its highest, after the warm-up."""
    schedule: Schedule = "cosine"
    """How the step size goes on after the warm-up: down along a cosine; constant; or constant for
    nine tenths of the way and then down along a line (Hu et al. 2024, MiniCPM, section 4)."""
    weight_decay: float = 0.01
    """Pull of the weights towards zero (AdamW)."""
    warmup_steps: int = 50
    """Steps in which the step size rises from zero."""
    loss: Loss | None = None
    """Softmax over the whole catalogue, over evenly drawn items, or over these mixed with items of
    the batch; generalised binary cross-entropy; or Bayesian personalised ranking. None takes the
    full softmax up to 20,000 items and evenly drawn ones beyond."""
    n_negatives: int = 1024
    """Items that every event of a step is told apart from, but for the full softmax; shared by the
    whole batch."""
    calibration: float = 0.75
    """How far the generalised binary cross-entropy undoes the effect of drawing few items."""
    precision: Precision = "float32"
    """Of the encoder's products: bfloat16 is about twice as fast on a GPU and needs half the
    memory; a CPU has nothing of it. Weights, losses and serving stay in float32."""
    seed: int = 0
    """Start of all randomness: the same data, settings and seed give the same run on a CPU."""

    def __post_init__(self) -> None:
        _within(self, "epochs", 1, 1000)
        _within(self, "patience", 1, 1000)
        _within(self, "batch_events", 64, 1_000_000)
        _within(self, "learning_rate", 1e-6, 1.0)
        _within(self, "weight_decay", 0.0, 1.0)
        _within(self, "warmup_steps", 0, 100_000)
        _within(self, "n_negatives", 1, 1_000_000)
        _within(self, "calibration", 0.0, 1.0)
        _within(self, "seed", 0, 2**31 - 1)
        _one_of("precision", self.precision, get_args(Precision))
        _one_of("schedule", self.schedule, get_args(Schedule))
        if self.loss is not None:
            _one_of("loss", self.loss, get_args(Loss))

    def loss_for(self, n_items: int) -> Loss:
        """The loss that is used with a catalogue of this size."""
        return self.loss or ("full_softmax" if n_items <= FULL_SOFTMAX_ITEMS else "sampled_softmax")


def _within(config: Any, name: str, low: float, high: float) -> None:
    value = getattr(config, name)
    wanted = next(field.type for field in fields(config) if field.name == name)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not low <= value <= high
        or (wanted is int and not isinstance(value, int))
    ):
        raise ConfigError(say("towers.within", name=name, value=value, low=low, high=high))


def _one_of(name: str, value: Any, known: tuple[Any, ...]) -> None:
    if value not in known:
        raise ConfigError(say("towers.one_of", name=name, value=value, known=listed(known)))
