"""Histories of very different lengths as batches with little padding and few shapes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int8, Int32, Int64

from clvcore.columns import Kind
from clvcore.features.histories import KINDS, Histories
from clvcore.towers.model import Behaviour

SHORTEST = 16
"""The shortest rows in serving: below it, padding costs less than one more compiled program."""
STEP = 4
"""Rows in training are of lengths that are multiples of it."""
PROGRAM_EVENTS = 20_000
"""Places of padding in an epoch that are cheaper than one more compiled program: some 4 seconds,
in which 20 epochs of so many places are learned."""


class Batch(NamedTuple):
    """Some histories and what followed each of their prefixes."""

    behaviour: Behaviour
    target: Int32[np.ndarray, "batch prefixes"]
    """Item that followed 0, 1, ... events."""
    weight: Float32[np.ndarray, "batch prefixes"]
    """How much that counts; 0 in the padding and for what was no like."""


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """Events in order with runs on one item made into one event; offsets as in `Histories`."""

    start: Int64[np.ndarray, " offsets"]
    item: Int32[np.ndarray, " events"]
    kind: Int32[np.ndarray, " events"]
    weight: Float32[np.ndarray, " events"]
    second: Int64[np.ndarray, " events"]
    extent: Float32[np.ndarray, " events"] | None
    counts: Float32[np.ndarray, " events"]
    """How much the event counts as something to be foretold: its liking where the user meets the
    item for the first time and did not give it back later, else 0."""

    @property
    def timed(self) -> bool:
        """Whether the data knows when things happened, and not only in which order."""
        return bool(self.second.any())


def sequences(seen: Histories) -> Sequences:
    """Histories with runs of events on one item (viewed, put in the cart, bought) made into one.

    The run has the time of its first event and the kind of its strongest: a dislike before a like,
    a purchase before a view, the later of equals. To foretell that a viewed item is put in the cart
    would be easy and of no use.
    """
    user = seen.user
    fresh = np.ones(len(seen.item), bool)
    fresh[1:] = (user[1:] != user[:-1]) | (seen.item[1:] != seen.item[:-1])
    run = np.cumsum(fresh) - 1
    strength = np.where(seen.weight < 0, 10.0, seen.weight)
    order = np.lexsort((np.arange(len(run)), strength, run))
    strongest = order[np.append(np.diff(run[order]) > 0, True)] if len(run) else order
    counts = np.bincount(user[fresh], minlength=len(seen.users))
    pair = user.astype(np.int64) * len(seen.items) + seen.item
    first = np.unique(pair[fresh], return_index=True)[1]
    kept = np.zeros(run[-1] + 1 if len(run) else 0, np.float32)
    kept[first] = ~np.isin(pair[fresh][first], _given_back(pair, seen.kind))
    return Sequences(
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        item=seen.item[fresh],
        kind=seen.kind[strongest].astype(np.int32),
        weight=seen.weight[strongest],
        second=seen.at[fresh] // 1_000_000,
        extent=None if seen.extent is None else seen.extent[strongest],
        counts=kept * np.maximum(seen.weight[strongest], 0),
    )


def _given_back(
    pair: Int64[np.ndarray, " events"], kind: Int8[np.ndarray, " events"]
) -> Int64[np.ndarray, " pairs"]:
    """Pairs of user and item of which at least as many were given back as were bought."""
    back, bought = (KINDS.index(name) for name in (Kind.REFUND.value, Kind.PURCHASE.value))
    pairs, place = np.unique(pair, return_inverse=True)
    net = np.bincount(place, (kind == bought).astype(int) - (kind == back), len(pairs))
    returned = np.bincount(place, kind == back, len(pairs)) > 0
    return pairs[returned & (net <= 0)]


_OF_EVENTS = ("item", "kind", "weight", "second", "counts")


class Window(NamedTuple):
    """Stretches of sequences: events ``first`` to ``last`` (exclusive) of ``user``."""

    user: Int64[np.ndarray, " windows"]
    first: Int64[np.ndarray, " windows"]
    last: Int64[np.ndarray, " windows"]


def training_windows(events: Sequences, max_length: int) -> Window:
    """All events of all users in stretches of at most ``max_length`` inputs.

    A stretch of n inputs also has the event behind it as its last target; the next stretch begins
    with that event. The latest stretches are the full ones, as in serving; a user's first one is
    the rest. Users without events are left out.
    """
    lengths = np.diff(events.start)
    stretches = -(-lengths // max_length)
    user = np.repeat(np.arange(len(lengths)), stretches)
    nth = np.arange(len(user)) - np.repeat(np.cumsum(stretches) - stretches, stretches)
    last = events.start[user + 1] - (stretches[user] - 1 - nth) * max_length
    return Window(user, np.maximum(last - max_length, events.start[user]), last)


def latest_windows(events: Sequences, users: np.ndarray, max_length: int) -> Window:
    """The latest ``max_length`` events of each of ``users``; none for a user without a history."""
    user = np.asarray(users, np.int64)
    last = events.start[user + 1]
    return Window(user, np.maximum(events.start[user], last - max_length), last)


def serving_sizes(max_length: int) -> list[int]:
    """Row lengths that fit any history: few, so that a new user needs no new program."""
    sizes, size = [], SHORTEST
    while size < max_length:
        sizes.append(size)
        size *= 2
    return [*sizes, max_length]


def training_sizes(windows: Window, max_length: int) -> list[int]:
    """Row lengths that leave the least padding in an epoch of these windows.

    A further length must save more than `PROGRAM_EVENTS` places of padding, since each is a program
    to be compiled. Found exactly: the best way to cover all windows up to a length is the best way
    up to a shorter one, and one length more.
    """
    sizes = np.array([*range(STEP, max_length, STEP), max_length])
    lengths = windows.last - windows.first
    upto = np.array([0, *np.searchsorted(np.sort(lengths), sizes, side="right")])
    cost, before = np.zeros(len(sizes) + 1), np.zeros(len(sizes) + 1, int)
    for i, size in enumerate(sizes, 1):
        padded_places = (upto[i] - upto[:i]) * size
        ways = cost[:i] + padded_places + PROGRAM_EVENTS * (padded_places > 0)
        before[i] = ways.argmin()
        cost[i] = ways[before[i]]
    chosen, i = [], len(sizes)
    while i > 0:
        chosen.append(int(sizes[i - 1]))
        i = before[i]
    return chosen[::-1]


def buckets(windows: Window, sizes: list[int]) -> list[tuple[int, np.ndarray]]:
    """Which windows go into rows of each length: the shortest that they fit."""
    place = np.searchsorted(sizes, windows.last - windows.first)
    return [
        (size, np.flatnonzero(place == i)) for i, size in enumerate(sizes) if (place == i).any()
    ]


def padded(events: Sequences, windows: Window, length: int) -> Batch:
    """Windows as rows of one length, each with what followed every prefix.

    What followed no event at all (the first item ever) counts only where the window begins the
    user's history.
    """
    if not len(events.item):  # nobody did anything; what is not there is still looked at
        one = {name: np.zeros(1, getattr(events, name).dtype) for name in _OF_EVENTS}
        events = replace(events, **one, extent=None if events.extent is None else one["weight"])
    offset = np.arange(length + 1)
    place = windows.first[:, None] + offset
    end = events.start[windows.user + 1][:, None]
    last = np.minimum(place, max(len(events.item) - 1, 0))
    inside = (place < windows.last[:, None])[:, :length]
    source = last[:, :length]
    second = np.where(inside, events.second[source], 0)
    start = second[:, :1]
    # padding stands at the time of the last event, so that no gap is negative
    at = np.maximum.accumulate(np.where(inside, second - start, 0), axis=1)
    follows = (place < end) & (offset <= (windows.last - windows.first)[:, None])
    follows[:, 0] &= windows.first == events.start[windows.user]
    return Batch(
        behaviour=Behaviour(
            item=np.where(inside, events.item[source], 0).astype(np.int32),
            kind=np.where(inside, events.kind[source], 0).astype(np.int32),
            weight=np.where(inside, events.weight[source], 0).astype(np.float32),
            extent=None
            if events.extent is None
            else np.where(inside, events.extent[source], 0).astype(np.float32),
            at=np.minimum(at, 2**31 - 1).astype(np.int32) if events.timed else None,
            user=windows.user.astype(np.int32),
        ),
        target=np.where(follows, events.item[last], 0).astype(np.int32),
        weight=np.where(follows, events.counts[last], 0).astype(np.float32),
    )


def some(windows: Window, rows: np.ndarray, size: int) -> Window:
    """The windows ``rows``, filled up to ``size`` with empty ones."""
    fill = size - len(rows)
    user = np.pad(windows.user[rows], (0, fill))
    first, last = np.pad(windows.first[rows], (0, fill)), np.pad(windows.last[rows], (0, fill))
    return Window(user, first, last)


def n_batches(windows: Window, *, max_length: int, batch_events: int) -> int:
    """How many batches `shuffled_batches` makes of an epoch."""
    return sum(
        -(-len(members) // max(1, batch_events // length))
        for length, members in buckets(windows, training_sizes(windows, max_length))
    )


def shuffled_batches(
    events: Sequences,
    windows: Window,
    *,
    max_length: int,
    batch_events: int,
    rng: np.random.Generator,
) -> Iterator[Batch]:
    """One epoch: every window once, in batches of one length and about ``batch_events`` events."""
    plan: list[tuple[int, np.ndarray]] = []
    for length, members in buckets(windows, training_sizes(windows, max_length)):
        order = rng.permutation(members)
        size = max(1, batch_events // length)
        plan.extend((length, order[i : i + size]) for i in range(0, len(order), size))
    for i in rng.permutation(len(plan)):
        length, rows = plan[i]
        batch = padded(events, some(windows, rows, max(1, batch_events // length)), length)
        batch.weight[len(rows) :] = 0
        yield batch
