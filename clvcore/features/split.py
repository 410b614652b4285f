"""Past and future, cut by time: nothing of the future is seen before it is judged."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int32, Int64

from clvcore.columns import Kind
from clvcore.data.dataset import Dataset
from clvcore.errors import DataError
from clvcore.features.histories import KINDS, Histories, goal
from clvcore.messages import say

LEAST_EVENTS = 100
"""Fewer events of the goal than this cannot be split, trained on and judged."""


class Targets(NamedTuple):
    """What some users did in a period, to be foretold from what was known before it.

    The targets of ``user[j]`` are ``item[start[j]:start[j + 1]]``, each item once.
    """

    user: Int32[np.ndarray, " judged"]
    start: Int64[np.ndarray, " offsets"]
    item: Int32[np.ndarray, " targets"]
    repeat: Bool[np.ndarray, " targets"]
    """The user had acted on the item before the period (any kind of event)."""


class Survival(NamedTuple):
    """How many users with targets in the period could be judged, and why not the others."""

    with_targets: int
    judged: int
    no_history: int
    """Users whose first event lies in the period: reported apart, as cold starts."""
    targets: int
    unknown_items: int
    """Targets on items that nobody had acted on before the period."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Histories before a cut and what happened in the period behind it."""

    past: Histories
    """Events before ``cut``."""
    targets: Targets
    survival: Survival
    goal: Kind
    """Kind of event that counts as a target."""
    cut: int
    """Microseconds UTC: first moment of the period."""
    end: int
    """Microseconds UTC: first moment behind the period."""


class Cuts(NamedTuple):
    """Where validation and test begin and where observation ends, in microseconds UTC."""

    valid: int
    test: int
    end: int


def time_cuts(
    dataset: Dataset, seen: Histories, *, valid_share: float = 0.1, test_share: float = 0.1
) -> Cuts:
    """Cuts that leave the last ``test_share`` of the goal's events for the test.

    The ``valid_share`` before it is for validation. Events of one moment stay on one side.

    Raises:
        DataError: too few events to split.
    """
    times = np.sort(seen.at[(seen.kind == KINDS.index(goal(seen))) & (seen.weight > 0)])
    if len(times) < LEAST_EVENTS:
        raise DataError(
            say("features.too_few_events", name=dataset.name, events=len(times), least=LEAST_EVENTS)
        )
    test = int(times[int(len(times) * (1 - test_share))])
    valid = int(times[int(len(times) * (1 - test_share - valid_share))])
    return Cuts(valid, test, int(seen.at.max()) + 1)


def split_by_time(seen: Histories, *, cut: int, end: int) -> Split:
    """Histories before ``cut``, and the liked goal events in [cut, end) as targets."""
    wanted = goal(seen)
    past = seen.before(cut)
    user = seen.user
    hit = (
        (seen.at >= cut) & (seen.at < end) & (seen.kind == KINDS.index(wanted)) & (seen.weight > 0)
    )
    n_items = len(seen.items)
    pairs = np.unique(user[hit].astype(np.int64) * n_items + seen.item[hit])
    had = np.unique(past.user.astype(np.int64) * n_items + past.item)
    owner = (pairs // n_items).astype(np.int32)
    with_targets = np.unique(owner)
    known = np.diff(past.start)[owner] > 0
    judged_pairs, judged = pairs[known], np.unique(owner[known])
    counts = np.bincount(np.searchsorted(judged, owner[known]), minlength=len(judged))
    item = (judged_pairs % n_items).astype(np.int32)
    acted_on = np.zeros(n_items, bool)
    acted_on[past.item] = True
    return Split(
        past=past,
        targets=Targets(
            user=judged,
            start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            item=item,
            repeat=np.isin(judged_pairs, had, assume_unique=True),
        ),
        survival=Survival(
            with_targets=len(with_targets),
            judged=len(judged),
            no_history=len(with_targets) - len(judged),
            targets=len(item),
            unknown_items=int((~acted_on[item]).sum()),
        ),
        goal=wanted,
        cut=cut,
        end=end,
    )
