"""CDNOW in the literature, to four significant digits unless a published number has fewer.

The sources are in cdnow/README.md. PUBLISHED is the parameter set printed with the paper's
spreadsheet; "fitted" means fitted here on cdnow/summary.csv, whose times are rounded.
"""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clvcore import columns as col
from clvcore.data.dataset import Dataset, Recipe
from clvcore.features.purchases import purchase_summary
from clvcore.value.models import bg_nbd, gamma_gamma, mbg_nbd
from clvcore.value.models.beta_geometric import NbdParams
from clvcore.value.models.gamma_gamma import SpendParams
from clvcore.value.models.rows import spend_rows
from clvcore.value.precision import double

FOLDER = Path(__file__).parent / "cdnow"
PUBLISHED = NbdParams(r=0.2425945, alpha=4.4136019, a=0.7929199, b=2.4258881)
FOUR_DIGITS = 1e-4


@pytest.fixture(scope="module")
def spend(summary):
    repeats = summary["x"] > 0
    return spend_rows(summary["x"][repeats], summary["zbar"][repeats], np.ones(repeats.sum()))


def one(*history):
    return [np.array([float(value)]) for value in history]


def test_bg_nbd_fitted_finds_the_parameters_of_fader_hardie_lee_2005(rows):
    fit = bg_nbd.fit(rows)
    assert fit.converged
    assert fit.params == pytest.approx((0.2425929, 4.4135316, 0.7928862, 2.4257534), rel=1e-6)
    assert fit.params == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=5.1e-4)
    assert fit.log_likelihood == pytest.approx(-9582.4256, abs=1e-4)


def test_bg_nbd_fitted_has_the_standard_errors_of_another_implementation(rows):
    errors = bg_nbd.fit(rows).standard_errors
    assert errors == pytest.approx((0.01256, 0.3782, 0.1857, 0.7053), rel=3e-4)


def test_mbg_nbd_fitted_finds_the_parameters_of_another_implementation(rows):
    fit = mbg_nbd.fit(rows)
    assert fit.converged
    assert fit.params == pytest.approx((0.524838, 6.182992, 0.891356, 1.613999), rel=3e-6)


def test_gamma_gamma_fitted_finds_the_parameters_of_fader_hardie_2013(spend):
    fit = gamma_gamma.fit(spend)
    assert fit.params == pytest.approx((6.248802, 3.744588, 15.447748), rel=1e-6)
    assert fit.params == pytest.approx((6.25, 3.74, 15.44), abs=0.01)
    assert fit.log_likelihood == pytest.approx(-4055.92, abs=0.01)


def test_expected_spend_of_the_first_customers_is_that_of_fader_hardie_2013(spend, summary):
    """E(M given x, z) under the fitted parameters: published 24.66, 18.91, 35.17."""
    params = gamma_gamma.fit(spend).params
    with double():
        got = gamma_gamma.expected_value(
            SpendParams(*map(np.float64, params)),
            *map(_array, (summary["x"][:3], summary["zbar"][:3])),
        )
    assert np.asarray(got) == pytest.approx([24.6586, 18.9115, 35.1710], rel=1e-5)


def test_mean_spend_over_users_is_that_of_fader_hardie_2013(spend):
    p, q, v = gamma_gamma.fit(spend).params
    assert p * v / (q - 1) == pytest.approx(35.171, rel=FOUR_DIGITS)


def test_expected_orders_of_a_new_customer_follow_the_spreadsheet():
    """E[X(t)], t in weeks, as printed there to four decimals; PUBLISHED."""
    weeks = np.array([0.1429, 1, 3, 31.8571, 32])
    got = bg_nbd.expected_new(PUBLISHED, weeks)
    assert got == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437], abs=5.1e-5)


def test_expected_orders_of_a_new_customer_in_a_year_and_in_all_78_weeks():
    """E[X(52)] = 1.444004 (R package BTYD), E[X(78)] = 1.8576 (spreadsheet); PUBLISHED."""
    got = bg_nbd.expected_new(PUBLISHED, np.array([52.0, 78.0]))
    assert got == pytest.approx([1.444004, 1.8576], rel=3e-4)


def test_customer_one_is_expected_to_buy_as_in_the_paper(rows):
    """E[Y(39) given 2, 30.43, 38.86] = 1.226 in the paper; fitted parameters."""
    params = bg_nbd.fit(rows).params
    history = one(2, 30.43, 38.86)
    assert bg_nbd.expected_orders(params, *history, horizon=39.0) == pytest.approx(
        [1.22591], rel=1e-5
    )
    assert bg_nbd.p_alive(params, *history) == pytest.approx([0.72661], rel=1e-5)


def test_customer_1516_the_heaviest_buyer():
    """(26, 30.857, 31), 52 weeks: BTYD prints 25.75659 and 0.9688523, for its own fit."""
    params = NbdParams(0.243, 4.414, 0.793, 2.426)
    history = one(26, 30.857, 31)
    got = bg_nbd.expected_orders(params, *history, horizon=52.0)
    assert got == pytest.approx([25.75659], rel=FOUR_DIGITS)
    assert bg_nbd.p_alive(params, *history) == pytest.approx([0.9688523], rel=FOUR_DIGITS)


@pytest.mark.parametrize(
    ("repeats", "expected"),
    [(10, 0.3474606), (15, 0.04283391), (20, 0.004158973), (25, 0.0003585683)],
)
def test_the_increasing_frequency_paradox(repeats, expected):
    """Same recency, more orders, fewer to come: BTYD, 0.243, 4.414, 0.793, 2.426, t_x 20, T 39."""
    params = NbdParams(0.243, 4.414, 0.793, 2.426)
    got = bg_nbd.expected_orders(params, *one(repeats, 20, 39), horizon=52.0)
    assert got == pytest.approx([expected], rel=1e-3)  # the source rounds its parameters


def test_how_many_orders_a_new_customer_places():
    """P(X(39) = 0) and P(X(2) = 10), equation (8) of the paper, as BTYD prints them for its own fit."""
    params = NbdParams(0.243, 4.414, 0.793, 2.426)
    got = [bg_nbd.p_orders(params, 39.0, most=0)[0], bg_nbd.p_orders(params, 2.0, most=10)[10]]
    assert got == pytest.approx([0.5737864, 1.07869e-07], rel=FOUR_DIGITS)


def test_mean_p_alive_is_high_because_bg_nbd_keeps_every_one_time_buyer(rows, summary):
    params = bg_nbd.fit(rows).params
    alive = bg_nbd.p_alive(params, summary["x"], summary["t_x"], summary["T"])
    assert alive.mean() == pytest.approx(0.8134, rel=FOUR_DIGITS)
    assert (alive[summary["x"] == 0] == 1).all()


def test_holdout_means_by_calibration_frequency_are_those_of_the_paper(rows, summary):
    """Figure 3 of Fader, Hardie, Lee (2005): BG/NBD expected orders in weeks 40 to 78."""
    params = bg_nbd.fit(rows).params
    ahead = bg_nbd.expected_orders(params, summary["x"], summary["t_x"], summary["T"], horizon=39.0)
    means = [ahead[summary["x"] == k].mean() for k in range(7)] + [ahead[summary["x"] >= 7].mean()]
    assert means == pytest.approx(
        [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157], abs=1e-3
    )


def test_raw_purchases_become_the_published_summary(summary):
    """Every customer of sample.txt, cut after 39 weeks (30 September 1997)."""
    table = pl.DataFrame(
        [line.split() for line in (FOLDER / "sample.txt").read_text("utf-8").splitlines()],
        schema=["master", col.USER, "day", "discs", "dollars"],
        orient="row",
    )
    events = table.select(
        pl.col(col.USER),
        pl.col("day").str.to_datetime("%Y%m%d", time_zone="UTC").alias(col.AT),
        pl.lit("purchase", dtype=col.KIND_TYPE).alias(col.KIND),
        pl.col("dollars").map_elements(Decimal, return_dtype=col.MONEY).alias(col.AMOUNT),
        pl.lit("purchase", dtype=col.STREAM_TYPE).alias(col.STREAM),
    )
    events = pl.concat([pl.DataFrame(schema=col.EVENTS), events], how="diagonal").sort(col.AT)
    data = Dataset.of(
        events=events,
        items=pl.DataFrame(schema=col.ITEMS),
        users=pl.DataFrame(schema=col.USERS),
        observed=(datetime(1997, 1, 1, tzinfo=UTC), datetime(1998, 6, 30, tzinfo=UTC)),
        recipe=Recipe(name="CDNOW", currency="USD"),
    )
    got = purchase_summary(data, until=datetime(1997, 9, 30, tzinfo=UTC)).frame
    weeks = {name: got[name].to_numpy() / 7 for name in ("recency_days", "age_days")}
    assert got.height == 2357
    assert (got["frequency"].to_numpy() == summary["x"]).all()
    assert weeks["recency_days"] == pytest.approx(summary["t_x"], abs=0.0051)
    assert weeks["age_days"] == pytest.approx(summary["T"], abs=0.0051)
    spent = got["mean_order_value"].fill_null(0).to_numpy()
    positive = summary["zbar"] > 0
    assert spent[positive] == pytest.approx(summary["zbar"][positive], abs=0.0051)


def _array(values):
    import jax.numpy as jnp

    return jnp.asarray(values, jnp.float64)
