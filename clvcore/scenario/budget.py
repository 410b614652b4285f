"""Where the next unit of money should go: response curves, what users are worth, the best split.

What a channel is worth at a steady weekly spend is the users won times the LTV of its users before
CAC: what those who came so far have brought to date and are expected to bring within the horizon.
All is computed under the same draws for every split, so that a difference is far surer than its sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import polars as pl
from jaxtyping import Float

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.errors import ConfigError, NotFoundError
from clvcore.messages import listed, say
from clvcore.scenario.allocation import Allocation, Worth, allocate
from clvcore.scenario.outcome import Reported
from clvcore.scenario.response import DRAWS, NoCurve, Response, response
from clvcore.scenario.weekly import weekly
from clvcore.units import CENT

CURVE_POINTS = 61

Bounds = Mapping[str, tuple[Decimal, Decimal]]
"""Channel -> least and most weekly spend; equal where it is locked."""


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """The channels that a budget can be split between, and what their users are worth."""

    responses: tuple[Response, ...]
    """By channel, in the order of names."""
    without: tuple[NoCurve, ...]
    value: Mapping[str, Float[np.ndarray, " draws"]] = field(repr=False)
    """LTV of a user of the channel before CAC, in units of the currency, under each draw."""
    level: float
    """Probability of the intervals."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of those with a curve."""
        return tuple(one.channel for one in self.responses)

    @property
    def today(self) -> Decimal:
        """What is spent a week on those with a curve."""
        return sum((one.weekly.today for one in self.responses), Decimal(0))

    def seen(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Bounds within which no curve is extrapolated; today's spend is always inside."""
        return {one.channel: _seen(one) for one in self.responses}


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The best split beside today's."""

    budget: Decimal
    """Money a week."""
    channels: pl.DataFrame
    """channel, today, best (exact money a week), users_today, users_best (a week), value (of a user),
    cac, marginal_cac (at the best split; null where nothing is spent, or more spend wins nobody),
    marginal_return (worth that a further unit brings), is_seen (best lies within spend seen)."""
    gain: tuple[float, float, float]
    """Worth less spend of the best split minus that of today's, money a week: mean, low, high."""
    allocation: Allocation
    level: float


def curves(
    data: Dataset, *, rng: np.random.Generator, n_draws: int = DRAWS
) -> tuple[Response | NoCurve, ...]:
    """The response curve of every channel with a name, or why it has none.

    Without a spend table there are no channels to speak of, and the answer is empty.
    """
    return tuple(response(one, rng=rng, n_draws=n_draws) for one in weekly(data))


def market(
    found: tuple[Response | NoCurve, ...], worth: Reported, *, rng: np.random.Generator
) -> Market:
    """The curves with what a user of each channel is worth.

    Args:
        found: by `curves`.
        worth: the users' value by channel.
        rng: picks as many draws of value as the curves have.
    """
    responses, without, value = [], [], {}
    groups = {row[col.CHANNEL]: row for row in worth.base.start.groups.to_dicts()}
    places = {name: place for place, name in enumerate(worth.groups.names)}
    for one in found:
        row = groups.get(one.channel)
        if isinstance(one, NoCurve):
            without.append(one)
        elif row is None or row["ltv"] is None or not worth.base.start.made.is_known:
            without.append(NoCurve(one.channel, say("scenario.budget.no_value")))
        else:
            ahead = rng.choice(worth.drawn[:, places[one.channel]], one.users([0.0]).shape[1])
            error = _spread(worth, one.channel) / np.sqrt(row["users"])
            of_users = (float(row["ltv"]) + ahead) / row["users"]
            value[one.channel] = of_users + error * rng.standard_normal(len(ahead))
            responses.append(one)
    return Market(tuple(responses), tuple(without), value, worth.base.start.made.level)


def plan(over: Market, budget: Decimal | None = None, bounds: Bounds | None = None) -> Plan:
    """The best split of a weekly budget (today's where none is given).

    Where ``bounds`` leave a channel out it stays within spend that has been seen.

    Raises:
        ConfigError: fewer than two channels have a curve, or no split keeps the bounds.
        NotFoundError: bounds of a channel without a curve.
    """
    if len(over.responses) < 2:
        raise ConfigError(why_no_split(over))
    unknown = [name for name in bounds or {} if name not in over.channels]
    if unknown:
        known = listed(over.channels)
        raise NotFoundError(say("scenario.budget.no_channel", name=unknown[0], known=known))
    total = over.today if budget is None else budget
    within = over.seen() | dict(bounds or {})
    ends = [within[name] for name in over.channels]
    worths = [_worth(one, over.value[one.channel]) for one in over.responses]
    found = allocate(worths, total, ends, start=[one.weekly.today for one in over.responses])
    return Plan(total, _table(over, found), _gain(over, found), found, over.level)


def why_no_split(over: Market) -> str:
    """Why there is nothing to split, in sentences."""
    if over.responses:
        return say("scenario.budget.one_curve", channel=over.channels[0])
    reasons = [
        say("scenario.budget.because", channel=one.channel, reason=one.reason)
        for one in over.without
    ]
    return say("scenario.budget.no_curves", reasons=" ".join(reasons)) if reasons else say(
        "scenario.budget.no_spend"
    )  # fmt: skip


def cost(
    one: Response, spend: Float[np.ndarray, " points"]
) -> tuple[Float[np.ndarray, "points draws"], Float[np.ndarray, "points draws"]]:
    """Average and marginal CAC at a steady weekly spend, under each draw.

    ``s / N(s)``, and ``ds / dN``: what the next user costs.
    """
    return np.asarray(spend)[:, None] / one.users(spend), 1.0 / one.slope(spend)


def curve_table(one: Response, level: float, *, points: int = CURVE_POINTS) -> pl.DataFrame:
    """The curve up to one and a half times the most that was spent, and what users cost on it.

    Columns: spend (of a week), users, users_low, users_high (won a week), cac, marginal_cac with low
    and high (null where nothing is spent), is_seen.
    """
    spend = np.linspace(0.0, 1.5 * max(one.weekly.most, float(one.weekly.today)), points)
    average, following = cost(one, spend[1:])
    columns = {"spend": spend, **_ends("users", one.users(spend), level)}
    for name, drawn in (("cac", average), ("marginal_cac", following)):
        nothing = np.full((1, drawn.shape[1]), np.nan)
        columns |= _ends(name, np.concatenate([nothing, drawn]), level)
    seen = pl.Series("is_seen", [one.weekly.is_seen(float(at)) for at in spend])
    return pl.DataFrame(columns).fill_nan(None).with_columns(seen)


def _ends(
    name: str, drawn: Float[np.ndarray, "points draws"], level: float
) -> dict[str, Float[np.ndarray, " points"]]:
    """The middle of the draws and the ends of their interval."""
    low, middle, high = np.quantile(drawn, [0.5 - level / 2, 0.5, 0.5 + level / 2], axis=1)
    return {name: middle, f"{name}_low": low, f"{name}_high": high}


def _spread(worth: Reported, channel: str) -> float:
    """Standard deviation of users' value: those who come next are others than those who came."""
    frame = worth.base.start.value.frame.filter(pl.col(col.CHANNEL) == channel)
    each = (pl.col("ltv") + pl.col("forecast")).cast(pl.Float64)
    found = frame.select(each.std()).item()
    return 0.0 if found is None else float(found)


def _seen(one: Response) -> tuple[Decimal, Decimal]:
    low = Decimal(str(one.weekly.least)).quantize(CENT, ROUND_CEILING)
    high = Decimal(str(one.weekly.most)).quantize(CENT, ROUND_FLOOR)
    return min(low, one.weekly.today), max(high, one.weekly.today)


def _worth(one: Response, value: Float[np.ndarray, " draws"]) -> Worth:
    weight = value / len(value)
    return Worth(
        at=lambda spend: one.users(spend) @ weight, slope=lambda spend: one.slope(spend) @ weight
    )


def _gain(over: Market, found: Allocation) -> tuple[float, float, float]:
    """Mean and interval of what the split gains, all channels together."""
    gained: np.ndarray = np.zeros(1)
    for one, best in zip(over.responses, found.spend, strict=True):
        before, after = one.users([float(one.weekly.today), float(best)])
        gained = gained + over.value[one.channel] * (after - before)
    gained = gained - float(sum(found.spend) - over.today)
    low, high = np.quantile(gained, [0.5 - over.level / 2, 0.5 + over.level / 2])
    return float(gained.mean()), float(low), float(high)


def _table(over: Market, found: Allocation) -> pl.DataFrame:
    rows = [
        _row(one, best, float(over.value[one.channel].mean()), marginal)
        for one, best, marginal in zip(over.responses, found.spend, found.marginal, strict=True)
    ]
    exact = {"today": col.MONEY, "best": col.MONEY}
    return pl.DataFrame(rows, schema_overrides=exact)


def _row(one: Response, best: Decimal, value: float, marginal: float) -> dict[str, object]:
    before, after = one.users([float(one.weekly.today), float(best)]).mean(axis=1)
    slope = float(one.slope([float(best)]).mean())
    return {
        "channel": one.channel,
        "today": one.weekly.today,
        "best": best,
        "users_today": float(before),
        "users_best": float(after),
        "value": value,
        "cac": float(best) / float(after) if best and after else None,
        "marginal_cac": 1.0 / slope if best and slope > 0 else None,
        "marginal_return": marginal,
        "is_seen": one.weekly.is_seen(float(best)),
    }
