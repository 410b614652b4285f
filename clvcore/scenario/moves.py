"""How each lever acts on the parameters of the forecast."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.scenario.levers import Change, Lever, Unit
from clvcore.scenario.retention import Loosened, Staying, loosened, scoped, users_of
from clvcore.scenario.situation import Situation

Members = Bool[np.ndarray, " groups"]

WAYS: Mapping[str, str] = dict(
    zip(Staying._fields, ("dropout", "activity_dropout", "churn"), strict=True)
)
"""The field of `Levers` that loosens each way of staying."""


class Acted(NamedTuple):
    """A parameter that a change acted on, before and after."""

    change: str
    """As it was written."""
    parameter: str
    """What it acted on; `say("scenario.acts_<parameter>")` says it in words."""
    unit: Unit
    base: float | None
    """None where it was unknown."""
    after: float


class Move(NamedTuple):
    """What one change comes to."""

    factors: Mapping[str, float]
    """Field of `Levers` -> factor for the groups in scope."""
    acted: tuple[Acted, ...]


def _retention(
    situation: Situation, change: Change, members: Members, horizon_days: float, _: float
) -> Move:
    """Leaving is loosened until survival at the horizon has moved as stated."""
    made = situation.made
    found = situation.loosenings.recall(
        (change, horizon_days), lambda: _loosened(situation, change, members, horizon_days)
    )
    known = {
        "buyers": made.fits.orders,
        "visitors": made.fits.visits,
        "contracts": made.fits.contract,
    }
    found = tuple(row for row in found if known[row.way])
    _require(change, has=bool(found))
    return Move(
        {WAYS[row.way]: float(np.exp(row.log_factor)) for row in found},
        tuple(Acted(str(change), f"stay_{row.way}", "rate", row.base, row.after) for row in found),
    )


def _loosened(
    situation: Situation, change: Change, members: Members, horizon_days: float
) -> tuple[Loosened, ...]:
    chosen = _slots(situation, members)
    users = situation.loosenings.recall(
        "users", lambda: users_of(situation.cells, situation.n_slots)
    )
    scope = scoped(situation.made.population, situation.cells, chosen, horizon_days, users=users)
    here = np.array([part[chosen].sum() for part in situation.expected(horizon_days).staying])
    return loosened(scope, change.applied, here=here, stayers=situation.stayers)


def _order_rate(
    situation: Situation, change: Change, _members: Members, _days: float, _: float
) -> Move:
    """First and repeat orders come at a higher rate."""
    _require(change, has=acts(situation, change.lever))
    factor = change.applied(1.0)
    told = Acted(str(change), "order_rate", "factor", 1.0, factor)
    return Move({"order_rate": factor, "conversion": factor}, (told,))


def _order_value(
    situation: Situation, change: Change, members: Members, horizon_days: float, _: float
) -> Move:
    """Every order is worth more, at the same margin."""
    _require(change, has=acts(situation, change.lever))
    base = order_value(situation, members, horizon_days)
    after = change.applied(base)
    told = Acted(str(change), "order_value", "money", base, after)
    return Move({"order_value": after / base}, (told,))


def _price(
    situation: Situation, change: Change, members: Members, horizon_days: float, elasticity: float
) -> Move:
    """The same goods cost more; orders react by the elasticity; the goods' cost stays.

    With factor f on the price, elasticity e and margin m: order value times f, order rate times
    f^e, and margin 1 - (1 - m) / f.
    """
    _require(change, has=acts(situation, change.lever))
    factor = change.applied(1.0)
    if factor <= 0:
        raise ConfigError(say("scenario.too_far", change=change, lever=change.lever.value))
    rate = factor**elasticity
    base = order_value(situation, members, horizon_days)
    factors = {"order_value": factor, "order_rate": rate, "conversion": rate}
    told = [
        Acted(str(change), "order_value", "money", base, base * factor),
        Acted(str(change), "order_rate", "factor", 1.0, rate),
    ]
    if situation.made.basis == "margin":
        margin = float(situation.made.population.margin)
        after = 1.0 - (1.0 - margin) / factor
        factors["margin"] = after / margin
        told.append(Acted(str(change), "margin", "rate", margin, after))
    return Move(factors, tuple(told))


def _margin(
    situation: Situation, change: Change, _members: Members, _days: float, _: float
) -> Move:
    """More is left of every unit of purchase money."""
    if situation.made.basis != "margin":
        raise ConfigError(say("scenario.needs_margin", change=change))
    _require(change, has=acts(situation, change.lever))
    return _share(change, "margin", float(situation.made.population.margin))


def _refund_rate(
    situation: Situation, change: Change, _members: Members, _days: float, _: float
) -> Move:
    """More or less of the purchase money is given back."""
    _require(change, has=acts(situation, change.lever))
    return _share(change, "refund_rate", float(situation.made.population.refund_rate))


def _ad_revenue(
    situation: Situation, change: Change, _members: Members, _days: float, _: float
) -> Move:
    """An active day brings more advertising revenue."""
    _require(change, has=acts(situation, change.lever))
    return _factor(change, "advertising", "ad_revenue")


def _service_revenue(
    situation: Situation, change: Change, _members: Members, _days: float, _: float
) -> Move:
    """A day under contract brings a higher fee."""
    _require(change, has=acts(situation, change.lever))
    return _factor(change, "fee", "service_revenue")


MOVES: Mapping[Lever, Callable[[Situation, Change, Members, float, float], Move]] = {
    Lever.RETENTION: _retention,
    Lever.ORDER_RATE: _order_rate,
    Lever.ORDER_VALUE: _order_value,
    Lever.PRICE: _price,
    Lever.MARGIN: _margin,
    Lever.REFUND_RATE: _refund_rate,
    Lever.AD_REVENUE: _ad_revenue,
    Lever.SERVICE_REVENUE: _service_revenue,
}
"""(situation, change, groups in scope, horizon in days, elasticity) -> what it comes to."""


def order_value(situation: Situation, members: Members, horizon_days: float) -> float:
    """Expected money of an order to come of the members, before refunds and costs."""
    ahead, chosen = situation.expected(horizon_days), _slots(situation, members)
    orders = float(ahead.orders[chosen].sum())
    if orders <= 0:
        raise ConfigError(say("scenario.no_orders"))
    return float(ahead.order_money[chosen].sum()) / orders


def _slots(situation: Situation, members: Members) -> Bool[np.ndarray, " slots"]:
    return np.pad(members, (0, situation.n_slots - situation.n_groups))


def acts(situation: Situation, lever: Lever) -> bool:
    """Whether the forecast holds anything that the lever acts on."""
    if lever is Lever.CAC:  # looked at in the groups, which takes longer than all others together
        return bool(situation.groups["cac"].is_not_null().all())
    fits, known = situation.made.fits, situation.made.known
    orders = fits.orders is not None and fits.spend is not None
    visits, contracts = fits.visits is not None, fits.contract is not None
    return {
        Lever.RETENTION: orders or visits or contracts,
        Lever.MARGIN: orders and situation.made.basis == "margin",
        Lever.REFUND_RATE: orders and known.refund_rate > 0,
        Lever.AD_REVENUE: visits and known.has_advertising,
        Lever.SERVICE_REVENUE: contracts,
        Lever.DISCOUNT_RATE: True,
        Lever.HORIZON: True,
    }.get(lever, orders)


def _require(change: Change, *, has: bool) -> None:
    if not has:
        raise ConfigError(say("scenario.nothing_to_move", change=change))


def _factor(change: Change, field: str, parameter: str) -> Move:
    factor = change.applied(1.0)
    return Move({field: factor}, (Acted(str(change), parameter, "factor", 1.0, factor),))


def _share(change: Change, field: str, base: float) -> Move:
    """A change of a share of money, as a factor on it."""
    _require(change, has=base != 0)
    after = change.applied(base)
    return Move({field: after / base}, (Acted(str(change), field, "rate", base, after),))
