"""What happened, as arrays: the rows of the event and impression tables before they get names."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from clvcore.columns import Kind
from clvcore.data.worlds.acquisition import Spend
from clvcore.data.worlds.noise import Bools, Floats, Ints

NUMBER_OF = {kind: number for number, kind in enumerate(Kind)}
"""Number by which a kind is known in arrays."""
EMPTY = -1
"""No item, no order, no quantity, no rating, no channel."""
NO_MONEY = np.iinfo(np.int64).min
"""The amount of an event that bears no money."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Events; one row each."""

    user: Ints
    item: Ints
    at: Ints
    """Seconds since the start of the world."""
    kind: Ints
    quantity: Ints
    amount: Ints
    """In 1/10,000 of the currency unit."""
    order: Ints
    rating: Ints
    channel: Ints

    def __len__(self) -> int:
        """Number of events."""
        return len(self.user)

    @classmethod
    def of(
        cls,
        kind: Kind,
        user: Ints,
        at: Ints,
        *,
        item: npt.ArrayLike = EMPTY,
        quantity: npt.ArrayLike = EMPTY,
        amount: npt.ArrayLike = NO_MONEY,
        order: npt.ArrayLike = EMPTY,
        rating: npt.ArrayLike = EMPTY,
        channel: npt.ArrayLike = EMPTY,
    ) -> "Rows":
        """Events of one kind; what is not given is empty."""

        def full(value: npt.ArrayLike) -> Ints:
            return np.broadcast_to(np.asarray(value, dtype=np.int64), user.shape).copy()

        return cls(
            user=full(user),
            item=full(item),
            at=full(at),
            kind=full(NUMBER_OF[kind]),
            quantity=full(quantity),
            amount=full(amount),
            order=full(order),
            rating=full(rating),
            channel=full(channel),
        )

    @classmethod
    def joined(cls, parts: "Sequence[Rows]") -> "Rows":
        """All rows, in order of time; rows of the same second stay as they come."""
        whole = {
            part.name: np.concatenate([getattr(rows, part.name) for rows in parts])
            for part in fields(cls)
        }
        order = np.argsort(whole["at"], kind="stable")
        return cls(**{name: column[order] for name, column in whole.items()})

    def where(self, chosen: Bools) -> "Rows":
        """The chosen rows."""
        return Rows(**{part.name: getattr(self, part.name)[chosen] for part in fields(self)})


@dataclass(frozen=True, slots=True)
class Shown:
    """Slates that were logged; one row an item shown."""

    user: Ints
    at: Ints
    slate: Ints
    position: Ints
    item: Ints
    propensity: Floats
    taken: Bools


@dataclass(frozen=True, slots=True)
class Week:
    """Everything that one week adds to the tables."""

    number: int
    events: Rows
    shown: Shown
    spend: Spend
    new_users: Ints
    """By channel."""
