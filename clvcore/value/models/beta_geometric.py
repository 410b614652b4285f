"""The family of BG/NBD and MBG/NBD: buying at random until a coin, tossed at orders, says stop.

A user's rate is Gamma(r, alpha), the chance p of stopping at a toss is Beta(a, b). The two models
differ in one thing: whether the coin is tossed at the first order too (MBG/NBD) or at repeat
orders only (BG/NBD), so every formula here takes ``tosses``: 1 or 0, the tosses before any repeat.
With x repeat orders, the last at t_x, in an age T, a user who is here has tossed x + tosses times.
Time is in any one unit; alpha has the same.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from clvcore.errors import FitError
from clvcore.messages import say
from clvcore.value.models.dropout import Ahead, dropout_nodes, look_ahead
from clvcore.value.models.fit import Fit, Prior, maximise
from clvcore.value.models.rows import HistoryRows

Scalar = float | Float[Array, "..."]


class NbdParams(NamedTuple):
    """Heterogeneity of a population of buyers; floats, or arrays of draws."""

    r: Scalar
    """Shape of the rates: small means very different users."""
    alpha: Scalar
    """Inverse scale of the rates, in units of time; r / alpha is the mean rate."""
    a: Scalar
    b: Scalar
    """a / (a + b) is the mean chance of stopping at a toss."""


class BgNbdParams(NbdParams):
    """The same numbers where the coin is tossed at repeat orders only, so that the two are told apart."""

    __slots__ = ()


FEW_BUYERS = Prior(mean=np.array([-0.7, 0.0, 0.0, 0.7]), deviation=np.array([1.0, 1.0, 0.7, 0.7]))
"""Where there are too few repeat buyers to speak for themselves: r about 0.5, a about 1, b about 2,
each within a factor of three or so; the mean of log alpha is set from the data's own rate."""


class Histories(NamedTuple):
    """What the likelihood sees: the rows, and which member of the family it is."""

    rows: HistoryRows
    tosses: float


def log_likelihood(log_params: Float[Array, "4"], seen: Histories) -> Float[Array, ""]:
    """Log-likelihood of all users under the logs of r, alpha, a, b.

    L(x, t_x, T) = G(x) B(a, b + n) / B(a, b) { (alpha + T)^-(r+x) + q (alpha + t_x)^-(r+x) }
    with G(x) = Gamma(r + x) alpha^r / Gamma(r), n = x + tosses, q = a / (b + n - 1), and q = 0 where
    the coin has not been tossed. Ratios of gamma functions are products over integers: users with
    more than i repeat orders contribute the factor r + i, and so on.
    """
    return log_height(NbdParams(*jnp.exp(log_params)), *seen)


def log_height(
    params: NbdParams, rows: HistoryRows, tosses: Scalar, group: Int[Array, " rows"] | None = None
) -> Float[Array, ""]:
    """The log-likelihood under the parameters themselves.

    With ``group``, alpha, a and b are arrays over groups, and so is ``rows.exceed``.
    """
    r = jnp.asarray(params.r)
    step = jnp.arange(rows.exceed.shape[-1], dtype=r.dtype)
    toss = step + tosses

    def wide(part: Scalar) -> Array:
        return jnp.asarray(part)[..., None]

    def each(part: Scalar) -> Array:
        return jnp.asarray(part) if group is None else jnp.asarray(part)[group]

    alpha, a, b = each(params.alpha), each(params.a), each(params.b)
    products = jnp.log(r + step) + jnp.log(wide(params.b) + toss)
    products -= jnp.log(wide(params.a) + wide(params.b) + toss)
    odds = _log_gone_odds(NbdParams(r, alpha, a, b), rows.frequency, rows.recency, rows.age, tosses)
    by_row = (
        r * jnp.log(alpha)
        + tosses * (jnp.log(b) - jnp.log(a + b))
        - (r + rows.frequency) * jnp.log(alpha + rows.age)
        + jnp.logaddexp(0.0, odds)
    )
    return jnp.sum(rows.exceed * products) + jnp.sum(rows.weight * by_row)


def fit(
    rows: HistoryRows, tosses: float, *, few: bool, kind: type[NbdParams] = NbdParams
) -> Fit[NbdParams]:
    """The population under which the histories are most likely, as parameters of that kind.

    Raises:
        FitError: nobody bought twice.
    """
    start = kind(*start_params(rows, few=few))
    prior = prior_for(start) if few else None
    return maximise(log_likelihood, Histories(rows, tosses), start, prior=prior)


def start_params(rows: HistoryRows, *, few: bool) -> NbdParams:
    """Where a search begins: the mean rate of the data, middling differences between users.

    Raises:
        FitError: nobody bought twice (unless ``few``), or nobody was observed after the first order.
    """
    weight, frequency, age = map(np.asarray, (rows.weight, rows.frequency, rows.age))
    orders, exposure = float(weight @ frequency), float(weight @ age)
    if exposure <= 0 or (orders <= 0 and not few):
        raise FitError(say("value.no_repeats"))
    return NbdParams(r=0.5, alpha=0.5 * exposure / max(orders, 0.5), a=1.0, b=2.0)


def prior_for(start: NbdParams) -> Prior:
    """The belief of `FEW_BUYERS`, centred on the rate of the data."""
    mean = FEW_BUYERS.mean.copy()
    mean[1] = np.log(start.alpha)
    return FEW_BUYERS._replace(mean=mean)


@jax.jit
def p_alive(
    params: NbdParams,
    frequency: Float[Array, "*rows"],
    recency: Float[Array, "*rows"],
    age: Float[Array, "*rows"],
    tosses: Scalar,
) -> Float[Array, "*rows"]:
    """Probability that a user is still here at the end of observation."""
    return jax.nn.sigmoid(-_log_gone_odds(params, frequency, recency, age, tosses))


@jax.jit
def ahead(
    params: NbdParams,
    frequency: Float[Array, "*rows"],
    age: Float[Array, "*rows"],
    horizon: Scalar,
    tosses: Scalar,
) -> Ahead:
    """Expectations over the horizon for users who are here at the end of observation."""
    nodes = dropout_nodes(params.a + jnp.zeros_like(frequency), params.b + frequency + tosses)
    return look_ahead(nodes, params.r + frequency, horizon / (params.alpha + age))


@jax.jit
def expected_orders(
    params: NbdParams,
    frequency: Float[Array, "*rows"],
    recency: Float[Array, "*rows"],
    age: Float[Array, "*rows"],
    horizon: Scalar,
    tosses: Scalar,
) -> Float[Array, "*rows"]:
    """Expected number of orders in (T, T + horizon], whether or not the user is still here."""
    here = p_alive(params, frequency, recency, age, tosses)
    return here * ahead(params, frequency, age, horizon, tosses).orders


def _log_gone_odds(
    params: NbdParams,
    frequency: Float[Array, "*rows"],
    recency: Float[Array, "*rows"],
    age: Float[Array, "*rows"],
    tosses: Scalar,
) -> Float[Array, "*rows"]:
    """Log P(gone) / P(here); -inf in effect where the coin has not been tossed yet."""
    n_tossed = frequency + tosses
    ratio = jnp.log(params.a) - jnp.log(params.b + jnp.maximum(n_tossed, 1.0) - 1.0)
    silence = jnp.log(params.alpha + age) - jnp.log(params.alpha + recency)
    return jnp.where(n_tossed > 0, ratio + (params.r + frequency) * silence, -jnp.inf)


def fit_is_weak(fit: Fit[NbdParams]) -> bool:
    """Whether dropout cannot be told from the history: the chance of stopping is all but 0 or free."""
    log_errors = np.sqrt(np.diag(fit.log_covariance))
    rare = float(fit.params.a) / float(fit.params.a + fit.params.b) < 1e-3
    return rare or bool((log_errors[2:] > 1.5).any())
