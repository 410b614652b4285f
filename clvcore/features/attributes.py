"""What is known of items and users beside their behaviour, as arrays for the towers.

Everything categorical or written becomes a bag of tokens (``category=shoes``, ``tag=red``,
``word=linen``, ``gram=lin``), everything numeric a standardised number, and a vector that the data
brings (an embedding of a picture, a sound, a text) stays as it is. One vocabulary of tokens a side
is learned here from the catalogue itself: nothing is downloaded.
"""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl
from jaxtyping import Float32, Int32

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.features.vocabulary import Vocabulary

LEAST_COUNT = 2
"""A token that occurs on a single row tells nothing about another row."""
MOST_TOKENS = 20_000
"""The most frequent tokens are kept; a larger catalogue says the same with fewer words."""
MOST_PER_ROW = 32
"""Tokens of one row, the rarest first: they tell the most."""

_WORD = re.compile(r"[^\W\d_]{2,}", re.UNICODE)
_HAN = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True, eq=False)
class Attributes:
    """What is known of each row of a vocabulary, row by row in its order."""

    tokens: Int32[np.ndarray, "rows most"]
    """Numbers in ``terms`` from 1; 0 is no token."""
    terms: tuple[str, ...]
    """The token of each number, from 1."""
    numbers: Float32[np.ndarray, "rows numbers"]
    """Standardised to mean 0 and deviation 1; an unknown one is 0."""
    number_names: tuple[str, ...]
    centre: tuple[float, ...]
    """Mean and ..."""
    spread: tuple[float, ...]
    """... deviation of each number, to standardise new rows alike."""
    vectors: Float32[np.ndarray, "rows dim"]
    """Vectors brought by the data, each of length one; zero where there is none."""
    often: tuple[int, ...] = ()
    """On how many rows each token occurs: a row with too many keeps the rarest."""

    @property
    def n_terms(self) -> int:
        """How many tokens there are, without the empty one."""
        return len(self.terms)


def item_attributes(dataset: Dataset, items: Vocabulary) -> Attributes:
    """Attributes of items: category, tags, title and text, price, and what came with the data.

    The unit cost is left out: it is ours, not a taste of the user.
    """
    frame = _in_order(dataset.items, col.ITEM, items)
    extra = col.attributes(dataset.items, col.ITEMS)
    words = [c for c in extra if not frame[c].dtype.is_numeric()]
    tokens = pl.concat(
        [
            _labels(frame, col.CATEGORY),
            _tags(frame),
            *(_labels(frame, name) for name in words),
            _written(frame),
        ]
    )
    numbers = [name for name in extra if frame[name].dtype.is_numeric()]
    return _attributes(frame, tokens, [col.PRICE, *numbers])


def user_attributes(dataset: Dataset, users: Vocabulary) -> Attributes:
    """Attributes of users: the channel and campaign that won them, and what came with the data."""
    frame = _in_order(dataset.users, col.USER, users)
    extra = col.attributes(dataset.users, col.USERS)
    words = [name for name in extra if not frame[name].dtype.is_numeric()]
    tokens = pl.concat([_labels(frame, name) for name in (col.CHANNEL, col.CAMPAIGN, *words)])
    return _attributes(frame, tokens, [name for name in extra if name not in words])


def new_items(frame: pl.DataFrame, like: Attributes) -> Attributes:
    """Attributes of items that were not there, in the tokens and numbers of those that were.

    ``frame`` has columns of the items table; what it lacks is unknown.
    """
    frame = frame.with_row_index("row")
    tokens = pl.concat(
        [_labels(frame, col.CATEGORY), _tags(frame), *_others(frame, like), _written(frame)]
    )
    return _as_known(frame, tokens, like)


def new_users(frame: pl.DataFrame, like: Attributes) -> Attributes:
    """The same of users; ``frame`` has columns of the users table."""
    frame = frame.with_row_index("row")
    tokens = pl.concat(
        [_labels(frame, name) for name in (col.CHANNEL, col.CAMPAIGN)] + _others(frame, like)
    )
    return _as_known(frame, tokens, like)


def _others(frame: pl.DataFrame, like: Attributes) -> list[pl.DataFrame]:
    """(row, token) of each column of labels that came with the data."""
    told = {*col.ITEMS, *col.USERS, *like.number_names, "row"}
    return [_labels(frame, name) for name in frame.columns if name not in told]


def _as_known(frame: pl.DataFrame, tokens: pl.DataFrame, like: Attributes) -> Attributes:
    numbers = {term: number for number, term in enumerate(like.terms, 1)}
    bag = np.zeros((frame.height, like.tokens.shape[1]), np.int32)
    for row in range(frame.height):
        own = {numbers[t] for t in tokens.filter(pl.col("row") == row)["token"] if t in numbers}
        rarest = sorted(own, key=lambda number: (like.often[number - 1], number))[: bag.shape[1]]
        bag[row, : len(rarest)] = rarest
    raw = [
        frame.select(_compressed(pl.col(name).cast(pl.Float64)))[name]
        if name in frame.columns
        else pl.Series(name, [None] * frame.height, dtype=pl.Float64)
        for name in like.number_names
    ]
    standard = [
        ((one - c) / s).fill_null(0.0).cast(pl.Float32).to_numpy()
        for one, c, s in zip(raw, like.centre, like.spread, strict=True)
    ]
    vectors = _vectors(frame) if like.vectors.shape[1] else np.zeros((frame.height, 0), np.float32)
    if vectors.shape[1] != like.vectors.shape[1]:
        vectors = np.zeros((frame.height, like.vectors.shape[1]), np.float32)
    return replace(
        like,
        tokens=bag,
        numbers=np.array(standard, np.float32).T.reshape(frame.height, len(standard)),
        vectors=vectors,
    )


def written_tokens(text: str) -> list[str]:
    """Words and character pieces of a text, in any script.

    Words of letters in lower case and their three-letter pieces (so that "dress" and "dresses"
    meet); Chinese, which puts no spaces, as single characters and pairs.

    Example:
        >>> written_tokens("Red Cup 茶杯")
        ['word=red', 'word=cup', 'gram=茶', 'gram=杯', 'gram=茶杯']
    """
    found: list[str] = []
    lower = text.lower()
    for word in _WORD.findall(_HAN.sub(" ", lower)):
        found.append(f"word={word}")
        if len(word) > 4:
            found.extend(f"gram={word[i : i + 3]}" for i in range(len(word) - 2))
    for run in _HAN.findall(lower):
        found.extend(f"gram={character}" for character in run)
        found.extend(f"gram={a}{b}" for a, b in pairwise(run))
    return found


def _in_order(frame: pl.DataFrame, key: str, words: Vocabulary) -> pl.DataFrame:
    ids = pl.DataFrame({key: words.ids})
    return ids.join(frame, on=key, how="left", maintain_order="left").with_row_index("row")


def _labels(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """(row, token) of a column of labels."""
    if name not in frame.columns:
        return pl.DataFrame(schema={"row": pl.UInt32, "token": pl.String})
    return frame.select(
        "row", (pl.lit(f"{name}=") + pl.col(name).cast(pl.String)).alias("token")
    ).drop_nulls()


def _tags(frame: pl.DataFrame) -> pl.DataFrame:
    return (
        _labels(frame.explode(col.TAGS), col.TAGS)
        if col.TAGS in frame.columns
        else _labels(frame, col.TAGS)
    )


def _written(frame: pl.DataFrame) -> pl.DataFrame:
    """(row, token) of titles and texts."""
    names = [name for name in (col.TITLE, col.TEXT) if name in frame.columns]
    rows: list[int] = []
    tokens: list[str] = []
    if names:
        joined = frame.select("row", pl.concat_str(names, separator=" ", ignore_nulls=True))
        for row, text in joined.iter_rows():
            found = dict.fromkeys(written_tokens(text or ""))
            rows.extend([row] * len(found))
            tokens.extend(found)
    return pl.DataFrame(
        {"row": rows, "token": tokens}, schema={"row": pl.UInt32, "token": pl.String}
    )


def _attributes(frame: pl.DataFrame, tokens: pl.DataFrame, numeric: list[str]) -> Attributes:
    bag, terms, often = _bag(tokens.unique(), frame.height)
    names = [
        name
        for name in numeric
        if name in frame.columns and frame[name].null_count() < frame.height
    ]
    raw = frame.select([_compressed(pl.col(name).cast(pl.Float64)).alias(name) for name in names])
    centre = [float(raw[name].mean() or 0.0) for name in names]  # ty: ignore[invalid-argument-type] # the columns are numeric
    spread = [float(raw[name].std() or 1.0) or 1.0 for name in names]  # ty: ignore[invalid-argument-type] # the columns are numeric
    standard = raw.select(
        ((pl.col(n) - c) / s).fill_null(0.0).cast(pl.Float32)
        for n, c, s in zip(names, centre, spread, strict=True)
    )
    return Attributes(
        tokens=bag,
        terms=terms,
        numbers=standard.to_numpy().reshape(frame.height, len(names)),
        number_names=tuple(names),
        centre=tuple(centre),
        spread=tuple(spread),
        vectors=_vectors(frame),
        often=often,
    )


def _compressed(value: pl.Expr) -> pl.Expr:
    """Logarithm with sign: prices and the like differ by factors, not by differences."""
    return value.sign() * value.abs().log1p()


def _bag(tokens: pl.DataFrame, n_rows: int) -> tuple[np.ndarray, tuple[str, ...], tuple[int, ...]]:
    """Rows of token numbers, the rarest first; the terms they number; how often each occurs."""
    counts = (
        tokens.group_by("token")
        .agg(pl.len().cast(pl.Int64).alias("count"))
        .filter(pl.col("count") >= LEAST_COUNT)
        .sort("count", "token", descending=[True, False])
        .head(MOST_TOKENS)
        .sort("token")
        .with_row_index("number", offset=1)
    )
    placed = (
        tokens.join(counts, on="token", how="inner")
        .sort("row", "count", "number")
        .with_columns(pl.int_range(pl.len()).over("row").alias("place"))
        .filter(pl.col("place") < MOST_PER_ROW)
    )
    width = max(1, int(placed["place"].max() or 0) + 1)  # ty: ignore[invalid-argument-type] # a place is an integer
    bag = np.zeros((n_rows, width), np.int32)
    bag[placed["row"].to_numpy(), placed["place"].to_numpy()] = placed["number"].to_numpy()
    return bag, tuple(counts["token"].to_list()), tuple(counts["count"].to_list())


def _vectors(frame: pl.DataFrame) -> np.ndarray:
    if col.VECTOR not in frame.columns:
        return np.zeros((frame.height, 0), np.float32)
    width = frame[col.VECTOR].dtype.shape[0]  # ty: ignore[missing-attribute] # pl.Array by contract
    vectors = np.zeros((frame.height, width), np.float32)
    there = frame[col.VECTOR].is_not_null().to_numpy()
    vectors[there] = frame[col.VECTOR].drop_nulls().to_numpy()
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, 1.0).astype(np.float32)
