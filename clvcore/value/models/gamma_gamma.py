"""Gamma-Gamma: what an order is worth, learned from a user's past orders and from everybody's.

The value of an order is Gamma(p, nu) about the user's own mean p / nu, and nu is Gamma(q, v) over
users. After x orders of mean z, nu is Gamma(p x + q, v + x z). Spend is taken to be independent of
how often a user buys.

References:
    Fader, Hardie (2013): The Gamma-Gamma model of monetary value, brucehardie.com/notes/025,
    equations (1a) and (5).
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln
from jaxtyping import Array, Float

from clvcore.errors import FitError
from clvcore.messages import say
from clvcore.value.models.beta_geometric import Scalar
from clvcore.value.models.fit import Fit, Prior, maximise
from clvcore.value.models.rows import SpendRows

WIDEST_SQUARE = 25.0
"""E[M^2] is taken to be at most this many times E[M]^2; it is infinite where p x + q <= 2."""


class SpendParams(NamedTuple):
    """Heterogeneity of order values; floats, or arrays of draws."""

    p: Scalar
    """Shape of one user's orders: large means that a user's orders are alike."""
    q: Scalar
    """Shape across users: large means that users are alike. Below 1 the mean does not exist."""
    v: Scalar
    """Scale, in money; the mean over users is p v / (q - 1)."""


def log_likelihood(log_params: Float[Array, "3"], rows: SpendRows) -> Float[Array, ""]:
    """Log-likelihood of the mean order values of all repeat buyers; equation (1a)."""
    p, q, v = jnp.exp(log_params)
    x = rows.count
    by_count = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + p * x * jnp.log(x)
    x, z = rows.orders, rows.value
    by_row = q * log_params[2] + (p * x - 1.0) * jnp.log(z) - (p * x + q) * jnp.log(v + x * z)
    return jnp.sum(rows.count_weight * by_count) + jnp.sum(rows.weight * by_row)


def fit(rows: SpendRows, *, few: bool = False) -> Fit[SpendParams]:
    """The population under which the mean order values are most likely.

    Args:
        rows: repeat buyers, values above 0.
        few: lean on a weak prior (p and q about 4, within a factor of three or so).

    Raises:
        FitError: there is no repeat buyer, or the mean over users does not exist (q <= 1).
    """
    weight, value = np.asarray(rows.weight), np.asarray(rows.value)
    if weight.sum() <= 0:
        raise FitError(say("value.no_repeats"))
    mean = float(weight @ value / weight.sum())
    start = SpendParams(p=2.0, q=3.0, v=mean)
    centre = np.array([np.log(4.0), np.log(4.0), np.log(0.75 * mean)])
    prior = Prior(centre, np.ones(3)) if few else None
    found = maximise(log_likelihood, rows, start, prior=prior)
    if found.converged and found.params.q <= 1:
        raise FitError(say("value.no_mean", q=f"{found.params.q:.2f}"))
    return found


def expected_value(
    params: SpendParams, orders: Float[Array, "*rows"], value: Float[Array, "*rows"]
) -> Float[Array, "*rows"]:
    """Expected value of a further order: E(M | x, z) = p (v + x z) / (p x + q - 1), equation (5)."""
    return params.p * (params.v + orders * value) / (params.p * orders + params.q - 1.0)


def spread(params: SpendParams, orders: Float[Array, "*rows"]) -> Float[Array, "*rows"]:
    """E[M^2] / E[M]^2 of a user's own mean, given the number of repeat orders behind it."""
    shape = params.p * orders + params.q
    ratio = (shape - 1.0) / jnp.maximum(shape - 2.0, 1e-3)
    return jnp.minimum(ratio, WIDEST_SQUARE)
