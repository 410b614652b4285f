"""What ends up in the baskets of a storefront, and in the pantries of those who bought it."""

from dataclasses import dataclass, replace

import numpy as np

from clvcore.data.worlds.catalogue import Catalogue
from clvcore.data.worlds.noise import Bools, Draw, Floats, Ints, sigmoid, uniform
from clvcore.data.worlds.people import NONE, SLOTS, Crowd
from clvcore.data.worlds.prior import WorldParams
from clvcore.data.worlds.session import Opened, Visits


@dataclass(frozen=True, slots=True)
class Basket:
    """Lines that were bought, in order of visit and position in the basket."""

    visit: Ints
    item: Ints
    liking: Floats
    quantity: Ints
    paid: Ints
    """Price of one piece after discount, in 1/10,000."""
    again: Bools
    """A consumable that was bought again because it was used up."""
    line: Ints
    """Position in the basket, from 0."""


def discounts(
    params: WorldParams, n_categories: int, category: Ints, key: int, week: int
) -> Floats:
    """Discount of every item this week: a few categories are on offer, at 10 to 30 percent."""
    shelf = np.arange(n_categories)
    on_offer = uniform(key, Draw.BASKET, 0, shelf, week) < params.shop.promotion
    depth = 0.1 + 0.05 * np.floor(5 * uniform(key, Draw.BASKET, 1, shelf, week))
    return np.where(on_offer, depth, 0.0)[category]


def decided(
    params: WorldParams,
    catalogue: Catalogue,
    crowd: Crowd,
    visits: Visits,
    seen: Opened,
    discount: Floats,
) -> tuple[Bools, Bools]:
    """Which opened items go into the cart, and which of those are bought: [visits, most] each.

    One decision a visit whether to go to the till at all, and a small one for each line.
    """
    rules, safe = params.shop, np.maximum(seen.item, 0)
    thrift = crowd.thrift[visits.user][:, None]
    price_pain = thrift * (catalogue.dearness[safe] + np.log(1 - discount[safe]))
    odds = rules.cart + rules.cart_liking * seen.liking
    odds = odds + rules.cart_quality * catalogue.quality[safe] - rules.cart_price * price_pain
    odds = odds + rules.first_visit * visits.first[:, None]
    seed = visits.seed[:, None]
    in_cart = (seen.item != NONE) & (uniform(seed, Draw.BASKET, 2, safe) < sigmoid(odds))
    wanted = rules.checkout + rules.checkout_liking * (seen.liking - 0.5)
    wanted = wanted - rules.checkout_price * price_pain
    goes = uniform(seed, Draw.BASKET, 3) < sigmoid(wanted)
    return in_cart, in_cart & goes & (uniform(seed, Draw.BASKET, 4, safe) < rules.line)


def replenished(params: WorldParams, crowd: Crowd, visits: Visits, week: int) -> Bools:
    """Which consumables each visit [visits, SLOTS] buys again: those used up, once a week."""
    due = (crowd.kept[visits.user] != NONE) & (crowd.due[visits.user] <= week)
    chance = uniform(visits.seed[:, None], Draw.REPLENISH, np.arange(SLOTS))
    return due & (visits.number == 0)[:, None] & (chance < params.shop.replenish)


def filled(
    params: WorldParams,
    catalogue: Catalogue,
    crowd: Crowd,
    visits: Visits,
    seen: Opened,
    buys: Bools,
    again: Bools,
    discount: Floats,
) -> Basket:
    """The lines of all baskets: what was opened and bought, then what was used up."""
    visit = np.concatenate([np.nonzero(buys)[0], np.nonzero(again)[0]])
    item = np.concatenate([seen.item[buys], crowd.kept[visits.user][again]])
    repeat = np.repeat([False, True], [buys.sum(), again.sum()])
    # an item that was both met and due is one line: the first of the two
    _, single = np.unique(visit * len(catalogue.price) + item, return_index=True)
    single = single[np.lexsort((single, visit[single]))]
    visit, item, repeat = visit[single], item[single], repeat[single]
    several = np.array(params.shop.several)[(catalogue.lasts[item] > 0).astype(np.int64)]
    chance = uniform(visits.seed[visit], Draw.BASKET, 5, item)
    percent = 100 - np.round(100 * discount[item]).astype(np.int64)
    cents = (catalogue.price[item] // 100 * percent + 50) // 100  # rounded half up
    return Basket(
        visit=visit,
        item=item,
        liking=(visits.taste[visit] * catalogue.taste[item]).sum(axis=1),
        quantity=1 + (chance < several) + (chance < several / 4),
        paid=cents * 100,
        again=repeat,
        line=np.arange(len(visit)) - np.searchsorted(visit, visit, side="left"),
    )


def taken_home(
    params: WorldParams,
    catalogue: Catalogue,
    crowd: Crowd,
    visits: Visits,
    basket: Basket,
    again: Bools,
    week: int,
) -> Crowd:
    """The crowd with what it now owns, what it bought last, and what it will use up when."""
    user = visits.user[basket.visit]
    owned = crowd.owned.copy()
    owned[user, basket.item] = True
    category, at_week = crowd.bought_category.copy(), crowd.bought_week.copy()
    new = ~basket.again
    category[user[new]] = catalogue.category[basket.item[new]]
    at_week[user[new]] = week

    visit, slot = np.nonzero(again)
    kept, due = crowd.kept.copy(), crowd.due.copy()
    refilled = kept[visits.user[visit], slot]
    wait = 0.75 + 0.6 * uniform(visits.seed[visit], Draw.REPLENISH, SLOTS + 1, slot)
    due[visits.user[visit], slot] = week + catalogue.lasts[refilled] * wait

    suits = new & (catalogue.lasts[basket.item] > 0) & (basket.liking > 0.35)
    chance = uniform(visits.seed[basket.visit], Draw.REPLENISH, SLOTS, basket.item)
    wait = 0.75 + 0.6 * uniform(visits.seed[basket.visit], Draw.REPLENISH, SLOTS + 2, basket.item)
    for row in np.flatnonzero(suits & (chance < params.shop.habit)):
        who, item = user[row], basket.item[row]
        if item not in kept[who]:
            place = int(np.argmax(due[who]))  # an empty slot, or what is needed last
            kept[who, place], due[who, place] = item, week + catalogue.lasts[item] * wait[row]
    return replace(
        crowd, owned=owned, bought_category=category, bought_week=at_week, kept=kept, due=due
    )
