"""Contracts that are renewed or end once a period: sBG and beta-discrete-Weibull.

Each user has a chance theta, Beta(alpha, beta) over users, of not renewing. In the shifted
beta-geometric model (sBG) it stays what it is; in the beta-discrete-Weibull (BdW) it grows with
tenure where c > 1 and falls where c < 1:

    S(t) = B(alpha, beta + t^c) / B(alpha, beta),   sBG: c = 1

Retention r(t) = S(t) / S(t - 1) rises with tenure although nobody becomes more loyal: those who leave
easily have left. Periods are whole; for ends on any day see `waiting`.

References:
    Fader, Hardie (2007): How to project customer retention, Journal of Interactive Marketing 21(1).
    Fader, Hardie (2010): Customer-base valuation in a contractual setting: the perils of ignoring
    heterogeneity, Marketing Science 29(1).
    Fader, Hardie, Liu, Davin, Steenburgh (2018): "How to project customer retention" revisited: the
    role of duration dependence, Journal of Interactive Marketing 43.
"""

from typing import NamedTuple, TypeAlias

import jax.numpy as jnp
import numpy as np
import scipy.special
from jaxtyping import Array, Float

from clvcore.errors import FitError
from clvcore.messages import say
from clvcore.value.models.beta_geometric import Scalar
from clvcore.value.models.fit import Fit, Prior, best_start, maximise
from clvcore.value.models.gamma import log_beta
from clvcore.value.models.waiting import WaitRows

Vector = Float[np.ndarray, " users"]
Shaped = Float[np.ndarray, "..."]

NEGLIGIBLE = 40.0
"""Where discounting has taken all but e^-40 nothing more is counted."""
MOST_PERIODS = 100_000
"""Terms of a sum without an end that are added one by one; a discount below 0.04 % a period needs more."""


class SbgParams(NamedTuple):
    """Heterogeneity of the chance not to renew; alpha / (alpha + beta) is its mean."""

    alpha: Scalar
    beta: Scalar


class BdwParams(NamedTuple):
    """The same, with how that chance changes with tenure."""

    alpha: Scalar
    beta: Scalar
    c: Scalar
    """Above 1 a user is ever likelier to leave, below 1 ever less; 1 is sBG."""


ContractParams: TypeAlias = SbgParams | BdwParams


def sbg_log_likelihood(log_params: Float[Array, "2"], rows: WaitRows) -> Float[Array, ""]:
    """Log-likelihood of ended and running contracts under the logs of alpha and beta."""
    return bdw_log_likelihood(jnp.append(log_params, 0.0), rows)


def bdw_log_likelihood(log_params: Float[Array, "3"], rows: WaitRows) -> Float[Array, ""]:
    """The same under the logs of alpha, beta and c: lost in period t, or here after t."""
    alpha, beta, c = jnp.exp(log_params)
    whole = log_beta(alpha, beta)
    tenure = rows.days
    after = (
        log_beta(alpha, beta + jnp.where(tenure > 0, jnp.maximum(tenure, 1.0) ** c, 0.0)) - whole
    )
    earlier = jnp.maximum(tenure - 1.0, 0.0)
    power = jnp.where(earlier > 0, jnp.maximum(earlier, 1.0) ** c, 0.0)
    before = log_beta(alpha, beta + power) - whole
    ends = rows.ended > 0
    loss = before + jnp.log(-jnp.expm1(jnp.where(ends, after - before, -1.0)))
    return jnp.sum(rows.waiting * after + rows.ended * jnp.where(ends, loss, 0.0))


def fit_sbg(rows: WaitRows, *, few: bool = False) -> Fit[SbgParams]:
    """The sBG under which the contracts are most likely.

    Args:
        rows: compressed tenures in whole periods (`waiting.wait_rows`); one that ended in its first
            period has 1.
        few: lean on a weak prior (both about 1, within a factor of three or so).

    Raises:
        FitError: no contract has run for a period.
    """
    starts = [SbgParams(1.0, odds) for odds in _odds(rows)]
    prior = Prior(np.log(np.array(starts[0])), np.ones(2)) if few else None
    return maximise(
        sbg_log_likelihood, rows, best_start(sbg_log_likelihood, rows, starts), prior=prior
    )


def fit_bdw(rows: WaitRows, *, few: bool = False) -> Fit[BdwParams]:
    """The beta-discrete-Weibull under which the contracts are most likely; see `fit_sbg`.

    Raises:
        FitError: no contract has run for a period.
    """
    starts = [BdwParams(1.0, odds, c) for odds in _odds(rows) for c in (1.0, 0.7, 1.4)]
    prior = Prior(np.log(np.array(starts[0])), np.array([1.0, 1.0, 0.3])) if few else None
    return maximise(
        bdw_log_likelihood, rows, best_start(bdw_log_likelihood, rows, starts), prior=prior
    )


def _odds(rows: WaitRows) -> list[float]:
    """Odds of renewing to begin with: those of the data, and a few times more."""
    tenure, ended, waiting = (np.asarray(part) for part in rows)
    exposure = float(tenure @ (ended + waiting))
    if exposure <= 0:
        raise FitError(say("value.no_waits"))
    odds = max(exposure / max(float(ended.sum()), 0.5) - 1.0, 0.1)
    return [odds, 3.0 * odds, 0.3 * odds]


def survival(params: ContractParams, tenure: Shaped, ahead: Shaped) -> Shaped:
    """P(still renewed ``ahead`` periods from now | renewed ``tenure`` times)."""
    return np.exp(_log_survival(params, tenure + ahead) - _log_survival(params, tenure))


def retention(params: ContractParams, periods: Vector) -> Vector:
    """Retention rate r(t) = S(t) / S(t - 1) of each period, the first being 1."""
    return survival(params, periods - 1.0, np.ones_like(periods))


def expected_periods(params: ContractParams, tenure: Vector, *, horizon: int) -> Vector:
    """Expected renewals at the next ``horizon`` occasions of users who renewed ``tenure`` times."""
    ahead = np.arange(1.0, horizon + 1.0)
    return survival(params, tenure[:, None], ahead).sum(axis=1)


def discounted_periods(
    params: ContractParams, tenure: Vector, *, rate: float, horizon: float = np.inf
) -> Vector:
    """Discounted expected lifetime (DEL): payments from now on, the one that is due now counting 1.

    Args:
        params: of the population.
        tenure: renewals so far; 0 for a new user.
        rate: of discount a period, 0.1 for 10 %.
        horizon: payments that are counted. Without an end and without discounting the sum of sBG is
            finite only for alpha > 1, and inf below; that of BdW needs a rate or a horizon.
    """
    if rate <= 0 and np.isinf(horizon):
        return _undiscounted(params, tenure)
    # P(here) never rises, so that what is cut off is at most e^-40 of a payment for ever
    far = NEGLIGIBLE / np.log1p(rate) if rate > 0 else horizon
    last = int(min(horizon, np.ceil(far), MOST_PERIODS))
    total = np.zeros_like(tenure)
    for first in range(0, last, 1024):
        ahead = np.arange(first, min(first + 1024, last), dtype=float)
        total += survival(params, tenure[:, None], ahead) @ (1.0 + rate) ** -ahead
    return total


def _undiscounted(params: ContractParams, tenure: Vector) -> Vector:
    alpha, beta = float(params.alpha), float(params.beta)
    if isinstance(params, BdwParams) or alpha <= 1:
        return np.full_like(tenure, np.inf)
    return (alpha + beta + tenure - 1.0) / (alpha - 1.0)


def _log_survival(params: ContractParams, periods: Shaped) -> Shaped:
    alpha, beta = params[:2]
    c = params.c if isinstance(params, BdwParams) else 1.0
    whole = scipy.special.betaln(alpha, beta)
    return scipy.special.betaln(alpha, beta + np.power(periods, c)) - whole
