import numpy as np
import polars as pl

from clvcore import columns as col


def purchases(tables):
    return tables["events"].filter(pl.col(col.KIND) == "purchase")


def refunds(tables):
    return tables["events"].filter(pl.col(col.KIND) == "refund")


def test_every_refund_gives_back_pieces_of_one_purchase_at_the_price_paid(shop_tables):
    line = [col.USER, col.ITEM, col.ORDER]
    back = refunds(shop_tables).join(purchases(shop_tables), on=line, how="left", suffix="_paid")
    assert refunds(shop_tables).height > 20
    assert back.height == refunds(shop_tables).height
    price = pl.col("amount_paid") / pl.col("quantity_paid").cast(pl.Int64)
    given_back = -pl.col(col.AMOUNT) / pl.col(col.QUANTITY).cast(pl.Int64)
    wrong = back.filter(
        (price != given_back)
        | (pl.col(col.QUANTITY) > pl.col("quantity_paid"))
        | (pl.col(col.AT) <= pl.col("at_paid"))
    )
    assert wrong.is_empty()


def test_no_purchase_is_given_back_twice(shop_tables):
    assert refunds(shop_tables).select(col.USER, col.ITEM, col.ORDER).is_duplicated().sum() == 0


def in_cents(amounts):
    return np.array([int(amount * 100) for amount in amounts])


def test_what_was_paid_is_the_price_less_a_stated_discount_rounded_half_up(shop_tables):
    paid = purchases(shop_tables).join(shop_tables["items"], on=col.ITEM, how="left")
    cents, price = in_cents(paid[col.AMOUNT]), in_cents(paid[col.PRICE])
    assert [amount * 100 for amount in paid[col.AMOUNT]] == cents.tolist()  # no part of a cent
    quantity = paid[col.QUANTITY].cast(pl.Int64).to_numpy()
    off = np.array([0, 10, 15, 20, 25, 30])
    allowed = quantity[:, None] * ((price[:, None] * (100 - off) + 50) // 100)
    assert (allowed == cents[:, None]).any(axis=1).all()
    assert (cents < price * quantity).any()


def test_money_of_the_frames_is_the_money_of_the_simulation(shop, shop_tables):
    counted = sum(
        int(week.events.amount[week.events.amount > -(10**15)].sum()) for week in shop.state.weeks
    )
    assert int(shop_tables["events"][col.AMOUNT].sum() * 10_000) == counted


def test_orders_belong_to_one_user_and_one_visit(shop_tables):
    orders = (
        purchases(shop_tables)
        .group_by(col.ORDER)
        .agg(
            pl.col(col.USER).n_unique(), (pl.col(col.AT).max() - pl.col(col.AT).min()).alias("span")
        )
    )
    assert orders[col.USER].max() == 1
    assert orders["span"].dt.total_seconds().max() < 60


def test_everything_bought_was_in_the_cart_before_in_the_same_visit(shop_tables):
    carts = shop_tables["events"].filter(pl.col(col.KIND) == "cart").sort(col.AT)
    bought = purchases(shop_tables).sort(col.AT)
    seen = bought.join_asof(
        carts.with_columns(pl.col(col.AT).alias("carted_at")),
        on=col.AT,
        by=[col.USER, col.ITEM],
        tolerance="30m",
        check_sortedness=False,
    )
    assert seen["carted_at"].null_count() == 0
    assert carts.height > 1.2 * bought.height  # carts are left behind


def test_every_visit_earns_advertising_money_to_four_places(shop, shop_tables):
    ads = shop_tables["events"].filter(pl.col(col.KIND) == "ad")
    assert ads.height == shop.state.n_visits
    assert ads[col.ITEM].is_null().all()
    assert float(ads[col.AMOUNT].min()) > 0
    assert float(ads[col.AMOUNT].max()) < 1


def test_refunds_fall_on_badly_suiting_items(shop, shop_tables):
    crowd, catalogue = shop.state.crowd, shop.world.catalogue

    def liking(frame):
        user = frame[col.USER].str.slice(1).cast(pl.Int64).to_numpy()
        item = frame[col.ITEM].str.slice(1).cast(pl.Int64).to_numpy()
        return np.einsum("nmd,nd->nm", crowd.moods[user], catalogue.taste[item]).max(axis=1).mean()

    assert liking(refunds(shop_tables)) < liking(purchases(shop_tables))


def test_only_consumables_are_bought_again_as_a_habit(shop, shop_tables):
    again = purchases(shop_tables).filter(pl.struct(col.USER, col.ITEM).is_duplicated())
    item = again[col.ITEM].str.slice(1).cast(pl.Int64).to_numpy()
    assert (shop.world.catalogue.lasts[item] > 0).mean() > 0.8


def test_a_session_keeps_to_one_mood(shop):
    """Items opened in one visit are more alike than items a user opens in different visits."""
    catalogue = shop.world.catalogue
    user = np.concatenate([week.events.user for week in shop.state.weeks])
    kind = np.concatenate([week.events.kind for week in shop.state.weeks])
    item = np.concatenate([week.events.item for week in shop.state.weeks])
    at = np.concatenate([week.events.at for week in shop.state.weeks])
    views = kind == 0
    order = np.lexsort((at[views], user[views]))
    user, item, at = (column[views][order] for column in (user, item, at))
    alike = (catalogue.taste[item[1:]] * catalogue.taste[item[:-1]]).sum(axis=1)
    same = user[1:] == user[:-1]
    together = same & (np.diff(at) < 1800)
    apart = same & (np.diff(at) > 86_400)
    assert alike[together].mean() > alike[apart].mean() + 0.03
    strangers = (catalogue.taste[item[1:]] * catalogue.taste[np.roll(item, 500)[:-1]]).sum(axis=1)
    assert alike[apart].mean() > strangers.mean() + 0.1
