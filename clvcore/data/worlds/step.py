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
from clvcore.data.worlds.clock import START, WEEK, when
from clvcore.data.worlds.knowledge import Insight
from clvcore.data.worlds.noise import Bools, Draw, Floats, Ints, bits, uniform
from clvcore.data.worlds.people import NONE, Crowd, drifted, newcomers
from clvcore.data.worlds.policy import InformedPolicy, Policy, Seen, Slates
from clvcore.data.worlds.record import EMPTY, Rows, Shown, Week
from clvcore.data.worlds.retention import experience, hazard, satisfied
from clvcore.data.worlds.session import (
    Opened,
    Visits,
    drawn_visits,
    general_utility,
    met_items,
    opened,
    visit_channel,
)
from clvcore.data.worlds.shop import shop
from clvcore.data.worlds.tables import users_table
from clvcore.data.worlds.world import State, World, recorded
from clvcore.errors import ConfigError
from clvcore.messages import say


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

    crowd, fee_rows = state.crowd, []
    if params.domain == "media":
        crowd, fees = media.bill(params, crowd, hazard(params, crowd, week), key, week)
        fee_rows.append(fees)
    visits = _before_leaving(drawn_visits(params, state.crowd, key, week), crowd)
    way = visit_channel(visits, crowd, len(params.channels))
    discount = discounts(
        params, len(world.words.categories), world.catalogue.category, world.key, week
    )
    insight = Insight(world, crowd, *general_utility(world.words, world.catalogue, week, discount))
    slates = _slates(world, state, policy, insight, visits, key)
    item = _confounded(world, crowd, insight, visits, slates.item)

    seen = _met_and_opened(world, state, crowd, insight, visits, item)
    if params.domain == "media":
        outcome = media.listen(params, world.catalogue, crowd, visits, seen, way)
    else:
        outcome = shop(
            params, world.catalogue, crowd, visits, seen, way, discount, week, state.n_visits
        )
    felt = experience(world.catalogue, crowd, visits, item, seen) + outcome.pleasure
    crowd = replace(
        outcome.crowd,
        satisfaction=satisfied(params, crowd, visits, felt),
        mood=_last_mood(crowd, visits),
    )
    if params.domain == "media":
        crowd, fees = media.converted(params, crowd, visits, key)
        fee_rows.append(fees)
    crowd = _leaving(world, crowd, key, week)

    rows = Rows.joined([outcome.rows, state.pending, *fee_rows])
    now = rows.at < (week + 1) * WEEK
    shown = _logged(params.logged, state.n_visits, visits, Slates(item, slates.propensity), seen)
    record = Week(week, rows.where(now), shown, spend, counts)
    after = replace(
        state,
        week=week + 1,
        crowd=crowd,
        uptake=_uptake(state.uptake, crowd, outcome.taken),
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


def _before_leaving(visits: Visits, crowd: Crowd) -> Visits:
    """The visits that are over before their user's contract ends."""
    left = crowd.left[visits.user]
    stays = (left == NONE) | (visits.at + media.SESSION <= left)
    return Visits(
        visits.user[stays], visits.number[stays], visits.at[stays], visits.first[stays],
        visits.mood[stays], visits.taste[stays], visits.seed[stays],
    )  # fmt: skip


def _slates(
    world: World,
    state: State,
    policy: Policy | InformedPolicy,
    insight: Insight,
    visits: Visits,
    key: int,
) -> Slates:
    """What the policy shows, checked."""
    item, k = recorded(state, "item"), world.params.choice.slate
    about = item != EMPTY
    start = int(START.timestamp())
    seen = Seen(
        week=state.week,
        now=when(state.week * WEEK),
        items=world.items,
        on_sale=world.catalogue.launch <= state.week * WEEK,
        users=users_table(world.params, world.words, state.crowd),
        user=recorded(state, "user")[about],
        item=item[about],
        kind=recorded(state, "kind")[about],
        at=recorded(state, "at")[about] + start,
    )
    if isinstance(policy, InformedPolicy):
        slates = policy.slates_knowing(insight, seen, visits.user, k)
    else:
        chance = np.random.default_rng(bits(key, Draw.POLICY))
        slates = policy.slates(seen, visits.user, k, chance)
    _check(policy.name, slates, seen.on_sale, (len(visits.user), k))
    return slates


def _check(name: str, slates: Slates, on_sale: Bools, shape: tuple[int, int]) -> None:
    item = slates.item
    if item.shape != shape or slates.propensity.shape != shape:
        raise ConfigError(
            say("worlds.slate_shape", policy=name, found=list(item.shape), wanted=list(shape))
        )
    known = (item >= 0) & (item < len(on_sale))
    if not (known.all() and on_sale[item].all()):
        raise ConfigError(say("worlds.slate_not_on_sale", policy=name))
    if (np.diff(np.sort(item, axis=1), axis=1) == 0).any():
        raise ConfigError(say("worlds.slate_doubled", policy=name))


def _confounded(world: World, crowd: Crowd, insight: Insight, visits: Visits, item: Ints) -> Ints:
    """Slates as they were shown: in a confounded world, hand-picked for users who come often."""
    share = world.params.violations.confounded_slates
    if share == 0:
        return item
    picked = uniform(visits.seed, Draw.LOGGING, 1) < share * (crowd.rate[visits.user] > 0.7)
    row = np.flatnonzero(picked)
    week_start = visits.at[row] // WEEK * WEEK
    on_sale = world.catalogue.launch <= week_start[:, None]
    utility = np.where(on_sale, insight.utility(visits.user[row]), -np.inf)
    shown = item.copy()
    shown[row] = np.argsort(-utility, axis=1, kind="stable")[:, : item.shape[1]]
    return shown


def _met_and_opened(
    world: World, state: State, crowd: Crowd, insight: Insight, visits: Visits, item: Ints
) -> Opened:
    params, catalogue, week = world.params, world.catalogue, state.week
    taken = state.uptake.sum(axis=0)
    fresh = 1 + params.choice.launch * (catalogue.launch > (week - 4) * WEEK)
    appeal = np.exp(0.7 * catalogue.quality) * (1 + taken) ** params.choice.fashion * fresh
    appeal = np.where(catalogue.launch <= week * WEEK, appeal, 0.0)
    met, position = met_items(params, catalogue, crowd, visits, item, appeal, week)
    general = insight.general[np.maximum(met, 0)]
    if params.violations.interference:
        country = crowd.country[visits.user][:, None]
        near = np.log1p(state.uptake[country, np.maximum(met, 0)])
        general = general + params.violations.interference * near
    return opened(params, catalogue, crowd, visits, met, position, general, insight.dearness, week)


def _last_mood(crowd: Crowd, visits: Visits) -> Ints:
    mood = crowd.mood.copy()
    mood[visits.user] = visits.mood  # a user's later visits come later in the array
    return mood


def _leaving(world: World, crowd: Crowd, key: int, week: int) -> Crowd:
    """The crowd without those who leave for good at the end of the week.

    A contract does not end here but at its due date.
    """
    chance = uniform(crowd.seed, Draw.CHURN, key)
    leaves = crowd.alive & (crowd.plan == NONE) & (chance < hazard(world.params, crowd, week))
    return replace(
        crowd,
        alive=crowd.alive & ~leaves,
        left=np.where(leaves, (week + 1) * WEEK, crowd.left),
    )


def _uptake(before: Floats, crowd: Crowd, taken: Rows) -> Floats:
    after = 0.9 * before
    np.add.at(after, (crowd.country[taken.user], taken.item), 1.0)
    return after


def _logged(share: float, n_before: int, visits: Visits, slates: Slates, seen: Opened) -> Shown:
    """The slates of a random share of the visits, with what was opened from them."""
    kept = np.flatnonzero(uniform(visits.seed, Draw.LOGGING, 0) < share)
    k = slates.item.shape[1]
    taken = (seen.position[kept][:, :, None] == np.arange(k)).any(axis=1)
    return Shown(
        user=np.repeat(visits.user[kept], k),
        at=np.repeat(visits.at[kept], k),
        slate=np.repeat(n_before + kept, k),
        position=np.tile(np.arange(k), len(kept)),
        item=slates.item[kept].ravel(),
        propensity=slates.propensity[kept].ravel(),
        taken=taken.ravel(),
    )
