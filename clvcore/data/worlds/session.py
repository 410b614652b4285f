"""Visits: who comes when and in which mood, what they meet, and what they open."""

from dataclasses import dataclass, fields

import numpy as np

from clvcore.data.worlds.catalogue import Catalogue
from clvcore.data.worlds.clock import PAUSE, WEEK, moment, season, share_gone
from clvcore.data.worlds.lexicon import Lexicon
from clvcore.data.worlds.noise import (
    Bools,
    Draw,
    Floats,
    Ints,
    Keys,
    bits,
    choice,
    gumbel,
    normal,
    poisson,
    uniform,
)
from clvcore.data.worlds.people import NONE, Crowd
from clvcore.data.worlds.prior import WorldParams

RETURN_CHANNELS = ("direct", "email", "search")
"""How users come back; the first visit comes by the channel that won the user."""


@dataclass(frozen=True, slots=True)
class Visits:
    """The visits of a week, by user and then by time."""

    user: Ints
    number: Ints
    """0 for a user's first visit of the week."""
    at: Ints
    """Second at which it begins."""
    first: Bools
    """The visit that wins the user."""
    mood: Ints
    taste: Floats
    """[visits, d] the mood in force."""
    seed: Keys
    """Names the visit's own randomness."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What each visit opened, in order; arrays [visits, most]."""

    item: Ints
    """NONE beyond the last."""
    position: Ints
    """Position in the slate, from 0; NONE where the visitor found it by own search."""
    liking: Floats
    """Cosine of item and mood."""


def drawn_visits(params: WorldParams, crowd: Crowd, key: int, week: int) -> Visits:
    """Visits of ``week``: Poisson by user; newcomers come once at least, at their arrival."""
    retention = params.retention
    pleasure = retention.engagement * (crowd.satisfaction - retention.usual)
    busy = 1 + retention.holidays * season(week, np.array(49.0))
    rate = retention.visits * crowd.rate * np.exp(pleasure) * busy
    new = crowd.acquired >= week * WEEK
    start = np.where(new, share_gone(crowd.acquired - week * WEEK + PAUSE), 0.0)
    rate = np.where(start > 0.96, 0.0, rate)  # no time is left before the week is over
    chance = uniform(crowd.seed, Draw.VISITS, key, 0)
    count = poisson(rate * (1 - start), chance, most=retention.most_visits)
    count = np.where(crowd.alive, np.minimum(count + new, retention.most_visits), 0)
    user = np.repeat(np.arange(len(crowd)), count)
    number = np.arange(len(user)) - np.repeat(np.cumsum(count) - count, count)
    seed = bits(crowd.seed[user], Draw.VISITS, key, 1, number)
    first = new[user] & (number == 0)
    # every visit has its own part of the (rest of the) week, so that visits never overlap
    parts = np.maximum(count - new, 1)[user]
    part = (number - new[user] + 0.97 * uniform(seed, Draw.CLOCK, 0)) / parts
    inside = moment(start[user] + (1 - start[user]) * np.clip(part, 0, 0.97))
    at = np.where(first, crowd.acquired[user], week * WEEK + inside)
    mood = _moods(params, crowd, user, number, seed)
    return Visits(user, number, at, first, mood, crowd.moods[user, mood], seed)


def over_before(visits: Visits, end: Ints, duration: int) -> Visits:
    """The visits that are over before their user's ``end`` (NONE: never)."""
    end = end[visits.user]
    stays = (end == NONE) | (visits.at + duration <= end)
    return Visits(**{part.name: getattr(visits, part.name)[stays] for part in fields(Visits)})


def _moods(params: WorldParams, crowd: Crowd, user: Ints, number: Ints, seed: Keys) -> Ints:
    """Mood of every visit: that of the visit before, or drawn anew."""
    shares = np.tile(np.array(params.taste.mood_shares), (len(user), 1))
    fresh = choice(shares, uniform(seed, Draw.MOOD, 0))
    stays = uniform(seed, Draw.MOOD, 1) < params.taste.mood_stays
    mood, last = fresh.copy(), crowd.mood.copy()
    for turn in range(int(number.max(initial=-1)) + 1):
        now = np.flatnonzero(number == turn)
        before = last[user[now]]
        mood[now] = np.where(stays[now] & (before != NONE), before, fresh[now])
        last[user[now]] = mood[now]
    return mood


def met_items(
    params: WorldParams,
    catalogue: Catalogue,
    crowd: Crowd,
    visits: Visits,
    slates: Ints,
    weight: Floats,
    week: int,
) -> tuple[Ints, Ints]:
    """Items that each visit meets and their position in the slate: [visits, met] each.

    The slate comes first; then items found by own search: mostly in three categories that suit
    the mood, some in the category that goes with the last one bought, some among what is in
    fashion. ``weight`` is `appeal`.
    """
    n, searched = len(visits.user), params.choice.searched
    slot = np.arange(searched)
    fits = params.choice.search_focus * visits.taste @ catalogue.shelves.T
    noise = gumbel(visits.seed[:, None], Draw.SEARCH, 0, np.arange(fits.shape[1]))
    shelves = np.argsort(-(fits + noise), axis=1, kind="stable")[:, :3]
    shelf = shelves[:, slot % 3]
    recent = (week - crowd.bought_week[visits.user] <= 3) & (crowd.bought_week[visits.user] != NONE)
    goes_with = catalogue.complement[np.maximum(crowd.bought_category[visits.user], 0)]
    shelf = np.where((slot >= searched - 2) & recent[:, None], goes_with[:, None], shelf)
    anywhere = np.broadcast_to((slot % 5) == 4, shelf.shape)
    anywhere = anywhere & ~((slot >= searched - 2) & recent[:, None])
    chance = uniform(visits.seed[:, None], Draw.SEARCH, 1, slot)
    found = _found(catalogue.category, weight, shelf, anywhere, chance)
    position = np.concatenate(
        [np.tile(np.arange(slates.shape[1]), (n, 1)), np.full((n, searched), NONE)], axis=1
    )
    return np.concatenate([slates, found], axis=1), position


def _found(category: Ints, weight: Floats, shelf: Ints, anywhere: Bools, chance: Floats) -> Ints:
    """Items drawn in proportion to weight, from their shelf or from anywhere; NONE if it is bare."""
    order = np.argsort(category, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weight[order])])
    begin = np.searchsorted(category[order], np.arange(shelf.max(initial=0) + 2))
    low = np.where(anywhere, 0.0, total[begin[shelf]])
    high = np.where(anywhere, total[-1], total[begin[shelf + 1]])
    place = np.searchsorted(total, low + chance * (high - low), side="right") - 1
    item = order[np.clip(place, 0, len(order) - 1)]
    return np.where((high > low) & (weight[item] > 0), item, NONE)


def appeal(params: WorldParams, catalogue: Catalogue, key: int, week: int) -> Floats:
    """How often own search meets each item this week, relative to the others; 0 if not on sale.

    ``exp(search_quality * quality + fashion * trend) * (1 + launch in the first four weeks)``; the trend of an
    item goes in straight lines from one standard normal number to the next, eight weeks apart.
    """
    index, knot, share = np.arange(len(catalogue.price)), week // 8, week % 8 / 8
    before, after = (normal(key, Draw.FASHION, index, knot + part) for part in (0, 1))
    trend = (1 - share) * before + share * after
    fresh = 1 + params.choice.launch * (catalogue.launch > (week - 4) * WEEK)
    weight = np.exp(
        params.choice.search_quality * catalogue.quality + params.choice.fashion * trend
    )
    return np.where(catalogue.launch <= week * WEEK, weight * fresh, 0.0)


def general_utility(
    words: Lexicon, catalogue: Catalogue, week: int, discount: Floats
) -> tuple[Floats, Floats]:
    """Utility that is the same for everybody, and dearness after ``discount`` [items]."""
    peak = np.array([float(shelf.peak) for shelf in words.categories])
    strength = np.array([shelf.season for shelf in words.categories])
    general = catalogue.quality + (strength * season(week, peak))[catalogue.category]
    return general, catalogue.dearness + np.log(1 - discount)


def opened(
    params: WorldParams,
    catalogue: Catalogue,
    crowd: Crowd,
    visits: Visits,
    met: Ints,
    position: Ints,
    general: Floats,
    dearness: Floats,
    week: int,
) -> Opened:
    """Items that beat the visitor's other things to do, best first.

    Item i is opened where ``utility_i + Gumbel_i > outside``, at most ``choice.opened`` of them.
    ``general`` is [visits, met].
    """
    rules, user = params.choice, visits.user
    safe = np.maximum(met, 0)
    liking = np.einsum("vd,vcd->vc", visits.taste, catalogue.taste[safe])
    utility = rules.liking * liking + general
    utility -= crowd.thrift[user][:, None] * dearness[safe]
    utility -= rules.position_bias * np.log(np.where(position == NONE, 2, position) + 1.0)
    lasting = crowd.owned[user[:, None], safe] & (catalogue.lasts[safe] == 0)
    utility -= rules.owned * lasting
    recent = (week - crowd.bought_week[user] <= 3) & (crowd.bought_week[user] != NONE)
    goes_with = catalogue.complement[np.maximum(crowd.bought_category[user], 0)]
    utility += rules.complement * (
        recent[:, None] & (catalogue.category[safe] == goes_with[:, None])
    )
    if params.domain == "media":
        own = catalogue.language[safe] == crowd.language[user][:, None]
        utility += params.media.language * (own - 0.5)
    utility += gumbel(visits.seed[:, None], Draw.CHOICE, safe)
    doubled = (met[:, :, None] == met[:, None, :]) & np.tri(met.shape[1], k=-1, dtype=bool)
    utility[(met == NONE) | doubled.any(axis=2)] = -np.inf
    best = np.argsort(-utility, axis=1, kind="stable")[:, : rules.opened]
    here = np.take_along_axis(utility, best, axis=1) > rules.outside
    return Opened(
        item=np.where(here, np.take_along_axis(met, best, axis=1), NONE),
        position=np.where(here, np.take_along_axis(position, best, axis=1), NONE),
        liking=np.where(here, np.take_along_axis(liking, best, axis=1), 0.0),
    )


def visit_channel(visits: Visits, crowd: Crowd, n_channels: int) -> Ints:
    """How each visit came: the first by the channel that won the user, later ones mostly direct."""
    drawn = uniform(visits.seed, Draw.CLOCK, 1)
    later = n_channels + (drawn > 0.55).astype(np.int64) + (drawn > 0.78)
    return np.where(visits.first, crowd.channel[visits.user], later)
