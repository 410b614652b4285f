"""What becomes of lifetime value under a scenario, beside what is expected as things are.

LTV here is realised LTV plus the forecast within the horizon, and CLV = LTV - CAC. A scenario moves
the forecast and the cost; what has been realised stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from clvcore.scenario.effects import effects
from clvcore.scenario.levels import Anchor, Levels, base_levels, levels, luck_for
from clvcore.scenario.moves import Acted
from clvcore.scenario.scenario import Scenario
from clvcore.scenario.sensitivity import Sensitivity, sensitivities, slopes
from clvcore.scenario.sides import Grouping, Side, difference, drawn_totals, ends_of, grouping, side
from clvcore.scenario.situation import Situation, situation
from clvcore.value.users import UserValue


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scenario beside the base."""

    scenario: Scenario
    by: str | None
    """What the groups are."""
    base: Side
    after: Side
    delta: Side
    """After minus base; its intervals are of the difference, under the same luck."""
    sensitivities: tuple[Sensitivity, ...]
    """Of the total, at the base."""
    acted: tuple[Acted, ...]
    """The parameters that the scenario acted on."""
    horizon_days: tuple[float, float]
    """Before and after."""
    level: float
    """Probability of the intervals."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A situation with all that scenarios are compared with, computed once."""

    start: Situation
    levels: Levels = field(repr=False)
    anchor: Anchor = field(repr=False)
    slopes: Mapping[str, float] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reported:
    """A baseline by groups, with the luck that all its scenarios have."""

    base: Baseline
    by: str | None
    groups: Grouping = field(repr=False)
    luck: Float[np.ndarray, "times draws columns"] = field(repr=False)
    drawn: Float[np.ndarray, "totals columns"] = field(repr=False)
    """Totals as things are, under this luck: a scenario is compared with each of them."""
    side: Side = field(repr=False)


def baseline(value: UserValue, keys: Sequence[str]) -> Baseline:
    """What scenarios by ``keys`` (the grouping, and the columns of their scopes) start from.

    Raises:
        ConfigError: the users have no such attribute.
    """
    start = situation(value, keys)
    as_it_is, anchor = base_levels(start, effects(start, ()))
    return Baseline(start, as_it_is, anchor, slopes(start))


def what_if(
    value: UserValue, scenario: Scenario, *, rng: np.random.Generator, by: str | None = None
) -> Outcome:
    """The outcome of one scenario; for many, keep the `baseline`, or what it comes to by groups, `reported`.

    Args:
        value: of every user, with the forecast.
        scenario: what is moved.
        rng: for the intervals.
        by: channel, cohort, segment or an attribute of the users; None for the total alone.

    Raises:
        ConfigError: a change has nothing to act on, goes out of range, or contradicts another one;
            or there is no such grouping.
        NotFoundError: nobody is in a change's scope.
    """
    keys = [*([by] if by else []), *scenario.columns]
    return compare(baseline(value, keys), scenario, rng=rng, by=by)


def reported(base: Baseline, *, rng: np.random.Generator, by: str | None = None) -> Reported:
    """The baseline by groups; ``by`` is among its keys."""
    start, groups = base.start, grouping(base.start, by)
    luck = luck_for(len(base.levels.mean), len(groups.names) + 1, rng)
    drawn = drawn_totals(base.levels, groups.member, luck)
    nothing = effects(start, ())
    unmoved = np.zeros_like(base.levels.streams)
    before = side(start, groups, nothing.cac, unmoved, ends_of(drawn, start.made.level))
    return Reported(base, by, groups, luck, drawn, before)


def compare(
    base: Baseline, scenario: Scenario, *, rng: np.random.Generator, by: str | None = None
) -> Outcome:
    """The outcome of a scenario; ``by`` and its scopes' columns are among the baseline's keys."""
    return outcome(reported(base, rng=rng, by=by), scenario)


def outcome(as_it_is: Reported, scenario: Scenario) -> Outcome:
    """The outcome of one of many scenarios; its scopes' columns are among the baseline's keys."""
    base, groups, before = as_it_is.base, as_it_is.groups, as_it_is.side
    start, made = base.start, base.start.made
    moved = effects(start, scenario.changes, elasticity=scenario.elasticity)
    later = levels(start, base.anchor, moved) if scenario.changes else base.levels
    drawn = drawn_totals(later, groups.member, as_it_is.luck)
    gained = later.streams - base.levels.streams
    after = side(start, groups, moved.cac, gained, ends_of(drawn, made.level))
    ends = ends_of(drawn - as_it_is.drawn, made.level)
    total = before.total.row(0, named=True)
    worth = total["ltv"] if total["clv"] is None else total["clv"]
    return Outcome(
        scenario=scenario,
        by=as_it_is.by,
        base=before,
        after=after,
        delta=difference(before, after, ends, known=made.is_known),
        sensitivities=sensitivities(
            start,
            base.slopes,
            None if worth is None else float(worth),
            elasticity=scenario.elasticity,
        ),
        acted=moved.acted,
        horizon_days=(float(made.horizon_days), float(moved.horizon_days)),
        level=made.level,
    )
