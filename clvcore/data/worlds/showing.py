"""What visits show: slates as the policy chose them, as they were shown, and as they are logged."""

import numpy as np

from clvcore.data.worlds.clock import START, WEEK, when
from clvcore.data.worlds.knowledge import Insight
from clvcore.data.worlds.noise import Bools, Draw, bits, uniform
from clvcore.data.worlds.people import Crowd
from clvcore.data.worlds.policy import InformedPolicy, Policy, Seen, Slates
from clvcore.data.worlds.record import EMPTY, Shown
from clvcore.data.worlds.session import Opened, Visits
from clvcore.data.worlds.tables import users_table
from clvcore.data.worlds.world import State, World, recorded
from clvcore.errors import ConfigError
from clvcore.messages import say


def chosen_slates(
    world: World,
    state: State,
    policy: Policy | InformedPolicy,
    insight: Insight,
    visits: Visits,
    key: int,
) -> Slates:
    """What the policy shows.

    Raises:
        ConfigError: the slates cannot be shown.
    """
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


def as_shown(
    world: World, crowd: Crowd, insight: Insight, visits: Visits, slates: Slates
) -> Slates:
    """The slates, or in a confounded world hand-picked ones for users who come often.

    The propensities stay those of the policy: that is the lie of a confounded log.
    """
    share = world.params.violations.confounded_slates
    if share == 0:
        return slates
    picked = uniform(visits.seed, Draw.LOGGING, 1) < share * (crowd.rate[visits.user] > 0.7)
    row = np.flatnonzero(picked)
    week_start = visits.at[row] // WEEK * WEEK
    on_sale = world.catalogue.launch <= week_start[:, None]
    utility = np.where(on_sale, insight.utility(visits.user[row]), -np.inf)
    item = slates.item.copy()
    item[row] = np.argsort(-utility, axis=1, kind="stable")[:, : item.shape[1]]
    return Slates(item, slates.propensity)


def logged(share: float, n_before: int, visits: Visits, slates: Slates, seen: Opened) -> Shown:
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
