"""How users are won: what is spent each week, and how many come."""

from dataclasses import dataclass

import numpy as np

from clvcore.data.worlds.noise import Draw, Floats, Ints, negative_binomial, normal, uniform
from clvcore.data.worlds.prior import Channel, WorldParams


@dataclass(frozen=True, slots=True)
class Spend:
    """Spend of one week. Money in 1/10,000 of the currency unit; [channels, campaigns]."""

    amount: Ints
    impressions: Ints
    clicks: Ints

    def of_channels(self) -> Floats:
        """Spend by channel, in units of the currency."""
        return self.amount.sum(axis=1) / 10_000


def planned_spend(params: WorldParams, key: int, week: int, *, scale: Floats | None) -> Spend:
    """Spend of ``week``: flights of three weeks whose level varies more than fivefold.

    The level does not look at users, demand or results, unless the world is told to confound it.
    """
    channels = params.channels
    number = np.arange(len(channels))
    flight = (week + number) // 3
    level = np.exp(np.log(0.35) + np.log(2.1 / 0.35) * uniform(key, Draw.SPEND, 0, number, flight))
    level = level * np.exp(0.08 * normal(key, Draw.SPEND, 1, number, week))
    on = uniform(key, Draw.SPEND, 2, number, flight) >= np.array([c.dark for c in channels])
    usual = np.array([channel.spend for channel in channels]) * params.arrivals
    swing = 1 + params.violations.confounded_spend * (hidden_demand(key, week) - 1)
    total = usual * level * on * swing * (1.0 if scale is None else scale)

    widest = max(len(channel.campaigns) for channel in channels)
    slot = np.arange(max(widest, 1))
    has = slot < np.array([len(channel.campaigns) for channel in channels])[:, None]
    weight = has * (0.25 + uniform(key, Draw.SPEND, 3, number[:, None], flight[:, None], slot))
    cents = np.floor(100 * total[:, None] * weight / np.maximum(weight.sum(1, keepdims=True), 1e-9))
    click_cost = np.array([channel.click_cost for channel in channels])[:, None]
    wobble = np.exp(0.15 * normal(key, Draw.SPEND, 4, number[:, None], week, slot))
    clicks = np.floor(cents / 100 / click_cost * wobble).astype(np.int64)
    shown = np.floor(
        clicks * 38 * np.exp(0.2 * normal(key, Draw.SPEND, 5, number[:, None], week, slot))
    )
    return Spend(cents.astype(np.int64) * 100, shown.astype(np.int64), clicks)


def hidden_demand(key: int, week: int) -> float:
    """Demand that nobody records: 1 on average, with slow swings."""
    wave = np.sin(2 * np.pi * (week / 17.0 + float(uniform(key, Draw.DEMAND, 0)[0])))
    return float(np.exp(0.5 * wave) / 1.0635)


def carried(channels: tuple[Channel, ...], before: Floats, spend: Floats) -> Floats:
    """Adstock after a week of ``spend``, in the same unit as spend."""
    carry = np.array([channel.carry for channel in channels])
    return (1 - carry) * spend + carry * before


def expected_arrivals(params: WorldParams, adstock: Floats, *, demand: float = 1.0) -> Floats:
    """Mean number of new users of the week by channel, at this adstock."""
    channels, scale = params.channels, params.arrivals
    shape = np.array([channel.shape for channel in channels])
    half = np.array([channel.half for channel in channels]) ** shape
    beta = np.array([channel.beta for channel in channels])
    base = np.array([channel.base for channel in channels])
    level = (adstock / scale) ** shape
    swing = 1 + params.violations.confounded_spend * (demand - 1)
    return scale * swing * (base + beta * level / (level + half))


def arrivals(params: WorldParams, adstock: Floats, key: int, *, demand: float) -> Ints:
    """Number of new users of the week by channel."""
    mean = expected_arrivals(params, adstock, demand=demand)
    size = np.array([channel.dispersion for channel in params.channels])
    chance = uniform(key, Draw.ARRIVALS, np.arange(len(params.channels)))
    return negative_binomial(np.maximum(mean, 1e-12), size, chance)
