"""The users of a world: who they are, what they like, and how that drifts."""

from dataclasses import dataclass, fields, replace

import numpy as np

from clvcore.data.worlds.catalogue import Catalogue
from clvcore.data.worlds.clock import WEEK, moment
from clvcore.data.worlds.lexicon import Lexicon
from clvcore.data.worlds.noise import (
    Bools,
    Draw,
    Floats,
    Ints,
    Keys,
    bits,
    choice,
    directions,
    gumbel,
    uniform,
    unit,
)
from clvcore.data.worlds.prior import WorldParams

NONE = -1
"""Stands for no item, no plan, no moment, not yet."""
SLOTS = 6
"""Consumables or favourites that a user comes back to."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """All users so far in order of arrival; every array has one row a user.

    Hidden from any policy but what `clvcore.data.worlds.tables.users_table` shows.
    """

    seed: Keys
    """Names the user's own randomness, whatever happens to others."""
    channel: Ints
    campaign: Ints
    acquired: Ints
    """Second of the first visit."""
    country: Ints
    age: Ints
    device: Ints
    language: Ints
    told: Ints
    """Bit 1: the country is known, bit 2: the age band."""
    moods: Floats
    """[users, moods, d] unit vectors."""
    mood: Ints
    """Mood of the last visit."""
    rate: Floats
    """Own factor of the visit rate: exponential."""
    frailty: Floats
    """Own factor of the hazard: gamma of shape 2, mean 1."""
    thrift: Floats
    """Own price weight."""
    satisfaction: Floats
    alive: Bools
    left: Ints
    """Second at which the user left for good."""
    bought_category: Ints
    bought_week: Ints
    owned: Bools
    """[users, items] bought (or played) before."""
    kept: Ints
    """[users, SLOTS] consumables, or favourites of a listener."""
    due: Floats
    """[users, SLOTS] week in which the consumable will be used up; for a listener, how dear the
    favourite is."""
    plan: Ints
    """Contract; NONE on the free tier."""
    contract: Ints
    """Second at which the contract began."""
    fees: Ints
    """Fees paid so far."""

    def __len__(self) -> int:
        """Number of users."""
        return len(self.seed)

    def joined(self, others: "Crowd") -> "Crowd":
        """These users and, behind them, the others."""
        return Crowd(
            **{
                part.name: np.concatenate([getattr(self, part.name), getattr(others, part.name)])
                for part in fields(self)
            }
        )


def newcomers(
    params: WorldParams,
    words: Lexicon,
    catalogue: Catalogue,
    counts: Ints,
    campaign_weights: Floats,
    key: int,
    week: int,
) -> Crowd:
    """The users who arrive in ``week``: ``counts`` by channel, spread over the week."""
    channel = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(channel)) - np.repeat(np.cumsum(counts) - counts, counts)
    seed = bits(key, Draw.PERSON, channel, within)
    n, media = len(seed), params.media
    country = _of(words.country_share, seed, 1)
    age, device = _of(words.age_share, seed, 2), _of(words.device_share, seed, 3)
    chinese = np.isin(np.array(words.countries)[country], words.chinese_countries)
    speaks = chinese & (uniform(seed, Draw.PERSON, 5) < 0.85)
    leaning = _leaning(params, words, country, age, device, channel, speaks)
    first = moment(0.985 * uniform(seed, Draw.PERSON, 6)) + week * WEEK
    paying = (params.domain == "media") & (uniform(seed, Draw.CONTRACT, 0) < media.paid)
    knows_country = uniform(seed, Draw.PERSON, 9) > 0.03
    knows_age = uniform(seed, Draw.PERSON, 10) > 0.12
    return Crowd(
        seed=seed,
        channel=channel,
        campaign=_campaigns(campaign_weights[channel], seed),
        acquired=first,
        country=country,
        age=age,
        device=device,
        language=speaks.astype(np.int64),
        told=knows_country + 2 * knows_age,
        moods=_moods(params, catalogue, leaning, seed),
        mood=np.full(n, NONE),
        rate=-np.log(uniform(seed, Draw.PERSON, 11)),
        frailty=-0.5 * np.log(uniform(seed, Draw.PERSON, 12) * uniform(seed, Draw.PERSON, 13)),
        thrift=-params.choice.price_weight * np.log(uniform(seed, Draw.PERSON, 14)),
        satisfaction=np.full(n, params.retention.usual),
        alive=np.ones(n, dtype=bool),
        left=np.full(n, NONE),
        bought_category=np.full(n, NONE),
        bought_week=np.full(n, NONE),
        owned=np.zeros((n, params.n_items), dtype=bool),
        kept=np.full((n, SLOTS), NONE),
        due=np.full((n, SLOTS), np.inf),
        plan=np.where(paying, _of(media.fee_shares, seed, 7), NONE),
        contract=np.where(paying, first, NONE),
        fees=np.zeros(n, dtype=np.int64),
    )


def drifted(params: WorldParams, catalogue: Catalogue, crowd: Crowd, key: int) -> Crowd:
    """The crowd a week later: moods walk, and now and then one is replaced by another."""
    taste = params.taste
    seed, mood = crowd.seed[:, None], np.arange(len(taste.mood_shares))
    steps = directions(seed, Draw.DRIFT, key, 0, mood, size=taste.dimensions)
    moods = unit(crowd.moods + taste.drift * steps)
    row, which = np.nonzero(uniform(seed, Draw.DRIFT, key, 1, mood) < taste.jump)
    other = bits(crowd.seed[row], Draw.DRIFT, key, 2, which)
    interest = (uniform(other, 0) * len(catalogue.interests)).astype(np.int64)
    moods[row, which] = unit(
        catalogue.interests[interest]
        + taste.person_noise * directions(other, 1, size=taste.dimensions)
    )
    return replace(crowd, moods=moods)


def _of(shares: tuple[float, ...], seed: Keys, purpose: int) -> Ints:
    weights = np.tile(np.array(shares), (len(seed), 1))
    return choice(weights, uniform(seed, Draw.PERSON, purpose))


def _leaning(
    params: WorldParams,
    words: Lexicon,
    country: Ints,
    age: Ints,
    device: Ints,
    channel: Ints,
    speaks: Bools,
) -> Floats:
    """Log-odds of every interest: age tells most, then country, device and channel.

    The pattern is the same in all worlds (a fixed wave over the interests), so that nobody has
    to learn another demography for each seed.
    """
    interest = np.arange(len(words.interests))

    def wave(group: Ints, phase: float) -> Floats:
        return np.cos(2 * np.pi * interest / len(interest) - 1.3 * group[:, None] - phase)

    told = wave(age, 0.0) + 0.7 * wave(country, 1.0) + 0.4 * wave(device, 2.0)
    native = (
        params.taste.native
        * np.array(words.at_home_in_chinese)
        * np.where(speaks, 1.0, -1.0)[:, None]
    )
    return params.taste.demography * (told + 0.5 * wave(channel, 3.0)) + native


def _campaigns(weights: Floats, seed: Keys) -> Ints:
    """Campaign of each user in proportion to its spend; NONE where nothing was spent."""
    campaign = np.full(len(seed), NONE)
    paid = weights.sum(axis=1) > 0
    campaign[paid] = choice(weights[paid], uniform(seed[paid], Draw.PERSON, 4))
    return campaign


def _moods(params: WorldParams, catalogue: Catalogue, leaning: Floats, seed: Keys) -> Floats:
    """Moods around different interests, drawn by log-odds without replacement."""
    noise = gumbel(seed[:, None], Draw.PERSON, 8, np.arange(leaning.shape[1]))
    n_moods = len(params.taste.mood_shares)
    interest = np.argsort(-(leaning + noise), axis=1, kind="stable")[:, :n_moods]
    own = directions(
        seed[:, None], Draw.PERSON, 15, np.arange(n_moods), size=params.taste.dimensions
    )
    return unit(catalogue.interests[interest] + params.taste.person_noise * own)
