"""What listeners of a streaming service do: play, play again, rate, pay monthly or hear ads."""

from dataclasses import replace

import numpy as np

from clvcore.columns import Kind
from clvcore.data.worlds.catalogue import Catalogue
from clvcore.data.worlds.clock import START, WEEK
from clvcore.data.worlds.noise import Bools, Draw, Floats, Ints, choice, normal, uniform
from clvcore.data.worlds.outcome import Outcome
from clvcore.data.worlds.people import NONE, SLOTS, Crowd
from clvcore.data.worlds.prior import WorldParams
from clvcore.data.worlds.record import Rows
from clvcore.data.worlds.session import Opened, Visits

SESSION = 1700
"""Seconds after which every visit is over."""
WEEKS_PER_MONTH = 365.25 / 12 / 7


def listen(
    params: WorldParams,
    catalogue: Catalogue,
    crowd: Crowd,
    visits: Visits,
    seen: Opened,
    channel: Ints,
) -> Outcome:
    """Events of a week's visits to the service, and the crowd after them."""
    fresh = seen.item != NONE
    again = _replays(params, crowd, visits)
    item = np.concatenate([seen.item, np.where(again, crowd.kept[visits.user], NONE)], axis=1)
    there = np.concatenate([fresh, again], axis=1)
    # fresh plays and replays come in any order
    slot = np.arange(item.shape[1])
    shuffle = uniform(visits.seed[:, None], Draw.CLOCK, 4, slot) + 2.0 * ~there
    order = np.argsort(shuffle, axis=1, kind="stable")
    item, there = np.take_along_axis(item, order, 1), np.take_along_axis(there, order, 1)
    gap = 45 + np.floor(85 * uniform(visits.seed[:, None], Draw.CLOCK, 5, slot))
    at = visits.at[:, None] + np.cumsum(gap.astype(np.int64), axis=1)

    visit = np.nonzero(there)[0]
    user, played, when = visits.user[visit], item[there], at[there]
    liking = (visits.taste[visit] * catalogue.taste[played]).sum(axis=1)
    plays = Rows.of(Kind.PLAY, user, when, item=played, channel=channel[visit])
    rated = uniform(visits.seed[visit], Draw.RATING, 0, played) < params.media.rated
    opinion = 3.1 + params.media.stars_liking * (liking - 0.45) + 0.7 * catalogue.quality[played]
    opinion = opinion + params.media.stars_noise * normal(
        visits.seed[visit], Draw.RATING, 1, played
    )
    stars = np.clip(np.round(opinion), 1, 5).astype(np.int64)
    ratings = Rows.of(
        Kind.RATING, user, when + 20, item=played, rating=stars, channel=channel[visit]
    )
    pleasure = np.zeros(len(visits.user))
    np.add.at(pleasure, visit, params.media.pleasure * (liking - 0.4))
    rows = [plays, ratings.where(rated), _advertising(params, crowd, visits, there, channel)]
    after = _after_listening(params, catalogue, crowd, user, played, liking)
    return Outcome(Rows.joined(rows), np.clip(pleasure, -0.2, 0.2), after, plays)


def _replays(params: WorldParams, crowd: Crowd, visits: Visits) -> Bools:
    """Which favourites each visit plays again: [visits, SLOTS]."""
    share = params.media.plays * params.media.replay / SLOTS
    chance = uniform(visits.seed[:, None], Draw.REPLENISH, np.arange(SLOTS))
    return (crowd.kept[visits.user] != NONE) & (chance < share)


def _advertising(
    params: WorldParams, crowd: Crowd, visits: Visits, there: Bools, channel: Ints
) -> Rows:
    """One event for each visit of the free tier in which anything was played."""
    plays = there.sum(axis=1)
    earned = params.media.ad_slot * plays * np.exp(0.5 * normal(visits.seed, Draw.ADVERTISING))
    amount = np.maximum(np.round(10_000 * earned), 1).astype(np.int64)
    rows = Rows.of(Kind.AD, visits.user, visits.at + SESSION - 60, amount=amount, channel=channel)
    free = (crowd.plan[visits.user] == NONE) | (crowd.contract[visits.user] > visits.at)
    return rows.where(free & (plays > 0))


def _after_listening(
    params: WorldParams,
    catalogue: Catalogue,
    crowd: Crowd,
    user: Ints,
    played: Ints,
    liking: Floats,
) -> Crowd:
    """The crowd with what it has played, and with its favourites: what it liked best lately."""
    owned, kept, worth = crowd.owned.copy(), crowd.kept.copy(), crowd.due.copy()
    owned[user, played] = True
    worth = np.where(np.isinf(worth), -1.0, worth * 0.97)
    score = liking + 0.15 * catalogue.quality[played]
    for row in np.flatnonzero(liking > params.media.favourite):
        who = user[row]
        slot = int(np.argmin(worth[who]))
        if score[row] > worth[who, slot] and played[row] not in kept[who]:
            kept[who, slot], worth[who, slot] = played[row], score[row]
    return replace(crowd, owned=owned, kept=kept, due=worth)


def months_later(start: Ints, months: Ints) -> Ints:
    """The same day and time of a later month; the 29th to the 31st count as the 28th."""
    base = np.datetime64(START.replace(tzinfo=None), "s")
    moment = base + start.astype("timedelta64[s]")
    month = moment.astype("datetime64[M]")
    day = moment.astype("datetime64[D]")
    of_month = np.minimum((day - month.astype("datetime64[D]")).astype(np.int64), 27)
    clock = (moment - day).astype(np.int64)
    target = (month + months.astype("timedelta64[M]")).astype("datetime64[D]")
    second = (target - base.astype("datetime64[D]")).astype(np.int64) + of_month
    return np.where(months == 0, start, second * 86_400 + clock)


def bill(
    params: WorldParams, crowd: Crowd, hazard: Floats, key: int, week: int
) -> tuple[Crowd, Rows]:
    """Contracts whose month ends in ``week`` are paid for again, or end then.

    ``hazard`` is the weekly hazard of each user; a contract ends at a due date with probability
    ``1 - exp(-contract_hazard * hazard * weeks per month)``, but never before one month.
    """
    paying = crowd.alive & (crowd.plan != NONE)
    due = np.where(paying, months_later(np.maximum(crowd.contract, 0), crowd.fees), NONE)
    now = paying & (due >= week * WEEK) & (due < (week + 1) * WEEK)
    monthly = params.media.contract_hazard * hazard * WEEKS_PER_MONTH
    ends = uniform(crowd.seed, Draw.CONTRACT, 1, key) < 1 - np.exp(-monthly)
    ends &= now & (crowd.fees > 0)
    pays = now & ~ends
    user = np.flatnonzero(pays)
    rows = _fees(params, user, crowd.plan[user], due[user] + 5)
    after = replace(
        crowd,
        fees=crowd.fees + pays,
        alive=crowd.alive & ~ends,
        left=np.where(ends, due, crowd.left),
    )
    return after, rows


def converted(params: WorldParams, crowd: Crowd, visits: Visits, key: int) -> tuple[Crowd, Rows]:
    """Free users who take out a contract at the end of their last visit of the week."""
    media, usual = params.media, params.retention.usual
    last = np.full(len(crowd), NONE)
    last[visits.user] = visits.at  # later visits of a user come later in the array
    rate = media.convert * np.exp(media.convert_satisfaction * (crowd.satisfaction - usual))
    joins = crowd.alive & (crowd.plan == NONE) & (last != NONE)
    joins &= uniform(crowd.seed, Draw.CONTRACT, 2, key) < rate
    user = np.flatnonzero(joins)
    plans = choice(
        np.tile(np.array(media.fee_shares), (len(user), 1)),
        uniform(crowd.seed[user], Draw.CONTRACT, 3, key),
    )
    plan, contract = crowd.plan.copy(), crowd.contract.copy()
    plan[user], contract[user] = plans, last[user] + SESSION
    rows = _fees(params, user, plans, contract[user] + 5)
    return replace(crowd, plan=plan, contract=contract, fees=crowd.fees + joins), rows


def _fees(params: WorldParams, user: Ints, plan: Ints, at: Ints) -> Rows:
    fee = np.round(10_000 * np.array(params.media.fees)).astype(np.int64)
    return Rows.of(Kind.SUBSCRIPTION, user, at, amount=fee[plan])
