"""When did a silent buyer leave? The integral over all moments, for Pareto/NBD.

With k = r + x and everything relative to being here at T, the odds of being gone are

    odds = s  int_tx^T  ((alpha + T) / (alpha + u))^k  ((beta + T) / (beta + u))^s  du / (beta + u)

The papers write it as a difference of two hypergeometric functions, in one form for alpha >= beta
and another for alpha < beta; the difference cancels and overflows for heavy buyers. The integrand
is positive and smooth, so Gauss-Legendre in log space has neither trouble and needs no cases.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Scalar = float | Float[Array, "..."]

MOST_FOLDS = 26.0
"""Where the integrand has fallen to e^-26 of its height it is cut off."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


class Silence(NamedTuple):
    """What the integral runs over, by row: k = r + x, and the two ends."""

    k: Float[Array, "*rows"]
    recency: Float[Array, "*rows"]
    age: Float[Array, "*rows"]


class Rates(NamedTuple):
    """The other parameters: numbers, or one for every row."""

    alpha: Scalar
    s: Scalar
    beta: Scalar


def log_gone_odds(silence: Silence, rates: Rates) -> Float[Array, "*rows"]:
    """Log P(gone) / P(here) at the end of observation.

    In w = log((m + u) / (m + t_x)), m the smaller of alpha and beta, the integrand is analytic in a
    strip of width pi about the reals. Relative error: 1e-13 as a rule, 1e-8 the worst of 600 drawn
    at random over nine orders of magnitude. Nodes are held still when slopes are taken: the ends of
    the integral do not depend on the parameters.
    """
    top, height, step, _ = _heights(silence, rates)
    return jnp.log(rates.s) + top + jnp.log(jnp.sum(step * jnp.exp(height), axis=0))


def bent_log_gone_odds(silence: Silence, rates: Rates) -> Float[Array, "*rows"]:
    """The same, cheap to differentiate twice (and not more often).

    First and second derivatives are means over the nodes of what the integrand's logarithm has; they
    are taken here, once, and handed on as the row's own parabola, so that automatic differentiation
    has one number a row to work on and not sixteen.
    """
    held, at = jax.lax.stop_gradient((silence, rates))
    value, slope, curve = _parabola(held, at)
    moved = (silence.k - held.k, *(new - old for new, old in zip(rates, at, strict=True)))
    for i, step in enumerate(moved):
        bend = sum(curve[min(i, j)][max(i, j)] * other for j, other in enumerate(moved))
        value += step * (slope[i] + 0.5 * bend)
    return value


def _heights(silence: Silence, rates: Rates) -> tuple[Array, Array, Array, Array]:
    """Log height at t_x, that of every node relative to it, time a node stands for, the nodes."""
    k, recency, age = silence
    alpha, s, beta = rates
    nodes, step = jax.lax.stop_gradient(_moments(silence, rates))
    top = k * (jnp.log(alpha + age) - jnp.log(alpha + recency))
    top += s * jnp.log(beta + age) - (s + 1.0) * jnp.log(beta + recency)
    fall = k * jnp.log(alpha + nodes) + (s + 1.0) * jnp.log(beta + nodes)
    start = k * jnp.log(alpha + recency) + (s + 1.0) * jnp.log(beta + recency)
    return top, start - fall, step, nodes


def _parabola(silence: Silence, rates: Rates) -> tuple[Array, list[Array], list[list[Array]]]:
    """Value, slopes and upper triangle of curvatures of the log odds in k, alpha, s, beta.

    One node after the other, so that the logarithms of a row are taken once for all fifteen sums.
    """
    k, _, age = silence
    alpha, s, beta = rates
    upper = [(i, j) for i in range(4) for j in range(i, 4)]

    def add(sums: list[Array], node: tuple[Array, Array, Array]) -> tuple[list[Array], None]:
        height, step, moment = node
        weight = step * jnp.exp(height)
        near, far = 1.0 / (alpha + moment), 1.0 / (beta + moment)
        parts = (
            jnp.log((alpha + age) * near),
            k * (1.0 / (alpha + age) - near),
            jnp.log((beta + age) * far),
            s / (beta + age) - (s + 1.0) * far,
        )
        products = (parts[i] * parts[j] for i, j in upper)
        terms = (jnp.ones_like(near), *parts, *products, near, near**2, far, far**2)
        return [old + weight * term for old, term in zip(sums, terms, strict=True)], None

    top, height, step, nodes = _heights(silence, rates)
    zero = jnp.zeros(nodes.shape[1:])
    (total, *sums), _ = jax.lax.scan(add, [zero] * 19, (height, step, nodes))
    means = [part / total for part in sums]
    slope, square, (near, near2, far, far2) = means[:4], means[4:14], means[14:]
    curve = [[zero] * 4 for _ in range(4)]
    for (i, j), product in zip(upper, square, strict=True):
        curve[i][j] = product - slope[i] * slope[j]
    curve[0][1] += 1.0 / (alpha + age) - near
    curve[1][1] += k * (near2 - 1.0 / (alpha + age) ** 2)
    curve[2][3] += 1.0 / (beta + age) - far
    curve[3][3] += (s + 1.0) * far2 - s / (beta + age) ** 2
    slope[2] += 1.0 / s
    curve[2][2] -= 1.0 / s**2
    return jnp.log(s * total) + top, slope, curve


def _moments(silence: Silence, rates: Rates) -> tuple[Array, Array]:
    """Nodes between the last order and now, and the time that each stands for: [nodes, *rows]."""
    reach = jnp.minimum(rates.alpha, rates.beta) + silence.recency
    width = _width(silence, rates, reach)
    column = (-1, *(1,) * jnp.ndim(width))
    w = width * jnp.asarray(0.5 * (_NODES + 1.0)).reshape(column)
    later = reach * jnp.expm1(w)
    step = 0.5 * width * jnp.asarray(_WEIGHTS).reshape(column) * (later + reach)
    return silence.recency + later, step


def _width(silence: Silence, rates: Rates, reach: Array) -> Float[Array, "*rows"]:
    """How far w goes: to the end of the silence, or to where the integrand has died away.

    Newton steps from the right, where the fall in w is convex, so that they stop short of what counts.
    """
    k, recency, age = silence
    alpha, s, beta = rates
    width = jnp.log1p(jnp.maximum(age - recency, 1e-30) / reach)
    for _ in range(3):
        gone_by = reach * jnp.expm1(width)
        near, far = gone_by / (alpha + recency), gone_by / (beta + recency)
        fall = k * jnp.log1p(near) + s * jnp.log1p(far)
        later = recency + gone_by
        slope = (gone_by + reach) * (k / (alpha + later) + s / (beta + later))
        shorter = width - (fall - MOST_FOLDS) / slope
        width = jnp.clip(shorter, MOST_FOLDS / (k + s + 1.0), width)
    return width
