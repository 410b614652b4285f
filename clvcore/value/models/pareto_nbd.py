"""Pareto/NBD: users buy at random and may leave at any moment, also between orders.

A user's rate of orders is Gamma(r, alpha), the rate of leaving Gamma(s, beta), each independent of
the other. P(alive) of a one-time buyer is below 1 and falls with silence. Given that a user is here
at T, the two rates are Gamma(r + x, alpha + T) and Gamma(s, beta + T), still independent, so what is
ahead has closed forms. Time is in any one unit; alpha and beta have the same.

References:
    Schmittlein, Morrison, Colombo (1987): Counting your customers: who are they and what will they
    do next?, Management Science 33(1). Fader, Hardie (2005): A note on deriving the Pareto/NBD model
    and related expressions, brucehardie.com/notes/009. Fader, Hardie, Lee (2005): RFM and CLV: using
    iso-value curves for customer base analysis, Journal of Marketing Research 42(4).
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from clvcore.errors import FitError
from clvcore.messages import say
from clvcore.value.models import waiting
from clvcore.value.models.departure import Rates, Silence, bent_log_gone_odds, log_gone_odds
from clvcore.value.models.dropout import Ahead
from clvcore.value.models.fit import Fit, Prior, best_start, maximise
from clvcore.value.models.rows import HistoryRows, thinned
from clvcore.value.models.waiting import WaitParams
from clvcore.value.precision import double

Scalar = float | Float[Array, "..."]
Vector = Float[np.ndarray, " users"]

FEW_BUYERS = Prior(mean=np.array([-0.7, 0.0, -0.5, 0.0]), deviation=np.array([1.0, 1.0, 0.7, 1.0]))
"""Where there are too few repeat buyers to speak for themselves: r about 0.5, s about 0.6, the two
scales that of the data's own rate and age, each within a factor of three or so."""

PRICE = 4
"""Rows of BG/NBD that a row costs to evaluate."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


class ParetoParams(NamedTuple):
    """Heterogeneity of a population of buyers; floats, or arrays of draws."""

    r: Scalar
    """Shape of the rates of orders: small means very different users."""
    alpha: Scalar
    """Inverse scale of the rates, in units of time; r / alpha is the mean rate."""
    s: Scalar
    """Shape of the rates of leaving. At 1 or below, the mean lifetime is infinite."""
    beta: Scalar
    """Inverse scale of the rates of leaving; s / beta is the mean rate."""


def log_likelihood(log_params: Float[Array, "4"], rows: HistoryRows) -> Float[Array, ""]:
    """Log-likelihood of all users under the logs of r, alpha, s, beta.

    L(x, t_x, T) = G(x) (beta / (beta + T))^s (alpha + T)^-(r+x) { 1 + odds of being gone }
    with G(x) = Gamma(r + x) alpha^r / Gamma(r), and the odds of `departure`. Gamma functions are
    products over integers: users with more than i repeat orders contribute the factor r + i.
    """
    return log_height(ParetoParams(*jnp.exp(log_params)), rows)


def plain_log_likelihood(log_params: Float[Array, "4"], rows: HistoryRows) -> Float[Array, ""]:
    """The same, where no slope is asked for."""
    return log_height(ParetoParams(*jnp.exp(log_params)), rows, odds_of=log_gone_odds)


def log_height(
    params: ParetoParams,
    rows: HistoryRows,
    group: Int[Array, " rows"] | None = None,
    odds_of: Callable[[Silence, Rates], Array] = bent_log_gone_odds,
) -> Float[Array, ""]:
    """The log-likelihood under the parameters themselves.

    With ``group``, alpha and beta are arrays over groups, and so is ``rows.exceed``.
    """
    r, s = jnp.asarray(params.r), jnp.asarray(params.s)
    alpha, beta = (
        jnp.asarray(part) if group is None else jnp.asarray(part)[group]
        for part in (params.alpha, params.beta)
    )
    step = jnp.arange(rows.exceed.shape[-1], dtype=r.dtype)
    silence = Silence(r + rows.frequency, rows.recency, rows.age)
    by_row = (
        r * jnp.log(alpha)
        - silence.k * jnp.log(alpha + rows.age)
        - s * jnp.log1p(rows.age / beta)
        + jnp.logaddexp(0.0, odds_of(silence, Rates(alpha, s, beta)))
    )
    return jnp.sum(rows.exceed * jnp.log(r + step)) + jnp.sum(rows.weight * by_row)


def fit(rows: HistoryRows, *, few: bool = False) -> Fit[ParetoParams]:
    """The population under which the histories are most likely.

    Args:
        rows: compressed histories.
        few: lean on a weak prior, for fewer than about fifty repeat buyers.

    Raises:
        FitError: nobody bought twice.
    """
    starts = _starts(rows, few=few)
    prior = None
    if few:
        mean = FEW_BUYERS.mean.copy()
        mean[[1, 3]] = np.log([starts[0].alpha, starts[0].beta])
        prior = FEW_BUYERS._replace(mean=mean)
    start = best_start(plain_log_likelihood, thinned(rows), starts)
    return maximise(
        log_likelihood, rows, start, prior=prior, plain=plain_log_likelihood, price=PRICE
    )


def _starts(rows: HistoryRows, *, few: bool) -> list[ParetoParams]:
    """Where a search may begin: users alike and not, who leave soon and late.

    Raises:
        FitError: nobody bought twice (unless ``few``), or nobody was observed after the first order.
    """
    weight, frequency, age = map(np.asarray, (rows.weight, rows.frequency, rows.age))
    orders, exposure = float(weight @ frequency), float(weight @ age)
    if exposure <= 0 or (orders <= 0 and not few):
        raise FitError(say("value.no_repeats"))
    mean_age, gap = exposure / weight.sum(), exposure / max(orders, 0.5)
    return [
        ParetoParams(r, r * gap * here, s, s * mean_age / left)
        for r, here in ((0.5, 1.0), (0.5, 0.5), (1.5, 0.5))
        for s, left in ((0.6, 1.0), (0.3, 1.0), (1.0, 2.0), (0.6, 3.0))
    ]


def p_alive(params: ParetoParams, frequency: Vector, recency: Vector, age: Vector) -> Vector:
    """Probability that each user is still a buyer at the end of observation."""
    with double():
        history = [jnp.asarray(part, jnp.float64) for part in (frequency, recency, age)]
        return np.asarray(here(params, *history))


def expected_orders(
    params: ParetoParams, frequency: Vector, recency: Vector, age: Vector, *, horizon: float
) -> Vector:
    """Expected orders of each user in (T, T + horizon], in the unit of time of the fit."""
    with double():
        history = [jnp.asarray(part, jnp.float64) for part in (frequency, recency, age)]
        return np.asarray(here(params, *history) * _orders(params, history[0], history[2], horizon))


def expected_new(params: ParetoParams, horizons: Vector) -> Vector:
    """Expected repeat orders of a user won just now, within each horizon: E[X(t)]."""
    with double():
        times = jnp.asarray(horizons, jnp.float64)
        zero = jnp.zeros_like(times)
        return np.asarray(_orders(params, zero, zero, times))


@jax.jit
def here(
    params: ParetoParams,
    frequency: Float[Array, "*rows"],
    recency: Float[Array, "*rows"],
    age: Float[Array, "*rows"],
) -> Float[Array, "*rows"]:
    """P(alive), to be called within `clvcore.value.precision.double`."""
    silence = Silence(params.r + frequency, recency, age)
    return jax.nn.sigmoid(-log_gone_odds(silence, Rates(params.alpha, params.s, params.beta)))


@jax.jit
def _orders(
    params: ParetoParams, frequency: Float[Array, "*rows"], age: Float[Array, "*rows"], time: Scalar
) -> Float[Array, "*rows"]:
    """Expected orders within a time of a user who is here now."""
    leaving = WaitParams(params.s, params.beta + age)
    return ahead(params.r + frequency, 1.0 / (params.alpha + age), leaving, time).orders


def ahead(
    k: Float[Array, "*rows"],
    scale: Float[Array, "*rows"],
    leaving: WaitParams,
    time: Scalar,
) -> Ahead:
    """Expectations within a time for a user who is here now.

    The rate of orders is Gamma(k, 1 / scale), that of leaving Gamma(s, beta): the time here is then
    Lomax, and orders come at random while it lasts.
    """
    zero = jnp.zeros_like(k)
    within = jnp.asarray(time) + zero
    days = waiting.expected_days(leaving, zero, within)
    square = waiting.expected_square_days(leaving, zero, within)
    return Ahead(
        stays=waiting.survival(leaving, zero, within),
        orders=k * scale * days,
        order_pairs=k * (k + 1.0) * scale**2 * square,
        time_share=days / within,
        silent=1.0 - _some_order(k, scale, leaving, within),
    )


def _some_order(
    k: Float[Array, "*rows"],
    scale: Float[Array, "*rows"],
    leaving: WaitParams,
    within: Float[Array, "*rows"],
) -> Float[Array, "*rows"]:
    """P(at least one order): that the first comes at u, and the user is still here, over all u.

    Its distribution function without leaving, v = 1 - (1 + scale u)^-k, is the variable.
    """
    last = k * jnp.log1p(scale * within)
    share = jnp.asarray(0.5 * (_NODES + 1.0))
    v = -jnp.expm1(-last)[..., None] * share
    u = jnp.expm1(-jnp.log1p(-v) / k[..., None]) / scale[..., None]
    s, beta = (jnp.asarray(part)[..., None] for part in leaving)
    here = jnp.exp(-s * jnp.log1p(u / beta))
    return -jnp.expm1(-last) * jnp.sum(jnp.asarray(0.5 * _WEIGHTS) * here, axis=-1)


def fit_is_weak(fit: Fit[ParetoParams]) -> bool:
    """Whether leaving cannot be told from the history: next to nobody does, or its rate is free."""
    log_errors = np.sqrt(np.diag(fit.log_covariance))
    return bool((log_errors[2:] > 1.5).all()) or float(fit.params.s) < 1e-3
