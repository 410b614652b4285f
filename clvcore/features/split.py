"""Past and future, cut by time or before each user's last event: what is judged was never seen."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Int32, Int64

from clvcore.columns import Kind
from clvcore.data.dataset import Dataset
from clvcore.errors import DataError
from clvcore.features.histories import KINDS, Histories, goal
from clvcore.messages import say

LEAST_EVENTS = 100
"""Fewer events of the goal than this cannot be split, trained on and judged."""


class Cutting(StrEnum):
    """Where a user's past ends."""

    TIME = "time"
    """At one moment for everybody: what a model meets when it is put to work."""
    LAST = "last"
    """Before the user's own last event: as most papers judge. What other users did later is known,
    which flatters every method, so numbers of the two cuttings do not compare."""


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
    """Users whose first event lies in the period: their targets are `Split.strangers`."""
    targets: int
    unknown_items: int
    """Targets on items that nobody had acted on before the period."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """What was known of users, and what they did next, which nothing known tells."""

    past: Histories
    """What was known: of every user only events before those that are judged."""
    targets: Targets
    strangers: Targets
    """Of users of whom nothing was known: they are judged apart."""
    survival: Survival
    goal: Kind
    """Kind of event that counts as a target."""
    cut: int
    """Microseconds UTC: first moment of the period; of the first judged event where each user has
    a cut of their own."""
    end: int
    """Microseconds UTC: first moment behind the period."""
    how: Cutting


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
    judged = _liked(seen) & (seen.at >= cut) & (seen.at < end)
    return _split(seen, seen.at < cut, judged, cut=cut, end=end, how=Cutting.TIME)


def split_last_out(seen: Histories, *, judged: Literal["validation", "test"] = "test") -> Split:
    """Each user's last liked goal event for the test, the one before it for the validation.

    A user's past is what stands before the judged event in the order of (time, input order), so
    that events of one moment are parted too. The validation knows nothing of the test: who has a
    single goal event has it in the test, and a past that ends before it.

    References:
        Kang and McAuley, "Self-attentive sequential recommendation", ICDM 2018, section IV.
    """
    back = 1 if judged == "test" else 2
    taken = np.flatnonzero(_liked(seen))
    owner = seen.user[taken]
    counts = np.bincount(owner, minlength=len(seen.users))
    from_end = np.cumsum(counts)[owner] - np.arange(len(taken))  # 1 is a user's last
    limit = seen.start[1:].copy()
    first_held = from_end == np.minimum(counts, back)[owner]
    limit[owner[first_held]] = taken[first_held]
    place = np.arange(len(seen.item))
    wanted = np.isin(place, taken[from_end == back], assume_unique=True)
    moments = seen.at[wanted]
    return _split(
        seen,
        place < limit[seen.user],
        wanted,
        cut=int(moments.min(initial=seen.at.max(initial=0))),
        end=int(moments.max(initial=0)) + 1,
        how=Cutting.LAST,
    )


def _liked(seen: Histories) -> Bool[np.ndarray, " events"]:
    """Events that say that a user took an item and liked it."""
    return (seen.kind == KINDS.index(goal(seen))) & (seen.weight > 0)


def _split(
    seen: Histories,
    known: Bool[np.ndarray, " events"],
    judged: Bool[np.ndarray, " events"],
    *,
    cut: int,
    end: int,
    how: Cutting,
) -> Split:
    """The known events as the past and the judged ones as targets, each item of a user once."""
    past = seen.where(known)
    n_items = len(seen.items)
    pairs = np.unique(seen.user[judged].astype(np.int64) * n_items + seen.item[judged])
    had = np.unique(past.user.astype(np.int64) * n_items + past.item)
    has_past = np.diff(past.start)[pairs // n_items] > 0
    targets, strangers = (_targets(pairs[part], had, n_items) for part in (has_past, ~has_past))
    acted_on = np.zeros(n_items, bool)
    acted_on[past.item] = True
    return Split(
        past=past,
        targets=targets,
        strangers=strangers,
        survival=Survival(
            with_targets=len(targets.user) + len(strangers.user),
            judged=len(targets.user),
            no_history=len(strangers.user),
            targets=len(targets.item),
            unknown_items=int((~acted_on[targets.item]).sum()),
        ),
        goal=goal(seen),
        cut=cut,
        end=end,
        how=how,
    )


def _targets(
    pairs: Int64[np.ndarray, " targets"], had: Int64[np.ndarray, " pairs"], n_items: int
) -> Targets:
    """Targets from pairs of user and item, as user * items + item in ascending order."""
    user, counts = np.unique(pairs // n_items, return_counts=True)
    return Targets(
        user=user.astype(np.int32),
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        item=(pairs % n_items).astype(np.int32),
        repeat=np.isin(pairs, had, assume_unique=True),
    )
