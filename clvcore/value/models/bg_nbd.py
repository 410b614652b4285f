"""BG/NBD: users buy at random and may stop after each repeat order.

A user without a repeat order has had no occasion to stop, so P(alive) of every one-time buyer is 1;
for lifetimes use MBG/NBD.

References:
    Fader, Hardie, Lee (2005): "Counting Your Customers" the Easy Way, Marketing Science 24(2),
    equations (4) to (10). Computing P(alive) using the BG/NBD model, brucehardie.com/notes/021.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.special import betaln
from scipy.stats import nbinom

from clvcore.value.models import beta_geometric as family
from clvcore.value.models.beta_geometric import BgNbdParams, NbdParams
from clvcore.value.models.fit import Fit
from clvcore.value.models.rows import HistoryRows
from clvcore.value.precision import double

TOSSES = 0.0
"""Tosses of the coin before any repeat order."""

Vector = Float[np.ndarray, " users"]


def fit(rows: HistoryRows, *, few: bool = False) -> Fit[NbdParams]:
    """The population under which the histories are most likely.

    Args:
        rows: compressed histories.
        few: lean on a weak prior, for fewer than about fifty repeat buyers.

    Raises:
        FitError: nobody bought twice.
    """
    return family.fit(rows, TOSSES, few=few, kind=BgNbdParams)


def p_alive(params: NbdParams, frequency: Vector, recency: Vector, age: Vector) -> Vector:
    """Probability that each user is still a buyer at the end of observation."""
    with double():
        history = [jnp.asarray(part, jnp.float64) for part in (frequency, recency, age)]
        return np.asarray(family.p_alive(params, *history, TOSSES))


def expected_orders(
    params: NbdParams, frequency: Vector, recency: Vector, age: Vector, *, horizon: float
) -> Vector:
    """Expected orders of each user in (T, T + horizon], in the unit of time of the fit."""
    with double():
        history = [jnp.asarray(part, jnp.float64) for part in (frequency, recency, age)]
        return np.asarray(family.expected_orders(params, *history, horizon, TOSSES))


def expected_new(params: NbdParams, horizons: Vector) -> Vector:
    """Expected repeat orders of a user won just now, within each horizon: E[X(t)]."""
    with double():
        times = jnp.asarray(horizons, jnp.float64)
        zero = jnp.zeros_like(times)
        return np.asarray(family.expected_orders(params, zero, zero, zero, times, TOSSES))


def p_orders(params: NbdParams, horizon: float, *, most: int) -> Float[np.ndarray, " counts"]:
    """Chances that a user won just now places 0, 1, ... ``most`` repeat orders within a horizon.

    Either the user is still here and a Poisson process has come to x, or left at the x-th order,
    the process having come to x at least; equation (8) of the paper.
    """
    r, alpha, a, b = (float(part) for part in params)
    x = np.arange(most + 1)
    came = nbinom.pmf(x, r, alpha / (alpha + horizon))
    at_least = nbinom.sf(x - 1, r, alpha / (alpha + horizon))
    stayed = np.exp(betaln(a, b + x) - betaln(a, b))
    left = np.where(x > 0, np.exp(betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b)), 0.0)
    return stayed * came + left * at_least
