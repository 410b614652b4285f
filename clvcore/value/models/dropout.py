"""What is still to come from a user who buys at an unknown rate and may leave after each order.

Given that the user is here now, the rate is Gamma(k, beta) and the chance p of leaving after an
order is Beta(a, b). Over the rate everything is closed; over p it is a sum over nodes. This says
the same as the hypergeometric functions of the papers, and stays exact where those are singular
(a = 1), slow (a horizon much longer than the age) or overflow (heavy buyers).

With c = t / beta, w = p c and L = log(1 + w), given p and for a horizon t:

    P(here at t)      = (1 + w)^-k
    E[orders]         = (1 - (1 + w)^-k) / p
    E[Y (Y - 1)]      = 2 (1 - p) / p^2 (1 - (1 + w)^-k (1 + k w / (1 + w)))
    E[time here]      = beta / (p (k - 1)) (1 - (1 + w)^(1 - k))           = t rel((k - 1) L) L/w

where rel(z) = (1 - e^-z) / z. They follow from Y = min(N, G), N a Poisson process and G geometric.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

FINE = (-8.0, 6.0, 71)
COARSE = (-7.0, 5.0, 31)
"""First node, last node, number of nodes."""
LARGEST_LOGIT = 300.0  # either way: slopes divide by p^2, and by (1 + odds)^2


class Dropout(NamedTuple):
    """Nodes over the chance of leaving after an order; the weights of a row add up to 1."""

    odds: Float[Array, "*rows nodes"]
    weight: Float[Array, "*rows nodes"]

    def chance(self) -> Float[Array, "*rows nodes"]:
        """The chance at every node."""
        return self.odds / (1.0 + self.odds)

    def of(self, number: Int[Array, " pairs"]) -> "Dropout":
        """The nodes of some rows, in their order."""
        return Dropout(self.odds[number], self.weight[number])

    def loosened(self, factor: Float[Array, "#*rows"]) -> "Dropout":
        """The nodes with the odds of leaving multiplied."""
        return self._replace(odds=self.odds * factor[..., None])


class Ahead(NamedTuple):
    """Expectations for one user who is here now."""

    stays: Float[Array, "*rows"]
    """P(still here at the horizon)."""
    orders: Float[Array, "*rows"]
    """E[orders within the horizon]."""
    order_pairs: Float[Array, "*rows"]
    """E[Y (Y - 1)], so that Var[Y] = order_pairs + orders - orders^2."""
    time_share: Float[Array, "*rows"]
    """E[time here within the horizon] / horizon."""
    silent: Float[Array, "*rows"]
    """P(no order within the horizon)."""


def dropout_nodes(
    a: Float[Array, "*rows"], b: Float[Array, "*rows"], *, fine: bool = True
) -> Dropout:
    """Nodes and weights for expectations over p ~ Beta(a, b).

    Trapezoid rule for logit p = mode + width sinh(u), with width from the curvature at the mode:
    the sinh reaches the slow left tail p^a of a small a. Relative error of the expectations: 1e-9 to
    1e-7, 3e-5 the worst seen (a = 0.05); coarse 1e-4, and 4e-3 the worst: enough for an interval,
    at less than half the cost.
    """
    u = jnp.linspace(*(FINE if fine else COARSE))
    width = jnp.sqrt(1.0 / a + 1.0 / b)[..., None]
    logit = jnp.log(a / b)[..., None] + width * jnp.sinh(u)
    log_p = jax.nn.log_sigmoid(logit)
    log_density = a[..., None] * log_p + b[..., None] * (log_p - logit) + jnp.log(jnp.cosh(u))
    odds = jnp.exp(jnp.clip(logit, -LARGEST_LOGIT, LARGEST_LOGIT))
    return Dropout(odds, jax.nn.softmax(log_density, axis=-1))


def look_ahead(nodes: Dropout, k: Float[Array, "*rows"], c: Float[Array, "*rows"]) -> Ahead:
    """Expectations over a horizon t = c beta for users whose rate is Gamma(k, beta)."""
    p = nodes.chance()
    k, c = k[..., None], c[..., None]
    w = p * c
    log_growth = jnp.log1p(w)
    leaves = -jnp.expm1(-k * log_growth)
    orders = leaves / p
    time_share = relative_loss((k - 1.0) * log_growth) * _log1p_ratio(w, log_growth)
    pairs = _order_pairs(p, w, k, c, 1.0 - leaves)
    parts = (1.0 - leaves, orders, pairs, time_share)
    silent = jnp.exp(-k * jnp.log1p(c))[..., 0]  # nobody leaves before an order
    return Ahead(*(jnp.sum(nodes.weight * part, -1) for part in parts), silent=silent)


def relative_loss(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """(1 - e^-z) / z, which is 1 at z = 0, with a finite gradient there."""
    small = jnp.abs(z) < 1e-5
    safe = jnp.where(small, 1.0, z)
    return jnp.where(small, 1.0 - z / 2.0 + z * z / 6.0, -jnp.expm1(-safe) / safe)


def _log1p_ratio(
    w: Float[Array, "*shape"], log_growth: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """log(1 + w) / w, which is 1 at w = 0; the logarithm is known."""
    small = w < 1e-5
    safe = jnp.where(small, 1.0, w)
    return jnp.where(small, 1.0 - w / 2.0 + w * w / 3.0, log_growth / safe)


def _order_pairs(
    p: Float[Array, "*shape"],
    w: Float[Array, "*shape"],
    k: Float[Array, "*most one"],
    c: Float[Array, "*most one"],
    stays: Float[Array, "*shape"],
) -> Float[Array, "*shape"]:
    """E[Y (Y - 1)] given p; by its series where the difference would cancel."""
    small = (k + 2.0) * w < 1e-3
    series = 0.5 - (k + 2.0) * w / 3.0 + (k + 2.0) * (k + 3.0) * w * w / 8.0
    safe = jnp.where(small, 1.0, w)
    plain = (1.0 - stays * (1.0 + k * w / (1.0 + w))) / safe**2
    return 2.0 * (1.0 - p) * c * c * jnp.where(small, k * (k + 1.0) * series, plain)
