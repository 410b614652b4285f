"""One week of a world: state, policy and chance in, the next state and the week's rows out."""

from dataclasses import replace

import numpy as np

from clvcore.data.worlds import media
from clvcore.data.worlds.acquisition import (
    Spend,
    arrivals,
    carried,
    hidden_demand,
    planned_spend,
)
from clvcore.data.worlds.basket import discounts
from clvcore.data.worlds.clock import WEEK
from clvcore.data.worlds.knowledge import Insight
from clvcore.data.worlds.noise import Draw, Floats, Ints, uniform
from clvcore.data.worlds.outcome import Outcome
from clvcore.data.worlds.people import NONE, Crowd, drifted, newcomers
from clvcore.data.worlds.policy import InformedPolicy, Policy
from clvcore.data.worlds.record import Rows, Week
from clvcore.data.worlds.retention import experience, hazard, satisfied
from clvcore.data.worlds.session import (
    Opened,
    Visits,
    appeal,
    drawn_visits,
    general_utility,
    met_items,
    opened,
    over_before,
    visit_channel,
)
from clvcore.data.worlds.shop import shop
from clvcore.data.worlds.showing import as_shown, chosen_slates, logged
from clvcore.data.worlds.world import State, World


def step(
    world: World,
    state: State,
    policy: Policy | InformedPolicy,
    rng: np.random.Generator,
    *,
    spend_scale: Floats | None = None,
    open_doors: bool = True,
) -> tuple[State, Week]:
    """The state a week later, and what the week recorded.

    One number is taken from ``rng``; two policies that start from the same state with generators
    of the same seed meet the same arrivals, drift and chances.

    Args:
        world: What does not change.
        state: Where it stands.
        policy: Chooses the slates.
        rng: Chance.
        spend_scale: Factor by channel on the planned spend.
        open_doors: Whether new users (and spend) come; without, only those who are here live on.

    Raises:
        ConfigError: the policy returned slates that cannot be shown.
    """
    params, week = world.params, state.week
    key = int(rng.integers(2**63))
    closed = np.zeros(len(params.channels))
    spend = planned_spend(params, world.key, week, scale=spend_scale if open_doors else closed)
    state, counts = _arrived(world, state, spend, key, open_doors=open_doors)

    crowd, fees = _billed(world, state.crowd, key, week)
    visits = over_before(drawn_visits(params, state.crowd, key, week), crowd.left, media.SESSION)
    discount = discounts(
        params, len(world.words.categories), world.catalogue.category, world.key, week
    )
    insight = Insight(world, crowd, *general_utility(world.words, world.catalogue, week, discount))
    slates = chosen_slates(world, state, policy, insight, visits, key)
    shown = as_shown(world, crowd, insight, visits, slates)
    seen = _opened(world, state, insight, visits, shown.item)
    outcome = _lived(world, state, crowd, visits, seen, discount)
    felt = experience(params, world.catalogue, crowd, visits, shown.item, seen) + outcome.pleasure
    crowd, new_fees = _parted(world, crowd, outcome, visits, felt, key, week)

    rows = Rows.joined([outcome.rows, state.pending, *fees, *new_fees])
    now = rows.at < (week + 1) * WEEK
    log = logged(params.logged, state.n_visits, visits, shown, seen)
    record = Week(week, rows.where(now), log, spend, counts)
    after = State(
        week=week + 1,
        crowd=crowd,
        uptake=_uptake(state.uptake, crowd, outcome.taken),
        adstock=state.adstock,
        pending=rows.where(~now),
        n_visits=state.n_visits + len(visits.user),
        weeks=(*state.weeks, record),
    )
    return after, record


def _arrived(
    world: World, state: State, spend: Spend, key: int, *, open_doors: bool
) -> tuple[State, Ints]:
    """The state with everybody's tastes a week older and the newcomers added."""
    params, week = world.params, state.week
    adstock = carried(params.channels, state.adstock, spend.of_channels())
    counts = arrivals(params, adstock, key, demand=hidden_demand(world.key, week))
    counts = counts if open_doors else np.zeros_like(counts)
    weights = spend.amount / 1e4
    new = newcomers(params, world.words, world.catalogue, counts, weights, key, week)
    crowd = drifted(params, world.catalogue, state.crowd, key).joined(new)
    return replace(state, crowd=crowd, adstock=adstock), counts


def _uptake(before: Floats, crowd: Crowd, taken: Rows) -> Floats:
    after = 0.9 * before
    np.add.at(after, (crowd.country[taken.user], taken.item), 1.0)
    return after


def _billed(world: World, crowd: Crowd, key: int, week: int) -> tuple[Crowd, list[Rows]]:
    """The crowd after the contracts that are due this week, and their fees."""
    if world.params.domain != "media":
        return crowd, []
    chance_to_end = hazard(world.params, crowd, week)
    after, fees = media.bill(world.params, crowd, chance_to_end, key, week)
    return after, [fees]


def _opened(world: World, state: State, insight: Insight, visits: Visits, item: Ints) -> Opened:
    """What the visits open of what they meet: the slates and what own search finds."""
    params, catalogue, week = world.params, world.catalogue, state.week
    crowd = insight.crowd
    weight = appeal(params, catalogue, world.key, week)
    met, position = met_items(params, catalogue, crowd, visits, item, weight, week)
    general = insight.general[np.maximum(met, 0)]
    if params.violations.interference:
        country = crowd.country[visits.user][:, None]
        near = np.log1p(state.uptake[country, np.maximum(met, 0)])
        general = general + params.violations.interference * near
    return opened(params, catalogue, crowd, visits, met, position, general, insight.dearness, week)


def _lived(
    world: World, state: State, crowd: Crowd, visits: Visits, seen: Opened, discount: Floats
) -> Outcome:
    params, catalogue = world.params, world.catalogue
    way = visit_channel(visits, crowd, len(params.channels))
    if params.domain == "media":
        return media.listen(params, catalogue, crowd, visits, seen, way)
    return shop(params, catalogue, crowd, visits, seen, way, discount, state.week, state.n_visits)


def _parted(
    world: World,
    before: Crowd,
    outcome: Outcome,
    visits: Visits,
    felt: Floats,
    key: int,
    week: int,
) -> tuple[Crowd, list[Rows]]:
    """The crowd at the end of the week: satisfied or not, under contract or not, gone or not.

    A contract does not end here but at its due date.
    """
    params, fees = world.params, []
    mood = before.mood.copy()
    mood[visits.user] = visits.mood  # a user's later visits come later in the array
    content = satisfied(params, before, visits, felt)
    crowd = replace(outcome.crowd, satisfaction=content, mood=mood)
    if params.domain == "media":
        crowd, first_fees = media.converted(params, crowd, visits, key)
        fees.append(first_fees)
    chance = uniform(crowd.seed, Draw.CHURN, key)
    leaves = crowd.alive & (crowd.plan == NONE) & (chance < hazard(params, crowd, week))
    left = np.where(leaves, (week + 1) * WEEK, crowd.left)
    return replace(crowd, alive=crowd.alive & ~leaves, left=left), fees
