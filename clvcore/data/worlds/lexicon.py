"""What things are called in a world: interests, their categories, tags and words."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of the shop, or a genre."""

    name: str
    interest: int
    nouns: tuple[str, ...]
    nouns_zh: tuple[str, ...]
    price: float
    """Usual price, in units of the currency."""
    lasts: int
    """Weeks until it is used up; 0 where it lasts."""
    season: float
    """Utility gained in the peak week."""
    peak: int
    """Week of the year with the most demand."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words of one language, by interest in blocks of equal length."""

    tags: tuple[str, ...]
    words: tuple[str, ...]
    names: tuple[str, ...]
    title: tuple[str, ...]
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Names and shares of everything that is called something."""

    interests: tuple[str, ...]
    categories: tuple[Category, ...]
    english: Words
    chinese: Words | None
    at_home_in_chinese: tuple[bool, ...]
    """For each interest."""
    countries: tuple[str, ...]
    chinese_countries: tuple[str, ...]
    country_share: tuple[float, ...]
    age_bands: tuple[str, ...]
    age_share: tuple[float, ...]
    devices: tuple[str, ...]
    device_share: tuple[float, ...]


@cache
def lexicon(name: str) -> Lexicon:
    """The lexicon ``lexicon_<name>.toml`` of this folder."""
    known = tomllib.loads((Path(__file__).parent / f"lexicon_{name}.toml").read_text("utf-8"))
    interests = known["interest"]
    has_chinese = "title_zh" in known

    def words(suffix: str) -> Words:
        return Words(
            tags=tuple(tag for interest in interests for tag in interest["tags" + suffix]),
            words=tuple(word for interest in interests for word in interest["words" + suffix]),
            names=tuple(known["names" + suffix]),
            title=tuple(known["title" + suffix]),
            text=tuple(known["text" + suffix]),
        )

    return Lexicon(
        interests=tuple(interest["name"] for interest in interests),
        categories=tuple(
            Category(
                name=shelf["name"],
                interest=number,
                nouns=tuple(shelf["nouns"]),
                nouns_zh=tuple(shelf.get("nouns_zh", ())),
                price=float(shelf["price"]),
                lasts=shelf["lasts"],
                season=shelf["season"],
                peak=shelf["peak"],
            )
            for number, interest in enumerate(interests)
            for shelf in interest["categories"]
        ),
        english=words(""),
        chinese=words("_zh") if has_chinese else None,
        at_home_in_chinese=tuple(interest.get("chinese", False) for interest in interests),
        countries=tuple(known["countries"]),
        chinese_countries=tuple(known.get("chinese_countries", ())),
        country_share=tuple(known["country_share"]),
        age_bands=tuple(known["age_bands"]),
        age_share=tuple(known["age_share"]),
        devices=tuple(known["devices"]),
        device_share=tuple(known["device_share"]),
    )
