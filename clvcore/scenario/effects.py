"""What changes come to: a factor on a parameter of the forecast, or a cost, for every group.

Every change is measured against the situation as it is, and the factors of several changes are
multiplied, so the order in which they are written does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.scenario.levers import PARAMETERS, Change, Lever, Unit, shown
from clvcore.scenario.moves import MOVES, Acted, Move
from clvcore.scenario.situation import Situation
from clvcore.units import money
from clvcore.value.population import Levers
from clvcore.value.precision import double

VALUATION = (Lever.HORIZON, Lever.DISCOUNT_RATE)
"""Levers of how money is valued: the same for everybody, and applied before all others."""

BY_GROUP = tuple(name for name in Levers._fields if name != "discount_rate_annual")


@dataclass(frozen=True, slots=True)
class Effects:
    """Everything that a scenario changes, ready for the forecast."""

    levers: Levers
    """Factors by group (and 1 for slots without one), and the discount rate."""
    horizon_days: float
    cac: tuple[Decimal | None, ...]
    """What the users of every group cost; None where it is unknown."""
    acted: tuple[Acted, ...]
    """Every parameter that was acted on, change by change."""


def effects(situation: Situation, changes: Sequence[Change], *, elasticity: float = 0.0) -> Effects:
    """The factors and costs that the changes come to.

    Args:
        situation: where the scenario starts.
        changes: what is moved.
        elasticity: percent by which the order rate moves where the price moves by one percent.

    Raises:
        ConfigError: a change has nothing to act on, goes out of range, or contradicts another one.
        NotFoundError: nobody is in a change's scope.
    """
    scopes = [situation.members(change.scope) for change in changes]
    _refuse_contradictions(changes, scopes)
    valuation = {lever: _valued(situation, lever, changes) for lever in VALUATION}
    horizon_days, rate = (valuation[lever][1] for lever in VALUATION)
    acted: list[Acted] = []
    factors = {name: np.ones(situation.n_groups) for name in BY_GROUP}
    for change, members in zip(changes, scopes, strict=True):
        if change.lever in VALUATION:
            acted.append(
                Acted(str(change), change.lever.value, _unit(change), *valuation[change.lever])
            )
        elif change.lever == Lever.CAC:
            acted.append(_cost_acted(situation, change, members))
        else:
            move: Move = MOVES[change.lever](situation, change, members, horizon_days, elasticity)
            acted.extend(move.acted)
            for name, factor in move.factors.items():
                factors[name] = factors[name] * np.where(members, factor, 1.0)
    _refuse_out_of_range(situation, changes, factors)
    unused = (0, situation.n_slots - situation.n_groups)
    padded = {name: np.pad(one, unused, constant_values=1.0) for name, one in factors.items()}
    with double():
        levers = Levers(**{name: jnp.asarray(factor) for name, factor in padded.items()})
    return Effects(
        levers=levers._replace(discount_rate_annual=rate or None),  # none saves its work
        horizon_days=horizon_days,
        cac=_costs(situation, changes, scopes),
        acted=tuple(acted),
    )


def _unit(change: Change) -> Unit:
    return PARAMETERS[change.lever].unit


def _refuse_contradictions(
    changes: Sequence[Change], scopes: Sequence[Bool[np.ndarray, " groups"]]
) -> None:
    """A new value and any other change of the same lever for the same users contradict each other."""
    for (first, mine), (second, other) in combinations(zip(changes, scopes, strict=True), 2):
        is_new = first.lever == second.lever and "set" in (first.form, second.form)
        if is_new and (mine & other).any():
            raise ConfigError(say("scenario.contradiction", first=first, second=second))


def _valued(situation: Situation, lever: Lever, changes: Sequence[Change]) -> tuple[float, float]:
    """Horizon or discount rate, before and after."""
    made = situation.made
    base = made.horizon_days if lever == Lever.HORIZON else made.discount_rate_annual
    own = [change for change in changes if change.lever == lever]
    after = base
    for change in sorted(own, key=lambda one: one.form != "relative"):  # factors before additions
        after = change.applied(after)
    _check_range(own, after)
    return float(base), float(after)


def _costs(
    situation: Situation,
    changes: Sequence[Change],
    scopes: Sequence[Bool[np.ndarray, " groups"]],
) -> tuple[Decimal | None, ...]:
    """What each group's users cost: base times all factors, plus users times all additions."""
    costs = []
    for group, (base, users) in enumerate(situation.groups.select("cac", "users").iter_rows()):
        own = [
            (change.form, Decimal(repr(change.amount)))
            for change, members in zip(changes, scopes, strict=True)
            if change.lever == Lever.CAC and members[group]
        ]
        cost = base
        for form, amount in sorted(own, key=lambda one: one[0] != "relative"):
            if form == "set":
                cost = users * amount
            elif form == "relative":
                cost *= 1 + amount
            else:
                cost += users * amount
        if cost is not None and cost < 0:
            named = next(change for change in changes if change.lever == Lever.CAC)
            raise ConfigError(say("scenario.out_of_range", change=named, low="0", high="1e+09"))
        costs.append(None if cost is None else money(cost))
    return tuple(costs)


def _cost_acted(
    situation: Situation, change: Change, members: Bool[np.ndarray, " groups"]
) -> Acted:
    """Cost of a user in scope, before and after one change."""
    own = situation.groups.filter(members)
    if own["cac"].null_count():
        if change.form != "set":
            raise ConfigError(say("scenario.unknown_cac", change=change))
        return Acted(str(change), "cac", "money", None, change.amount)
    base = float(own["cac"].sum()) / int(own["users"].sum())
    return Acted(str(change), "cac", "money", base, change.applied(base))


def _refuse_out_of_range(
    situation: Situation,
    changes: Sequence[Change],
    factors: dict[str, Float[np.ndarray, " groups"]],
) -> None:
    """Shares of money have to stay shares under all changes together."""
    facts = {
        Lever.MARGIN: situation.made.population.margin,
        Lever.REFUND_RATE: situation.made.population.refund_rate,
    }
    for lever, base in facts.items():
        own = [change for change in changes if change.lever == lever]
        for after in float(base) * factors[lever.value] if own else ():
            _check_range(own, after)


def _check_range(own: Sequence[Change], after: float) -> None:
    if not own:
        return
    parameter = PARAMETERS[own[0].lever]
    if not parameter.low <= after <= parameter.high:
        low, high = (shown(parameter.unit, bound) for bound in (parameter.low, parameter.high))
        raise ConfigError(say("scenario.out_of_range", change=own[0], low=low, high=high))
