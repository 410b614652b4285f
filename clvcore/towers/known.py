"""What is known of items and users, as the towers take it in."""

from typing import NamedTuple, TypeAlias

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from clvcore.features.attributes import Attributes

AnyArray: TypeAlias = Array | np.ndarray
"""On the device or on the host."""


class Known(NamedTuple):
    """What is known of rows of items or users, as arrays on the device."""

    tokens: Int[AnyArray, "rows most"]
    numbers: Float[AnyArray, "rows numbers"]
    vectors: Float[AnyArray, "rows vector"]
    seen: Bool[AnyArray, " rows"]
    """The row occurred in training, so its id means something."""

    @classmethod
    def of(cls, attributes: Attributes, seen: Bool[np.ndarray, " rows"]) -> "Known":
        """Attributes and whether each row has been seen."""
        return cls(attributes.tokens, attributes.numbers, attributes.vectors, seen)

    def at(self, rows: Int[AnyArray, " some"]) -> "Known":
        """Only some of the rows, on the device."""
        tokens, numbers, vectors, seen = (jnp.asarray(part)[rows] for part in self)
        return Known(tokens, numbers, vectors, seen)
