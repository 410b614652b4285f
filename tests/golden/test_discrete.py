"""Models in steps of time: contracts (sBG, beta-discrete-Weibull) and donations (BG/BB).

- Survival of 1,000 contracts, "High End" and "Regular", years 0 to 12: Fader, Hardie (2007), How to
  project customer retention, table 1; models are fitted on years 0 to 7.
- 11,104 donors of 1995 by years of giving among the next six: Fader, Hardie, Shang (2010), table 1.
"""

import numpy as np
import pytest

from clvcore.value.models import bg_bb, contracts
from clvcore.value.models.contracts import SbgParams
from clvcore.value.models.waiting import wait_rows

HIGH_END = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]
REGULAR = [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3]
FOUR_DIGITS = 1e-4

# times given, last year of giving, donors
DONORS = [
    (6, 6, 1203), (5, 6, 728), (4, 6, 512), (3, 6, 357), (2, 6, 234), (1, 6, 129),
    (5, 5, 335), (4, 5, 284), (3, 5, 225), (2, 5, 173), (1, 5, 119),
    (4, 4, 240), (3, 4, 181), (2, 4, 155), (1, 4, 78),
    (3, 3, 322), (2, 3, 255), (1, 3, 129), (2, 2, 613), (1, 2, 277), (1, 1, 1091), (0, 0, 3464),
]  # fmt: skip


def contracts_of(survival):
    """1,000 contracts over seven years: those that ended in each, and those that run on."""
    alive = np.rint(10 * np.array(survival[:8])).astype(int)
    ended = np.repeat(np.arange(1, 8), -np.diff(alive))
    tenure = np.concatenate([ended, np.full(alive[-1], 7)]).astype(float)
    return wait_rows(tenure, np.arange(1000) < len(ended))


@pytest.fixture(scope="module")
def donors():
    x, recency, users = (np.array(part, float) for part in zip(*DONORS, strict=True))
    return bg_bb.chance_rows(x, recency, np.full(len(x), 6.0), users)


@pytest.mark.parametrize(
    ("survival", "params", "height"),
    [(HIGH_END, (0.6681, 3.8061), -1611.16), (REGULAR, (0.7041, 1.1820), -1680.27)],
)
def test_sbg_fitted_finds_the_parameters_of_fader_hardie_2007(survival, params, height):
    fit = contracts.fit_sbg(contracts_of(survival))
    assert fit.converged
    assert fit.params == pytest.approx(params, rel=FOUR_DIGITS)
    assert fit.log_likelihood == pytest.approx(height, abs=6e-3)


@pytest.mark.parametrize(
    ("survival", "rates"),
    [
        (HIGH_END, [0.8507, 0.8780, 0.8968, 0.9106, 0.9212]),
        (REGULAR, [0.6267, 0.7561, 0.8188, 0.8559, 0.8804]),
    ],
)
def test_retention_of_sbg_rises_as_in_fader_hardie_2007(survival, rates):
    """Fitted on years 0 to 7."""
    params = contracts.fit_sbg(contracts_of(survival)).params
    got = contracts.retention(params, np.arange(1.0, 6.0))
    assert got == pytest.approx(rates, abs=6e-5)


@pytest.mark.parametrize(("params", "years"), [((0.668, 3.806), 5.9226), ((0.704, 1.182), 3.6951)])
def test_discounted_expected_lifetime_at_ten_percent(params, years):
    """The rounded parameters of Fader, Hardie (2007)."""
    got = contracts.discounted_periods(SbgParams(*params), np.zeros(1), rate=0.1)
    assert got == pytest.approx([years], rel=2e-5)


@pytest.mark.parametrize(("survival", "years"), [(HIGH_END, 5.9222), (REGULAR, 3.6948)])
def test_discounted_expected_lifetime_of_the_fits(survival, years):
    params = contracts.fit_sbg(contracts_of(survival)).params
    got = contracts.discounted_periods(params, np.zeros(1), rate=0.1)
    assert got == pytest.approx([years], rel=FOUR_DIGITS)


def test_beta_discrete_weibull_fitted_finds_the_parameters_recomputed_elsewhere():
    fit = contracts.fit_bdw(contracts_of(HIGH_END))
    assert fit.params == pytest.approx((0.2143, 1.4266, 1.7236), rel=3e-4)
    assert fit.log_likelihood == pytest.approx(-1605.31, abs=6e-3)


def test_beta_discrete_weibull_projects_years_8_to_12_nearer_than_sbg():
    rows, years = contracts_of(HIGH_END), np.arange(8.0, 13.0)
    actual = np.array(HIGH_END[8:])
    errors = [
        np.abs(100 * contracts.survival(fit(rows).params, np.zeros(5), years) - actual).max()
        for fit in (contracts.fit_bdw, contracts.fit_sbg)
    ]
    assert errors[0] < errors[1]


def test_bg_bb_fitted_finds_the_parameters_of_fader_hardie_shang_2010(donors):
    fit = bg_bb.fit(donors)
    assert fit.converged
    assert fit.params == pytest.approx((1.204, 0.750, 0.657, 2.783), abs=6e-4)
    assert fit.log_likelihood == pytest.approx(-33225.6, abs=0.05)
