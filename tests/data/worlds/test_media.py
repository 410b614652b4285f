from datetime import timedelta

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.data.worlds.media import months_later


def test_a_month_later_is_the_same_day_or_the_28th():
    day = 86_400
    start = np.array([0, 30 * day + 3600])  # 2 January and 1 February 2023, 01:00
    assert months_later(start, np.array([1, 1])).tolist() == [31 * day, (30 + 28) * day + 3600]
    late = np.array([29 * day])  # 31 January
    assert months_later(late, np.array([0])).tolist() == [29 * day]
    assert months_later(late, np.array([1])).tolist() == [57 * day]  # 28 February


def test_ended_users_have_no_later_events(service_tables):
    events = service_tables["events"].join(service_tables["users"], on=col.USER, how="left")
    ended = events.filter(pl.col(col.ENDED).is_not_null())
    assert ended.height > 0
    assert ended.filter(pl.col(col.AT) > pl.col(col.ENDED)).is_empty()


def test_fees_are_paid_monthly_until_the_contract_ends(service_tables):
    fees = service_tables["events"].filter(pl.col(col.KIND) == "subscription")
    gaps = fees.sort(col.USER, col.AT).select(pl.col(col.AT).diff().over(col.USER)).to_series()
    days = gaps.drop_nulls().dt.total_seconds() / 86_400
    assert days.min() >= 27.99
    assert days.max() <= 31.01
    end = service_tables["users"].filter(pl.col(col.ENDED).is_not_null())
    last = fees.group_by(col.USER).agg(pl.col(col.AT).max())
    unpaid = end.join(last, on=col.USER).select(pl.col(col.ENDED) - pl.col(col.AT)).to_series()
    assert unpaid.len() == end.height
    assert unpaid.min() >= timedelta(days=27)
    assert unpaid.max() <= timedelta(days=32)


def test_each_contract_has_one_fee(service, service_tables):
    fees = service_tables["events"].filter(pl.col(col.KIND) == "subscription")
    assert fees.group_by(col.USER).agg(pl.col(col.AMOUNT).n_unique())[col.AMOUNT].max() == 1
    allowed = {round(fee, 2) for fee in service.world.params.media.fees}
    assert {float(amount) for amount in fees[col.AMOUNT].unique()} <= allowed


def test_only_the_free_tier_hears_advertising(service_tables):
    events = service_tables["events"]
    paid = (
        events.filter(pl.col(col.KIND) == "subscription")
        .group_by(col.USER)
        .agg(pl.col(col.AT).min().alias("since"))
    )
    ads = events.filter(pl.col(col.KIND) == "ad").join(paid, on=col.USER)
    assert ads.filter(pl.col(col.AT) > pl.col("since")).is_empty()
    assert ads.height > 0  # of users who took out a contract later


def test_ratings_follow_a_play_of_the_same_title_and_agree_with_taste(service, service_tables):
    events = service_tables["events"]
    ratings = events.filter(pl.col(col.KIND) == "rating")
    plays = events.filter(pl.col(col.KIND) == "play").with_columns(
        pl.col(col.AT) + pl.duration(seconds=20)
    )
    key = [col.USER, col.ITEM, col.AT]
    assert ratings.join(plays, on=key, how="anti").is_empty()
    assert set(ratings["rating"]) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    user = ratings[col.USER].str.slice(1).cast(pl.Int64).to_numpy()
    item = ratings[col.ITEM].str.slice(1).cast(pl.Int64).to_numpy()
    moods = service.state.crowd.moods[user]
    liking = np.einsum("nmd,nd->nm", moods, service.world.catalogue.taste[item]).max(axis=1)
    assert np.corrcoef(liking, ratings["rating"].to_numpy())[0, 1] > 0.15


def test_vectors_are_a_noisy_view_of_taste(service, service_tables):
    vectors = service_tables["items"][col.VECTOR].to_numpy()
    taste = service.world.catalogue.taste
    told, *_ = np.linalg.lstsq(vectors, taste, rcond=None)
    left = ((taste - vectors @ told) ** 2).sum() / (taste**2).sum()
    assert 0.1 < left < 0.7


def test_listeners_prefer_their_own_language(service, service_tables):
    plays = service_tables["events"].filter(pl.col(col.KIND) == "play")
    user = plays[col.USER].str.slice(1).cast(pl.Int64).to_numpy()
    item = plays[col.ITEM].str.slice(1).cast(pl.Int64).to_numpy()
    speaks = service.state.crowd.language[user] == 1
    chinese = service.world.catalogue.language[item] == 1
    assert chinese[speaks].mean() > 2 * chinese[~speaks].mean()
