"""The items of a world: where they lie in the space of tastes, and what they cost."""

from dataclasses import dataclass

import numpy as np

from clvcore.data.worlds.lexicon import Lexicon
from clvcore.data.worlds.noise import (
    Draw,
    Floats,
    Ints,
    choice,
    directions,
    gumbel,
    normal,
    uniform,
    unit,
)
from clvcore.data.worlds.prior import WorldParams


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Items by index. Prices and costs in 1/10,000 of the currency unit."""

    taste: Floats
    """[items, d] unit vectors."""
    interests: Floats
    """[interests, d] unit vectors of the interests."""
    shelves: Floats
    """[categories, d] unit vectors of the categories."""
    category: Ints
    tags: Ints
    """[items, 3] indices of tags."""
    words: Ints
    """[items, 6] indices of words."""
    quality: Floats
    price: Ints
    unit_cost: Ints
    dearness: Floats
    """ln(price / usual price of the category)."""
    lasts: Ints
    """Weeks until used up; 0 where it lasts."""
    launch: Ints
    """Second of the world at which the item comes on sale (0 or before: always there)."""
    language: Ints
    """0 English, 1 Chinese."""
    complement: Ints
    """[categories] the category that goes with it."""
    sound: Floats
    """[items, vector_size] what a microphone or a camera would tell: a noisy view of taste."""


def draw_catalogue(params: WorldParams, words: Lexicon, key: int) -> Catalogue:
    """The items of the world ``key``."""
    index, d = np.arange(params.n_items), params.taste.dimensions
    interests = directions(key, Draw.LATENT, 0, np.arange(len(words.interests)), size=d)
    interest_of = np.array([shelf.interest for shelf in words.categories])
    shelves = _near(interests[interest_of], 0.5, key, 1)
    category = _categories(len(shelves), index, key)
    tags, words_told, place = _described(params, words, interests, shelves[category], category, key)
    price, unit_cost, dearness = _prices(words, category, key)
    return Catalogue(
        taste=place,
        interests=interests,
        shelves=shelves,
        category=category,
        tags=tags,
        words=words_told,
        quality=params.choice.quality * normal(key, Draw.CATALOGUE, 3, index),
        price=price,
        unit_cost=unit_cost,
        dearness=dearness,
        lasts=np.array([shelf.lasts for shelf in words.categories])[category],
        launch=_launches(params, key),
        language=_languages(params, words, interest_of[category], key),
        complement=_complements(shelves, interest_of, key),
        sound=_sound(params, place, key),
    )


def _categories(n_categories: int, index: Ints, key: int) -> Ints:
    """Category of each item; the sizes of categories fall like 1 / sqrt(rank)."""
    lot = uniform(key, Draw.CATALOGUE, 0, np.arange(n_categories))
    weight = 1 / np.sqrt(1 + np.argsort(np.argsort(lot)))
    return choice(np.tile(weight, (len(index), 1)), uniform(key, Draw.CATALOGUE, 1, index))


def _described(
    params: WorldParams,
    words: Lexicon,
    interests: Floats,
    shelf: Floats,
    category: Ints,
    key: int,
) -> tuple[Ints, Ints, Floats]:
    """Tags near an item's category, the item near both, and words near the item."""
    index = np.arange(len(category))
    tags = _near(np.repeat(interests, len(words.english.tags) // len(interests), 0), 0.85, key, 2)
    told = _near(np.repeat(interests, len(words.english.words) // len(interests), 0), 0.9, key, 3)
    noise = gumbel(key, Draw.CATALOGUE, 2, index[:, None], np.arange(len(tags)))
    chosen = np.argsort(-(6 * shelf @ tags.T + noise), axis=1, kind="stable")[:, :3]
    middle = unit(shelf + 0.9 * unit(tags[chosen].mean(axis=1)))
    place = _near(middle, params.taste.item_noise, key, 4)
    noise = gumbel(key, Draw.WORDS, index[:, None], np.arange(len(told)))
    return chosen, np.argsort(-(11 * place @ told.T + noise), axis=1, kind="stable")[:, :6], place


def _languages(params: WorldParams, words: Lexicon, interest: Ints, key: int) -> Ints:
    """1 where an item is in Chinese: most of what is at home there, a quarter of the rest."""
    at_home = np.array(words.at_home_in_chinese)[interest]
    share = np.where(at_home, 0.9, 0.25) * (words.chinese is not None)
    drawn = uniform(key, Draw.CATALOGUE, 9, np.arange(params.n_items))
    return (drawn < share).astype(np.int64)


def _near(centres: Floats, distance: float, key: int, which: int) -> Floats:
    """Unit vectors around unit vectors."""
    steps = directions(key, Draw.LATENT, which, np.arange(len(centres)), size=centres.shape[-1])
    return unit(centres + distance * steps)


def _prices(words: Lexicon, category: Ints, key: int) -> tuple[Ints, Ints, Floats]:
    """Price with a shopkeeper's ending, unit cost of 40 to 68 percent of it, and dearness."""
    index = np.arange(len(category))
    usual = np.array([shelf.price for shelf in words.categories])[category]
    wanted = usual * np.exp(0.42 * normal(key, Draw.CATALOGUE, 4, index))
    cents = np.where(wanted < 20, np.ceil(wanted * 2) * 50 - 1, np.ceil(wanted) * 100 - 5)
    share = 0.4 + 0.28 * uniform(key, Draw.CATALOGUE, 5, index)
    cost = np.round(cents * share)
    sold = usual > 0
    dearness = np.log(np.maximum(cents, 1) / 100 / np.maximum(usual, 0.01))
    price, unit_cost = (np.where(sold, part, 0).astype(np.int64) * 100 for part in (cents, cost))
    return price, unit_cost, np.where(sold, dearness, 0.0)


def _launches(params: WorldParams, key: int) -> Ints:
    """Most items are there from the start; the others come evenly over the observed weeks."""
    index = np.arange(params.n_items)
    late = uniform(key, Draw.LAUNCH, 0, index) < params.launched
    week = (uniform(key, Draw.LAUNCH, 1, index) * params.weeks * 0.98).astype(np.int64)
    old = -(uniform(key, Draw.LAUNCH, 2, index) * 104).astype(np.int64)
    day = (uniform(key, Draw.LAUNCH, 3, index) * 5).astype(np.int64)
    return np.where(late, week, old - 1) * 604_800 + day * 86_400 + 6 * 3600


def _complements(shelves: Floats, interest_of: Ints, key: int) -> Ints:
    """Another category of the same interest where there is one, else the nearest."""
    close = shelves @ shelves.T + 2.0 * (interest_of[:, None] == interest_of)
    close = close + 0.3 * uniform(
        key, Draw.CATALOGUE, 6, np.arange(len(shelves))[:, None], np.arange(len(shelves))
    )
    np.fill_diagonal(close, -9)
    return close.argmax(axis=1)


def _sound(params: WorldParams, place: Floats, key: int) -> Floats:
    media = params.media
    mixing = normal(
        key, Draw.SOUND, 0, np.arange(place.shape[1])[:, None], np.arange(media.vector_size)
    ) / np.sqrt(place.shape[1])
    noise = normal(key, Draw.SOUND, 1, np.arange(len(place))[:, None], np.arange(media.vector_size))
    return np.round(place @ mixing + media.vector_noise * noise / np.sqrt(place.shape[1]), 4)
