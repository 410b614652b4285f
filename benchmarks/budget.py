"""Response curves and recommended splits beside the truth of simulated worlds.

    python -m benchmarks.budget --worlds 40 --out benchmarks/results/budget.json

World 0 is the storefront, the others are drawn from the prior of worlds; only what decides spend and
the users won is stepped forward, by the simulator's own functions. For every channel with a curve:
the share of 31 points of the true curve (steady spend up to three times usual) that the 90 % interval
covers, within the weekly spend that was seen and beyond it. For every world: of what the truly best
split would gain over today's (mean of the latest 13 weeks), the share that the recommended split
gains; both keep the budget and stay within spend that was seen.

What a user is worth is given, and is the same for both: 60 / hazard of the channel. So the second
figure is about curves and the search, not about forecasts of value.
"""

import argparse
import json
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from clvcore.data.worlds import STOREFRONT, Prior
from clvcore.data.worlds.acquisition import (
    arrivals,
    carried,
    expected_arrivals,
    hidden_demand,
    planned_spend,
)
from clvcore.data.worlds.noise import Draw, Floats, Ints, bits
from clvcore.data.worlds.prior import WorldParams
from clvcore.scenario.allocation import Worth, allocate
from clvcore.scenario.budget import Market, plan
from clvcore.scenario.response import NoCurve, Response, response
from clvcore.scenario.weekly import LATEST_WEEKS, Weekly
from clvcore.units import cents

WORTH = 60.0
LEVEL = 0.9
POINTS = np.linspace(0, 3, 31)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=40)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    began = time.perf_counter()
    worlds = [measured(seed) for seed in range(options.worlds)]
    result = {
        "command": "python -m benchmarks.budget " + " ".join(sys.argv[1:]),
        "summary": summary(worlds),
        "seconds": round(time.perf_counter() - began, 1),
        "versions": {name: version(name) for name in ("jax", "numpy", "scipy")},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "worlds": worlds,
    }
    print(json.dumps(result["summary"], indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def summary(worlds: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures over all worlds."""
    channels = [one for world in worlds for one in world["channels"]]
    reached = np.array([world["reached"] for world in worlds if world["reached"] is not None])
    return {
        "curves": len(channels),
        "without_curve": sum(len(world["without"]) for world in worlds),
        "covered_within_spend_seen": _mean([one["seen"] for one in channels]),
        "covered_beyond": _mean([one["beyond"] for one in channels]),
        "covered_by_channel": {
            name: _mean([one["seen"] for one in channels if one["channel"] == name])
            for name in sorted({one["channel"] for one in channels})
        },
        "gain_reached_storefront": worlds[0]["reached"],
        "gain_reached_median": round(float(np.median(reached)), 4),
        "gain_reached_quantiles_10_25": np.round(np.quantile(reached, [0.1, 0.25]), 4).tolist(),
        "worlds_that_gain": int((reached > 0).sum()),
        "worlds": len(worlds),
    }


def measured(seed: int) -> dict[str, Any]:
    """One world: coverage of each curve, and the share of the possible gain."""
    params = STOREFRONT if seed == 0 else Prior().draw(np.random.default_rng(seed))
    spend, users = history(params, seed)
    rng = np.random.default_rng(seed)
    found = [
        response(_weekly(channel.name, spend[:, at], users[:, at]), rng=rng)
        for at, channel in enumerate(params.channels)
        if channel.spend
    ]
    fits = [one for one in found if isinstance(one, Response)]
    return {
        "seed": seed,
        "channels": [covered(params, one) for one in fits],
        "without": [one.channel for one in found if isinstance(one, NoCurve)],
        "reached": reached(params, fits),
    }


def history(params: WorldParams, seed: int) -> tuple[Floats, Ints]:
    """Spend and users won, [weeks, channels]: what `clvcore.data.worlds.step` does of a week."""
    key = int(bits(seed, Draw.LATENT, *params.name.encode())[0])
    rng = np.random.default_rng(bits(key, Draw.ARRIVALS))
    stock = np.array([channel.spend for channel in params.channels]) * params.arrivals
    spent, won = [], []
    for week in range(params.weeks):
        luck = int(rng.integers(2**63))
        spend = planned_spend(params, key, week, scale=None).of_channels()
        stock = carried(params.channels, stock, spend)
        won.append(arrivals(params, stock, luck, demand=hidden_demand(key, week)))
        spent.append(spend)
    return np.array(spent), np.array(won)


def covered(params: WorldParams, one: Response) -> dict[str, Any]:
    """Shares of the points of the true curve that lie in the interval."""
    place = _place(params, one.channel)
    spend = POINTS * params.channels[place].spend * params.arrivals
    low, high = np.quantile(one.users(spend), [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=1)
    true = truth(params, place, spend)
    inside = (low <= true) & (true <= high)
    seen = np.array([one.weekly.is_seen(float(at)) for at in spend])
    return {
        "channel": one.channel,
        "seen": round(float(inside[seen].mean()), 4),
        "beyond": round(float(inside[~seen].mean()), 4) if (~seen).any() else None,
    }


def reached(params: WorldParams, fits: list[Response]) -> float | None:
    """Share of the gain of the truly best split that the recommended one has."""
    value = {channel.name: WORTH / channel.hazard for channel in params.channels}
    draws = {one.channel: np.full(one.users([0.0]).shape[1], value[one.channel]) for one in fits}
    market = Market(tuple(fits), (), draws, LEVEL)
    chosen = plan(market)
    worths = [_true_worth(params, one.channel, value[one.channel]) for one in fits]
    today = [one.weekly.today for one in fits]
    bounds = [market.seen()[one.channel] for one in fits]
    best = allocate(worths, market.today, bounds, start=today)
    before, after, top = (
        sum(float(one.at(np.array([float(s)]))[0]) for one, s in zip(worths, split, strict=True))
        for split in (today, chosen.allocation.spend, best.spend)
    )
    return round((after - before) / (top - before), 4) if top > before else None


def truth(params: WorldParams, place: int, spend: Floats) -> Floats:
    """Expected users a week of one channel at steady spend."""
    alone = np.zeros((len(spend), len(params.channels)))
    alone[:, place] = spend
    return np.array([expected_arrivals(params, one)[place] for one in alone])


def _true_worth(params: WorldParams, name: str, value: float) -> Worth:
    place, step = _place(params, name), 1e-4

    def at(spend: Floats) -> Floats:
        return value * truth(params, place, np.asarray(spend))

    return Worth(
        at, lambda spend: (at(spend + step) - at(np.maximum(spend - step, 0))) / (2 * step)
    )


def _place(params: WorldParams, name: str) -> int:
    return [channel.name for channel in params.channels].index(name)


def _weekly(name: str, spend: Floats, users: Ints) -> Weekly:
    return Weekly(name, spend, users, cents(float(spend[-LATEST_WEEKS:].mean())))


def _mean(parts: list[float | None]) -> float:
    return round(float(np.mean([one for one in parts if one is not None])), 4)


if __name__ == "__main__":
    main()
