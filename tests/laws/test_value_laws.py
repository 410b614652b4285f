"""Laws of value that hold on every data set, on random small ones here."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from clvcore import columns as col
from clvcore.columns import STREAM_OF_KIND, Kind, Stream
from clvcore.data.dataset import Dataset, Recipe
from clvcore.units import share_out
from clvcore.value.acquisition import acquisition
from clvcore.value.breakdown import breakdown
from clvcore.value.costs import COST_KEYS, cost_table
from clvcore.value.ledger import contributions, ledger, lifetime_revenue
from clvcore.value.models import bg_nbd, mbg_nbd
from clvcore.value.models.beta_geometric import NbdParams
from clvcore.value.models.rows import history_rows
from clvcore.value.payback import payback_table
from clvcore.value.reconciliation import reconcile
from clvcore.value.statement import statement
from clvcore.value.users import user_value

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 120
CHANNELS = [None, "search", "email", "direct"]
CAMPAIGNS = [None, "sale", "brand"]
PERIODS = st.sampled_from(["day", "week", "month", "all"])
SLOW = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here
)
QUICK = settings(max_examples=40, deadline=None)

cents = st.integers(0, 20_000).map(lambda value: Decimal(value) / 100)
days = st.integers(0, DAYS)
deeds = st.sampled_from(["purchase", "purchase", "refund", "ad", "subscription", "view"])
positive = st.floats(0.05, 20.0)
populations = st.builds(NbdParams, r=positive, alpha=st.floats(1.0, 200.0), a=positive, b=positive)


@st.composite
def datasets(draw, *, with_spend=True):
    """Some users, what they did, what their items cost, and what was spent to win them."""
    n_users = draw(st.integers(1, 12))
    users = [f"u{number:02}" for number in range(n_users)]
    acquired = {user: draw(days) for user in users}
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from(users), days, deeds, cents, st.integers(1, 4)), max_size=40
        )
    )
    events = pl.DataFrame(
        [
            {
                col.USER: user,
                col.ITEM: f"i{pieces}",
                col.AT: START + timedelta(days=max(day, acquired[user])),
                col.KIND: kind,
                col.QUANTITY: float(pieces),
                col.AMOUNT: None if kind == "view" else (-amount if kind == "refund" else amount),
                col.STREAM: None if kind == "view" else STREAM_OF_KIND[Kind(kind)].value,
            }
            for user, day, kind, amount, pieces in rows
        ],
        schema=col.EVENTS,
    ).sort(col.AT, maintain_order=True)
    people = pl.DataFrame(
        [
            {
                col.USER: user,
                col.ACQUIRED: START + timedelta(days=acquired[user]),
                col.CHANNEL: draw(st.sampled_from(CHANNELS)),
                col.CAMPAIGN: draw(st.sampled_from(CAMPAIGNS)),
                "plan": draw(st.sampled_from([None, "a", "b"])),
            }
            for user in users
        ],
        schema={**col.USERS, "plan": pl.String},
    )
    items = pl.DataFrame(
        [
            {col.ITEM: f"i{n}", col.UNIT_COST: draw(st.one_of(st.none(), cents))}
            for n in range(1, 5)
        ],
        schema=col.ITEMS,
    )
    paid = draw(
        st.lists(
            st.tuples(days, st.sampled_from(CHANNELS[:3]), cents, st.sampled_from(CAMPAIGNS)),
            max_size=10,
        )
    )
    spend = pl.DataFrame(
        [
            {
                col.DATE: date(2024, 1, 1) + timedelta(days=day),
                col.CHANNEL: channel,
                col.AMOUNT: money,
                col.CAMPAIGN: campaign,
            }
            for day, channel, money, campaign in paid
        ],
        schema=col.SPEND,
    )
    return Dataset.of(
        events=events,
        items=items,
        users=people,
        spend=spend if with_spend else None,
        observed=(START, START + timedelta(days=DAYS)),
        recipe=Recipe(name="random", currency="EUR"),
    )


@QUICK
@given(datasets())
def test_ltv_by_stream_is_the_money_of_the_events(data):
    book = ledger(data)
    for stream in ("purchase", "advertising", "service"):
        money = data.events.filter(pl.col(col.STREAM) == stream)[col.AMOUNT].sum()
        assert book.users[stream].sum() == money


@QUICK
@given(datasets(), PERIODS, st.booleans(), st.integers(0, 60))
def test_cac_and_unattributed_spend_are_the_spend_table(data, period, by_campaign, lag_days):
    result = acquisition(data, period=period, by_campaign=by_campaign, lag_days=lag_days)
    assert data.spend is not None
    given_out = pl.concat([result.users["cac"], result.unattributed[col.AMOUNT]])
    assert given_out.sum() == data.spend[col.AMOUNT].sum()


@QUICK
@given(datasets(), PERIODS, st.integers(0, 60), st.sets(st.sampled_from(COST_KEYS), min_size=1))
def test_users_and_spend_of_a_cost_table_are_all_users_and_the_spend_table(data, period, lag, by):
    table = cost_table(acquisition(data, period=period, by_campaign=True, lag_days=lag), [*by])
    assert data.spend is not None
    spent = data.spend[col.AMOUNT].sum()
    for frame in (table.rows, table.cells, table.total):
        assert (frame["users"].sum(), frame["spend"].sum()) == (data.users.height, spent)


@QUICK
@given(datasets())
def test_refunds_are_those_of_the_events_and_no_more_of_them_are_matched(data):
    users = ledger(data).users
    back = data.events.filter((pl.col(col.KIND) == "refund") & (pl.col(col.STREAM) == "purchase"))
    assert users["refunded"].sum() == back[col.AMOUNT].sum()
    assert users.select((pl.col("refunded") <= pl.col("refunded_matched")).all()).item()


@QUICK
@given(datasets(), st.floats(0.001, 3.0))
def test_discounting_to_the_acquisition_brings_money_nearer_to_nothing_and_keeps_its_sign(
    data, rate
):
    kept = replace(data, events=data.events.filter(pl.col(col.KIND) != "refund"))
    plain, early = (
        ledger(kept, discount_rate_annual=one).users.select(stream.value for stream in Stream)
        for one in (0.0, rate)
    )
    for stream in Stream:
        assert ((early[stream.value] <= plain[stream.value]) & (early[stream.value] >= 0)).all()


@QUICK
@given(datasets(), st.sampled_from(["revenue", "margin"]))
def test_what_events_contribute_is_the_ltv_of_every_user_whose_ltv_is_known(data, basis):
    book = ledger(data)
    assume(basis == "revenue" or book.has_costs)
    ltv = lifetime_revenue(book, basis).filter(pl.col("ltv").is_not_null())
    lines = contributions(data, basis).group_by(col.USER).agg(pl.col("contribution").sum())
    told = ltv.join(lines, on=col.USER, how="left").with_columns(
        pl.col("contribution").fill_null(0)
    )
    assert (told["ltv"] == told["contribution"]).all()


@QUICK
@given(datasets())
def test_users_won_together_cost_the_same_to_a_cent(data):
    users = acquisition(data).users.filter(pl.col("cac_source") == "paid")
    spread = users.group_by(col.CHANNEL, "period").agg(
        (pl.col("cac").max() - pl.col("cac").min()).alias("d")
    )
    assert (spread["d"] <= Decimal("0.01")).all()


@QUICK
@given(cents, st.integers(1, 30))
def test_equal_shares_differ_by_at_most_a_cent_and_add_up(total, n):
    shares = share_out(total, [1.0] * n)
    assert sum(shares) == total
    assert max(shares) - min(shares) <= Decimal("0.01")


@QUICK
@given(datasets(), st.integers(2, 9))
def test_scaling_every_amount_scales_ltv(data, factor):
    scaled = data.events.with_columns((pl.col(col.AMOUNT) * factor).cast(col.MONEY))
    plain = lifetime_revenue(ledger(data), "revenue")["ltv"]
    assert (
        lifetime_revenue(ledger(replace(data, events=scaled)), "revenue")["ltv"] == plain * factor
    ).all()


@QUICK
@given(datasets())
def test_margin_never_exceeds_revenue_where_goods_cost_and_nothing_comes_back(data):
    kept = replace(data, events=data.events.filter(pl.col(col.KIND) != "refund"))
    users = ledger(kept).users
    revenue = pl.col("purchase") + pl.col("advertising") + pl.col("service")
    assert users.select((pl.col("margin") <= revenue).fill_null(value=True).all()).item()


@SLOW
@given(datasets(), st.sampled_from(["channel", "campaign", "cohort", "segment", "plan"]))
def test_a_breakdown_adds_up_to_the_total_and_reconciles(data, grouping):
    worth = user_value(data, rng=np.random.default_rng(0))
    result = breakdown(worth, grouping, rng=np.random.default_rng(0))
    total = result.total.row(0, named=True)
    assert data.spend is not None
    if not worth.has_money:  # what users brought is unknown then, in the whole too
        assert total["ltv"] is None
        assert total["clv"] is None
        assert result.frame["users"].sum() == total["users"]
        assert result.frame["cac"].sum() == total["cac"]
        return
    for name in ("users", "ltv", "ltv_purchase", "ltv_advertising", "ltv_service", "cac", "clv"):
        assert result.frame[name].sum() == total[name]
    assert total["clv"] == total["ltv"] - data.spend[col.AMOUNT].sum()
    assert result.frame.select((pl.col("clv") == pl.col("ltv") - pl.col("cac")).all()).item()
    for name in ("refunds", "refunds_matched", "discount"):
        assert result.frame[name].sum() == total[name]
    if total["forecast"] is not None:
        assert result.frame["forecast"].sum() == total["forecast"]
    made = statement(worth)
    assert (made.amount("ltv", "realised"), made.amount("clv", "realised")) == (
        total["ltv"],
        total["clv"],
    )
    back = payback_table(worth, grouping)
    assert (back["users"].sum(), back["brought"].sum()) == (total["users"], total["ltv"])
    assert all(side.holds for side in reconcile(worth))


@QUICK
@given(
    populations,
    st.integers(0, 300),
    st.floats(0, 300),
    st.floats(0, 300),
    st.sampled_from([bg_nbd, mbg_nbd]),
)
def test_p_alive_is_a_probability_that_falls_with_silence(params, x, recency, silence, model):
    recency = recency if x else 0.0
    history = [
        np.full(2, float(x)),
        np.full(2, recency),
        recency + np.array([silence, silence + 30.0]),
    ]
    soon, late = model.p_alive(params, *history)
    assert 0 <= late <= soon <= 1


@QUICK
@given(
    populations,
    st.integers(0, 300),
    st.floats(0, 300),
    st.floats(0, 300),
    st.sampled_from([bg_nbd, mbg_nbd]),
)
def test_expected_orders_grow_with_the_horizon_and_are_never_negative(
    params, x, recency, silence, model
):
    recency = recency if x else 0.0
    history = [np.array([float(x)]), np.array([recency]), np.array([recency + silence])]
    ahead = [model.expected_orders(params, *history, horizon=h)[0] for h in (1.0, 30.0, 365.0)]
    assert 0 <= ahead[0] <= ahead[1] * (1 + 1e-9) <= ahead[2] * (1 + 1e-9) ** 2
    assert np.isfinite(ahead).all()


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_fit_does_not_depend_on_the_order_or_the_compression_of_rows(seed):
    rng = np.random.default_rng(seed)
    x = rng.poisson(rng.gamma(0.6, 4.0, 300)).astype(float)
    age = rng.integers(30, 60, 300).astype(float)
    recency = np.where(x > 0, np.floor(age * rng.uniform(0.2, 1.0, 300)), 0.0)
    order = rng.permutation(300)
    plain = mbg_nbd.fit(history_rows(x, recency, age, np.ones(300)), few=True)
    twice = [np.concatenate([part[order], part]) for part in (x, recency, age)]
    mixed = mbg_nbd.fit(history_rows(*twice, np.full(600, 0.5)), few=True)
    assert mixed.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-9)
    assert np.array(mixed.params) == pytest.approx(np.array(plain.params), rel=1e-4)
