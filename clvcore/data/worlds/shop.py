"""What visitors of a storefront do: open, cart, buy, buy again, send back."""

import numpy as np

from clvcore.columns import Kind
from clvcore.data.worlds.basket import Basket, decided, filled, replenished, taken_home
from clvcore.data.worlds.catalogue import Catalogue
from clvcore.data.worlds.noise import Draw, Floats, Ints, normal, uniform
from clvcore.data.worlds.outcome import Outcome
from clvcore.data.worlds.people import NONE, Crowd
from clvcore.data.worlds.prior import WorldParams
from clvcore.data.worlds.record import Rows
from clvcore.data.worlds.session import Opened, Visits

DAY = 86_400


def shop(
    params: WorldParams,
    catalogue: Catalogue,
    crowd: Crowd,
    visits: Visits,
    seen: Opened,
    channel: Ints,
    discount: Floats,
    week: int,
    first_order: int,
) -> Outcome:
    """Events of a week's visits to the storefront, and the crowd after them."""
    in_cart, buys = decided(params, catalogue, crowd, visits, seen, discount)
    again = replenished(params, crowd, visits, week)
    basket = filled(params, catalogue, crowd, visits, seen, buys, again, discount)

    n, most = seen.item.shape
    there = seen.item != NONE
    pause = 12 + 170 * uniform(visits.seed[:, None], Draw.CLOCK, 2, np.arange(most))
    looked = visits.at[:, None] + 8 + np.cumsum(pause.astype(np.int64), axis=1)
    dwell = 3 + (0.3 * pause).astype(np.int64)
    last = np.where(there, looked, visits.at[:, None] + 8).max(axis=1)
    till = last + 70 + (200 * uniform(visits.seed, Draw.CLOCK, 3)).astype(np.int64)

    visit = np.arange(n)[:, None].repeat(most, axis=1)
    views = Rows.of(
        Kind.VIEW, visits.user[visit[there]], looked[there],
        item=seen.item[there], channel=channel[visit[there]],
    )  # fmt: skip
    carts = Rows.of(
        Kind.CART, visits.user[visit[in_cart]], (looked + dwell)[in_cart],
        item=seen.item[in_cart], channel=channel[visit[in_cart]],
    )  # fmt: skip
    bought = _purchases(visits, basket, till, channel, first_order)
    recarted = Rows.of(
        Kind.CART, bought.user, bought.at - 30, item=bought.item, channel=bought.channel
    ).where(basket.again)
    refunds = _refunds(params, visits, basket, bought)
    ads = _advertising(params, visits, there.sum(axis=1), till, channel)

    pleasure = np.zeros(n)
    np.add.at(pleasure, basket.visit, params.shop.pleasure * (basket.liking - 0.4))
    return Outcome(
        rows=Rows.joined([views, carts, recarted, bought, refunds, ads]),
        pleasure=np.clip(pleasure, -0.3, 0.3),
        crowd=taken_home(params, catalogue, crowd, visits, basket, again, week),
        taken=bought,
    )


def _purchases(visits: Visits, basket: Basket, till: Ints, channel: Ints, first_order: int) -> Rows:
    """One row a line; a visit is one order, its lines a second apart."""
    return Rows.of(
        Kind.PURCHASE,
        visits.user[basket.visit],
        till[basket.visit] + basket.line,
        item=basket.item,
        quantity=basket.quantity,
        amount=basket.paid * basket.quantity,
        order=first_order + basket.visit,
        channel=channel[basket.visit],
    )


def _refunds(params: WorldParams, visits: Visits, basket: Basket, bought: Rows) -> Rows:
    """Lines that come back after three to twenty-one days: more often when they suit badly."""
    seed = visits.seed[basket.visit]
    rate = params.shop.refund * np.exp(-params.shop.refund_liking * basket.liking)
    rate = np.minimum(rate, 0.5)
    rate = np.where(basket.again, 0.2 * rate, rate)
    back = uniform(seed, Draw.REFUND, 0, basket.item) < rate
    some = (basket.quantity > 1) & (uniform(seed, Draw.REFUND, 1, basket.item) < 0.5)
    pieces = np.where(some, 1, basket.quantity)
    days = 3 + (18 * uniform(seed, Draw.REFUND, 2, basket.item)).astype(np.int64)
    clock = (36_000 * uniform(seed, Draw.REFUND, 3, basket.item)).astype(np.int64)
    return Rows.of(
        Kind.REFUND,
        bought.user,
        (bought.at // DAY + days) * DAY + 8 * 3600 + clock,
        item=basket.item,
        quantity=pieces,
        amount=-basket.paid * pieces,
        order=bought.order,
    ).where(back)


def _advertising(
    params: WorldParams, visits: Visits, opened: Ints, till: Ints, channel: Ints
) -> Rows:
    """One event a visit: what its pages earned, to 1/10,000."""
    pages = 2 + 2 * opened
    earned = params.shop.ad_page * pages * np.exp(0.6 * normal(visits.seed, Draw.ADVERTISING))
    amount = np.maximum(np.round(10_000 * earned), 1).astype(np.int64)
    return Rows.of(Kind.AD, visits.user, till + 20, amount=amount, channel=channel)
