"""The tables of a world, with the canonical columns: what an analyst would be given."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.data.worlds.catalogue import Catalogue
from clvcore.data.worlds.clock import START
from clvcore.data.worlds.lexicon import Lexicon, Words
from clvcore.data.worlds.noise import Draw, Ints, uniform
from clvcore.data.worlds.people import NONE, Crowd
from clvcore.data.worlds.prior import WorldParams
from clvcore.data.worlds.record import EMPTY, NO_MONEY, Week
from clvcore.data.worlds.session import RETURN_CHANNELS

_ORIGIN = int(START.timestamp())


def user_ids(number: Ints) -> pl.Series:
    """Ids of users by row number."""
    return _named("u", number, 6)


def item_ids(number: Ints) -> pl.Series:
    """Ids of items by row number; null where there is none."""
    return _named("i", number, 5)


def _named(letter: str, number: Ints, digits: int) -> pl.Series:
    text = pl.lit(letter) + pl.col("n").cast(pl.String).str.zfill(digits)
    frame = pl.DataFrame({"n": number})
    return frame.select(pl.when(pl.col("n") >= 0).then(text)).to_series()


def times(second: Ints) -> pl.Series:
    """Moments; null where there is none."""
    frame = pl.DataFrame({"n": second})
    moment = pl.from_epoch(pl.col("n") + _ORIGIN, time_unit="s").dt.cast_time_unit("us")
    return frame.select(
        pl.when(pl.col("n") != NONE).then(moment.dt.replace_time_zone("UTC"))
    ).to_series()


def amounts(tenthousandths: Ints) -> pl.Series:
    """Exact amounts; null where there is no money."""
    known = pl.col("n").abs()
    text = (
        pl.when(pl.col("n") < 0).then(pl.lit("-")).otherwise(pl.lit(""))
        + (known // 10_000).cast(pl.String)
        + pl.lit(".")
        + (known % 10_000).cast(pl.String).str.zfill(4)
    )
    frame = pl.DataFrame({"n": np.where(tenthousandths == NO_MONEY, 0, tenthousandths)})
    missing = pl.Series(tenthousandths == NO_MONEY)
    return frame.select(pl.when(~missing).then(text.cast(col.MONEY))).to_series()


def items_table(
    params: WorldParams, words: Lexicon, catalogue: Catalogue, key: int
) -> pl.DataFrame:
    """All items, by id: what they are called and cost, and since when they are on sale."""
    index = np.arange(params.n_items)
    told = [_texts(words, catalogue, key, int(number)) for number in index]
    named = [words.chinese if at else words.english for at in catalogue.language]
    tags = [
        [known.tags[tag] for tag in chosen] if known else []
        for known, chosen in zip(named, catalogue.tags, strict=True)
    ]
    columns: dict[str, object] = {
        col.ITEM: item_ids(index),
        col.TITLE: [title for title, _ in told],
        col.CATEGORY: [words.categories[number].name for number in catalogue.category],
        col.TAGS: pl.Series(tags, dtype=pl.List(pl.String)),
    }
    if params.domain == "shop":
        columns[col.PRICE] = amounts(catalogue.price)
        columns[col.UNIT_COST] = amounts(catalogue.unit_cost)
    silent = uniform(key, Draw.WORDS, 3, index) < 0.02
    columns[col.TEXT] = [
        None if quiet else text for quiet, (_, text) in zip(silent, told, strict=True)
    ]
    columns[col.AVAILABLE] = times(catalogue.launch)
    if params.domain == "media":
        columns["language"] = np.where(catalogue.language == 1, "zh", "en")
        columns[col.VECTOR] = pl.Series(
            catalogue.sound.astype(np.float32),
            dtype=pl.Array(pl.Float32, catalogue.sound.shape[1]),
        )
    return pl.DataFrame(columns).sort(col.ITEM)


def _texts(words: Lexicon, catalogue: Catalogue, key: int, number: int) -> tuple[str, str]:
    """Title and text of an item, out of the words that lie near it."""
    chinese = catalogue.language[number] == 1 and words.chinese is not None
    known: Words = words.chinese if chinese and words.chinese else words.english
    shelf = words.categories[catalogue.category[number]]
    nouns = shelf.nouns_zh if chinese else shelf.nouns
    chance = uniform(key, Draw.WORDS, 4, number, np.arange(4))

    def one(options: Sequence[str], which: int) -> str:
        return options[int(chance[which] * len(options))]

    parts = {f"w{place}": known.words[word] for place, word in enumerate(catalogue.words[number])}
    parts |= {"tag": known.tags[catalogue.tags[number, 0]]}
    parts |= {"noun": one(nouns, 0), "name": one(known.names, 1)}
    title, text = one(known.title, 2).format(**parts), one(known.text, 3).format(**parts)
    return title[:1].upper() + title[1:], text[:1].upper() + text[1:]


def users_table(params: WorldParams, words: Lexicon, crowd: Crowd) -> pl.DataFrame:
    """All users so far, by id: how they were won, and what they told about themselves."""
    channels = [channel.name for channel in params.channels]
    names = {
        (number, slot): campaign
        for number, channel in enumerate(params.channels)
        for slot, campaign in enumerate(channel.campaigns)
    }
    flat = sorted(names)
    code = np.full((len(channels), 1 + max((slot for _, slot in flat), default=0)), EMPTY)
    for position, (number, slot) in enumerate(flat):
        code[number, slot] = position
    campaign = np.where(crowd.campaign == NONE, EMPTY, code[crowd.channel, crowd.campaign])
    columns: dict[str, object] = {
        col.USER: user_ids(np.arange(len(crowd))),
        col.ACQUIRED: times(crowd.acquired),
        col.CHANNEL: _decoded(channels, crowd.channel),
        col.CAMPAIGN: _decoded([names[place] for place in flat], campaign),
    }
    if params.domain == "media":
        ended = np.where((crowd.plan != NONE) & ~crowd.alive, crowd.left, NONE)
        columns[col.ENDED] = times(ended)
        signed = np.where(crowd.contract == crowd.acquired, crowd.plan + 1, 0)
        columns["signup_plan"] = _decoded(["free", *params.media.fee_names], signed)
    columns["country"] = _decoded(words.countries, np.where(crowd.told & 1, crowd.country, EMPTY))
    columns["age_band"] = _decoded(words.age_bands, np.where(crowd.told & 2, crowd.age, EMPTY))
    columns["device"] = _decoded(words.devices, crowd.device)
    return pl.DataFrame(columns)


def _decoded(names: Sequence[str], code: Ints) -> pl.Series:
    """Names by code; null where the code is negative."""
    known = pl.Series([*names, None], dtype=pl.String)
    return known.gather(np.where(code < 0, len(names), code))


def events_table(params: WorldParams, weeks: Sequence[Week]) -> pl.DataFrame:
    """All events in order of time."""
    rows = {
        name: np.concatenate([getattr(week.events, name) for week in weeks])
        for name in (
            "user",
            "item",
            "at",
            "kind",
            "quantity",
            "amount",
            "order",
            "rating",
            "channel",
        )
    }
    kinds = list(col.Kind)
    streams = [col.STREAM_OF_KIND.get(kind) for kind in kinds]
    ways = [*(channel.name for channel in params.channels), *RETURN_CHANNELS]
    columns: dict[str, object] = {
        col.USER: user_ids(rows["user"]),
        col.ITEM: item_ids(rows["item"]),
        col.AT: times(rows["at"]),
        col.KIND: _decoded(kinds, rows["kind"]),
    }
    if params.domain == "shop":
        columns[col.QUANTITY] = pl.Series(rows["quantity"]).cast(pl.Float64)
    columns[col.AMOUNT] = amounts(rows["amount"])
    if params.domain == "shop":
        columns[col.ORDER] = _named("o", rows["order"], 7)
    else:
        columns[col.RATING] = pl.Series(rows["rating"]).cast(pl.Float64)
    columns[col.STREAM] = pl.Series([*streams], dtype=pl.String).gather(rows["kind"])
    columns[col.CHANNEL] = _decoded(ways, rows["channel"])
    frame = pl.DataFrame(columns)
    empty = [name for name in (col.QUANTITY, col.RATING) if name in frame.columns]
    return frame.with_columns(
        pl.when(pl.col(name) >= 0).then(pl.col(name)).alias(name) for name in empty
    )


def spend_table(params: WorldParams, weeks: Sequence[Week]) -> pl.DataFrame:
    """Spend by week (its Monday), channel and campaign; only where something was spent."""
    first = START.date()
    rows: list[tuple[date, str, str, int, int, int]] = [
        (
            first + timedelta(weeks=week.number),
            channel.name,
            campaign,
            int(week.spend.amount[number, slot]),
            int(week.spend.impressions[number, slot]),
            int(week.spend.clicks[number, slot]),
        )
        for week in weeks
        for number, channel in enumerate(params.channels)
        for slot, campaign in enumerate(channel.campaigns)
        if week.spend.amount[number, slot] > 0
    ]
    frame = pl.DataFrame(rows, schema=[*col.SPEND], orient="row").with_columns(
        amounts(np.array([row[3] for row in rows], dtype=np.int64)).alias(col.AMOUNT)
    )
    return frame.cast(dict(col.SPEND)).sort(col.DATE, col.CHANNEL, col.CAMPAIGN)


def impressions_table(weeks: Sequence[Week]) -> pl.DataFrame:
    """Logged slates by time; propensities to six places."""
    rows = {
        name: np.concatenate([getattr(week.shown, name) for week in weeks])
        for name in ("user", "at", "slate", "position", "item", "propensity", "taken")
    }
    frame = pl.DataFrame(
        {
            col.USER: user_ids(rows["user"]),
            col.AT: times(rows["at"]),
            col.SLATE: _named("s", rows["slate"], 7),
            col.POSITION: pl.Series(rows["position"] + 1).cast(pl.Int32),
            col.ITEM: item_ids(rows["item"]),
            col.PROPENSITY: np.round(rows["propensity"], 6),
            col.TAKEN: rows["taken"],
        }
    )
    return frame.sort(col.AT, col.SLATE, col.POSITION)
