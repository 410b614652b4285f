"""How long until something happens that may never happen: the end of a contract, a first order.

Each user's hazard is constant and Gamma(s, beta) over users, so the wait is Lomax (Pareto II):

    S(t) = (beta / (beta + t))^s,    S(u | waited t) = (B / (B + u))^s,  B = beta + t

Those who have waited long are likely to wait longer, as in every real base of contracts. This is
the continuous-time sibling of the shifted beta-geometric of Fader and Hardie (2007), How to project
customer retention, Journal of Interactive Marketing 21(1). Users who still wait are censored.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from clvcore.errors import FitError
from clvcore.messages import say
from clvcore.value.models.beta_geometric import Scalar
from clvcore.value.models.dropout import relative_loss
from clvcore.value.models.fit import Fit, Prior, maximise
from clvcore.value.models.rows import padded_size
from clvcore.value.precision import double


class WaitParams(NamedTuple):
    """Heterogeneity of hazards; s / beta is the mean hazard a day."""

    s: Scalar
    beta: Scalar


class WaitRows(NamedTuple):
    """Users by how long they waited, and how many of them saw the end of it."""

    days: Float[Array, " rows"]
    ended: Float[Array, " rows"]
    waiting: Float[Array, " rows"]


def wait_rows(days: Float[np.ndarray, " users"], ended: np.ndarray) -> WaitRows:
    """Distinct waits, padded, with the numbers of ended and of waiting users."""
    distinct, index = np.unique(days.astype(np.float64), return_inverse=True)
    n_ended = np.bincount(index, ended, len(distinct)).astype(np.float64)
    n_waiting = np.bincount(index, ~ended, len(distinct)).astype(np.float64)
    size = padded_size(len(distinct))
    with double():
        parts = (distinct, n_ended, n_waiting)
        return WaitRows(*(jnp.asarray(np.pad(part, (0, size - len(part)))) for part in parts))


def log_likelihood(log_params: Float[Array, "2"], rows: WaitRows) -> Float[Array, ""]:
    """Log-likelihood of ended and unfinished waits under the logs of s and beta."""
    s, beta = jnp.exp(log_params)
    log_survival = -s * jnp.log1p(rows.days / beta)
    log_hazard = log_params[0] - jnp.log(beta + rows.days)
    users = rows.ended + rows.waiting
    return jnp.sum(users * log_survival + rows.ended * log_hazard)


def fit(rows: WaitRows, *, few: bool = False) -> Fit[WaitParams]:
    """The hazards under which the waits are most likely.

    Args:
        rows: compressed waits.
        few: lean on a weak prior (s about 1, the mean hazard of the data, within a factor of three).

    Raises:
        FitError: nobody has waited at all.
    """
    days, ended, waiting = map(np.asarray, rows)
    exposure = float(days @ (ended + waiting))
    if exposure <= 0:
        raise FitError(say("value.no_waits"))
    hazard = max(float(ended.sum()), 0.5) / exposure
    start = WaitParams(s=1.0, beta=1.0 / hazard)
    prior = Prior(np.log([1.0, 1.0 / hazard]), np.ones(2)) if few else None
    return maximise(log_likelihood, rows, start, prior=prior)


def survival(
    params: WaitParams, waited: Float[Array, "*rows"], ahead: Float[Array, "*rows"]
) -> Float[Array, "*rows"]:
    """P(still waiting after ``ahead`` more days | waited so long)."""
    return jnp.exp(-params.s * jnp.log1p(ahead / (params.beta + waited)))


def expected_days(
    params: WaitParams, waited: Float[Array, "*rows"], ahead: Float[Array, "*rows"]
) -> Float[Array, "*rows"]:
    """E[days still waited within ``ahead`` days], the integral of `survival`."""
    base = params.beta + waited
    growth = jnp.log1p(ahead / base)
    return base * growth * relative_loss((params.s - 1.0) * growth)


def expected_square_days(
    params: WaitParams, waited: Float[Array, "*rows"], ahead: Float[Array, "*rows"]
) -> Float[Array, "*rows"]:
    """E[days^2] of the same wait: 2 times the integral of u S(u)."""
    base = params.beta + waited
    share = ahead / base
    growth = jnp.log1p(share)
    difference = relative_loss((params.s - 2.0) * growth) - relative_loss((params.s - 1.0) * growth)
    series = share * share * (0.5 - params.s * share / 3.0)  # where the difference would cancel
    return 2.0 * base * base * jnp.where(share < 1e-4, series, growth * difference)


def days_quantile(
    params: WaitParams, waited: Float[Array, "*rows"], share: Scalar
) -> Float[Array, "*rows"]:
    """Days within which ``share`` of those who still wait will have seen the end."""
    return (params.beta + waited) * jnp.expm1(-jnp.log1p(-jnp.asarray(share)) / params.s)
