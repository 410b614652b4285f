"""What a model learns from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from clvcore.features.attributes import Attributes
from clvcore.features.histories import Histories


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a model learns from: behaviour before a cut, and what is known of items and users."""

    seen: Histories
    items: Attributes
    users: Attributes

    def seen_items(self) -> Bool[np.ndarray, " items"]:
        """Items that occur in the behaviour."""
        return np.bincount(self.seen.item, minlength=len(self.seen.items)) > 0
